/**
 * What a response says about its own caching, read once when it arrives: how long
 * it is fresh and what may be done with it afterwards (RFC 9111 §4.2, pure).
 */

import { keptTextOf, textOf } from "../../http/bytes.ts";
import { parseHttpDate } from "../../http/date.ts";
import { FIELD } from "../../http/field.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { FieldSection } from "../../http/section.ts";
import {
  type Directives,
  isUnqualified,
  NO_DIRECTIVES,
  parseDirectives,
  parseDirectivesLine,
  parseTargeted,
  SECONDS_MAX,
  secondsOf,
} from "./directives.ts";
import { namedText } from "../../http/named_field.ts";

/** Part of the time since the last modification for which a response is guessed to be fresh (RFC 9111 §4.2.2). */
const HEURISTIC_FRACTION = 0.1;
/** Statuses whose responses may be guessed to be fresh (RFC 9110 §15.1). */
const HEURISTIC_STATUSES: ReadonlySet<number> = new Set(
  [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501],
);

/** When the exchange took place, in ms since the epoch (RFC 9111 §4.2.3). */
export interface Times {
  /** When the request was sent. */
  readonly requestMs: number;
  /** When the response arrived. */
  readonly responseMs: number;
}

/** What the operator says about responses that do not say it themselves. */
export interface FreshnessPolicy {
  /** The lifetime of a response without one, in ms; 0 to guess it. */
  readonly defaultTtlMs: number;
  /** The longest guess, in ms; 0 for no guesses. */
  readonly heuristicMaxMs: number;
  /**
   * How long a stale response may be used while it is refreshed, and stand in for an
   * error, where the response says nothing of either, in ms; 0 for not at all.
   */
  readonly staleMs?: number;
  /** A targeted field that goes before `CDN-Cache-Control`, in lower case; empty for none. */
  readonly targetedField: string;
}

/** See the module's comment. Times are in ms; instants are since the epoch. */
export interface Metadata {
  /** The directives that hold for this cache. */
  readonly directives: Directives;
  /** Whether they are those of a targeted field. */
  readonly isTargeted: boolean;
  /** How long it is fresh from the time it was made. */
  readonly lifetimeMs: number;
  /** Where the lifetime comes from. */
  readonly lifetimeFrom:
    | "forced"
    | "directive"
    | "expires"
    | "default"
    | "heuristic"
    | "none";
  /** What its `Age` said when it arrived; 0 if it had none. */
  readonly ageMs: number;
  /** Its age when it arrived. */
  readonly initialAgeMs: number;
  /** When it arrived. */
  readonly responseMs: number;
  /** When the origin made it. */
  readonly dateMs: number;
  /** Whether each use needs the origin's word (`no-cache`). */
  readonly noCache: boolean;
  /** Whether it must not be used once it is stale, whatever else it says. */
  readonly mustRevalidate: boolean;
  /**
   * Whether `s-maxage` gives its lifetime. Once stale it may be used only where it
   * says so itself (RFC 9111 §5.2.2.10, RFC 5861): no client's wish and no default
   * is enough.
   */
  readonly hasSharedMaxAge: boolean;
  /** How long after its lifetime it may be used while it is refreshed. */
  readonly staleWhileRevalidateMs: number;
  /** How long after its lifetime it may stand in for an error; undefined if it does not say. */
  readonly staleIfErrorMs: number | undefined;
  /** The entity tag as it came; empty if there is none. */
  readonly etag: string;
  /** `Last-Modified` as it came; empty if there is none or it is not a date. */
  readonly lastModified: string;
  /** `Last-Modified` as an instant; undefined if there is none. */
  readonly lastModifiedMs: number | undefined;
}

/** The directives that hold for this cache, and whether a targeted field gave them. */
export interface StatedDirectives {
  /** The directives, by name. */
  readonly directives: Directives;
  /** Whether they are those of a targeted field. */
  readonly isTargeted: boolean;
  /** The lifetime that the operator puts in place of the origin's, in ms; undefined for none. */
  readonly forceMs?: number;
}

/** Reads the directives of a response (RFC 9111 §5.2.2, RFC 9213 §2.2). */
export function statedDirectives(
  fields: FieldSection,
  targetedField: string,
): StatedDirectives {
  const targeted = targetedDirectives(fields, targetedField);
  return targeted === undefined
    ? {
      directives: directivesOf(fields, FIELD.CacheControl),
      isTargeted: false,
    }
    : { directives: targeted, isTargeted: true };
}

/**
 * Reads the metadata of a response.
 *
 * @param hasCookie Whether the request has a cookie: then a response that gives no
 *   lifetime may be meant for this client, and has none.
 * @param hasQuery Whether the target has a query: then no lifetime is guessed. The
 *   operator's is no guess.
 */
export function readMetadata(
  response: Pick<ResponseHead, "status" | "fields">,
  { directives, isTargeted, forceMs }: StatedDirectives,
  times: Times,
  policy: FreshnessPolicy,
  hasCookie: boolean,
  hasQuery = false,
): Metadata {
  const { fields, status } = response;
  const dateMs = dateOf(fields, FIELD.Date, times.responseMs) ??
    times.responseMs;
  const lastModifiedMs = dateOf(fields, FIELD.LastModified, times.responseMs);
  const { ms, from } = lifetimeOf({
    fields,
    directives,
    isTargeted,
    forceMs,
    dateMs,
    responseMs: times.responseMs,
    lastModifiedMs,
    policy,
    allowsDefault: !hasCookie &&
      (HEURISTIC_STATUSES.has(status) || directives.has("public")),
    allowsGuess: !hasQuery,
  });
  return metadataOf({
    directives,
    isTargeted,
    lifetimeMs: ms,
    lifetimeFrom: from,
    ageMs: ageOf(fields),
    initialAgeMs: initialAge(fields, dateMs, times),
    responseMs: times.responseMs,
    dateMs,
    noCache: isUnqualified(directives, "no-cache"),
    mustRevalidate: directives.has("must-revalidate") ||
      directives.has("proxy-revalidate"),
    hasSharedMaxAge: directives.has("s-maxage"),
    ...staleWindows(directives, policy.staleMs ?? 0),
    etag: firstLine(fields, FIELD.Etag, keptTextOf),
    lastModified: lastModifiedMs === undefined
      ? ""
      : firstLine(fields, FIELD.LastModified, keptTextOf),
    lastModifiedMs,
  });
}

/**
 * The same metadata, as an object that the engine lays out like all others, wherever
 * its values come from: each hit reads it.
 */
export function metadataOf(values: Metadata): Metadata {
  return {
    lifetimeMs: values.lifetimeMs,
    initialAgeMs: values.initialAgeMs,
    responseMs: values.responseMs,
    noCache: values.noCache,
    etag: values.etag,
    lastModified: values.lastModified,
    ageMs: values.ageMs,
    directives: values.directives,
    isTargeted: values.isTargeted,
    lifetimeFrom: values.lifetimeFrom,
    dateMs: values.dateMs,
    mustRevalidate: values.mustRevalidate,
    hasSharedMaxAge: values.hasSharedMaxAge,
    staleWhileRevalidateMs: values.staleWhileRevalidateMs,
    staleIfErrorMs: values.staleIfErrorMs,
    lastModifiedMs: values.lastModifiedMs,
  };
}

/**
 * How long it may be used once it is stale (RFC 5861): as it says, or, where it says
 * nothing at all, as the operator does. `s-maxage` asks for the origin's word each time.
 */
function staleWindows(
  directives: Directives,
  staleMs: number,
): Pick<Metadata, "staleWhileRevalidateMs" | "staleIfErrorMs"> {
  const whileRevalidate = secondsOf(directives, "stale-while-revalidate");
  const ifError = secondsOf(directives, "stale-if-error");
  const isSilent = whileRevalidate === undefined && ifError === undefined &&
    !directives.has("s-maxage");
  return isSilent && staleMs > 0
    ? { staleWhileRevalidateMs: staleMs, staleIfErrorMs: staleMs }
    : {
      staleWhileRevalidateMs: (whileRevalidate || 0) * 1000,
      staleIfErrorMs: toMs(ifError),
    };
}

/** Whether a response with this status may be guessed to be fresh. */
export function isHeuristicallyCacheable(status: number): boolean {
  return HEURISTIC_STATUSES.has(status);
}

/** The directives of a field; none if it is missing. */
export function directivesOf(fields: FieldSection, id: number): Directives {
  const line = fields.first(id);
  if (line < 0) return NO_DIRECTIVES;
  return fields.isRepeated(id)
    ? parseDirectives(fields.text(id)!)
    : parseDirectivesLine(
      fields.bytes,
      fields.valueStart(line),
      fields.valueEnd(line),
    );
}

/** The directives of the first targeted field that is there and well-formed (RFC 9213 §2.2). */
function targetedDirectives(
  fields: FieldSection,
  configured: string,
): Directives | undefined {
  const named = configured === "" ? undefined : namedText(fields, configured);
  const cdn = fields.text(FIELD.CdnCacheControl);
  return (named === undefined ? undefined : parseTargeted(named)) ??
    (cdn === undefined ? undefined : parseTargeted(cdn));
}

interface LifetimeInput {
  readonly fields: FieldSection;
  readonly directives: Directives;
  readonly isTargeted: boolean;
  readonly forceMs: number | undefined;
  readonly dateMs: number;
  readonly responseMs: number;
  readonly lastModifiedMs: number | undefined;
  readonly policy: FreshnessPolicy;
  /** Whether it may have a lifetime that it does not give. */
  readonly allowsDefault: boolean;
  /** Whether that may be a guess. */
  readonly allowsGuess: boolean;
}

/** The freshness lifetime (RFC 9111 §4.2.1, §4.2.2), by the first rule that applies. */
function lifetimeOf(
  input: LifetimeInput,
): { ms: number; from: Metadata["lifetimeFrom"] } {
  const { fields, directives, dateMs, policy, forceMs } = input;
  if (forceMs !== undefined) return { ms: forceMs, from: "forced" };
  for (const name of ["s-maxage", "max-age"]) {
    const seconds = secondsOf(directives, name);
    if (seconds !== undefined) {
      return { ms: (seconds || 0) * 1000, from: "directive" };
    }
  }
  if (!input.isTargeted && fields.has(FIELD.Expires)) {
    const expiresMs = dateOf(fields, FIELD.Expires, input.responseMs);
    const ms = expiresMs === undefined ? 0 : expiresMs - dateMs;
    return { ms: Math.min(ms, SECONDS_MAX * 1000), from: "expires" };
  }
  if (!input.allowsDefault) return { ms: 0, from: "none" };
  if (policy.defaultTtlMs > 0) {
    return { ms: policy.defaultTtlMs, from: "default" };
  }
  if (
    !input.allowsGuess || input.lastModifiedMs === undefined ||
    policy.heuristicMaxMs === 0
  ) {
    return { ms: 0, from: "none" };
  }
  const sinceMs = Math.max(0, dateMs - input.lastModifiedMs);
  const ms = Math.min(
    Math.floor(sinceMs * HEURISTIC_FRACTION),
    policy.heuristicMaxMs,
  );
  return { ms, from: "heuristic" };
}

/** RFC 9111 §4.2.3: the larger of what the clocks and the `Age` fields say. */
function initialAge(
  fields: FieldSection,
  dateMs: number,
  { requestMs, responseMs }: Times,
): number {
  // Dates are in seconds: within the same one, nothing is known to have passed.
  const arrivedMs = Math.floor(responseMs / 1000) * 1000;
  const apparentMs = Math.max(0, arrivedMs - dateMs);
  return Math.max(apparentMs, ageOf(fields) + responseMs - requestMs);
}

/** `Age` in ms (RFC 9111 §5.1): of a list the first member; 0 if it is not a number. */
function ageOf(fields: FieldSection): number {
  const text = firstLine(fields, FIELD.Age);
  const digits = /^(\d+)[\t ]*(?:,|$)/.exec(text);
  return digits === null ? 0 : Math.min(Number(digits[1]), SECONDS_MAX) * 1000;
}

/** The date in a field's first line, in ms since the epoch; undefined if there is none. */
function dateOf(
  fields: FieldSection,
  id: number,
  nowMs: number,
): number | undefined {
  const text = firstLine(fields, id);
  return text === "" ? undefined : parseHttpDate(text, nowMs);
}

/** The value of a field's first line, made a string by `toText`; empty if there is none. */
function firstLine(
  fields: FieldSection,
  id: number,
  toText: typeof textOf = textOf,
): string {
  const line = fields.first(id);
  return line < 0
    ? ""
    : toText(fields.bytes, fields.valueStart(line), fields.valueEnd(line));
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : (seconds || 0) * 1000;
}
