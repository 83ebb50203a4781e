/** What a metric is: a row of the table, and the samples that it has (pure). */

import type { Histogram } from "./histogram.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

/** A value with its labels, in the order of the metric's. */
export type Sample<Value = number> = readonly [
  labels: readonly string[],
  value: Value,
];

interface Row {
  /** The whole name, as queries have it; of a counter with `_total`. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** The names of its labels. */
  readonly labels: readonly string[];
}

/** A number that only goes up as long as the process lives, or that goes up and down. */
interface NumberRow extends Row {
  readonly type: "counter" | "gauge" | "info";
  readonly samples: (
    snapshot: MetricsSnapshot,
  ) => readonly Sample[];
}

/** Durations, in seconds. */
interface HistogramRow extends Row {
  readonly type: "histogram";
  readonly samples: (
    snapshot: MetricsSnapshot,
  ) => readonly Sample<Histogram>[];
}

/** A row of the table of metrics. */
export type Metric = NumberRow | HistogramRow;

/** What a metric is measured in, by its name; empty for a plain number. */
export function unitOf({ name }: Pick<Metric, "name">): string {
  const [, unit = ""] = /_(seconds|bytes)(?:_total)?$/.exec(name) ?? [];
  return unit;
}
