/**
 * What clients get of a head that is kept (pure): a template, made once for each set
 * of options that a route may have, and for each form of the content.
 */

import { HeadTemplate } from "./head_template.ts";
import type { ClientHead, KeptHead } from "./kept_head.ts";
import {
  type Eligibility,
  forbidsTransform,
  isEligible,
} from "../coding/eligible.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { FIELD } from "../http/field.ts";
import type { FieldRule } from "../http/field_rule.ts";
import { ResponseHead } from "../http/response_head.ts";
import type { FieldSection } from "../http/section.ts";
import { METHOD } from "../http/method.ts";
import { writeTemplate } from "./client_response.ts";
import type { PublicMapping, PublicUrls } from "./public_urls.ts";

/** Sets of options for which a head is ready: of one URL, routes and generations of them are few. */
const CLIENT_HEADS_MAX = 4;
const HEAD_BYTES = 1024;
const NO_FORMS: ReadonlyMap<string, HeadTemplate> = new Map();
/** What was accepted within limits may be a little longer with what is added. */
const UNBOUNDED = {
  headBytesMax: Infinity,
  targetBytesMax: Infinity,
  fieldCountMax: Infinity,
};

/** What a route makes of the heads of responses. */
export interface HeadOptions {
  readonly responseRules: readonly FieldRule[];
  readonly coding: Eligibility | undefined;
}

const scratch = new ByteWriter(HEAD_BYTES);
const parsed = new ResponseHead();

/**
 * The head as the clients of a route get it.
 *
 * @param mapping How URLs become public; undefined if they stay.
 * @param publicOrigin What the client asked, for that.
 */
export function clientHeadOf(
  kept: KeptHead,
  { responseRules, coding }: HeadOptions,
  dropsTags: boolean,
  mapping?: PublicMapping,
  publicOrigin: () => string = nobody,
): ClientHead {
  const publicUrls = mapping && { mapping, origin: publicOrigin() };
  for (
    let known = kept.forClients;
    known !== undefined;
    known = known.older
  ) {
    if (
      known.rules === responseRules && known.coding === coding &&
      known.dropsTags === dropsTags &&
      known.publicUrls?.mapping === mapping &&
      known.publicUrls?.origin === publicUrls?.origin
    ) return known;
  }
  const made = makeClientHead(
    kept,
    responseRules,
    coding,
    dropsTags,
    publicUrls,
  );
  keep(kept, made);
  return made;
}

/** Puts it before those that are there, of which only so many stay. */
function keep(kept: KeptHead, made: ClientHead): void {
  made.older = kept.forClients;
  kept.forClients = made;
  let last = made;
  for (let count = 1; last.older !== undefined; count++) {
    if (count === CLIENT_HEADS_MAX) last.older = undefined;
    else last = last.older;
  }
}

function nobody(): string {
  return "";
}

function makeClientHead(
  kept: KeptHead,
  rules: readonly FieldRule[],
  coding: Eligibility | undefined,
  dropsTags: boolean,
  publicUrls: PublicUrls | undefined,
): ClientHead {
  const head = readHead(kept.bytes);
  const { fields } = head;
  const isEncodable = coding !== undefined &&
    isEligible(head.status, fields, kept.length, coding);
  const isCoded = isGzip(fields);
  const isDecoded = isCoded && isDecodable(fields, coding);
  const varies = kept.hasForms || isEncodable || isDecoded;
  const template = templateOf(kept, head, rules, {
    dropsTags,
    coding: undefined,
    varies,
    publicUrls,
  });
  return {
    rules,
    coding,
    dropsTags,
    publicUrls,
    template,
    isEncodable,
    isGzip: isDecoded,
    staysGzip: isCoded && !isDecoded,
    coded: NO_FORMS,
    older: undefined,
  };
}

/**
 * Whether whoever cannot read the coding of content gets it without: it is gzip, and
 * nobody forbids it.
 */
export function isDecodable(
  fields: FieldSection,
  coding: Eligibility | undefined,
): boolean {
  return coding !== undefined && isGzip(fields) && !forbidsTransform(fields);
}

function isGzip(fields: FieldSection): boolean {
  const line = fields.first(FIELD.ContentEncoding);
  return line >= 0 && !fields.isRepeated(FIELD.ContentEncoding) &&
    (fields.valueIs(line, "gzip") || fields.valueIs(line, "x-gzip"));
}

/**
 * Makes the template of another form of the content than the one that is kept.
 *
 * @returns The fields of the head as it came, too.
 */
export function makeFormTemplate(
  kept: KeptHead,
  clientHead: ClientHead,
  form: ContentForm,
): { template: HeadTemplate; fields: FieldSection } {
  const { rules, dropsTags, coded, publicUrls } = clientHead;
  const head = readHead(kept.bytes);
  const plan = { dropsTags, coding: form, varies: true, publicUrls };
  const template = templateOf(kept, head, rules, plan);
  clientHead.coded = new Map(coded).set(form, template);
  return { template, fields: head.fields };
}

function templateOf(
  { minorVersion }: KeptHead,
  head: ResponseHead,
  rules: readonly FieldRule[],
  plan: Parameters<typeof writeTemplate>[4],
): HeadTemplate {
  scratch.length = 0;
  writeTemplate(scratch, head, minorVersion, rules, plan);
  return new HeadTemplate(scratch.view().slice());
}

/**
 * Reads a head that is kept.
 *
 * @returns It; valid until the next one is read.
 */
export function readHead(bytes: Uint8Array): ResponseHead {
  parsed.begin(0, UNBOUNDED, METHOD.Get);
  if (!parsed.parse(bytes, bytes.length)) {
    throw new RangeError("Cannot read a head that is kept");
  }
  return parsed;
}
