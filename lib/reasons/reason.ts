/**
 * The one table of reasons: for each decision of sluice's a code, a sentence and the
 * section of the RFC that makes the rule.
 *
 * Decisions give a code. Whatever tells of them (`Cache-Status`, the log, the
 * documents) reads the words here; no second list exists (pure).
 */

import { ACCESS } from "./access.ts";
import { CLOSE } from "./close.ts";
import { CODING } from "./coding.ts";
import { RETRY } from "./retry.ts";
import { BYPASS, FORWARD, REUSE, SHARE } from "./reuse.ts";
import { ROUTE } from "./route.ts";
import type { ReasonRow } from "./row.ts";
import { SERVER } from "./server.ts";
import { STORE } from "./store.ts";

/**
 * By code: what there is to say of it.
 *
 * @internal Its type is that of its groups: it is not written down a second time.
 */
export const REASONS = {
  ...FORWARD,
  ...BYPASS,
  ...REUSE,
  ...SHARE,
  ...STORE,
  ...CODING,
  ...RETRY,
  ...CLOSE,
  ...ROUTE,
  ...ACCESS,
  ...SERVER,
};

/** A code of {@linkcode REASONS}. */
export type Reason = keyof typeof REASONS;

/** A reason to leave the cache alone. */
export type BypassReason = keyof typeof BYPASS;

/** Why content was compressed, or was not. */
export type CodingReason = keyof typeof CODING;

/** Why a route refused a client. */
export type AccessReason = keyof typeof ACCESS;

/** Why a request goes to a server. */
export type ServerReason = keyof typeof SERVER;

/** Why a request went by a route, or by none. */
export type RouteReason = keyof typeof ROUTE;

/** Every code, in the order of the table. */
export const REASON_CODES: readonly Reason[] = Object.keys(REASONS) as Reason[];

/** What is known of a reason. */
export function rowOf(reason: Reason): ReasonRow {
  return REASONS[reason];
}

/** The word by which `Cache-Status` and the log call a reason; empty for none. */
export function tokenOf(reason: Reason | ""): string {
  return reason === "" ? "" : REASONS[reason].token;
}

/** A decision, and the reason for it. */
export interface Decision {
  /** Whether it may be done. */
  readonly verdict: boolean;
  /** The rule that decided: a code of {@linkcode REASONS}. */
  readonly reason: Reason;
  /** Where the rule stands: RFC and section; empty for a rule of sluice's own. */
  readonly source: string;
}

/** A decision for something. */
export function yes(reason: Reason): Decision {
  return { verdict: true, reason, source: REASONS[reason].source };
}

/** A decision against something. */
export function no(reason: Reason): Decision {
  return { verdict: false, reason, source: REASONS[reason].source };
}
