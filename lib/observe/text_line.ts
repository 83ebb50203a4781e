/** A line of the access log in the Common or Combined Log Format. */

import { FIELD } from "../http/field.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { writeEscaped } from "./escape.ts";
import type { LogEntry } from "./log_entry.ts";

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
let stampSecond = -1;
let stampBytes: Uint8Array = new Uint8Array(0);

/** The text between address and request line, made once a second: ` - - [24/Nov/2026:03:41:00 +0000] "`. */
function timeStamp(nowMs: number): Uint8Array {
  const second = Math.floor(nowMs / 1000);
  if (second !== stampSecond) {
    stampSecond = second;
    const iso = new Date(nowMs).toISOString();
    const month = Number(iso.slice(5, 7)) - 1;
    const date = `${iso.slice(8, 10)}/${
      MONTHS.slice(month * 3, month * 3 + 3)
    }/${iso.slice(0, 4)}`;
    stampBytes = bytesOf(` - - [${date}:${iso.slice(11, 19)} +0000] "`);
  }
  return stampBytes;
}

/** Writes a line in the Common or Combined Log Format, and after it what sluice adds, as `name=value`. */
export function writeTextLine(
  out: ByteWriter,
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
  if (entry.requestId) {
    out.text(" id=");
    out.text(entry.requestId);
  }
  if (entry.errorCode !== "") {
    out.text(" error=");
    out.text(entry.errorCode);
  }
  out.text("\n");
}

function writeRequestLine(out: ByteWriter, request: RequestHead): void {
  if (!request.hasRequestLine) {
    out.text("-");
    return;
  }
  writeEscaped(out, request.bytes, request.start, request.targetEnd, "\\x");
  out.text(request.minorVersion === 0 ? " HTTP/1.0" : " HTTP/1.1");
}

function writeQuotedField(
  out: ByteWriter,
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
function writeSeconds(out: ByteWriter, ms: number): void {
  const whole = Math.max(0, Math.round(ms));
  const fraction = whole % 1000;
  out.decimal((whole - fraction) / 1000);
  out.text(fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".");
  out.decimal(fraction);
}
