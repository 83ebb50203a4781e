/** Where content is that is too large for memory. */

/** For the tier that keeps it: see `tiers/large.ts`. */
export interface Large {
  /** Its number there. */
  readonly record: number;
  /** Bytes of it. */
  readonly length: number;
}
