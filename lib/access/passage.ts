/** What the steps of access have in common. */

import type { Exchange } from "../exchange/exchange_state.ts";
import type { ErrorCode, HttpError } from "../http/error.ts";
import type { AccessReason } from "../reasons/reason.ts";
import { Refusal } from "./refusal.ts";

/** Whether a request goes on, or has been answered. */
export type Passage = void | "answered";

/**
 * One thing that a route demands of requests: it lets one through, answers it, or
 * throws why not, at once or later.
 */
export interface AccessPhase {
  (x: Exchange): Promise<Passage> | Passage;
  /**
   * Says what it would do, for a request that is only explained: it counts nothing,
   * asks nobody, and never throws. Not there if it never stops a request.
   */
  readonly explain?: (x: Exchange) => Promise<AccessFinding> | AccessFinding;
}

/** What a phase would do with a request. */
export interface AccessFinding {
  /** What it is about: `addresses`, `rate`, `authentication` and so on. */
  readonly demand: string;
  /**
   * `pass`, `refuse`, `wait` for others to end, `answer` by itself; `unknown` if it
   * would have to ask somebody.
   */
  readonly verdict: "pass" | "refuse" | "wait" | "answer" | "unknown";
  /** Why it is refused, by the table of reasons; empty if it is not. */
  readonly reason: AccessReason | "";
  /** The code of the error that refuses it; empty for none. */
  readonly code: ErrorCode | "";
  /** The status of that; 0 for none. */
  readonly status: number;
  /** Why, for people. */
  readonly words: string;
}

/** A phase with what it says of itself. */
export function explained(
  phase: (x: Exchange) => Promise<Passage> | Passage,
  explain: NonNullable<AccessPhase["explain"]>,
): AccessPhase {
  return Object.assign(phase, { explain });
}

/** A finding that stops nobody. */
export function finding(
  demand: string,
  verdict: AccessFinding["verdict"],
  words: string,
): AccessFinding {
  return { demand, verdict, reason: "", code: "", status: 0, words };
}

/** The finding of a refusal: the error is the one that would be thrown. */
export function refusing(demand: string, error: HttpError): AccessFinding {
  const { code, status, message: words } = error;
  const reason = error instanceof Refusal ? error.reason : "";
  return { demand, verdict: "refuse", reason, code, status, words };
}
