/** The status line, as it is written (RFC 9112 §4). */

import type { ByteWriter } from "./byte_writer.ts";
import type { ResponseHead } from "./response_head.ts";
import { reasonPhrase } from "./status.ts";

/** Writes the status line of a response that came, in our version, with its own reason phrase. */
export function writeReceivedStatusLine(
  out: ByteWriter,
  { status, bytes, reasonStart, reasonEnd }: ResponseHead,
): void {
  out.text(`HTTP/1.1 ${status} `);
  out.copy(bytes, reasonStart, reasonEnd);
  out.text("\r\n");
}

/** Writes the status line of a response of our own. */
export function writeStatusLine(out: ByteWriter, status: number): void {
  out.text(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`);
}
