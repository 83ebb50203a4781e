/**
 * The head of a stored response: as the origin gave it, and as clients get it.
 *
 * What clients get is a template, made once for each form of the content.
 */

import {
  writeStoredHead,
  writeWithheldLines,
} from "../cache/policy/freshen.ts";
import type { Metadata } from "../cache/policy/metadata.ts";
import { withheldFields } from "../cache/policy/storable.ts";
import type {
  StoredHead,
  StoredResponse,
} from "../cache/store/stored_response.ts";
import { TAG_FIELDS } from "../cache/policy/tags.ts";
import { forbidsTransform, isEligible, isPlain } from "../coding/eligible.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { FIELD } from "../http/field.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { ResponseHead } from "../http/response_head.ts";
import type { FieldSection } from "../http/section.ts";
import { writeTemplate } from "../head/client_response.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import { noteWeakened } from "../exchange/site.ts";

const HEAD_BYTES = 1024;

const scratch = new ByteWriter(HEAD_BYTES);
const parsed = new ResponseHead();

/** The head of a response as it is stored; what that leaves out is `fetch.use.ownLines`. */
export function headOf(
  fetch: Fetch,
  metadata: Metadata,
  length: number,
): StoredHead {
  const { response, use } = fetch;
  const without = withheldFields(metadata, fetch.route.cache!.setCookie);
  if (without.size > 0 || response.fields.has(FIELD.Warning)) {
    use.ownLines = ownLinesOf(fetch, without);
  }
  scratch.length = 0;
  writeStoredHead(scratch, response, without, fetch.site.date.bytes());
  const origin = parseScratch(fetch);
  return preparedHead(fetch, origin, metadata, response.minorVersion, length);
}

/** The lines that only the client gets whose request brought them; undefined for none. */
function ownLinesOf(
  { response, route }: Fetch,
  without: ReadonlySet<string>,
): Uint8Array | undefined {
  const dropsTags = !route.cache!.passesTags;
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
 * @returns Its bytes, and the head itself, which lasts until the next is read.
 */
export function rewriteHead(
  fetch: Fetch,
  { head: { bytes, templateEnd } }: StoredResponse,
  write: (out: ByteWriter, stored: ResponseHead) => void,
): { origin: Uint8Array; head: ResponseHead } {
  parseStored(fetch, bytes, templateEnd);
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
  const { route } = fetch;
  const isEncodable = route.coding !== undefined &&
    isEligible(parsed.status, parsed.fields, length, route.coding);
  const isDecodable = mayDecode(fetch, parsed.fields);
  writeParsed(fetch, minorVersion, undefined, isEncodable || isDecodable);
  const templateEnd = scratch.length;
  scratch.append(origin);
  return {
    bytes: scratch.view().slice(),
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
export function isForWhoReadsIt(
  fetch: Fetch,
  fields: FieldSection,
): boolean {
  return !isPlain(fields) && !mayDecode(fetch, fields);
}

/** Whether who cannot read the coding gets the content without it. */
function mayDecode({ route }: Fetch, fields: FieldSection): boolean {
  return route.coding !== undefined && isGzip(fields) &&
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
  const { route } = fetch;
  const dropsTags = !route.cache!.passesTags;
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
  parseStored(fetch, head.bytes, head.templateEnd);
  noteWeakened(fetch.site, parsed.fields);
  writeParsed(fetch, traits.minorVersion, coding, true);
  template = scratch.view().slice();
  head.codedTemplates.set(coding, template);
  return template;
}

function parseStored(fetch: Fetch, bytes: Uint8Array, start = 0): void {
  parsed.begin(
    start,
    { ...fetch.route.responseLimits, ...UNBOUNDED },
    0,
  );
  if (!parsed.parse(bytes, bytes.length)) {
    throw new RangeError("Cannot read a stored head");
  }
}

/** What was accepted with the limits may be a little longer with what is added. */
const UNBOUNDED = { headBytesMax: Infinity, fieldCountMax: Infinity };
