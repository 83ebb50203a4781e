/**
 * A snapshot as text, for Prometheus and whatever reads the same: the text format
 * 0.0.4, or OpenMetrics 1.0 for those who ask for it (pure).
 */

import { BUCKETS_MS, countOf, type Histogram } from "./histogram.ts";
import { type Metric, unitOf } from "./metric.ts";
import type { MetricsSnapshot } from "./snapshot.ts";
import { METRICS } from "./table.ts";

/** The formats. */
export type MetricsFormat = "prometheus" | "openmetrics";

/** By format: what `Content-Type` says. */
export const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** Writes a snapshot. */
export function metricsText(
  snapshot: MetricsSnapshot,
  format: MetricsFormat,
): string {
  const lines = METRICS.flatMap((metric) =>
    metricLines(metric, snapshot, format)
  );
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

function metricLines(
  metric: Metric,
  snapshot: MetricsSnapshot,
  format: MetricsFormat,
): string[] {
  const samples = metric.type === "histogram"
    ? metric.samples(snapshot).flatMap(([labels, histogram]) =>
      histogramLines(metric, labels, histogram, format)
    )
    : metric.samples(snapshot).map(([labels, value]) =>
      `${metric.name}${labelsText(metric.labels, labels)} ${value}`
    );
  return samples.length === 0 ? [] : [...headLines(metric, format), ...samples];
}

/** What the text says of a metric before its samples. */
function headLines(metric: Metric, format: MetricsFormat): string[] {
  const { name, help, type } = metric;
  if (format === "prometheus") {
    return [
      `# HELP ${name} ${escaped(help)}`,
      `# TYPE ${name} ${type === "info" ? "gauge" : type}`,
    ];
  }
  const family = familyOf(metric);
  const unit = unitOf(metric);
  return [
    `# TYPE ${family} ${type}`,
    ...unit === "" ? [] : [`# UNIT ${family} ${unit}`],
    `# HELP ${family} ${escaped(help).replaceAll('"', '\\"')}`,
  ];
}

/** OpenMetrics names what samples have in common without their ending. */
function familyOf({ name, type }: Metric): string {
  if (type === "counter") return name.replace(/_total$/, "");
  return type === "info" ? name.replace(/_info$/, "") : name;
}

function histogramLines(
  { name, labels: names }: Metric,
  labels: readonly string[],
  histogram: Histogram,
  format: MetricsFormat,
): string[] {
  const lines: string[] = [];
  const named = [...names, "le"];
  let sum = 0;
  histogram.counts.forEach((count, bucket) => {
    sum += count;
    const bound = boundText(bucket, format);
    lines.push(`${name}_bucket${labelsText(named, [...labels, bound])} ${sum}`);
  });
  const own = labelsText(names, labels);
  lines.push(`${name}_sum${own} ${histogram.sumMs / 1000}`);
  lines.push(`${name}_count${own} ${countOf(histogram)}`);
  return lines;
}

/** OpenMetrics writes whole numbers as floats there. */
function boundText(bucket: number, format: MetricsFormat): string {
  const bound = BUCKETS_MS[bucket];
  if (bound === undefined) return "+Inf";
  const seconds = bound / 1000;
  return format === "openmetrics" && Number.isInteger(seconds)
    ? seconds.toFixed(1)
    : String(seconds);
}

function labelsText(
  names: readonly string[],
  values: readonly string[],
): string {
  if (names.length === 0) return "";
  const pairs = names.map((name, index) =>
    `${name}="${escaped(values[index]!).replaceAll('"', '\\"')}"`
  );
  return `{${pairs.join(",")}}`;
}

/** A text on one line. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/**
 * The format that a request asks for (RFC 9110 §12.5.1): OpenMetrics only where its
 * name stands, with at least the weight of any other.
 *
 * @param accept The value of `Accept`; empty for none.
 */
export function formatFor(accept: string): MetricsFormat {
  let [open, plain] = [0, 0];
  for (const member of accept.toLowerCase().split(",")) {
    const [type = "", ...parameters] = member.split(";").map((part) =>
      part.trim()
    );
    const weight = weightOf(parameters);
    if (type === "application/openmetrics-text") open = Math.max(open, weight);
    else plain = Math.max(plain, weight);
  }
  return open > 0 && open >= plain ? "openmetrics" : "prometheus";
}

function weightOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith("q="));
  const weight = text === undefined ? 1 : Number(text.slice(2));
  return weight >= 0 && weight <= 1 ? weight : 0;
}
