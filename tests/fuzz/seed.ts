/** What the fuzzer starts from. */

/** One input that was reviewed: real-world, hostile, or a finding of the fuzzer. */
export interface Seed {
  /** What it is. */
  readonly name: string;
  /** One character for each byte. */
  readonly input: string;
  /** What its target makes of it: a code of `HttpError`, `more`, or what was read. */
  readonly expect: string;
}
