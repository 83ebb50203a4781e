/** Comparing and reading runs of bytes. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import {
  beginsWith,
  bytesOf,
  endOfContent,
  equalsBytes,
  equalsLongRun,
  equalsRun,
  equalsText,
  equalsToken,
  FIELD_CONTENT,
  isDigits,
  isToken,
  isWhitespace,
  keptTextOf,
  parseDecimal,
  startsWith,
  textOf,
} from "../../lib/http/bytes.ts";
import { isVersionByte, VERSION_LENGTH } from "../../lib/http/head.ts";

/** Asks about a text that stands between others. */
function within<T>(
  text: string,
  ask: (bytes: Uint8Array, start: number, end: number) => T,
): T {
  return ask(bytesOf(`5a${text}a5`), 2, 2 + text.length);
}

Deno.test("bytes and strings, there and back", () => {
  const all = String.fromCharCode(...Array(256).keys());
  for (const text of ["", "a", all, all.slice(0, 7), all.slice(3, 12)]) {
    const bytes = bytesOf(text);
    assertEquals(textOf(bytes, 0, bytes.length), text);
  }
  assertEquals(textOf(bytesOf("0123456789abc"), 2, 12), "23456789ab");
  for (const length of [0, 1, 255, 1024, 1025, 70_000]) {
    const text = all.repeat(274).slice(0, length);
    assertEquals(keptTextOf(bytesOf(`<${text}>`), 1, length + 1), text);
  }
  assertEquals([...bytesOf("\xff")], [255]);
  assertThrows(() => bytesOf("\u0100"), RangeError);
});

Deno.test("what runs are equal", () => {
  const rows: [text: string, to: string, exact: boolean, anyCase: boolean][] = [
    ["close", "close", true, true],
    ["Close", "close", false, true],
    ["xlose", "close", false, false],
    ["closx", "close", false, false],
    ["clos", "close", false, false],
    ["closer", "close", false, false],
    ["", "", true, true],
  ];
  for (const [text, to, exact, anyCase] of rows) {
    const run = bytesOf(to);
    assertEquals(within(text, (...at) => equalsText(...at, to)), exact, text);
    assertEquals(within(text, (...at) => equalsRun(...at, run)), exact, text);
    assertEquals(equalsBytes(bytesOf(text), run), exact, text);
    assertEquals(
      within(text, (...at) => equalsToken(...at, to)),
      anyCase,
      text,
    );
  }
});

Deno.test("a long run is equal only if each of its bytes is", () => {
  for (const length of [0, 1, 15, 16, 17, 70]) {
    const run = Uint8Array.from({ length }, (_, i) => i * 37);
    const bytes = new Uint8Array([1, 2, 3, ...run, 4]);
    const view = new DataView(run.buffer);
    assert(equalsLongRun(bytes, 3, view));
    assert(!equalsLongRun(bytes, 5, view), "it ends too early");
    for (let i = 0; i < length; i++) {
      bytes[3 + i]! ^= 128;
      assert(!equalsLongRun(bytes, 3, view), `byte ${i} of ${length}`);
      bytes[3 + i]! ^= 128;
    }
  }
});

Deno.test("content ends at the first byte that it cannot have", () => {
  for (let byte = 0; byte < 256; byte++) {
    for (let at = 0; at < 12; at++) {
      const bytes = new Uint8Array(14).fill(0x61);
      bytes[1 + at] = byte;
      const end = FIELD_CONTENT[byte] === 1 ? 13 : 1 + at;
      assertEquals(endOfContent(bytes, 1, 13), end, `${byte} at ${at}`);
    }
  }
});

Deno.test("what a run begins with", () => {
  const rows: [
    text: string,
    prefix: string,
    exact: boolean,
    anyCase: boolean,
  ][] = [
    ["text/html", "text/", true, true],
    ["TEXT/html", "text/", false, true],
    ["AZ[", "az[", false, true],
    ["az{", "az[", false, false], // not a letter: no other case
    ["text", "text/", false, false],
    ["xext/html", "text/", false, false],
    ["text.html", "text/", false, false],
    ["a", "", true, true],
  ];
  for (const [text, prefix, exact, anyCase] of rows) {
    assertEquals(beginsWith(bytesOf(text), bytesOf(prefix)), exact, text);
    const begins = within(text, (...at) => startsWith(...at, prefix));
    assertEquals(begins, anyCase, text);
  }
});

Deno.test("numbers", () => {
  const rows: [text: string, value: number, isNumber: boolean][] = [
    ["0", 0, true],
    ["9", 9, true],
    ["0123456789", 123_456_789, true],
    ["9007199254740991", Number.MAX_SAFE_INTEGER, true],
    ["9007199254740992", -1, true], // digits all the same
    ["", -1, false],
    ["/", -1, false],
    [":", -1, false],
    ["1:", -1, false],
    ["x1", -1, false],
    ["-1", -1, false],
  ];
  for (const [text, value, isNumber] of rows) {
    assertEquals(within(text, parseDecimal), value, text);
    assertEquals(within(text, isDigits), isNumber, text);
  }
});

Deno.test("tokens and whitespace", () => {
  for (const text of ["a", "Z9", "!#$%&'*+-.^_`|~"]) {
    assertEquals(isToken(text), true, text);
  }
  for (const text of ["", " a", "a b", "a:", "a\x7f", "\xe4", "a,", "\u0100"]) {
    assertEquals(isToken(text), false, text);
  }
  const white = [..." \ta\n\r\v"].map((c) => isWhitespace(c.charCodeAt(0)));
  assertEquals(white, [true, true, false, false, false, false]);
  assertEquals(isWhitespace(undefined), false);
});

Deno.test("the grammar of a version (RFC 9112 §2.3)", () => {
  const isVersion = (text: string): boolean =>
    [...text].every((c, index) => isVersionByte(c.charCodeAt(0), index));
  assertEquals("HTTP/1.1".length, VERSION_LENGTH);
  for (const text of ["HTTP/1.1", "HTTP/0.9", "HTTP/9.0"]) {
    assertEquals(isVersion(text), true, text);
  }
  for (
    const text of ["HTTP/:.1", "HTTP/1.:", "HTTP//.1", "HTTP/1./", "HTTP/1,1"]
  ) assertEquals(isVersion(text), false, text);
  assertEquals(isVersion("http/1.1"), false);
});
