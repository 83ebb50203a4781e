/**
 * What a 304, or the response to HEAD, makes of a stored response (RFC 9111 §3.2,
 * §4.3.4, §4.3.5).
 *
 * What is updated passes the same decision as what is new. And what the origin says
 * to one client is that client's: it gets all of it, others only what may be stored.
 */

import {
  isSameRepresentation,
  type UpdateLines,
  variesAlike,
  writeFreshenedHead,
} from "../../cache/policy/freshen.ts";
import {
  type Metadata,
  readMetadata,
  type Times,
} from "../../cache/policy/metadata.ts";
import {
  fieldsForOne,
  mayStore,
  setsCookie,
  type StorableRequest,
  withheldFields,
} from "../../cache/policy/storable.ts";
import {
  type StoredHead,
  StoredResponse,
} from "../../cache/store/stored_response.ts";
import { tagsOf } from "../../cache/policy/tags.ts";
import { FIELD } from "../../http/field.ts";
import { METHOD } from "../../http/method.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { Reason } from "../../reasons/reason.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { type CachePolicy, hasCredentials } from "../../exchange/route.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { rewriteHead, storedHead } from "./stored_head.ts";
import { ruledDirectives, storableRequest } from "./store_response.ts";
import { takeOutStored } from "./take_out.ts";
import { writeBehind } from "./write_behind.ts";
import { noting } from "../writes.ts";

/** Fields of an update that nobody else gets, whatever it says. */
const NEVER_MERGED = ["set-cookie", "set-cookie2"];

const NO_NAMES: ReadonlySet<string> = new Set();

/** What becomes of the stored response. */
interface Update {
  /** For everybody: it gets the head, it goes, or it stays as it was, because only this request forbids it. */
  readonly outcome: "freshen" | "remove" | "leave";
  /** The rule that decided. */
  readonly reason: Reason;
  /** The head for everybody. */
  readonly head: StoredHead;
  /** The head for the client that asked. */
  readonly ownHead: StoredHead;
}

/** What the stored response is found by, besides its key: an update that changes it makes it another one. */
interface FoundBy {
  readonly vary: string | undefined;
  readonly tags: readonly string[];
}

/** A head that has been made, and what it says of its caching. */
interface Merged {
  readonly bytes: Uint8Array;
  readonly head: ResponseHead;
  readonly metadata: Metadata;
}

/**
 * Takes in a 304 that speaks of the stored response, which the exchange holds.
 *
 * @returns What answers the request: the stored response, or, if others must not
 *   have this head, the same content with a head for this client alone.
 */
export function takeNotModified(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  times: Times,
): StoredResponse {
  const update = updateOf(fetch, stored, times);
  const isApplied = apply(fetch, cache, stored, update);
  if (update.outcome !== "freshen" || !isApplied) {
    noting(fetch.use).detail = isApplied ? update.reason : "invalidated";
    noting(fetch.use).isForOne = true;
  } else if (update.ownHead === update.head) return stored;
  return copyFor(stored, update.ownHead);
}

/** Takes in what the response to HEAD tells of the stored response to GET. */
export function takeHead(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  times: Times,
): void {
  const { status, fields } = fetch.response;
  if (status !== stored.status || stored.incoming !== undefined) return;
  const { metadata } = stored.head;
  const isSame = isSameRepresentation(fields, metadata, stored.wholeLength);
  if (isSame === false) return takeOutStored(cache, stored);
  const update = updateOf(fetch, stored, times);
  // Without a validator it may be of any representation; what it forbids holds for all.
  if (isSame === true || update.outcome === "remove") {
    apply(fetch, cache, stored, update);
  }
}

/** @returns Whether it was in time: what was asked for before a purge confirms nothing that the purge names. */
function apply(
  { use }: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  { outcome, head }: Update,
): boolean {
  if (outcome === "remove") takeOutStored(cache, stored);
  if (outcome !== "freshen") return true;
  const { epoch = cache.store.epoch } = use;
  if (cache.store.isOutdated(epoch, stored)) return false;
  stored.confirmedEpoch = epoch;
  stored.freshen(head);
  cache.store.freshened(stored, epoch);
  writeBehind(cache, stored);
  return true;
}

/** The same content with another head, for one exchange, which holds the stored response. */
function copyFor(
  { entry, traits, buffer, length, coded }: StoredResponse,
  head: StoredHead,
): StoredResponse {
  const copy = new StoredResponse(entry, traits, head, undefined);
  copy.buffer = buffer;
  copy.length = length;
  for (const [coding, content] of coded) copy.coded.set(coding, content);
  copy.pins = 1; // for good: the buffer is not its own to give back
  return copy;
}

function updateOf(
  fetch: Fetch,
  stored: StoredResponse,
  times: Times,
): Update {
  const { response } = fetch;
  const { setCookie } = fetch.route.cache!;
  let oldVary: string | undefined;
  const merge = (
    without: ReadonlySet<string>,
    withoutUpdate: UpdateLines,
  ): Pick<Merged, "bytes" | "head"> =>
    rewriteHead(stored.head, (out, old) => {
      oldVary = old.fields.text(FIELD.Vary);
      const date = fetch.site.date.bytes();
      writeFreshenedHead(out, old, response, without, withoutUpdate, date);
    });
  const prepare = ({ bytes }: Pick<Merged, "bytes">): StoredHead =>
    storedHead(bytes, metadata, stored.head.minorVersion, stored.wholeLength);
  let merged = merge(NO_NAMES, NO_NAMES);
  const metadata = metadataOf(fetch, merged.head, times);
  const isWhole = fieldsForOne(metadata).size === 0 &&
    !setsCookie(response) && !response.fields.has(FIELD.Warning);
  let ownHead: StoredHead | undefined;
  if (!isWhole) {
    const without = withheldFields(metadata, setCookie);
    ownHead = prepare(merge(without, "all"));
    merged = merge(without, new Set([...without, ...NEVER_MERGED]));
  }
  const { outcome, reason } = decide(
    fetch,
    merged.head,
    metadata,
    setCookie,
    { vary: oldVary, tags: stored.tags },
  );
  const head = prepare(merged);
  return { outcome, reason, head, ownHead: ownHead ?? head };
}

function metadataOf(
  fetch: Fetch,
  head: ResponseHead,
  times: Times,
): Metadata {
  const policy = fetch.route.cache!;
  const hasAuthorization = hasCredentials(
    fetch.route,
    fetch.request.fields,
  );
  const request = { method: METHOD.Get, hasAuthorization };
  const stated = ruledDirectives(head, request, policy);
  return readMetadata(
    head,
    stated,
    times,
    policy,
    fetch.request.fields.has(FIELD.Cookie),
    fetch.use.hasQuery,
  );
}

/** The decision about what is new, for any request, and then for the one that was made. */
function decide(
  fetch: Fetch,
  head: ResponseHead,
  metadata: Metadata,
  setCookie: CachePolicy["setCookie"],
  old: FoundBy,
): Pick<Update, "outcome" | "reason"> {
  const forAnybody = mayStore(ANYBODY, head, metadata, setCookie);
  if (!forAnybody.verdict) {
    return { outcome: "remove", reason: forAnybody.reason };
  }
  // Stored under what it varied on before, others would not find what is theirs.
  if (!variesAlike(old.vary, head.fields.text(FIELD.Vary))) {
    return { outcome: "remove", reason: "vary" };
  }
  // … and a purge by what it is tagged with now would not.
  const isTaggedAlike = isSameSet(old.tags, tagsOf(head));
  if (!isTaggedAlike) return { outcome: "remove", reason: "tags" };
  const request = { ...storableRequest(fetch), method: METHOD.Get };
  const forThis = mayStore(request, head, metadata, setCookie);
  return {
    outcome: forThis.verdict ? "freshen" : "leave",
    reason: forThis.reason,
  };
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const inB = new Set(b);
  return a.length === b.length && a.every((tag) => inB.has(tag));
}

/** A request for what is stored that nothing forbids. */
const ANYBODY: StorableRequest = {
  method: METHOD.Get,
  hasAuthorization: false,
  hasCookie: false,
  noStore: false,
  isOwnLocation: false,
};
