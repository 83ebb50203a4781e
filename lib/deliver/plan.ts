/**
 * How a reply is delivered (pure): conditions, then ranges, then framing. What the
 * client is, what the reply is, and a time make a plan.
 */

import type { Coding, ContentForm } from "../coding/negotiate.ts";
import {
  allowsRange,
  hasCondition,
  isNotModified,
  type Validators,
} from "../http/condition.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { type ByteRange, parseRange, parseRangeWithin } from "../http/range.ts";
import type { FieldSection } from "../http/section.ts";
import { acceptedCoding } from "../coding/choose.ts";

/** Bytes that a range may begin behind what has arrived: then it waits for them. */
const AHEAD_BYTES_MAX = 1024 * 1024;

/** The request, as far as the plan depends on it. */
export interface PlannedRequest {
  readonly method: number;
  readonly minorVersion: number;
  readonly fields: FieldSection;
}

/** The reply, as far as the plan depends on it. */
export interface PlannedReply {
  readonly status: number;
  /** What conditions and ranges are compared with; undefined if they are not for this hop. */
  readonly validators: Validators | undefined;
  /** Whether status and method let it have content. */
  readonly hasContent: boolean;
  /** Bytes of the content in the form that the client gets; -1 if nobody knows. */
  readonly length: number;
  /** Bytes of it that are here, where its length is unknown. */
  readonly arrived: number;
  /** In which form, other than the one it has, the client gets it. */
  readonly form: ContentForm | undefined;
  /** Whether parts of it may be sent: those of another form than the one that is asked for may not. */
  readonly isDivisible: boolean;
  /** The codings in which clients may hold it; undefined for none. */
  readonly codings: readonly Coding[] | undefined;
  /** Whether the client asked for everything as a range, and this is everything. */
  readonly isWholeRange: boolean;
}

/** What is sent; see the module's comment. */
export interface DeliveryPlan {
  readonly status: number;
  /**
   * `length`: `Content-Length` says how long; `chunked`; `close`: the connection's end
   * ends it; `none`: nothing of content is said, and none is sent.
   */
  readonly framing: "length" | "chunked" | "close" | "none";
  /** Bytes of the content if `framing` is `length`; of several ranges without what parts them. */
  readonly length: number;
  /** The ranges of it that are sent; undefined for the whole. */
  readonly ranges: readonly ByteRange[] | undefined;
  /** Whether content follows the head. */
  readonly sendsContent: boolean;
}

/** Plans the delivery of a reply. */
export function planDelivery(
  request: PlannedRequest,
  reply: PlannedReply,
  nowMs: number,
): DeliveryPlan {
  const { status, validators, length } = reply;
  if (
    status === 200 && validators !== undefined &&
    hasCondition(request.fields) &&
    isNotModified(request.fields, validators, nowMs)
  ) return withoutContent(304, "none", 0);
  if (!reply.hasContent) return withoutContent(status, "none", 0);
  if (reply.isWholeRange) return part([{ start: 0, end: length }]);
  const ranges = rangesOf(request, reply, nowMs);
  if (ranges === "unsatisfiable") {
    return withoutContent(416, "length", 0);
  }
  if (ranges !== undefined) return part(ranges);
  const isHead = request.method === METHOD.Head;
  const framing = length >= 0
    ? "length"
    : isHead
    ? "none"
    : request.minorVersion === 0
    ? "close"
    : "chunked";
  return {
    status,
    framing,
    length: Math.max(0, length),
    ranges: undefined,
    sendsContent: !isHead,
  };
}

function withoutContent(
  status: number,
  framing: "length" | "none",
  length: number,
): DeliveryPlan {
  return {
    status,
    framing,
    length,
    ranges: undefined,
    sendsContent: false,
  };
}

function part(ranges: readonly ByteRange[]): DeliveryPlan {
  return {
    status: 206,
    framing: "length",
    length: ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    ranges,
    sendsContent: true,
  };
}

/** The ranges to send, to GET only (RFC 9110 §14.2): where the length is unknown, one that has arrived. */
function rangesOf(
  { method, fields }: PlannedRequest,
  reply: PlannedReply,
  nowMs: number,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  if (!fields.has(FIELD.Range) || method !== METHOD.Get) return undefined;
  const { status, validators, isDivisible, length, arrived } = reply;
  if (status !== 200 || validators === undefined || !isDivisible) {
    return undefined;
  }
  if (
    fields.has(FIELD.IfRange) &&
    (mayHoldAnother(fields, reply) || !allowsRange(fields, validators, nowMs))
  ) return undefined;
  const text = fields.text(FIELD.Range)!;
  if (length < 0) {
    const range = parseRangeWithin(text, arrived);
    return range && [range];
  }
  const ranges = parseRange(text, length);
  return ranges === "ignore" ? undefined : ranges;
}

/**
 * Whether what the client holds may be another form although `If-Range` agrees: the
 * date is that of all forms, and the tag of a coded one is weak (RFC 9110 §13.1.5).
 * An entity tag that agrees tells the content as it is from the others.
 */
function mayHoldAnother(
  fields: FieldSection,
  { form, codings }: PlannedReply,
): boolean {
  if (form !== undefined) return true;
  return codings !== undefined && !fields.text(FIELD.IfRange)!.includes('"') &&
    acceptedCoding(fields, codings) !== undefined;
}

/** Whether a plan is for content that is still far from arriving. */
export function isFarAhead(
  { ranges }: DeliveryPlan,
  arrived: number,
): boolean {
  return ranges !== undefined &&
    ranges.at(-1)!.start > arrived + AHEAD_BYTES_MAX;
}
