/** Answering with parts of a stored response (RFC 9110 §14). */

import type { StoredResponse } from "../cache/stored_response.ts";
import { allowsRange } from "../http/condition.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { type ByteRange, parseRange } from "../http/range.ts";
import { acceptedCoding } from "./encoded.ts";
import type { Exchange } from "./exchange_state.ts";
import { flush, writeToClient } from "./relay.ts";
import {
  partHead,
  type StoredAnswer,
  writeMultipartHead,
  writeRangeHead,
  writeUnsatisfiable,
} from "./stored_answer.ts";
import { writeContent } from "./stored_content.ts";

/** A stored response in the coding in which it is served. */
export interface Form {
  readonly template: Uint8Array;
  readonly content: Uint8Array;
}

/** The ranges to serve: only of content that is here, to GET (RFC 9110 §14.2). */
export function rangesOf(
  x: Exchange,
  stored: StoredResponse,
  length: number,
  nowMs: number,
): readonly ByteRange[] | "unsatisfiable" | undefined {
  const { fields, method } = x.request;
  if (!fields.has(FIELD.Range) || method !== METHOD.Get) return undefined;
  if (stored.traits.status !== 200) return undefined;
  if (!allowsRange(fields, stored.validators, nowMs)) return undefined;
  if (fields.has(FIELD.IfRange) && mayHoldCoded(x, stored)) return undefined;
  const ranges = parseRange(fields.text(FIELD.Range)!, length);
  return ranges === "ignore" ? undefined : ranges;
}

/**
 * Whether what the client holds may be a coded form although `If-Range` agrees: its
 * date is that of all forms (RFC 9110 §13.1.5). An entity tag that agrees tells them apart.
 */
function mayHoldCoded(
  x: Exchange,
  { head: { isEncodable } }: StoredResponse,
): boolean {
  return isEncodable && !x.request.fields.text(FIELD.IfRange)!.includes('"') &&
    acceptedCoding(x, false) !== undefined;
}

/** Answers with ranges of content that is there, or that there are none. */
export async function serveRanges(
  x: Exchange,
  form: Form,
  ranges: readonly ByteRange[] | "unsatisfiable",
  answer: StoredAnswer,
): Promise<void> {
  const { template, content } = form;
  const { out } = x;
  if (ranges === "unsatisfiable") {
    x.status = 416;
    writeUnsatisfiable(out, template, content.length, answer);
    return await writeToClient(x, out.view());
  }
  x.status = 206;
  if (ranges.length > 1) return await serveParts(x, form, ranges, answer);
  const [range] = ranges;
  writeRangeHead(out, template, range!, content.length, answer);
  await writeContent(x, content.subarray(range!.start, range!.end));
  await flush(x);
}

async function serveParts(
  x: Exchange,
  { template, content }: Form,
  ranges: readonly ByteRange[],
  answer: StoredAnswer,
): Promise<void> {
  const boundary = crypto.randomUUID();
  const heads = [...ranges, undefined].map((range) =>
    partHead(template, boundary, range, content.length)
  );
  const length = heads.reduce((sum, head) => sum + head.length, 0) +
    ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  writeMultipartHead(x.out, template, boundary, length, answer);
  for (const [index, head] of heads.entries()) {
    await writeContent(x, head);
    const range = ranges[index];
    if (range !== undefined) {
      await writeContent(x, content.subarray(range.start, range.end));
    }
  }
  await flush(x);
}
