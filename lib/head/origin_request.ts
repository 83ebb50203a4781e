/**
 * The request that the origin gets, built from the one that came (pure).
 *
 * Field lines that are kept are copied as runs of bytes, so that order, case,
 * duplicates and obs-text survive by construction. Framing is never copied: it is
 * written anew from what the parser decided (RFC 9112 §6, §11.2). What says where
 * the request came from is replaced, unless a trusted proxy says it.
 */

import { replaceTags } from "../http/condition.ts";
import { isNominated, NOMINATES } from "../http/connection.ts";
import {
  CONDITIONAL,
  FIELD,
  FIELD_FLAGS,
  foldedName,
  FORWARDING,
  FRAMING,
  HOP_BY_HOP,
  REQUEST_DROP,
} from "../http/field.ts";
import {
  hasNameOfLength,
  isRuledOutByLook,
  writeFieldRules,
} from "../http/field_rule.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf, CRLF, SLASH } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { METHOD } from "../http/method.ts";
import type {
  ClientView,
  ForwardingPlan,
  OriginRequestOptions,
  StoredValidators,
} from "./forwarding.ts";
import type { Scheme } from "../cache/policy/cache_key.ts";
import { codingAsked } from "./asked_coding.ts";

const NO_NAMES: readonly string[] = [];
const VERSION = bytesOf(" HTTP/1.1\r\n");
const HOST = bytesOf("Host: ");
const VIA: readonly Uint8Array[] = [
  bytesOf("Via: 1.0 sluice\r\n"),
  bytesOf("Via: 1.1 sluice\r\n"),
];
const CONTENT_LENGTH = bytesOf("Content-Length: ");
const CHUNKED = bytesOf("Transfer-Encoding: chunked\r\n");
const TRAILERS = bytesOf("TE: trailers\r\nConnection: TE\r\n");
const X_FORWARDED_FOR = bytesOf("X-Forwarded-For: ");
const X_FORWARDED_HOST = bytesOf("X-Forwarded-Host: ");
/** By minor version: `Via`, and what stands before the client's address. */
const VIA_AND_FOR = ["0", "1"].map((minor) =>
  bytesOf(`Via: 1.${minor} sluice\r\nX-Forwarded-For: `)
);
/** By scheme: what stands between the client's address and the host. */
const PROTO_AND_HOST = {
  http: protoAndHost("http"),
  https: protoAndHost("https"),
};

function protoAndHost(scheme: Scheme): Uint8Array {
  return bytesOf(`\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Host: `);
}

/** The `Via` line for a message that came with this minor version (RFC 9110 §7.6.3). */
export function viaLine(minorVersion: number): Uint8Array {
  return VIA[minorVersion]!;
}

/**
 * Writes the head of the request that the origin gets.
 *
 * @param out Where it is appended.
 * @param addedLine A line that depends on the request, with its CRLF; empty for none.
 */
export function writeOriginRequest(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
  client: ClientView,
  plan: ForwardingPlan,
  addedLine = "",
): void {
  out.reserve(request.end - request.start + 512);
  const keepsHost = keepsHostLine(request, route);
  // An unchanged request line and the lines behind it are copied in one piece.
  const keepsLine = keepsHost && request.isVersion11 &&
    plan.target === undefined;
  if (!keepsLine) {
    writeRequestLine(out, request, plan.target);
    if (!keepsHost) writeHost(out, request, route);
  }
  writeKeptLines(
    out,
    request,
    route,
    client,
    keepsLine ? request.start : request.fields.start,
    plan,
  );
  if (plan.validators !== undefined) writeValidators(out, plan.validators);
  if (plan.range !== undefined) {
    out.text(`Range: bytes=${plan.range.start}-${plan.range.end - 1}\r\n`);
  }
  if (plan.facts === undefined) {
    for (const rule of route.requestRules) out.append(rule.line);
  } else writeFieldRules(out, route.requestRules, plan.facts);
  if (addedLine !== "") out.text(addedLine);
  writeConnectionFields(out, request, plan);
  writeForwarding(out, request, route, client);
  out.append(CRLF);
}

/** The conditions by which a cache validates what it has stored (RFC 9111 §4.3.1). */
function writeValidators(
  out: ByteWriter,
  { etag, lastModified }: StoredValidators,
): void {
  if (etag !== "") out.text(`If-None-Match: ${etag}\r\n`);
  if (lastModified !== "") out.text(`If-Modified-Since: ${lastModified}\r\n`);
}

function writeRequestLine(
  out: ByteWriter,
  request: RequestHead,
  rewritten: Uint8Array | undefined,
): void {
  const { bytes, target } = request;
  out.copy(bytes, request.start, request.methodEnd + 1);
  if (rewritten !== undefined) out.append(rewritten);
  else if (target.form === "absolute") {
    // Origin form of an absolute-form target (RFC 9112 §3.2.1, §3.2.4).
    if (
      target.pathStart === request.targetEnd &&
      request.method === METHOD.Options
    ) out.text("*");
    else if (bytes[target.pathStart] !== SLASH) out.text("/");
    out.copy(bytes, target.pathStart, request.targetEnd);
  } else {
    out.copy(bytes, request.targetStart, request.targetEnd);
  }
  out.append(VERSION);
}

/** Whether the client's own Host line is kept where it stands. */
function keepsHostLine(
  request: RequestHead,
  route: OriginRequestOptions,
): boolean {
  return route.hostHeader.from === "client" &&
    request.target.form !== "absolute" &&
    request.fields.has(FIELD.Host);
}

function writeHost(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
): void {
  out.append(HOST);
  if (route.hostHeader.from === "text") out.text(route.hostHeader.text);
  else if (route.hostHeader.from === "upstream") {
    out.text(route.origin.authority);
  } else writeRequestedHost(out, request, route);
  out.append(CRLF);
}

/** The authority that the client asked for: the target's before Host's (RFC 9112 §3.2.2). */
function writeRequestedHost(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
): void {
  const { target, fields } = request;
  const line = fields.first(FIELD.Host);
  if (target.form === "absolute") {
    out.copy(request.bytes, target.authorityStart, target.authorityEnd);
  } else if (line >= 0) {
    out.copy(request.bytes, fields.valueStart(line), fields.valueEnd(line));
  } else out.text(route.origin.authority);
}

function writeKeptLines(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
  client: ClientView,
  start: number,
  plan: ForwardingPlan,
): void {
  const { fields, bytes } = request;
  const { validators, ownTag, asksFewCodings } = plan;
  const dropped = HOP_BY_HOP | FRAMING | REQUEST_DROP |
    (validators === undefined ? 0 : CONDITIONAL) |
    (client.isTrusted ? 0 : FORWARDING);
  const dropsHost = !keepsHostLine(request, route);
  const removesSome = mayRemove(request, route);
  const coding = asksFewCodings ? codingAsked(fields) : undefined;
  let runStart = start;
  for (let i = 0; i < fields.count; i++) {
    const id = fields.id(i);
    const isKept = (FIELD_FLAGS[id]! & dropped) === 0 &&
      !(id === FIELD.Host && dropsHost) &&
      !(id === FIELD.XForwardedFor) && // written anew, with the peer appended
      !(id === FIELD.MaxForwards && takesMaxForwards(request.method)) &&
      !(id === FIELD.Expect && request.minorVersion === 0) && // RFC 9110 §10.1.1
      !(id === FIELD.Trailer && request.framing.kind !== "chunked") &&
      !(removesSome && isRemoved(request, i, route, plan));
    const value = !isKept
      ? undefined
      : coding !== undefined && id === FIELD.AcceptEncoding
      ? coding
      : ownTag !== undefined && namesTags(id)
      ? replaceTags(fields.valueText(i), ownTag)
      : undefined;
    if (isKept && value === undefined) continue;
    out.copy(bytes, runStart, fields.nameStart(i));
    runStart = fields.lineEnd(i);
    if (value === undefined) continue;
    if (value === coding && fields.first(id) !== i) continue; // the lines are one list
    out.text(`${fields.nameText(i)}: ${value}\r\n`);
  }
  out.copy(bytes, runStart, fields.end - CRLF.length);
}

/** Whether `Max-Forwards` means something with this method (RFC 9110 §7.6.2). */
export function takesMaxForwards(method: number): boolean {
  return method === METHOD.Options || method === METHOD.Trace;
}

/** Whether the field is a condition that names entity tags. */
function namesTags(id: number): boolean {
  return id === FIELD.IfMatch || id === FIELD.IfNoneMatch;
}

/** Whether some line may have to go for what others say: `Connection`, the operator, the cache. */
function mayRemove(
  { fields, options }: RequestHead,
  route: OriginRequestOptions,
): boolean {
  return (options & NOMINATES) !== 0 || route.requestRules.length > 0 ||
    fields.has(FIELD.Odd) || (route.cache?.keyParts.fields.length ?? 0) > 0;
}

/**
 * Whether a line goes no further: `Connection` nominates it, a rule replaces or removes
 * it, or it looks like a field of a rule's, of the key's, that routes are chosen or
 * requests counted by, or that what is stored for the target varies on.
 */
export function isRemoved(
  request: RequestHead,
  index: number,
  { requestRules, comparedFields, cache }: OriginRequestOptions,
  { varied }: ForwardingPlan,
): boolean {
  const { fields } = request;
  if (isNominated(fields, index)) return true;
  const isOdd = fields.id(index) === FIELD.Odd;
  const keyFields = cache?.keyParts.fields ?? NO_NAMES;
  const inKey = isOdd || keyFields.some(isOddName) ? keyFields : NO_NAMES;
  const length = fields.nameEnd(index) - fields.nameStart(index);
  if (!isOdd && inKey.length === 0 && !hasNameOfLength(requestRules, length)) {
    return false;
  }
  const name = fields.nameText(index).toLowerCase();
  const folded = foldedName(name);
  const isLike = (other: string): boolean =>
    other !== name && foldedName(other) === folded;
  const selecting = isOdd ? varied?.get(folded) : undefined;
  const isCompared = isOdd && comparedFields?.some(isLike) === true;
  return isCompared || inKey.some(isLike) ||
    selecting !== undefined && selecting !== name ||
    isRuledOutByLook(requestRules, name);
}

function isOddName(name: string): boolean {
  return /[._]/.test(name);
}

/** `Via`, and what says where the request came from. */
function writeForwarding(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
  client: ClientView,
): void {
  if (client.isTrusted) {
    writeTrustedForwarding(out, request, route, client);
  } else {
    out.append(VIA_AND_FOR[request.minorVersion]!);
    out.text(client.address);
    out.append(PROTO_AND_HOST[client.scheme]);
    writeRequestedHost(out, request, route);
    out.append(CRLF);
  }
  if (route.forwarded) writeForwarded(out, request, route, client);
}

/** What a trusted proxy says is kept, and the proxy itself appended. */
function writeTrustedForwarding(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
  client: ClientView,
): void {
  const { fields } = request;
  out.append(viaLine(request.minorVersion));
  out.append(X_FORWARDED_FOR);
  const known = fields.text(FIELD.XForwardedFor);
  if (known !== undefined && known !== "") out.text(`${known}, `);
  out.text(client.address);
  out.append(CRLF);
  if (!fields.has(FIELD.XForwardedProto)) {
    out.text(`X-Forwarded-Proto: ${client.scheme}\r\n`);
  }
  if (fields.has(FIELD.XForwardedHost)) return;
  out.append(X_FORWARDED_HOST);
  writeRequestedHost(out, request, route);
  out.append(CRLF);
}

/** `Forwarded` with one element for this hop (RFC 7239 §4); IPv6 addresses are quoted (§6). */
function writeForwarded(
  out: ByteWriter,
  request: RequestHead,
  route: OriginRequestOptions,
  client: ClientView,
): void {
  const node = client.address.includes(":")
    ? `"[${client.address}]"`
    : client.address;
  out.text(`Forwarded: for=${node};host="`);
  writeRequestedHost(out, request, route);
  out.text(`";proto=${client.scheme}\r\n`);
}

function writeConnectionFields(
  out: ByteWriter,
  request: RequestHead,
  plan: ForwardingPlan,
): void {
  const { fields, framing } = request;
  if (plan.maxForwards >= 0) out.text(`Max-Forwards: ${plan.maxForwards}\r\n`);
  if (framing.kind === "chunked") out.append(CHUNKED);
  else if (framing.kind === "length" || fields.has(FIELD.ContentLength)) {
    out.append(CONTENT_LENGTH);
    out.decimal(framing.length);
    out.append(CRLF);
  }
  if (plan.upgrade !== "") {
    out.text(`Connection: upgrade\r\nUpgrade: ${plan.upgrade}\r\n`);
  } else if (fields.has(FIELD.Te) && acceptsTrailers(request)) {
    out.append(TRAILERS);
  }
}

/** Whether the client's `TE` says `trailers`, which sluice can pass on (RFC 9110 §10.1.4). */
function acceptsTrailers(request: RequestHead): boolean {
  return /(?:^|[,\s])trailers(?:$|[,;\s])/i.test(
    request.fields.text(FIELD.Te)!,
  );
}
