/** A line of the access log as one JSON object. */

import { bytesOf } from "../http/bytes.ts";
import { FIELD, fieldIdOf } from "../http/field.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { FieldSection } from "../http/section.ts";
import { writeEscaped } from "./escape.ts";
import type { LogEntry, SentEntry } from "./log_entry.ts";
import { Phrases } from "./phrases.ts";

/** Bytes of one header's value in the log; of what is longer, the beginning is logged. */
const VALUE_BYTES_MAX = 1024;
/** Headers whose values are credentials: a reader of the log could use them, so they are never logged. */
const SECRET: ReadonlySet<number> = new Set([
  FIELD.Authorization,
  FIELD.ProxyAuthorization,
  FIELD.Cookie,
  FIELD.SetCookie,
]);

/** What lines have between values. */
const TEXT = {
  client: bytesOf('Z","level":"info","msg":"request","client_ip":"'),
  remote: bytesOf('","remote_ip":"'),
  quote: bytesOf('"'),
  method: bytesOf(',"method":"'),
  uri: bytesOf(',"uri":"'),
  host: bytesOf(',"host":"'),
  userAgent: bytesOf(',"user_agent":"'),
  referer: bytesOf(',"referer":"'),
  http10: bytesOf(',"proto":"HTTP/1.0"'),
  http11: bytesOf(',"proto":"HTTP/1.1"'),
  status: bytesOf(',"status":'),
  bytesIn: bytesOf(',"bytes_in":'),
  bytesOut: bytesOf(',"bytes_out":'),
  duration: bytesOf(',"duration":'),
  ttfb: bytesOf(',"ttfb":'),
  body: bytesOf(',"body":'),
  tries: bytesOf(',"tries":'),
  reused: bytesOf(',"reused":true'),
  notReused: bytesOf(',"reused":false'),
  connectionAge: bytesOf(',"age":'),
  queue: bytesOf(',"queue":'),
  connect: bytesOf(',"connect":'),
  age: bytesOf(',"age":'),
  ttl: bytesOf(',"ttl":'),
  objectEnd: bytesOf("}"),
  end: bytesOf("}\n"),
} as const;

/** A member whose values are few and need no escapes. */
function words(name: string): Phrases {
  return new Phrases((word) => `,"${name}":"${word}"`);
}

/** Members whose values are few. */
const SAID = {
  scheme: words("scheme"),
  route: new Phrases((name) => `,"route":${jsonText(name)}`),
  upstream: new Phrases((address) =>
    `,"upstream":{"addr":${jsonText(address)}`
  ),
  server: new Phrases((name) => `,"server":${jsonText(name)}`),
  cache: new Phrases((result) => `,"cache":{"result":"${result}"`),
  reason: words("reason"),
  alone: words("alone"),
  notStale: words("not_stale"),
  accessReason: words("access_reason"),
  coding: words("coding"),
  codingReason: words("coding_reason"),
  retryReason: words("retry_reason"),
  ending: words("end"),
} as const;

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
  out.append(TEXT.remote);
  out.text(entry.remoteAddress);
  out.append(TEXT.quote);
  if (request.hasRequestLine) {
    const { bytes, start, methodEnd, targetStart, targetEnd } = request;
    writeJsonBytes(out, TEXT.method, bytes, start, methodEnd);
    writeJsonBytes(out, TEXT.uri, bytes, targetStart, targetEnd);
    out.append(request.minorVersion === 0 ? TEXT.http10 : TEXT.http11);
    writeJsonField(out, TEXT.host, request, FIELD.Host);
    writeJsonField(out, TEXT.userAgent, request, FIELD.UserAgent);
    writeJsonField(out, TEXT.referer, request, FIELD.Referer);
    if (fields.length > 0) writeJsonFields(out, request, fields);
  }
  writeWord(out, SAID.scheme, entry.scheme);
  writeWord(out, SAID.route, entry.routeName);
  if (entry.requestId) out.text(`,"request_id":"${entry.requestId}"`);
  out.append(TEXT.status);
  out.decimal(entry.status);
  out.append(TEXT.bytesIn);
  out.decimal(entry.bytesIn);
  out.append(TEXT.bytesOut);
  out.decimal(entry.bytesOut);
  writeSeconds(out, TEXT.duration, nowMs - entry.startedMs);
  if (entry.sent !== undefined && entry.originMs >= 0) {
    writeSeconds(out, TEXT.ttfb, entry.originMs);
  }
  writeUpstream(out, entry, nowMs);
  if (entry.cacheStatus !== "") writeCache(out, entry);
  writeAccess(out, entry);
  writeWord(out, SAID.coding, entry.coding);
  writeWord(out, SAID.codingReason, entry.codingReason);
  writeWord(out, SAID.retryReason, entry.retryReason);
  writeWord(out, SAID.ending, entry.ending);
  if (entry.errorCode !== "") out.text(`,"error":"${entry.errorCode}"`);
  if (sampleRate < 1) out.text(`,"sample_rate":${sampleRate}`);
  out.append(TEXT.end);
}

/** The beginning of lines up to the milliseconds, made once a second: `{"ts":"2026-11-24T03:41:00.` */
let startSecond = -1;
let startText: Uint8Array = new Uint8Array(0);

/** Writes the beginning of a line, up to the client's address. */
function writeStart(out: ByteWriter, nowMs: number): void {
  const second = Math.floor(nowMs / 1000);
  if (second !== startSecond) {
    startSecond = second;
    const date = new Date(nowMs).toISOString().slice(0, -4);
    startText = bytesOf(`{"ts":"${date}`);
  }
  const ms = nowMs - second * 1000;
  out.append(startText);
  if (ms < 100) out.text(ms < 10 ? "00" : "0");
  out.decimal(Math.floor(ms));
  out.append(TEXT.client);
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
  out.append(SAID.upstream.of(sent.address));
  writeSent(out, sent);
  if (originMs >= 0) {
    const answeredMs = entry.startedMs + originMs;
    writeSeconds(out, TEXT.ttfb, answeredMs - sent.sentMs);
    writeSeconds(out, TEXT.body, nowMs - answeredMs);
  }
  writeWord(out, SAID.server, server);
  if (tryCount > 0) out.text(`,"retries":${tryCount}`);
  out.append(TEXT.objectEnd);
}

/** Writes what is known of a request as it was sent. */
function writeSent(out: ByteWriter, sent: SentEntry): void {
  const { originStatus, tryCount, queueMs, connectMs } = sent;
  if (originStatus > 0) {
    out.append(TEXT.status);
    out.decimal(originStatus);
  }
  out.append(TEXT.tries);
  out.decimal(tryCount + 1);
  out.append(sent.isReused ? TEXT.reused : TEXT.notReused);
  writeSeconds(out, TEXT.connectionAge, sent.connectionAgeMs);
  if (queueMs >= 0) writeSeconds(out, TEXT.queue, queueMs);
  if (connectMs >= 0) writeSeconds(out, TEXT.connect, connectMs);
}

/** Writes milliseconds as seconds, to the microsecond; the clock may have been set back. */
function writeSeconds(out: ByteWriter, key: Uint8Array, ms: number): void {
  out.append(key);
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
  writeWord(out, SAID.cache, cacheStatus);
  writeWord(out, SAID.reason, entry.cacheReason);
  writeWord(out, SAID.alone, entry.aloneReason);
  writeWord(out, SAID.notStale, entry.staleRefusal);
  if (cacheAge >= 0) {
    out.append(TEXT.age);
    out.decimal(cacheAge);
  }
  if (cacheTtl !== undefined) {
    out.append(TEXT.ttl);
    if (cacheTtl >= 0) out.decimal(cacheTtl);
    else out.text(String(cacheTtl));
  }
  out.append(TEXT.objectEnd);
}

/** Writes who the client is, why it was refused, and the limit that it has met: texts of the configuration, or of clients. */
function writeAccess(
  out: ByteWriter,
  { user = "", accessReason, limitId = "", isLimitDry = false }: LogEntry,
): void {
  if (user !== "") out.text(`,"user":${jsonText(user)}`);
  writeWord(out, SAID.accessReason, accessReason);
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

/** Writes a member of which values are few, unless its value is empty. */
function writeWord(
  out: ByteWriter,
  said: Phrases,
  word: string | undefined,
): void {
  if (word) out.append(said.of(word));
}

function writeJsonField(
  out: ByteWriter,
  key: Uint8Array,
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

/** @param key With the quote before the value. */
function writeJsonBytes(
  out: ByteWriter,
  key: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  out.append(key);
  writeEscaped(out, bytes, start, end, "\\u00");
  out.append(TEXT.quote);
}
