/** A growing buffer. */

import { assertEquals } from "../support/assert.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";

function textIn(out: ByteWriter): string {
  return textOf(out.bytes, 0, out.length);
}

Deno.test("it grows to twice what it has, as often as it takes, and keeps what is in it", () => {
  const out = new ByteWriter(4);
  out.text("abcd");
  assertEquals(out.bytes.length, 4);
  out.byte(0x65);
  assertEquals(out.bytes.length, 8);
  out.reserve(3);
  assertEquals(out.bytes.length, 8);
  out.reserve(60);
  assertEquals([out.bytes.length, textIn(out)], [128, "abcde"]);
});

Deno.test("a buffer that has grown large is given up, another is kept", () => {
  const out = new ByteWriter(4);
  out.reserve(8);
  const { bytes } = out;
  out.text("abc");
  out.reset(8);
  assertEquals([out.length, out.bytes === bytes], [0, true]);
  out.reset(7);
  assertEquals([out.length, out.bytes.length], [0, 4]);
});

Deno.test("parts are copied, short and long", () => {
  for (const length of [0, 1, 31, 32, 33, 500]) {
    const out = new ByteWriter(1);
    const source = bytesOf("<" + "x".repeat(length) + ">");
    out.copy(source, 1, length + 1);
    out.append(source);
    assertEquals(textIn(out), "x".repeat(length) + `<${"x".repeat(length)}>`);
  }
});

Deno.test("numbers in decimal", () => {
  for (
    const value of [0, 1, 9, 10, 11, 99, 100, 12_345, 2 ** 31, 2 ** 53 - 1]
  ) {
    const out = new ByteWriter(1);
    out.text("a");
    out.decimal(value);
    out.text("b");
    assertEquals(textIn(out), `a${value}b`);
  }
});

Deno.test("a view is of what has been appended", () => {
  const out = new ByteWriter(8);
  out.text("\xe9a");
  assertEquals([...out.view()], [0xe9, 0x61]);
});

Deno.test("bytes are copied up to the first that is not allowed", () => {
  const allowed = Uint8Array.from(
    { length: 256 },
    (_, byte) => byte >= 0x61 ? 1 : 0,
  );
  const source = bytesOf("-abcde.fg");
  const rows: [start: number, end: number, stop: number, text: string][] = [
    [1, 9, 6, "abcde"],
    [1, 4, 4, "abc"],
    [6, 9, 6, ""],
    [7, 9, 9, "fg"],
    [3, 3, 3, ""],
  ];
  for (const [start, end, stop, text] of rows) {
    const out = new ByteWriter(1);
    out.text(">");
    assertEquals(out.copyAllowed(source, start, end, allowed), stop);
    assertEquals(textIn(out), `>${text}`);
  }
});
