/** What a row of the table of reasons holds (pure). */

/** What kind of decision a reason belongs to. */
export type ReasonGroup =
  | "forward"
  | "bypass"
  | "reuse"
  | "share"
  | "store"
  | "coding"
  | "retry"
  | "route"
  | "access"
  | "server"
  | "close";

/** One row of the table of reasons. */
export interface ReasonRow {
  /** What kind of decision it belongs to. */
  readonly group: ReasonGroup;
  /** Where the rule stands, RFC and section: `9111 §5.2.2.5`; empty for a rule of sluice's own. */
  readonly source: string;
  /** The reason as a sentence, for operators. */
  readonly words: string;
  /** The word that `Cache-Status` and the log show: nearly always the code itself. */
  readonly token: string;
}

/** A row as it is written down: where the rule stands, the sentence, and the token if it is not the code. */
type Written = readonly [source: string, words: string, token?: string];

/**
 * The rows of one group: a row for each code that is written down. A table has this
 * type in so many words, so that users of the library need not infer it.
 */
export type ReasonsOf<Rows extends Readonly<Record<string, Written>>> = {
  readonly [Code in keyof Rows]: ReasonRow;
};

/**
 * Makes the rows of one group.
 *
 * @param written The rows by code.
 */
export function rowsOf<Code extends string>(
  group: ReasonGroup,
  written: Readonly<Record<Code, Written>>,
): Readonly<Record<Code, ReasonRow>> {
  const rows: Partial<Record<Code, ReasonRow>> = {};
  for (const code of Object.keys(written) as Code[]) {
    const [source, words, token = code] = written[code];
    rows[code] = { group, source, words, token };
  }
  return rows as Record<Code, ReasonRow>;
}
