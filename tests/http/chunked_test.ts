import { assertEquals } from "../support/assert.ts";
import { chunkedBody, firstDifference, whole } from "../support/splits.ts";
import {
  CHUNK_SIZE_BYTES_MAX,
  writeChunkSize,
} from "../../lib/http/chunked.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";

Deno.test("chunked bodies are decoded however they arrive (RFC 9112 §7.1)", async (t) => {
  const rows: [message: string, content: string, trailers: string[]][] = [
    ["0\r\n\r\n", "", []],
    ["000\r\n\r\n", "", []],
    ["5\r\nhello\r\n0\r\n\r\n", "hello", []],
    ["5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!", []],
    ["a\r\n0123456789\r\n0\r\n\r\n", "0123456789", []],
    ["A\r\n0123456789\r\n0\r\n\r\n", "0123456789", []],
    ["005\r\nhello\r\n0\r\n\r\n", "hello", []],
    ['5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n', "hello", []],
    [
      "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
      "abcdefghijklmnopqrstuvwxyz",
      [],
    ],
    ["2\r\n\r\n\r\n0\r\n\r\n", "\r\n", []],
    ["1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", "x", ["A: b", "C: d"]],
  ];
  for (const [text, content, trailers] of rows) {
    await t.step(JSON.stringify(text), () => {
      for (const behind of ["", "GET / HTTP/1.1"]) {
        const message = bytesOf(text + behind);
        const expected = { content, trailers, rest: behind.length };
        assertEquals(whole(chunkedBody(), message), expected);
        assertEquals(
          firstDifference(chunkedBody(), message, expected),
          undefined,
        );
      }
    });
  }
});

Deno.test("chunk framing is exact (RFC 9112 §7.1, §11.2)", async (t) => {
  const rows: [code: string, text: string][] = [
    ["bad_chunk", "\r\n"],
    ["bad_chunk", " 5\r\nhello\r\n"],
    ["bad_chunk", "5 \r\nhello\r\n"],
    ["bad_chunk", "5 ;x\r\nhello\r\n"],
    ["bad_chunk", "+5\r\nhello\r\n"],
    ["bad_chunk", "-5\r\nhello\r\n"],
    ["bad_chunk", "0x5\r\nhello\r\n"],
    ["bad_chunk", "5_\r\nhello\r\n"],
    ["bad_chunk", "g\r\n"],
    ["bad_chunk", ";x\r\n"],
    ["bad_chunk", "5\nhello\r\n"],
    ["bad_chunk", "5\rhello\r\n"],
    ["bad_chunk", "5;a\nb\r\nhello\r\n"],
    ["bad_chunk", "5;a\rb\r\nhello\r\n"],
    ["bad_chunk", "5;\0\r\nhello\r\n"],
    ["bad_chunk", "5\r\nhelloo\r\n"],
    ["bad_chunk", "5\r\nhello\n0\r\n\r\n"],
    ["bad_chunk", "5\r\nhello0\r\n\r\n"],
    ["bad_chunk", "10000000000000\r\n"],
    ["bad_chunk", "00000000000005\r\n"],
    ["bad_chunk", `1;${"x".repeat(1025)}\r\n`],
    ["bad_field_line", "0\r\nA : b\r\n\r\n"],
    ["bad_field_line", "0\r\n A: b\r\n\r\n"],
    ["bad_field_line", "0\r\nA: b\n\r\n"],
    ["fields_too_large", `0\r\n${"A: b\r\n".repeat(65)}\r\n`],
    ["fields_too_large", `0\r\nA: ${"b".repeat(9000)}\r\n\r\n`],
    ["more", "5\r\nhell"],
    ["more", "5\r\nhello\r\n0\r\n"],
  ];
  for (const [code, text] of rows) {
    await t.step(`${code}: ${JSON.stringify(text.slice(0, 40))}`, () => {
      const message = bytesOf(text);
      assertEquals(whole(chunkedBody(), message), code);
      if (message.length > 2000) return; // the square of it takes too long
      assertEquals(firstDifference(chunkedBody(), message, code), undefined);
    });
  }
});

Deno.test("a peer that sends more framing than content is cut off", () => {
  const chunk = `1;${"x".repeat(1000)}\r\ny\r\n`;
  assertEquals(whole(chunkedBody(), bytesOf(chunk.repeat(15))), "more");
  assertEquals(whole(chunkedBody(), bytesOf(chunk.repeat(20))), "bad_chunk");
  const small = "1\r\ny\r\n"; // the smallest honest chunk may repeat without end
  assertEquals(whole(chunkedBody(), bytesOf(small.repeat(50_000))), "more");
});

Deno.test("chunk sizes are written as they are read", () => {
  const bytes = new Uint8Array(CHUNK_SIZE_BYTES_MAX);
  for (const size of [1, 9, 10, 15, 16, 255, 256, 65535, 65536, 2 ** 52 - 1]) {
    const end = writeChunkSize(bytes, 0, size);
    assertEquals(textOf(bytes, 0, end), `${size.toString(16)}\r\n`);
  }
});

Deno.test("16 KiB more of size lines than their chunks are worth are refused, and no less", () => {
  const chunk = (extension: number): string =>
    `1;${"x".repeat(extension)}\r\na\r\n`;
  // A line is worth 16 bytes and two for each of content: here 18, of `1;`, the extension and CR.
  const lines = chunk(1023).repeat(16); // 1008 more each
  for (const before of ["", `64\r\n${"b".repeat(100)}\r\n`]) { // what it saves is not kept
    const exact = before + lines + chunk(256 + 15);
    const over = before + lines + chunk(256 + 16);
    const end = "0\r\n\r\n";
    const isRefused = (text: string): boolean =>
      whole(chunkedBody(), bytesOf(text + end)) === "bad_chunk";
    assertEquals([isRefused(exact), isRefused(over)], [false, true]);
    // What a large chunk saves makes up for it.
    const saved = `3e8\r\n${"b".repeat(1000)}\r\n`;
    assertEquals(isRefused(before + lines + saved + chunk(256 + 16)), false);
  }
});
