/**
 * The access log: one line for each exchange, as octets, in batches.
 *
 * Lines are composed straight from the buffers that hold the request and leave in
 * one write when there are many of them or a moment has passed. A request never
 * waits for the log: if the reader of the log stalls, lines are dropped, counted,
 * and the count is logged when it takes up again. Octets that a client chose are
 * escaped, so that no request can forge a line or drive a terminal.
 */

import type { LogFormat } from "../config/config.ts";
import { FIELD } from "../http/field.ts";
import { OctetBuffer } from "../http/octet_buffer.ts";
import { octetsOf } from "../http/octets.ts";
import type { RequestHead } from "../http/request_head.ts";

/** A batch is written when it is this large … */
const BATCH_BYTES = 32 * 1024;
/** … or this old. */
const BATCH_MS = 100;
/** Octets that wait for a stalled reader; lines beyond them are dropped. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/** What is logged of an exchange. */
export interface LogEntry {
  readonly request: RequestHead;
  /** The client's IP address, by the word of trusted proxies if there are any. */
  readonly clientAddress: string;
  /** The status of the answer; 499 if the client left before it, 0 if there was none. */
  readonly status: number;
  /** Octets read from the client for this exchange, head and body. */
  readonly bytesIn: number;
  /** Octets written to the client, head and body. */
  readonly bytesOut: number;
  /** Octets of content written to the client. */
  readonly contentBytesOut: number;
  /** When the request's head was complete, in ms since the epoch. */
  readonly startedMs: number;
  /** From there to the origin's response head, in ms; -1 if the origin gave none. */
  readonly originMs: number;
  /** What the cache had to do with it. */
  readonly cacheStatus: string;
  /** The code of the error that ended it; empty if none did. */
  readonly errorCode: string;
}

/** Where the log goes. */
export interface LogSink {
  write(bytes: Uint8Array): Promise<number>;
  writeSync(bytes: Uint8Array): number;
}

type LineWriter = (out: OctetBuffer, entry: LogEntry, nowMs: number) => void;

/** See the module's comment. */
export class AccessLog {
  /** Whether lines are written at all: callers skip their part of the work if not. */
  readonly isOn: boolean;
  readonly #writeLine: LineWriter;
  readonly #sink: LogSink;
  /** Lines being collected, and the batch being written. */
  #lines = new OctetBuffer(BATCH_BYTES);
  #batch = new OctetBuffer(BATCH_BYTES);
  #isWriting = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dropped = 0;

  constructor(format: LogFormat, sink: LogSink) {
    this.isOn = format !== "off";
    this.#writeLine = format === "json"
      ? writeJsonLine
      : (out, entry, nowMs) =>
        writeTextLine(out, entry, nowMs, format === "combined");
    this.#sink = sink;
  }

  /** Logs one exchange, which has just ended. */
  record(entry: LogEntry): void {
    if (!this.isOn) return;
    if (this.#lines.length >= WAITING_BYTES_MAX) {
      this.#dropped++;
      return;
    }
    this.#writeLine(this.#lines, entry, Date.now());
    if (this.#lines.length >= BATCH_BYTES) this.#flush();
    else if (this.#timer === undefined && !this.#isWriting) {
      this.#timer = setTimeout(() => this.#flush(), BATCH_MS);
    }
  }

  #flush(): void {
    this.#cancelTimer();
    if (!this.#isWriting && this.#lines.length > 0) this.#writeBatches();
  }

  #cancelTimer(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #writeBatches(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#lines.length > 0) {
        [this.#lines, this.#batch] = [this.#batch, this.#lines];
        const batch = this.#batch.view();
        for (let at = 0; at < batch.length;) {
          at += await this.#sink.write(batch.subarray(at));
        }
        this.#batch.reset(BATCH_BYTES * 4);
        this.#reportDropped();
      }
    } catch {
      // Nobody reads the log any more (a closed pipe). The proxy goes on without it.
      this.#lines.reset(BATCH_BYTES);
      this.#batch.reset(BATCH_BYTES);
    } finally {
      this.#isWriting = false;
    }
  }

  #reportDropped(): void {
    if (this.#dropped === 0) return;
    this.#lines.text(
      `# ${this.#dropped} lines dropped: the log was not read in time\n`,
    );
    this.#dropped = 0;
  }

  /** Writes what is left, at once; to be called when no exchange is under way. */
  close(): void {
    this.#cancelTimer();
    try {
      const rest = this.#lines.view();
      for (let at = 0; at < rest.length;) {
        at += this.#sink.writeSync(rest.subarray(at));
      }
    } catch {
      // As above: there is nobody to tell.
    }
    this.#lines.reset(BATCH_BYTES);
  }
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
let stampSecond = -1;
let stampOctets: Uint8Array = new Uint8Array(0);

/** `[24/Nov/2026:03:41:00 +0000]`, made once a second. */
function timeStamp(nowMs: number): Uint8Array {
  const second = Math.floor(nowMs / 1000);
  if (second !== stampSecond) {
    stampSecond = second;
    const iso = new Date(nowMs).toISOString();
    const month = Number(iso.slice(5, 7)) - 1;
    const date = `${iso.slice(8, 10)}/${
      MONTHS.slice(month * 3, month * 3 + 3)
    }/${iso.slice(0, 4)}`;
    stampOctets = octetsOf(` - - [${date}:${iso.slice(11, 19)} +0000] "`);
  }
  return stampOctets;
}

/** The Common or Combined Log Format, followed by what sluice adds, as `name=value`. */
function writeTextLine(
  out: OctetBuffer,
  entry: LogEntry,
  nowMs: number,
  isCombined: boolean,
): void {
  const { request } = entry;
  out.text(entry.clientAddress);
  out.append(timeStamp(nowMs));
  writeRequestLine(out, request);
  out.text('" ');
  out.decimal(entry.status);
  out.text(" ");
  out.decimal(entry.contentBytesOut);
  if (isCombined) {
    writeQuotedField(out, request, FIELD.Referer);
    writeQuotedField(out, request, FIELD.UserAgent);
  }
  out.text(" time=");
  writeSeconds(out, nowMs - entry.startedMs);
  out.text(" origin=");
  if (entry.originMs < 0) out.text("-");
  else writeSeconds(out, entry.originMs);
  out.text(" in=");
  out.decimal(entry.bytesIn);
  out.text(" out=");
  out.decimal(entry.bytesOut);
  out.text(" cache=");
  out.text(entry.cacheStatus || "-");
  if (entry.errorCode !== "") {
    out.text(" error=");
    out.text(entry.errorCode);
  }
  out.text("\n");
}

function writeRequestLine(out: OctetBuffer, request: RequestHead): void {
  if (!request.hasRequestLine) {
    out.text("-");
    return;
  }
  writeEscaped(out, request.bytes, request.start, request.targetEnd, "\\x");
  out.text(request.minorVersion === 0 ? " HTTP/1.0" : " HTTP/1.1");
}

function writeQuotedField(
  out: OctetBuffer,
  request: RequestHead,
  id: number,
): void {
  const line = request.hasRequestLine ? request.fields.first(id) : -1;
  if (line < 0) {
    out.text(' "-"');
    return;
  }
  const { fields } = request;
  out.text(' "');
  writeEscaped(
    out,
    fields.bytes,
    fields.valueStart(line),
    fields.valueEnd(line),
    "\\x",
  );
  out.text('"');
}

/** Milliseconds as seconds with three decimals. */
function writeSeconds(out: OctetBuffer, ms: number): void {
  const whole = Math.max(0, Math.round(ms));
  const fraction = whole % 1000;
  out.decimal((whole - fraction) / 1000);
  out.text(fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".");
  out.decimal(fraction);
}

/** 1 for octets that stand for themselves in a quoted string of the log. */
const PLAIN: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, octet) =>
    octet >= 0x20 && octet < 0x7f && octet !== 0x22 && octet !== 0x5c ? 1 : 0,
);

/** Copies octets; each that is not plain becomes `escape` and its two HEXDIGs. */
function writeEscaped(
  out: OctetBuffer,
  bytes: Uint8Array,
  start: number,
  end: number,
  escape: string,
): void {
  let from = start;
  for (let at = start; at < end; at++) {
    if (PLAIN[bytes[at]!] === 1) continue;
    out.copy(bytes, from, at);
    out.text(escape + bytes[at]!.toString(16).padStart(2, "0"));
    from = at + 1;
  }
  out.copy(bytes, from, end);
}

function writeJsonLine(out: OctetBuffer, entry: LogEntry, nowMs: number): void {
  const { request } = entry;
  out.text(
    `{"ts":"${
      new Date(nowMs).toISOString()
    }","level":"info","msg":"request","client_ip":"`,
  );
  out.text(entry.clientAddress);
  out.text('"');
  if (request.hasRequestLine) {
    writeJsonOctets(
      out,
      "method",
      request.bytes,
      request.start,
      request.methodEnd,
    );
    writeJsonOctets(
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
  }
  out.text(
    `,"status":${entry.status},"bytes_in":${entry.bytesIn},"bytes_out":${entry.bytesOut}`,
  );
  out.text(`,"duration":${(nowMs - entry.startedMs) / 1000}`);
  if (entry.originMs >= 0) {
    out.text(`,"upstream":{"ttfb":${entry.originMs / 1000}}`);
  }
  if (entry.cacheStatus !== "") {
    out.text(`,"cache":{"result":"${entry.cacheStatus}"}`);
  }
  if (entry.errorCode !== "") out.text(`,"error":"${entry.errorCode}"`);
  out.text("}\n");
}

function writeJsonField(
  out: OctetBuffer,
  key: string,
  request: RequestHead,
  id: number,
): void {
  const { fields } = request;
  const line = fields.first(id);
  if (line < 0) return;
  writeJsonOctets(
    out,
    key,
    fields.bytes,
    fields.valueStart(line),
    fields.valueEnd(line),
  );
}

function writeJsonOctets(
  out: OctetBuffer,
  key: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  out.text(`,"${key}":"`);
  writeEscaped(out, bytes, start, end, "\\u00");
  out.text('"');
}
