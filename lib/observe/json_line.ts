/** A line of the access log as one JSON object. */

import { FIELD, fieldIdOf } from "../http/field.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { FieldSection } from "../http/section.ts";
import { writeEscaped } from "./escape.ts";
import type { LogEntry, SentEntry } from "./log_entry.ts";

/** Bytes of one header's value in the log; of what is longer, the beginning is logged. */
const VALUE_BYTES_MAX = 1024;
/** Headers whose values let whoever reads the log in somewhere: they are never logged. */
const SECRET: ReadonlySet<number> = new Set([
  FIELD.Authorization,
  FIELD.ProxyAuthorization,
  FIELD.Cookie,
  FIELD.SetCookie,
]);

/** A header that lines have. */
export interface JsonField {
  /** In lower case. */
  readonly name: string;
  /** Whether it is only said that it is there. */
  readonly isMasked: boolean;
}

/** Whether a line never has the value of the header with this name. */
export function isSecret(name: string): boolean {
  return SECRET.has(fieldIdOf(name.toLowerCase()));
}

/** The headers with these names, of which some are masked. */
export function jsonFields(names: readonly string[]): JsonField[] {
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  return [...distinct].map((name) => ({
    name,
    isMasked: isSecret(name),
  }));
}

/**
 * Writes the line of an exchange that ended at `nowMs`.
 *
 * @param fields The headers of its request that it has.
 * @param sampleRate The share of requests like this one that are logged.
 */
export function writeJsonLine(
  out: ByteWriter,
  entry: LogEntry,
  nowMs: number,
  fields: readonly JsonField[] = [],
  sampleRate = 1,
): void {
  const { request } = entry;
  out.text(
    `{"ts":"${
      new Date(nowMs).toISOString()
    }","level":"info","msg":"request","client_ip":"`,
  );
  out.text(entry.clientAddress);
  out.text('","remote_ip":"');
  out.text(entry.remoteAddress);
  out.text('"');
  if (request.hasRequestLine) {
    writeJsonBytes(
      out,
      "method",
      request.bytes,
      request.start,
      request.methodEnd,
    );
    writeJsonBytes(
      out,
      "uri",
      request.bytes,
      request.targetStart,
      request.targetEnd,
    );
    out.text(`,"proto":"HTTP/1.${request.minorVersion}"`);
    writeJsonField(out, "host", request, FIELD.Host);
    writeJsonField(out, "user_agent", request, FIELD.UserAgent);
    writeJsonField(out, "referer", request, FIELD.Referer);
    if (fields.length > 0) writeJsonFields(out, request, fields);
  }
  writeJsonWord(out, "scheme", entry.scheme);
  if (entry.routeName) out.text(`,"route":${jsonText(entry.routeName)}`);
  writeJsonWord(out, "request_id", entry.requestId);
  out.text(
    `,"status":${entry.status},"bytes_in":${entry.bytesIn},"bytes_out":${entry.bytesOut}`,
  );
  out.text(`,"duration":${(nowMs - entry.startedMs) / 1000}`);
  if (entry.sent !== undefined && entry.originMs >= 0) {
    out.text(`,"ttfb":${entry.originMs / 1000}`);
  }
  writeUpstream(out, entry, nowMs);
  if (entry.cacheStatus !== "") writeCache(out, entry);
  writeAccess(out, entry);
  writeJsonWord(out, "coding", entry.coding);
  writeJsonWord(out, "coding_reason", entry.codingReason);
  writeJsonWord(out, "retry_reason", entry.retryReason);
  writeJsonWord(out, "end", entry.ending);
  if (entry.errorCode !== "") out.text(`,"error":"${entry.errorCode}"`);
  if (sampleRate < 1) out.text(`,"sample_rate":${sampleRate}`);
  out.text("}\n");
}

/** Writes which origin was asked, and how long each phase of that took, in seconds. */
function writeUpstream(
  out: ByteWriter,
  entry: LogEntry,
  nowMs: number,
): void {
  const { server = "", tryCount = 0, sent } = entry;
  let members = sent === undefined ? "" : sentMembers(sent);
  members += firstByteMembers(entry, nowMs);
  if (server !== "") members += `,"server":${jsonText(server)}`;
  if (tryCount > 0) members += `,"retries":${tryCount}`;
  if (members !== "") out.text(`,"upstream":{${members.slice(1)}}`);
}

/** What is known of a request as it was sent. */
function sentMembers(
  {
    address,
    originStatus,
    tryCount,
    isReused,
    connectionAgeMs,
    queueMs,
    connectMs,
  }: SentEntry,
): string {
  return `,"addr":${jsonText(address)}` +
    (originStatus > 0 ? `,"status":${originStatus}` : "") +
    `,"tries":${tryCount + 1},"reused":${isReused}` +
    `,"age":${seconds(connectionAgeMs)}` +
    (queueMs >= 0 ? `,"queue":${seconds(queueMs)}` : "") +
    (connectMs >= 0 ? `,"connect":${seconds(connectMs)}` : "");
}

/** How long the origin took to answer, and then to bring the content. */
function firstByteMembers(
  { startedMs, originMs, sent }: LogEntry,
  nowMs: number,
): string {
  if (originMs < 0) return "";
  if (sent === undefined) return `,"ttfb":${originMs / 1000}`;
  const answeredMs = startedMs + originMs;
  return `,"ttfb":${seconds(answeredMs - sent.sentMs)}` +
    `,"body":${seconds(nowMs - answeredMs)}`;
}

/** Milliseconds as seconds, to the microsecond; the clock may have been set back. */
function seconds(ms: number): number {
  return Math.round(Math.max(ms, 0) * 1000) / 1e6;
}

/** Writes what the cache did, and why. */
function writeCache(out: ByteWriter, entry: LogEntry): void {
  const { cacheStatus, cacheAge = -1, cacheTtl } = entry;
  out.text(`,"cache":{"result":"${cacheStatus}"`);
  writeJsonWord(out, "reason", entry.cacheReason);
  writeJsonWord(out, "alone", entry.aloneReason);
  writeJsonWord(out, "not_stale", entry.staleRefusal);
  if (cacheAge >= 0) out.text(`,"age":${cacheAge}`);
  if (cacheTtl !== undefined) out.text(`,"ttl":${cacheTtl}`);
  out.text("}");
}

/** Writes who the client is, and the limit that it has met: texts of the configuration, or of clients. */
function writeAccess(
  out: ByteWriter,
  { user = "", limitId = "", isLimitDry = false }: LogEntry,
): void {
  if (user !== "") out.text(`,"user":${jsonText(user)}`);
  if (limitId === "") return;
  out.text(`,"limit":{"id":${jsonText(limitId)},"dry_run":${isLimitDry}}`);
}

/** The text as JSON, of which the writer takes only characters of one byte. */
function jsonText(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[^\x20-\x7e]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Writes a word that needs no escapes, unless it is empty. */
function writeJsonWord(
  out: ByteWriter,
  key: string,
  word: string | undefined,
): void {
  if (word) out.text(`,"${key}":"${word}"`);
}

function writeJsonField(
  out: ByteWriter,
  key: string,
  request: RequestHead,
  id: number,
): void {
  const { fields } = request;
  const line = fields.first(id);
  if (line < 0) return;
  writeJsonBytes(
    out,
    key,
    fields.bytes,
    fields.valueStart(line),
    fields.valueEnd(line),
  );
}

/** Writes those of the headers that there are, as one object. */
function writeJsonFields(
  out: ByteWriter,
  { fields }: RequestHead,
  logged: readonly JsonField[],
): void {
  let opening = ',"headers":{';
  for (const { name, isMasked } of logged) {
    const first = nextLine(fields, name, -1);
    if (first < 0) continue;
    out.text(`${opening}"${name}":"`);
    if (isMasked) out.text("***");
    else writeJoined(out, fields, name, first);
    out.text('"');
    opening = ",";
  }
  if (opening === ",") out.text("}");
}

/** Writes the values of one name as one list (RFC 9110 §5.3). */
function writeJoined(
  out: ByteWriter,
  fields: FieldSection,
  name: string,
  first: number,
): void {
  let left = VALUE_BYTES_MAX;
  for (let line = first; line >= 0; line = nextLine(fields, name, line)) {
    if (line > first) out.text(", ");
    const start = fields.valueStart(line);
    const end = fields.valueEnd(line);
    const stop = Math.min(end, start + left);
    writeEscaped(out, fields.bytes, start, stop, "\\u00");
    if (stop < end) return out.text("...");
    left -= stop - start;
  }
}

/** The next line of this name behind `index`; -1 if there is none. */
function nextLine(fields: FieldSection, name: string, index: number): number {
  for (let line = index + 1; line < fields.count; line++) {
    if (fields.nameIs(line, name)) return line;
  }
  return -1;
}

function writeJsonBytes(
  out: ByteWriter,
  key: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  out.text(`,"${key}":"`);
  writeEscaped(out, bytes, start, end, "\\u00");
  out.text('"');
}
