/** The forms of a reply: as clients of this route get its head, and in which coding this client gets its content. */

import type { ClientHead } from "../head/kept_head.ts";
import { codingReason } from "../coding/eligible.ts";
import type { ContentForm } from "../coding/negotiate.ts";
import { contentLength } from "../http/framing.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import type { ResponseHead } from "../http/response_head.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { clientHeadOf } from "../head/client_head.ts";
import { acceptedCoding, chooseCoding, readsGzip } from "../coding/choose.ts";
import type { Content, Reply, StreamedContent } from "./reply.ts";
import { delivering } from "./writes.ts";

/** The head as the clients of this route get it; undefined if it is not one that is kept. */
export function clientHeadFor(
  x: Exchange,
  head: Reply["head"],
): ClientHead | undefined {
  if (head.kind !== "kept") return undefined;
  const { route, publicMapping } = x;
  const dropsTags = route.cache?.passesTags === false;
  return clientHeadOf(head, route, dropsTags, publicMapping, x.publicOrigin);
}

/** Whether some client might get the content in a coding that is made here. */
export function mayEncode(
  x: Exchange,
  { head }: Reply,
  clientHead: ClientHead | undefined,
): boolean {
  const { coding } = x.route;
  if (clientHead !== undefined) return clientHead.isEncodable;
  if (head.kind !== "received" || coding === undefined) return false;
  const { status, fields } = head.response;
  const length = lengthOfWhole(head.response, x.request.method);
  delivering(x).codingReason = codingReason(status, fields, length, coding);
  return x.codingReason === "compressible";
}

/** Bytes of the content, or, of a response to HEAD, of what GET would bring; -1 if unknown. */
function lengthOfWhole(
  { framing, fields }: ResponseHead,
  method: number,
): number {
  if (framing.kind === "length") return framing.length;
  if (framing.kind !== "none") return -1;
  if (fields.has(FIELD.ContentLength)) {
    return Math.max(0, contentLength(fields));
  }
  return method === METHOD.Head ? -1 : 0;
}

/** In which form, other than the one that it has, this client gets the content; undefined for none. */
export function formFor(
  x: Exchange,
  { content }: Reply,
  clientHead: ClientHead | undefined,
  isEncodable: boolean,
): ContentForm | undefined {
  const { fields } = x.request;
  if (content.kind === "bytes" || content.kind === "file") {
    const codings = content.forms?.codings;
    const isThere = codings !== undefined && !fields.has(FIELD.Range);
    const coding = isThere ? acceptedCoding(fields, codings) : undefined;
    if (coding !== undefined) return coding;
  }
  if (!isEncodable) {
    return clientHead?.isGzip && content.kind === "stored" && !readsGzip(fields)
      ? "identity"
      : undefined;
  }
  const policy = x.route.coding!;
  const isStored = content.kind === "stored";
  if (isStored && content.stored.length < policy.bytesMin) {
    delivering(x).codingReason = "too-small"; // it had no length when it came
    return undefined;
  }
  const load = isStored ? undefined : x.site.codingLoad;
  const { coding, reason } = chooseCoding(fields, policy, load);
  delivering(x).codingReason = reason;
  return coding;
}

/** The content in another form, if it is there already. */
export function contentInForm(
  content: Content,
  form: ContentForm,
): Content | undefined {
  if (content.kind === "stored") {
    const known = content.stored.inCoding(form);
    return known instanceof Uint8Array
      ? { kind: "bytes", bytes: known }
      : undefined;
  }
  if (content.kind !== "bytes" && content.kind !== "file") return undefined;
  const { forms } = content;
  if (form === "identity" || !forms?.codings.includes(form)) return undefined;
  const coded = forms.inCoding(form);
  return coded instanceof Uint8Array
    ? { kind: "bytes", bytes: coded }
    : { kind: "file", file: coded as StreamedContent };
}
