/** From a response of the origin's to one that is stored, or to an update of one. */

import { Fill } from "../cache/fill.ts";
import { writeStoredHead, writeWithheldLines } from "../cache/freshen.ts";
import {
  type Metadata,
  readMetadata,
  statedDirectives,
  type Times,
} from "../cache/metadata.ts";
import {
  concernsOneRequest,
  forbiddenOutright,
  mayStore,
  type StorableRequest,
  withheldFields,
} from "../cache/storable.ts";
import { type StoredHead, StoredResponse } from "../cache/stored_response.ts";
import { fieldText, selectingFields } from "../cache/vary.ts";
import { forbidsTransform, isEligible, isPlain } from "../coding/eligible.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { OctetBuffer } from "../http/octet_buffer.ts";
import { ResponseHead } from "../http/response_head.ts";
import type { FieldSection } from "../http/section.ts";
import { writeTemplate } from "./client_response.ts";
import type { Fetch } from "./fetch_state.ts";
import { fillFrom } from "./fill_driver.ts";
import { noteWeakened } from "./gateway.ts";
import { resolve } from "./invalidate.ts";
import { keyOf, sentOf } from "./lookup.ts";
import type { SharedCache } from "./shared_cache.ts";

/** Tags of one response; more are not looked at. */
const TAGS_MAX = 64;
/** Characters of a tag; a longer one is none. */
const TAG_LENGTH_MAX = 256;
/** The fields that name them. */
const TAG_FIELDS = ["cache-tag", "surrogate-key"];
const HEAD_BYTES = 1024;
/** Tells a key's requests with cookies from those without. */
const COOKIE_BIT = 1;

const scratch = new OctetBuffer(HEAD_BYTES);
const parsed = new ResponseHead();

/**
 * Stores the response, if it may be: its content flows in from here on.
 *
 * @returns Undefined if it is not stored; `fetch.use.detail` says why.
 */
export function keep(
  fetch: Fetch,
  cache: SharedCache,
  times: Times,
): StoredResponse | undefined {
  const { request, use } = fetch;
  const stored = judge(fetch, cache, times);
  const isStored = stored !== undefined;
  const isTelling = isStored ||
    !concernsOneRequest(use.detail, fetch.response.status);
  if (request.method === METHOD.Get && isTelling && !use.hadDotSegments) {
    cache.store.noteCacheable(sharingHash(fetch), isStored, times.responseMs);
  }
  return stored;
}

/**
 * By what is remembered whether the key brings what may be stored. What comes for
 * a cookie may be kept from others where what comes without one is not: they are
 * remembered apart.
 */
export function sharingHash({ request, use }: Fetch): number {
  return request.fields.has(FIELD.Cookie) ? use.hash ^ COOKIE_BIT : use.hash;
}

function judge(
  fetch: Fetch,
  cache: SharedCache,
  times: Times,
): StoredResponse | undefined {
  const { response, use } = fetch;
  const { policy } = cache;
  const request = storableRequest(fetch);
  const stated = statedDirectives(response.fields, policy.targetedField);
  const refusal = forbiddenOutright(request, response, stated.directives);
  if (refusal !== undefined) {
    use.detail = refusal.reason;
    return undefined;
  }
  const forbidsGuess = use.hasQuery || request.hasCookie;
  const metadata = readMetadata(response, stated, times, policy, forbidsGuess);
  const { setCookie } = policy;
  const { verdict, reason } = mayStore(request, response, metadata, setCookie);
  use.detail = verdict ? "" : reason;
  return verdict ? store(fetch, cache, metadata) : undefined;
}

/** What decides of the request whether its response may be stored. */
export function storableRequest(fetch: Fetch): StorableRequest {
  const { request: { method, fields }, use } = fetch;
  return {
    method,
    hasAuthorization: fields.has(FIELD.Authorization),
    hasCookie: fields.has(FIELD.Cookie),
    noStore: use.directives.has("no-store"),
    isOwnLocation: method === METHOD.Post && isOwnLocation(fetch),
  };
}

/** Whether `Content-Location` says that the content is what GET would bring (RFC 9110 §8.7). */
function isOwnLocation(fetch: Fetch): boolean {
  const location = fetch.response.fields.text(FIELD.ContentLocation);
  const cache = fetch.gateway.cache!;
  if (location === undefined) return false;
  const own = keyOf(fetch, cache);
  const named = resolve(location, own);
  return named !== undefined && named.target === resolve("", own)?.target;
}

function store(
  fetch: Fetch,
  cache: SharedCache,
  metadata: Metadata,
): StoredResponse | undefined {
  const { response, use } = fetch;
  const { objectBytesMax } = cache.store.limits;
  const { kind, length } = response.framing;
  const refuse = (why: string): undefined => {
    use.detail = why;
    return undefined;
  };
  if (use.reason === "bypass") return refuse("bypass");
  if (!fetch.requestBody.done || fetch.upload !== undefined) {
    return refuse("upload");
  }
  if (use.hadDotSegments) return refuse("dot-segments");
  const epoch = cache.store.epoch(use.hash);
  if (use.flight?.isOutdated || (use.epoch ?? epoch) !== epoch) {
    return refuse("invalidated");
  }
  const isOutgrown = kind !== "length" && kind !== "none" &&
    cache.store.hasOutgrown(use.hash, fetch.gateway.clock.now());
  if (length > objectBytesMax || isOutgrown) return refuse("too-large");
  const selecting = selectingFields(
    response.fields,
    sentOf(fetch, cache),
    isForWhoReadsIt(fetch, response.fields),
  );
  if (selecting === undefined) return refuse("vary");
  const resource = cache.store.obtain(keyOf(fetch, cache), use.hash);
  const size = kind === "length" ? length : kind === "none" ? 0 : -1;
  const traits = {
    status: response.status,
    minorVersion: response.minorVersion,
    selecting,
    partition: use.partition,
    tags: tagsOf(response),
  };
  const fill = new Fill(size, objectBytesMax, cache.store);
  const head = headOf(fetch, cache, metadata, size);
  const stored = new StoredResponse(resource, traits, head, fill);
  stored.epoch = epoch;
  if (!cache.store.add(stored)) {
    cache.store.storage.give(fill.content());
    cache.store.release(resource);
    return refuse("no-room");
  }
  fetch.hold(stored); // it may have to go again before it is served
  use.isFirstHand = true;
  fillFrom(fetch, cache, stored, fill);
  use.isStored = size >= 0 || stored.fill === undefined; // else it may turn out too large
  return stored;
}

/** The head of a response as it is stored; what that leaves out is `fetch.use.ownLines`. */
function headOf(
  fetch: Fetch,
  cache: SharedCache,
  metadata: Metadata,
  length: number,
): StoredHead {
  const { response, use } = fetch;
  const without = withheldFields(metadata, cache.policy.setCookie);
  if (without.size > 0 || response.fields.has(FIELD.Warning)) {
    use.ownLines = ownLinesOf(fetch, without);
  }
  scratch.length = 0;
  writeStoredHead(scratch, response, without, fetch.gateway.date.bytes());
  const origin = parseScratch(fetch);
  return preparedHead(fetch, origin, metadata, response.minorVersion, length);
}

/** The lines that only the client gets whose request brought them; undefined for none. */
function ownLinesOf(
  { response, gateway: { route, cache } }: Fetch,
  without: ReadonlySet<string>,
): Uint8Array | undefined {
  const dropsTags = !cache!.policy.passesTags;
  scratch.length = 0;
  writeWithheldLines(
    scratch,
    response,
    without,
    (name) =>
      (dropsTags && TAG_FIELDS.includes(name)) ||
      route.responseRules.some((rule) =>
        rule.action !== "add" && rule.name === name
      ),
  );
  return scratch.length === 0 ? undefined : scratch.view().slice();
}

/**
 * Makes a head from the stored one as the origin gave it, and reads it.
 *
 * @param write Writes the new head.
 * @returns Its octets, and the head itself, which lasts until the next is read.
 */
export function rewriteHead(
  fetch: Fetch,
  { head: { octets, templateEnd } }: StoredResponse,
  write: (out: OctetBuffer, stored: ResponseHead) => void,
): { origin: Uint8Array; head: ResponseHead } {
  parseStored(fetch, octets, templateEnd);
  scratch.length = 0;
  write(scratch, parsed);
  return { origin: parseScratch(fetch), head: parsed };
}

/** Keeps the head in `scratch` and parses it: it is in `parsed` then. */
function parseScratch(fetch: Fetch): Uint8Array {
  const origin = scratch.view().slice();
  parseStored(fetch, origin);
  return origin;
}

/** Makes a stored head of one as the origin gave it, which has just been parsed. */
export function preparedHead(
  fetch: Fetch,
  origin: Uint8Array,
  metadata: Metadata,
  minorVersion: number,
  length: number,
): StoredHead {
  const { route } = fetch.gateway;
  const isEncodable = route.coding !== undefined &&
    isEligible(parsed.status, parsed.fields, length, route.coding);
  const isDecodable = mayDecode(fetch, parsed.fields);
  writeParsed(fetch, minorVersion, undefined, isEncodable || isDecodable);
  const templateEnd = scratch.length;
  scratch.append(origin);
  return {
    octets: scratch.view().slice(),
    templateEnd,
    metadata,
    isEncodable,
    isGzip: isDecodable,
    codedTemplates: new Map(),
  };
}

/**
 * Whether content has a coding that stays: then only who asked for such a one gets it.
 * Many origins code what they send and do not say that it varies.
 */
function isForWhoReadsIt(fetch: Fetch, fields: FieldSection): boolean {
  return !isPlain(fields) && !mayDecode(fetch, fields);
}

/** Whether who cannot read the coding gets the content without it. */
function mayDecode({ gateway }: Fetch, fields: FieldSection): boolean {
  return gateway.route.coding !== undefined && isGzip(fields) &&
    !forbidsTransform(fields);
}

function isGzip(fields: FieldSection): boolean {
  const line = fields.first(FIELD.ContentEncoding);
  return line >= 0 && !fields.isRepeated(FIELD.ContentEncoding) &&
    (fields.valueIs(line, "gzip") || fields.valueIs(line, "x-gzip"));
}

/** Writes the template of the head in `parsed` to `scratch`. */
function writeParsed(
  fetch: Fetch,
  minorVersion: number,
  coding: ContentForm | undefined,
  varies: boolean,
): void {
  const { route, cache } = fetch.gateway;
  const dropsTags = !cache!.policy.passesTags;
  scratch.length = 0;
  const plan = { dropsTags, coding, varies };
  writeTemplate(scratch, parsed, minorVersion, route.responseRules, plan);
}

/** The template of a stored response in another form than the stored one. */
export function codedTemplate(
  fetch: Fetch,
  { head, traits }: StoredResponse,
  coding: ContentForm,
): Uint8Array {
  let template = head.codedTemplates.get(coding);
  if (template !== undefined) return template;
  parseStored(fetch, head.octets, head.templateEnd);
  noteWeakened(fetch.gateway, parsed.fields);
  writeParsed(fetch, traits.minorVersion, coding, true);
  template = scratch.view().slice();
  head.codedTemplates.set(coding, template);
  return template;
}

function parseStored(fetch: Fetch, octets: Uint8Array, start = 0): void {
  parsed.begin(
    start,
    { ...fetch.gateway.route.responseLimits, ...UNBOUNDED },
    0,
  );
  if (!parsed.parse(octets, octets.length)) {
    throw new RangeError("Cannot read a stored head");
  }
}

/** What was accepted with the limits may be a little longer with what is added. */
const UNBOUNDED = { headBytesMax: Infinity, fieldCountMax: Infinity };

/** What the response can be purged by: the members of `Cache-Tag` and `Surrogate-Key`. */
function tagsOf({ fields }: ResponseHead): string[] {
  if (!fields.has(FIELD.CacheTag) && !fields.has(FIELD.SurrogateKey)) return [];
  return readTags(
    TAG_FIELDS.map((name) => fieldText(fields, name) ?? "").join(" "),
  );
}

/** Reads tags that are parted by commas or whitespace. */
export function readTags(text: string): string[] {
  const tags = text.split(/[\s,]+/).filter((tag) =>
    tag !== "" && tag.length <= TAG_LENGTH_MAX
  );
  return [...new Set(tags)].slice(0, TAGS_MAX);
}
