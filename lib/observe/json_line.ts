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
  writeStart(out, nowMs);
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
    out.text(
      request.minorVersion === 0
        ? ',"proto":"HTTP/1.0"'
        : ',"proto":"HTTP/1.1"',
    );
    writeJsonField(out, "host", request, FIELD.Host);
    writeJsonField(out, "user_agent", request, FIELD.UserAgent);
    writeJsonField(out, "referer", request, FIELD.Referer);
    if (fields.length > 0) writeJsonFields(out, request, fields);
  }
  writeJsonWord(out, "scheme", entry.scheme);
  if (entry.routeName) out.text(`,"route":${jsonText(entry.routeName)}`);
  writeJsonWord(out, "request_id", entry.requestId);
  out.text(',"status":');
  out.decimal(entry.status);
  out.text(',"bytes_in":');
  out.decimal(entry.bytesIn);
  out.text(',"bytes_out":');
  out.decimal(entry.bytesOut);
  writeSeconds(out, ',"duration":', nowMs - entry.startedMs);
  if (entry.sent !== undefined && entry.originMs >= 0) {
    writeSeconds(out, ',"ttfb":', entry.originMs);
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

/** The beginning of lines up to the milliseconds, made once a second: `{"ts":"2026-11-24T03:41:00.` */
let startSecond = -1;
let startText = "";

/** Writes the beginning of a line, up to the client's address. */
function writeStart(out: ByteWriter, nowMs: number): void {
  const second = Math.floor(nowMs / 1000);
  if (second !== startSecond) {
    startSecond = second;
    startText = `{"ts":"${new Date(nowMs).toISOString().slice(0, -4)}`;
  }
  const ms = nowMs - second * 1000;
  out.text(startText);
  if (ms < 100) out.text(ms < 10 ? "00" : "0");
  out.decimal(Math.floor(ms));
  out.text('Z","level":"info","msg":"request","client_ip":"');
}

/** Writes which origin was asked, and how long each phase of that took, in seconds. */
function writeUpstream(out: ByteWriter, entry: LogEntry, nowMs: number): void {
  const { originMs, server = "", tryCount = 0, sent } = entry;
  if (sent === undefined) {
    const members = [
      ...(originMs >= 0 ? [`"ttfb":${originMs / 1000}`] : []),
      ...(server === "" ? [] : [`"server":${jsonText(server)}`]),
      ...(tryCount === 0 ? [] : [`"retries":${tryCount}`]),
    ];
    if (members.length > 0) out.text(`,"upstream":{${members.join()}}`);
    return;
  }
  out.text(',"upstream":{"addr":');
  out.text(jsonText(sent.address));
  writeSent(out, sent);
  if (originMs >= 0) {
    const answeredMs = entry.startedMs + originMs;
    writeSeconds(out, ',"ttfb":', answeredMs - sent.sentMs);
    writeSeconds(out, ',"body":', nowMs - answeredMs);
  }
  if (server !== "") out.text(`,"server":${jsonText(server)}`);
  if (tryCount > 0) out.text(`,"retries":${tryCount}`);
  out.text("}");
}

/** Writes what is known of a request as it was sent. */
function writeSent(out: ByteWriter, sent: SentEntry): void {
  const { originStatus, tryCount, queueMs, connectMs } = sent;
  if (originStatus > 0) {
    out.text(',"status":');
    out.decimal(originStatus);
  }
  out.text(',"tries":');
  out.decimal(tryCount + 1);
  out.text(sent.isReused ? ',"reused":true' : ',"reused":false');
  writeSeconds(out, ',"age":', sent.connectionAgeMs);
  if (queueMs >= 0) writeSeconds(out, ',"queue":', queueMs);
  if (connectMs >= 0) writeSeconds(out, ',"connect":', connectMs);
}

/** Writes milliseconds as seconds, to the microsecond; the clock may have been set back. */
function writeSeconds(out: ByteWriter, key: string, ms: number): void {
  out.text(key);
  const micros = Math.round(Math.max(ms, 0) * 1000);
  const fraction = micros % 1_000_000;
  out.decimal((micros - fraction) / 1_000_000);
  if (fraction === 0) return;
  out.text(".");
  for (let power = 100_000; power > fraction; power /= 10) out.text("0");
  out.decimal(fraction);
}

/** Writes what the cache did, and why. */
function writeCache(out: ByteWriter, entry: LogEntry): void {
  const { cacheStatus, cacheAge = -1, cacheTtl } = entry;
  out.text(',"cache":{"result":"');
  out.text(cacheStatus);
  out.text('"');
  writeJsonWord(out, "reason", entry.cacheReason);
  writeJsonWord(out, "alone", entry.aloneReason);
  writeJsonWord(out, "not_stale", entry.staleRefusal);
  if (cacheAge >= 0) out.text(`,"age":${cacheAge}`);
  if (cacheTtl !== undefined) out.text(`,"ttl":${cacheTtl}`);
  out.text("}");
}

/** Writes who the client is, why it was refused, and the limit that it has met: texts of the configuration, or of clients. */
function writeAccess(
  out: ByteWriter,
  { user = "", accessReason, limitId = "", isLimitDry = false }: LogEntry,
): void {
  if (user !== "") out.text(`,"user":${jsonText(user)}`);
  writeJsonWord(out, "access_reason", accessReason);
  if (limitId === "") return;
  out.text(`,"limit":{"id":${jsonText(limitId)},"dry_run":${isLimitDry}}`);
}

/** Texts that are JSON between quotes as they are. */
const PLAIN_TEXT = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/;

/** The text as JSON, of which the writer takes only characters of one byte. */
function jsonText(text: string): string {
  if (PLAIN_TEXT.test(text)) return `"${text}"`;
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
  if (!word) return;
  out.text(',"');
  out.text(key);
  out.text('":"');
  out.text(word);
  out.text('"');
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
