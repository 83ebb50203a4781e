/**
 * Which rows of the counters are whose. A name keeps its row as long as the process
 * lives, so that counters outlast a reload; when the rows are used up, further names
 * share one (pure).
 */

import { ROUTES_MAX, ROW, UPSTREAMS_MAX } from "./layout.ts";

/** The names that have rows, the first one first: plain data. */
export interface MeterNames {
  readonly routes: readonly string[];
  readonly upstreams: readonly string[];
}

/** No names yet. */
export const NO_NAMES: MeterNames = { routes: [], upstreams: [] };

/** The names with those behind them that are new, as far as there are rows. */
export function withNames(
  known: MeterNames,
  routes: Iterable<string>,
  upstreams: Iterable<string>,
): MeterNames {
  return {
    routes: joined(known.routes, routes, ROUTES_MAX),
    upstreams: joined(known.upstreams, upstreams, UPSTREAMS_MAX),
  };
}

function joined(
  known: readonly string[],
  more: Iterable<string>,
  max: number,
): readonly string[] {
  const all = new Set(known);
  for (const name of more) {
    if (all.size >= max) break;
    all.add(name);
  }
  return [...all];
}

/** Finds the row of a name. */
export class Rows {
  readonly #rows: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.#rows = new Map(
      names.map((name, index) => [name, ROW.FirstNamed + index]),
    );
  }

  /** The row of a name: that of others if it has none. */
  of(name: string): number {
    return this.#rows.get(name) ?? ROW.Other;
  }
}

/** What a row is called. */
export function rowName(names: readonly string[], row: number): string {
  if (row === ROW.None) return "none";
  if (row === ROW.Other) return "other";
  return names[row - ROW.FirstNamed] ?? "other";
}
