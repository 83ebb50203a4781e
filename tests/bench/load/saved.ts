/**
 * The results of a run in a file: a long run can be made in pieces, each while the
 * machine has nothing else to do, and be put together afterwards.
 */

import type { Machine } from "./machine.ts";
import { type Refusal, Results, type RowKind, type Sample } from "./results.ts";
import type { Column, Effort } from "./table.ts";

/** What a report is made of. */
export interface Findings {
  readonly machine: Machine;
  readonly effort: Effort;
  readonly columns: readonly Column[];
  readonly results: Results;
}

/** The same as JSON. */
interface Saved {
  readonly machine: Omit<Machine, "date"> & { readonly date: string };
  readonly effort: Effort;
  readonly columns: readonly Column[];
  readonly rows: readonly {
    readonly kind: RowKind;
    readonly samples:
      readonly (readonly [string, readonly (Sample | null)[]])[];
  }[];
  readonly refusals: readonly Refusal[];
}

/** Writes them down. */
export function saveFindings(
  { machine, effort, columns, results }: Findings,
): string {
  const rows = results.rows.map(({ samples, ...kind }) => ({
    kind,
    samples: [...samples].map(([name, list]) =>
      [name, Array.from(list, (sample) => sample ?? null)] as const
    ),
  }));
  const saved: Saved = {
    machine: { ...machine, date: machine.date.toISOString() },
    effort,
    columns: columns.map(({ name, title, isBuild }) => ({
      name,
      title,
      isBuild,
    })),
    rows,
    refusals: results.refusals,
  };
  return JSON.stringify(saved);
}

/**
 * Puts pieces together, in their order.
 *
 * @param texts As `saveFindings` wrote them; at least one.
 * @throws {SyntaxError} They are not of one kind.
 */
export function joinFindings(texts: readonly string[]): Findings {
  const pieces = texts.map((text) => JSON.parse(text) as Saved);
  const [first] = pieces;
  if (first === undefined) throw new SyntaxError("Nothing to put together");
  const results = new Results();
  const columns = new Map<string, Column>();
  const programs = new Set<string>();
  for (const piece of pieces) {
    const { seconds, rounds } = piece.effort;
    const isSame = seconds === first.effort.seconds &&
      rounds === first.effort.rounds;
    if (!isSame) throw new SyntaxError("Pieces that were measured differently");
    for (const column of piece.columns) columns.set(column.name, column);
    for (const program of piece.machine.programs) programs.add(program);
    for (const refusal of piece.refusals) results.refusals.push(refusal);
    for (const { kind, samples } of piece.rows) {
      for (const [name, list] of samples) {
        for (const [round, sample] of list.entries()) {
          if (sample !== null) results.add(kind, name, round, sample);
        }
      }
    }
  }
  return {
    machine: {
      ...first.machine,
      programs: [...programs],
      date: new Date(pieces.at(-1)!.machine.date),
    },
    effort: first.effort,
    columns: [...columns.values()],
    results,
  };
}
