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
    let row = this.#rows.get(kind.title);
    if (row === undefined) {
      row = { ...kind, samples: new Map() };
      this.#rows.set(kind.title, row);
    }
    let samples = row.samples.get(subject);
    if (samples === undefined) row.samples.set(subject, samples = []);
    samples[round] = sample;
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
