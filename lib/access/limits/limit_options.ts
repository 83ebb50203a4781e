/** How many requests are let through: plain data. */
export interface LimitOptions {
  /** What is counted together, also across reloads: limits with the same id share their counts. */
  readonly id: string;
  /** Undefined for no rate. */
  readonly rate: {
    readonly intervalMs: number;
    readonly burst: number;
  } | undefined;
  /** `client`, `user`, `all`, `header:name` or `cookie:name`. */
  readonly by: string;
  /** Requests in flight; undefined for no limit. */
  readonly concurrent: number | undefined;
  /** Requests that wait to be in flight. */
  readonly queueMax: number;
  /** How long they wait, in ms. */
  readonly queueMs: number;
  /** The status of a refusal. */
  readonly status: number;
  /** Whether it is only logged. */
  readonly dryRun: boolean;
  /** Whether a fleet counts its rate together. */
  readonly shared?: boolean;
}
