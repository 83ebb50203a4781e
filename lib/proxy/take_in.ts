/** From a response of the origin's to one that is stored, or to an update of one. */

import { namedFields } from "../cache/directives.ts";
import { Fill } from "../cache/fill.ts";
import { writeFreshenedHead, writeStoredHead } from "../cache/freshen.ts";
import {
  type Metadata,
  readMetadata,
  statedDirectives,
  type Times,
} from "../cache/metadata.ts";
import {
  forbiddenOutright,
  mayStore,
  type StorableRequest,
} from "../cache/storable.ts";
import { type StoredHead, StoredResponse } from "../cache/stored_response.ts";
import { fieldText, selectingFields } from "../cache/vary.ts";
import { forbidsTransform, isEligible } from "../coding/eligible.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { OctetBuffer } from "../http/octet_buffer.ts";
import { ResponseHead } from "../http/response_head.ts";
import type { FieldSection } from "../http/section.ts";
import { httpDateOctets } from "../net/clock.ts";
import { writeTemplate } from "./client_response.ts";
import type { Exchange } from "./exchange_state.ts";
import { fillFrom } from "./fill_driver.ts";
import { noteWeakened } from "./gateway.ts";
import { resolve } from "./invalidate.ts";
import { keyOf, sentOf } from "./lookup.ts";
import type { SharedCache } from "./shared_cache.ts";

/** Tags of one response; more are not looked at. */
const TAGS_MAX = 64;
/** Characters of a tag; a longer one is none. */
const TAG_LENGTH_MAX = 256;
const HEAD_BYTES = 1024;

const scratch = new OctetBuffer(HEAD_BYTES);
const parsed = new ResponseHead();

/**
 * Stores the response, if it may be: its content flows in from here on.
 *
 * @returns Undefined if it is not stored; `x.use.detail` says why.
 */
export function keep(
  x: Exchange,
  cache: SharedCache,
  times: Times,
): StoredResponse | undefined {
  const { request, use } = x;
  const stored = judge(x, cache, times);
  if (request.method === METHOD.Get && !use.hadDotSegments) {
    cache.store.noteCacheable(use.hash, stored !== undefined, times.responseMs);
  }
  return stored;
}

function judge(
  x: Exchange,
  cache: SharedCache,
  times: Times,
): StoredResponse | undefined {
  const { response, use } = x;
  const { policy } = cache;
  const request = storableRequest(x);
  const stated = statedDirectives(response.fields, policy.targetedField);
  const refusal = forbiddenOutright(request, response, stated.directives);
  if (refusal !== undefined) {
    use.detail = refusal.reason;
    return undefined;
  }
  const forbidsGuess = use.hasQuery || request.hasCookie;
  const metadata = readMetadata(response, stated, times, policy, forbidsGuess);
  const { verdict, reason } = mayStore(request, response, metadata);
  use.detail = verdict ? "" : reason;
  return verdict ? store(x, cache, metadata) : undefined;
}

function storableRequest(x: Exchange): StorableRequest {
  const { request: { method, fields }, use } = x;
  return {
    method,
    hasAuthorization: fields.has(FIELD.Authorization),
    hasCookie: fields.has(FIELD.Cookie),
    noStore: use.directives.has("no-store"),
    isOwnLocation: method === METHOD.Post && isOwnLocation(x),
  };
}

/** Whether `Content-Location` says that the content is what GET would bring (RFC 9110 §8.7). */
function isOwnLocation(x: Exchange): boolean {
  const location = x.response.fields.text(FIELD.ContentLocation);
  const cache = x.gateway.cache!;
  if (location === undefined) return false;
  const own = keyOf(x, cache);
  return resolve(location, own)?.target === resolve("", own)?.target;
}

function store(
  x: Exchange,
  cache: SharedCache,
  metadata: Metadata,
): StoredResponse | undefined {
  const { response, use } = x;
  const { objectBytesMax } = cache.store.limits;
  const { kind, length } = response.framing;
  const refuse = (why: string): undefined => {
    use.detail = why;
    return undefined;
  };
  if (use.reason === "bypass") return refuse("bypass");
  if (!x.requestBody.done || x.upload !== undefined) return refuse("upload");
  if (use.hadDotSegments) return refuse("dot-segments");
  const epoch = cache.store.epoch(use.hash);
  if (use.flight?.isOutdated || (use.epoch ?? epoch) !== epoch) {
    return refuse("invalidated");
  }
  if (length > objectBytesMax) return refuse("too-large");
  const selecting = selectingFields(response.fields, sentOf(x, cache));
  if (selecting === undefined) return refuse("vary");
  const resource = cache.store.obtain(keyOf(x, cache), use.hash);
  const size = kind === "length" ? length : kind === "none" ? 0 : -1;
  const traits = {
    status: response.status,
    minorVersion: response.minorVersion,
    selecting,
    partition: use.partition,
    tags: tagsOf(response),
  };
  const fill = new Fill(size, objectBytesMax, cache.store.storage);
  const head = headOf(x, response, metadata, size);
  const stored = new StoredResponse(resource, traits, head, fill);
  stored.epoch = epoch;
  if (!cache.store.add(stored)) {
    cache.store.release(resource);
    return refuse("too-large");
  }
  x.hold(stored); // it may have to go again before it is served
  use.isStored = use.isFirstHand = true;
  fillFrom(x, cache, stored, fill);
  return stored;
}

/** The head of a response as it is stored. */
function headOf(
  x: Exchange,
  response: ResponseHead,
  metadata: Metadata,
  length: number,
): StoredHead {
  scratch.length = 0;
  writeStoredHead(scratch, response, unstored(metadata), httpDateOctets());
  const origin = parseScratch(x);
  return preparedHead(x, origin, metadata, response.minorVersion, length);
}

/** Names of fields that must not be stored (RFC 9111 §5.2.2.4, §5.2.2.7). */
function unstored({ directives }: Metadata): ReadonlySet<string> {
  return new Set([
    ...namedFields(directives, "private"),
    ...namedFields(directives, "no-cache"),
  ]);
}

/** Keeps the head in `scratch` and parses it: it is in `parsed` then. */
function parseScratch(x: Exchange): Uint8Array {
  const origin = scratch.view().slice();
  parseStored(x, origin);
  return origin;
}

/** Makes a stored head of one as the origin gave it, which is in `parsed`. */
function preparedHead(
  x: Exchange,
  origin: Uint8Array,
  metadata: Metadata,
  minorVersion: number,
  length: number,
): StoredHead {
  const { route } = x.gateway;
  const isEncodable = route.coding !== undefined &&
    isEligible(parsed.status, parsed.fields, length, route.coding);
  const isDecodable = route.coding !== undefined &&
    isGzip(parsed.fields) && !forbidsTransform(parsed.fields);
  writeParsed(x, minorVersion, undefined, isEncodable || isDecodable);
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

function isGzip(fields: FieldSection): boolean {
  const line = fields.first(FIELD.ContentEncoding);
  return line >= 0 && !fields.isRepeated(FIELD.ContentEncoding) &&
    (fields.valueIs(line, "gzip") || fields.valueIs(line, "x-gzip"));
}

/** Writes the template of the head in `parsed` to `scratch`. */
function writeParsed(
  x: Exchange,
  minorVersion: number,
  coding: ContentForm | undefined,
  varies: boolean,
): void {
  const { route, cache } = x.gateway;
  const dropsTags = !cache!.policy.passesTags;
  scratch.length = 0;
  const plan = { dropsTags, coding, varies };
  writeTemplate(scratch, parsed, minorVersion, route.responseRules, plan);
}

/** The template of a stored response in another form than the stored one. */
export function codedTemplate(
  x: Exchange,
  { head, traits }: StoredResponse,
  coding: ContentForm,
): Uint8Array {
  let template = head.codedTemplates.get(coding);
  if (template !== undefined) return template;
  parseStored(x, head.octets, head.templateEnd);
  noteWeakened(x.gateway, parsed.fields);
  writeParsed(x, traits.minorVersion, coding, true);
  template = scratch.view().slice();
  head.codedTemplates.set(coding, template);
  return template;
}

function parseStored(x: Exchange, octets: Uint8Array, start = 0): void {
  parsed.begin(start, { ...x.gateway.route.responseLimits, ...UNBOUNDED }, 0);
  if (!parsed.parse(octets, octets.length)) {
    throw new RangeError("Cannot read a stored head");
  }
}

/** What was accepted with the limits may be a little longer with what is added. */
const UNBOUNDED = { headBytesMax: Infinity, fieldCountMax: Infinity };

/** Updates a stored response by one that says what has changed (RFC 9111 §4.3.4). */
export function freshen(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  times: Times,
): void {
  const { response, use } = x;
  parseStored(x, stored.head.octets, stored.head.templateEnd);
  const without = unstored(stored.head.metadata);
  scratch.length = 0;
  writeFreshenedHead(scratch, parsed, response, without, httpDateOctets());
  const origin = parseScratch(x);
  const hasCookie = x.request.fields.has(FIELD.Cookie);
  const { policy } = cache;
  const stated = statedDirectives(parsed.fields, policy.targetedField);
  const forbidsGuess = use.hasQuery || hasCookie;
  const metadata = readMetadata(parsed, stated, times, policy, forbidsGuess);
  const { traits: { minorVersion }, length } = stored;
  stored.freshen(preparedHead(x, origin, metadata, minorVersion, length));
  cache.store.freshened(stored);
}

/** What the response can be purged by: the members of `Cache-Tag` and `Surrogate-Key`. */
function tagsOf({ fields }: ResponseHead): string[] {
  if (!fields.has(FIELD.CacheTag) && !fields.has(FIELD.SurrogateKey)) return [];
  const names = ["cache-tag", "surrogate-key"];
  return readTags(names.map((name) => fieldText(fields, name) ?? "").join(" "));
}

/** Reads tags that are parted by commas or whitespace. */
export function readTags(text: string): string[] {
  const tags = text.split(/[\s,]+/).filter((tag) =>
    tag !== "" && tag.length <= TAG_LENGTH_MAX
  );
  return [...new Set(tags)].slice(0, TAGS_MAX);
}
