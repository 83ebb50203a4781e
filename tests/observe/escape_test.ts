/** Bytes that a client chose, in the log. */

import { assertEquals } from "../support/assert.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { writeEscaped } from "../../lib/observe/escape.ts";

function escaped(...bytes: readonly number[]): string {
  const out = new ByteWriter(16);
  writeEscaped(out, new Uint8Array([0, ...bytes, 0]), 1, bytes.length + 1, "%");
  return textOf(out.bytes, 0, out.length);
}

Deno.test("visible characters and spaces stay, but for quotes and backslashes", () => {
  for (let byte = 0; byte < 256; byte++) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x22 &&
      byte !== 0x5c;
    const text = isPlain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).padStart(2, "0")}`;
    assertEquals(escaped(byte), text);
    assertEquals(escaped(0x61, byte, byte, 0x62), `a${text}${text}b`);
  }
  assertEquals(escaped(), "");
});
