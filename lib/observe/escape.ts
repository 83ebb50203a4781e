/**
 * Escapes bytes that a client chose on their way into the log, so that no request can
 * forge a line or control a terminal.
 */

import type { ByteWriter } from "../http/byte_writer.ts";

/** 1 for bytes that need no escape in a quoted string of the log. */
const PLAIN: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

/** Copies bytes; each that is not plain becomes `escape` and two hexadecimal digits. */
export function writeEscaped(
  out: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  escape: string,
): void {
  let at = out.copyAllowed(bytes, start, end, PLAIN);
  while (at < end) {
    out.text(escape + bytes[at]!.toString(16).padStart(2, "0"));
    at = out.copyAllowed(bytes, at + 1, end, PLAIN);
  }
}
