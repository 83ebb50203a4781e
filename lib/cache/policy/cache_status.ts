/** `Cache-Status` (RFC 9211): what the cache did with a request, in its own words (pure). */

/** Why a request went to the origin (RFC 9211 §2.2). */
export type ForwardReason =
  | "bypass"
  | "method"
  | "uri-miss"
  | "vary-miss"
  | "miss"
  | "request"
  | "stale"
  | "partial";

/** What there is to say of a request that went to the origin. */
export interface Forwarding {
  /** Why it went there. */
  readonly reason: ForwardReason;
  /** The status of the origin's response, if it is not that of the answer; 0 if it is, or there was none. */
  readonly status: number;
  /** Whether the response was stored. */
  readonly stored: boolean;
  /** Whether it shared the request of another client. */
  readonly collapsed: boolean;
  /** The rule that decided, as the table of reasons calls it; empty for none. */
  readonly detail: string;
}

/** The name by which this cache goes. */
export const CACHE_NAME = "sluice";

/** The member of a request that went to the origin. */
export function forwardStatus(forwarding: Forwarding): string {
  const { reason, status, stored, collapsed, detail } = forwarding;
  return `${CACHE_NAME}; fwd=${reason}` +
    (status > 0 ? `; fwd-status=${status}` : "") +
    (stored ? "; stored" : "") +
    (collapsed ? "; collapsed" : "") +
    (detail === "" ? "" : `; detail=${detail}`);
}

/** A key as a string of structured fields, which has ASCII only (RFC 9651 §3.3.3). */
export function keyParameter(key: string): string {
  const visible = key.replaceAll(
    /[^ -~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `; key="${visible.replaceAll(/["\\]/g, "\\$&")}"`;
}
