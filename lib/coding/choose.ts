/** Which coding a request gets, of those that are offered (RFC 9110 §12.5.3; pure). */

import { forbidsTransform } from "./eligible.ts";
import { type Coding, negotiate } from "./negotiate.ts";
import { FIELD } from "../http/field.ts";
import { ReadValues } from "../http/read_values.ts";
import type { FieldSection } from "../http/section.ts";
import type { CodingReason } from "../reasons/reason.ts";

/** By what is offered: the outcomes by `Accept-Encoding`, of which clients send few. */
const outcomesOf = new WeakMap<
  readonly Coding[],
  ReadValues<Coding | undefined>
>();

/** The coding of a response that may have one; undefined for none. */
export interface ChosenCoding {
  readonly coding: Coding | undefined;
  readonly reason: CodingReason;
}

const CHOSEN: Readonly<Record<Coding, ChosenCoding>> = {
  gzip: { coding: "gzip", reason: "compressible" },
  br: { coding: "br", reason: "compressible" },
};

/** The codings that are made, the preferred first. */
export interface OfferedCodings {
  readonly offered: readonly Coding[];
  /** The same for content that passes. */
  readonly onTheFly: readonly Coding[];
}

/** How many responses may be encoded on their way. */
export interface EncoderLoad {
  /** Whether one more may be. */
  hasEncoder(coding: Coding): boolean;
}

/**
 * The coding that the client gets of content that may have one. One that asks for a range
 * gets none: offsets are those of the content as it is, and each encoder makes others
 * (RFC 9110 §14.2).
 *
 * @param load For content that is encoded for this client alone; undefined for a form
 *   that is kept.
 */
export function chooseCoding(
  request: FieldSection,
  { offered, onTheFly }: OfferedCodings,
  load: EncoderLoad | undefined,
): ChosenCoding {
  if (request.has(FIELD.Range)) return none("range-request");
  const codings = load === undefined ? offered : onTheFly;
  const coding = acceptedCoding(request, codings);
  if (coding === undefined) return none(whyNotAccepted(request));
  if (load === undefined || load.hasEncoder(coding)) return CHOSEN[coding];
  // Gzip takes less than others.
  const isOther = coding !== "gzip" && readsGzip(request) &&
    onTheFly.includes("gzip") && load.hasEncoder("gzip");
  return isOther ? CHOSEN.gzip : none("encoders-busy");
}

function none(reason: CodingReason): ChosenCoding {
  return { coding: undefined, reason };
}

function whyNotAccepted(request: FieldSection): CodingReason {
  if (forbidsTransform(request)) return "request-no-transform";
  return request.has(FIELD.AcceptEncoding)
    ? "not-accepted"
    : "no-accept-encoding";
}

/** The coding that the client would get of these if it asked for the whole. */
export function acceptedCoding(
  request: FieldSection,
  offered: readonly Coding[],
): Coding | undefined {
  if (forbidsTransform(request)) return undefined;
  if (!request.has(FIELD.AcceptEncoding)) return undefined;
  let outcomes = outcomesOf.get(offered);
  if (outcomes === undefined) {
    outcomes = new ReadValues((text) => negotiate(text, offered), 256, 128);
    outcomesOf.set(offered, outcomes);
  }
  return request.meaning(FIELD.AcceptEncoding, outcomes);
}

const GZIP: readonly Coding[] = ["gzip"];
/** By `Accept-Encoding`: whether gzip is read. */
const readings = new ReadValues(
  (text) => negotiate(text, GZIP) === "gzip",
  256,
  128,
);

/** Whether the client reads gzip, or wants nothing decoded; one that does not say so cannot, in practice. */
export function readsGzip(request: FieldSection): boolean {
  if (forbidsTransform(request)) return true;
  return request.meaning(FIELD.AcceptEncoding, readings) ?? false;
}
