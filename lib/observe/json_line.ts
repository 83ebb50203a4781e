/** A line of the access log as one JSON object. */

import { FIELD } from "../http/field.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import type { RequestHead } from "../http/request_head.ts";
import { writeEscaped } from "./escape.ts";
import type { LogEntry } from "./log_entry.ts";

/** Writes the line of an exchange that ended at `nowMs`. */
export function writeJsonLine(
  out: ByteWriter,
  entry: LogEntry,
  nowMs: number,
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
  }
  out.text(
    `,"status":${entry.status},"bytes_in":${entry.bytesIn},"bytes_out":${entry.bytesOut}`,
  );
  out.text(`,"duration":${(nowMs - entry.startedMs) / 1000}`);
  if (entry.originMs >= 0) {
    out.text(`,"upstream":{"ttfb":${entry.originMs / 1000}}`);
  }
  if (entry.cacheStatus !== "") {
    out.text(`,"cache":{"result":"${entry.cacheStatus}"`);
    writeJsonWord(out, "reason", entry.cacheReason);
    writeJsonWord(out, "alone", entry.aloneReason);
    writeJsonWord(out, "not_stale", entry.staleRefusal);
    out.text("}");
  }
  writeJsonWord(out, "coding_reason", entry.codingReason);
  writeJsonWord(out, "retry_reason", entry.retryReason);
  writeJsonWord(out, "end", entry.ending);
  if (entry.errorCode !== "") out.text(`,"error":"${entry.errorCode}"`);
  out.text("}\n");
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
