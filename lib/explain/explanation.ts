/**
 * What becomes of a request, and why, as plain data (pure): a chain of steps in the
 * order in which they are decided. Reasons are those of the one table, by the words
 * that `Cache-Status` and the log have for them.
 */

import type { HttpError } from "../http/error.ts";
import { type Reason, rowOf } from "../reasons/reason.ts";

/** The steps, in the order in which they are decided. */
export type StepName =
  | "request"
  | "route"
  | "https"
  | "admission"
  | "access"
  | "handler"
  | "key"
  | "stored"
  | "reuse"
  | "sharing"
  | "storage"
  | "server"
  | "sent"
  | "retry"
  | "coding"
  | "response"
  | "timeouts";

/** What can be said of something, in words or numbers. */
export type Fact =
  | string
  | number
  | boolean
  | null
  | readonly Fact[]
  | Facts;

/** By name. Names of times end with `Ms`, of sizes with `Bytes`. */
export interface Facts {
  readonly [name: string]: Fact | undefined;
}

/** One decision. */
export interface Step {
  readonly step: StepName;
  /** The reason's word, or the code of an error; empty if nothing had to be decided. */
  readonly code: string;
  /** The reason in a sentence. */
  readonly words: string;
  /** Where the rule stands, as in `RFC 9111 §4.2`; empty for a rule of sluice's own. */
  readonly source: string;
  readonly facts: Facts;
}

/**
 * What becomes of a request: as the log calls what the cache does (`hit`, `stale`,
 * `collapsed`, `miss`, `bypass`); `passed` on where nothing is stored; `answered` by
 * sluice itself; `refused`; or a `purge`.
 */
export type Result =
  | "hit"
  | "stale"
  | "collapsed"
  | "miss"
  | "bypass"
  | "passed"
  | "answered"
  | "refused"
  | "purge";

/** See the module's comment. */
export interface Explanation {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly client: string;
  };
  readonly result: Result;
  /** The status of the response, as far as nobody has to be asked; null if somebody has. */
  readonly status: number | null;
  /** The reason that says the most, as the log has it; empty for none. */
  readonly reason: string;
  /** `Cache-Status` as far as it is known; empty if none is sent. */
  readonly cacheStatus: string;
  readonly steps: readonly Step[];
}

/** A step that a row of the table of reasons has decided. */
export function decided(
  step: StepName,
  reason: Reason,
  facts: Facts = {},
): Step {
  const { token: code, words, source } = rowOf(reason);
  return { step, code, words, source: sourceText(source), facts };
}

/** A step that ends in an error. */
export function refused(
  step: StepName,
  { code, message, status }: HttpError,
  facts: Facts = {},
): Step {
  return {
    step,
    code,
    words: message,
    source: "",
    facts: { status, ...facts },
  };
}

/** A step in which nothing had to be decided. */
export function told(step: StepName, words: string, facts: Facts = {}): Step {
  return { step, code: "", words, source: "", facts };
}

/** A section of an RFC as people read it. */
function sourceText(source: string): string {
  return source === "" ? "" : `RFC ${source}`;
}

/** A reason as facts. */
export function reasonFacts(reason: Reason): Facts {
  const { token: code, words, source } = rowOf(reason);
  return { code, words, source: sourceText(source) };
}
