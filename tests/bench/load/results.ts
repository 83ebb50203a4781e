/** What was measured, by row, subject and round. */

/** What a row of the table is about. */
export interface RowKind {
  /** The workload that it belongs to. */
  readonly workload: string;
  readonly title: string;
  /** What values are counted in, with its space: ` ms`, `/s`. */
  readonly unit: string;
  readonly better: "more" | "less";
}

/** One measurement. */
export interface Sample {
  readonly value: number;
  /** Processor time of the server for each request, in µs; undefined if nobody asked. */
  readonly cpuMicros?: number;
  /** Whether the server had time left: then it could do more than the value says. */
  readonly isLoadBound?: boolean;
  /** Whether others took much of the server's core: then it could do more on a calm machine. */
  readonly isDisturbed?: boolean;
}

/** A row of the table, as far as it has been measured. */
export interface Row extends RowKind {
  /** By subject's name: a sample for each round. */
  readonly samples: ReadonlyMap<string, readonly (Sample | undefined)[]>;
}

/** Why there is no figure. */
export interface Refusal {
  /** By name; empty for every workload: the subject did not start. */
  readonly workload: string;
  readonly subject: string;
  readonly reason: string;
}

/** An answer or a run that is not what it should be: no figure comes of it. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** See the module's comment. */
export class Results {
  readonly refusals: Refusal[] = [];
  readonly #rows = new Map<
    string,
    RowKind & { samples: Map<string, (Sample | undefined)[]> }
  >();

  /** The rows, in the order of their first samples. */
  get rows(): readonly Row[] {
    return [...this.#rows.values()];
  }

  /** Adds a sample. */
  add(kind: RowKind, subject: string, round: number, sample: Sample): void {
    const key = `${kind.workload}: ${kind.title}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { ...kind, samples: new Map() };
      this.#rows.set(key, row);
    }
    let samples = row.samples.get(subject);
    if (samples === undefined) row.samples.set(subject, samples = []);
    samples[round] = sample;
  }

  /** Those of some rows, and what was refused in these. */
  only(holds: (row: Pick<RowKind, "workload">) => boolean): Results {
    const some = new Results();
    for (const [key, row] of this.#rows) {
      if (holds(row)) some.#rows.set(key, row);
    }
    some.refusals.push(
      ...this.refusals.filter((refusal) =>
        refusal.workload === "" || holds(refusal)
      ),
    );
    return some;
  }

  /** Notes that a subject has no figure in a row: earlier samples of it do not count either. */
  refuse(workload: string, subject: string, reason: string): void {
    this.refusals.push({ workload, subject, reason });
    for (const row of this.#rows.values()) {
      if (row.workload === workload) row.samples.delete(subject);
    }
  }

  /** Whether a subject has been refused in a row. */
  isRefused(row: RowKind, subject: string): boolean {
    return this.refusals.some((refusal) =>
      refusal.subject === subject &&
      (refusal.workload === "" || refusal.workload === row.workload)
    );
  }
}

/** Does something; if it is refused, notes that and goes on. Returns whether it was not. */
export async function guarded(
  results: Results,
  workload: string,
  { name }: { readonly name: string },
  act: () => Promise<void>,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    results.refuse(workload, name, error.message);
    return false;
  }
}
