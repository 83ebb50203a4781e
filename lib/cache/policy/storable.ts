/**
 * May a response be stored? RFC 9111 §3, rule by rule (pure).
 */

import { FIELD } from "../../http/field.ts";
import { METHOD } from "../../http/method.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import {
  type Decision,
  no,
  type Reason,
  REASONS,
  yes,
} from "../../reasons/reason.ts";
import { type Directives, isUnqualified, namedFields } from "./directives.ts";
import { isHeuristicallyCacheable, type Metadata } from "./metadata.ts";

/**
 * What becomes of a response that sets a cookie, where it does not say so itself:
 * it is not stored, stored without the cookie, or stored with it.
 */
export type SetCookiePolicy = "refuse" | "strip" | "store";

/** What the decision needs to know of the request. */
export interface StorableRequest {
  /** A number of `METHOD`. */
  readonly method: number;
  /** Whether the request carried `Authorization`. */
  readonly hasAuthorization: boolean;
  /** Whether the request carried `Cookie`. */
  readonly hasCookie: boolean;
  /** Whether the request says `no-store`. */
  readonly noStore: boolean;
  /** Whether `Content-Location` of the response names the request's own target. */
  readonly isOwnLocation: boolean;
}

/**
 * Statuses that sluice understands, for `must-understand`: all of RFC 9110 §15
 * but those whose caching needs more than this cache does.
 */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...[200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 305, 307, 308],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413],
  ...[414, 415, 416, 417, 421, 422, 426, 500, 501, 502, 503, 504, 505],
]);
/**
 * Statuses that speak of one request's size, form, conditions or connection, or of its
 * client: to keep them would punish others (RFC 6585 §3 to §6, RFC 8470 §5.2).
 */
const NEVER_STORED: ReadonlySet<number> = new Set([
  ...[400, 412, 413, 414, 416, 417, 425, 426, 428, 429, 431, 511],
]);

/** Fields that set cookies. */
const SETS_COOKIES: readonly (readonly [id: number, name: string])[] = [
  [FIELD.SetCookie, "set-cookie"],
  [FIELD.SetCookie2, "set-cookie2"],
];
/** Without these nobody could read the content, or know whom it is for. */
const INDISPENSABLE = ["content-encoding", "vary"];
/** Rules that speak of one request, or of the moment, and not of what the key brings to others. */
const OF_ONE_REQUEST: ReadonlySet<Reason> = new Set<Reason>([
  ...["request-no-store", "authorization", "cookie", "method"] as const,
  ...["post-location", "post-lifetime"] as const,
  ...["partial", "not-modified", "status-of-request"] as const,
  ...["upload", "dot-segments", "invalidated"] as const,
]);

/**
 * Whether a response was refused for what its request was, so that the next one may
 * well be stored.
 *
 * @param reason That of the decision.
 */
export function concernsOneRequest(reason: Reason): boolean {
  return OF_ONE_REQUEST.has(reason) || REASONS[reason].group === "bypass";
}

/** Names of fields, in lower case, that the response itself keeps from others (RFC 9111 §5.2.2.4, §5.2.2.7). */
export function fieldsForOne({ directives }: Metadata): ReadonlySet<string> {
  if (!directives.has("private") && !directives.has("no-cache")) {
    return NO_NAMES;
  }
  return new Set([
    ...namedFields(directives, "private"),
    ...namedFields(directives, "no-cache"),
  ]);
}

const NO_NAMES: ReadonlySet<string> = new Set();

/** Names of fields, in lower case, that are not stored with a response that may be stored. */
export function withheldFields(
  metadata: Metadata,
  setCookie: SetCookiePolicy,
): ReadonlySet<string> {
  const names = fieldsForOne(metadata);
  return setCookie === "strip" ||
      (setCookie === "refuse" && metadata.isTargeted)
    ? new Set([...names, ...SETS_COOKIES.map(([, name]) => name)])
    : names;
}

/** Whether a response sets a cookie. */
export function setsCookie({ fields }: Pick<ResponseHead, "fields">): boolean {
  return fields.has(FIELD.SetCookie) || fields.has(FIELD.SetCookie2);
}

/**
 * Decides whether a response may be stored, without its `withheldFields`.
 *
 * @param setCookie What the operator says about responses that set a cookie.
 */
export function mayStore(
  request: StorableRequest,
  response: Pick<ResponseHead, "status" | "fields">,
  metadata: Metadata,
  setCookie: SetCookiePolicy = "refuse",
): Decision {
  return forbiddenOutright(request, response, metadata.directives) ??
    forbiddenByLifetime(request, metadata) ??
    forbiddenByFields(response, metadata) ??
    forbiddenByCookies(request, response, metadata, setCookie) ??
    isWorthStoring(response.status, metadata);
}

/** Whether method, status or directives forbid it, so that nothing else needs to be read. */
export function forbiddenOutright(
  request: StorableRequest,
  response: Pick<ResponseHead, "status" | "fields">,
  directives: Directives,
): Decision | undefined {
  if (request.noStore) return no("request-no-store");
  return forbiddenByStatus(response.status) ??
    forbiddenByDirective(response, directives) ??
    forbiddenByAuthorization(request, directives) ??
    forbiddenByMethod(request);
}

function isExplicit({ lifetimeFrom }: Metadata): boolean {
  return lifetimeFrom === "directive" || lifetimeFrom === "expires" ||
    lifetimeFrom === "forced";
}

function forbiddenByMethod(
  { method, isOwnLocation }: StorableRequest,
): Decision | undefined {
  if (method === METHOD.Get) return undefined;
  if (method !== METHOD.Post) return no("method");
  // The response to a POST is that to a later GET only if it says so itself.
  return isOwnLocation ? undefined : no("post-location");
}

/** … and says for how long. */
function forbiddenByLifetime(
  { method }: StorableRequest,
  metadata: Metadata,
): Decision | undefined {
  const isAllowed = method !== METHOD.Post ||
    (isExplicit(metadata) && metadata.lifetimeMs > 0);
  return isAllowed ? undefined : no("post-lifetime");
}

function forbiddenByStatus(status: number): Decision | undefined {
  if (status === 206) return no("partial");
  if (status === 304) return no("not-modified");
  return NEVER_STORED.has(status) ? no("status-of-request") : undefined;
}

function forbiddenByDirective(
  { status }: Pick<ResponseHead, "status">,
  directives: Directives,
): Decision | undefined {
  if (directives.has("must-understand")) {
    // It overrides no-store for a cache that understands the status.
    if (!UNDERSTOOD.has(status)) return no("must-understand");
  } else if (directives.has("no-store")) {
    return no("no-store");
  }
  return isUnqualified(directives, "private") ? no("private") : undefined;
}

function forbiddenByAuthorization(
  { hasAuthorization }: StorableRequest,
  directives: Directives,
): Decision | undefined {
  const isAllowed = !hasAuthorization || directives.has("public") ||
    directives.has("s-maxage") || directives.has("must-revalidate");
  return isAllowed ? undefined : no("authorization");
}

function forbiddenByFields(
  { fields }: Pick<ResponseHead, "fields">,
  metadata: Metadata,
): Decision | undefined {
  const vary = fields.text(FIELD.Vary);
  if (
    vary !== undefined && vary.split(",").some((name) => name.trim() === "*")
  ) {
    return no("vary-star");
  }
  const names = fieldsForOne(metadata);
  return INDISPENSABLE.some((name) => names.has(name))
    ? no("private")
    : undefined;
}

/**
 * A cookie is for one client, and so, most often, is what comes with it: only
 * explicit words make it everybody's. The response's own names the field, a targeted
 * field is meant for this cache, and the operator's is `setCookie`.
 */
function forbiddenByCookies(
  { hasCookie }: StorableRequest,
  response: Pick<ResponseHead, "status" | "fields">,
  metadata: Metadata,
  setCookie: SetCookiePolicy,
): Decision | undefined {
  const isForAll = isExplicit(metadata);
  if (setsCookie(response)) {
    const named = fieldsForOne(metadata);
    const isKept = SETS_COOKIES.every(([id, name]) =>
      !response.fields.has(id) || named.has(name)
    );
    const isAllowed = isKept ||
      // Nothing says for how long what came with a cookie is for everybody.
      (isForAll && (setCookie !== "refuse" || metadata.isTargeted));
    if (!isAllowed) return no("set-cookie");
  }
  return hasCookie && !isForAll && !metadata.directives.has("public")
    ? no("cookie")
    : undefined;
}

/** Whether there is anything to be gained: some freshness, or a validator to ask with. */
function isWorthStoring(status: number, metadata: Metadata): Decision {
  const { directives, lifetimeMs, initialAgeMs, etag, lastModified } = metadata;
  const isAllowed = isExplicit(metadata) || directives.has("public") ||
    isHeuristicallyCacheable(status);
  if (!isAllowed) return no("status");
  if (etag !== "" || lastModified !== "") return yes("validator");
  if (metadata.noCache) return no("no-cache");
  const keepsMs = lifetimeMs +
    Math.max(
      metadata.staleWhileRevalidateMs,
      metadata.staleIfErrorMs ?? 0,
    );
  return keepsMs > initialAgeMs ? yes("fresh") : no("no-lifetime");
}
