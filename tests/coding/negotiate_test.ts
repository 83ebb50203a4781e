import { assertEquals, assertRejects } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import { COMPRESSIBLE_TYPES, isEligible } from "../../lib/coding/eligible.ts";
import { decode, encode, NoRoomError } from "../../lib/coding/encoder.ts";
import { varyWithCoding, weakened } from "../../lib/coding/fields.ts";
import {
  askedCoding,
  type Coding,
  CODINGS,
  negotiate,
} from "../../lib/coding/negotiate.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { METHOD } from "../../lib/http/method.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";

Deno.test("Accept-Encoding (RFC 9110 §12.5.3)", async (t) => {
  const rows: [text: string | undefined, coding: Coding | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["GZip", "gzip"],
    ["x-gzip", "gzip"],
    ["br", "br"],
    ["gzip, br", "gzip"],
    ["br, gzip", "gzip"],
    ["gzip;q=0.5, br", "br"],
    ["gzip;q=0.5,br;q=0.5", "gzip"],
    ["gzip ; q=0.5 , br ;\tq=0.6", "br"],
    ["gzip;Q=0.5, br;Q=0.6", "br"],
    ["*", "gzip"],
    ["*;q=0", undefined],
    ["gzip;q=0, *", "br"],
    ["gzip;q=0", undefined],
    ["gzip;q=0.000", undefined],
    ["deflate", undefined],
    ["deflate, gzip", "gzip"],
    ["identity", undefined],
    ["identity, gzip", "gzip"],
    ["identity;q=1, gzip;q=0.5", undefined],
    ["identity;q=0.5, gzip;q=0.5", "gzip"],
    ["identity;q=0, gzip;q=0.1", "gzip"],
    ["identity;q=0", undefined],
    ["gzip;q=2", undefined],
    ["gzip;q=0.1234", undefined],
    ["gzip;q=", undefined],
    ["gzip;x=1", undefined],
    ["gzip;q=x, br", "br"],
    ["gz ip, br", "br"],
    [",,gzip,", "gzip"],
    ["gzipped", undefined],
  ];
  for (const [text, coding] of rows) {
    await t.step(
      String(text),
      () => assertEquals(negotiate(text, CODINGS), coding),
    );
  }
  assertEquals(negotiate("gzip, br", ["br", "gzip"]), "br");
  assertEquals(negotiate("br", ["gzip"]), undefined);
});

Deno.test("what the origin is asked for, on behalf of all who negotiate alike", () => {
  const rows: [text: string, asked: ReturnType<typeof askedCoding>][] = [
    ["gzip", "gzip"],
    ["br, gzip;q=0.1", "gzip"],
    ["*", "gzip"],
    ["", "identity"],
    ["br", "identity"],
    ["gzip;q=0", "identity"],
    ["identity;q=0.1", "identity"],
    ["gzip;q=0.5, identity", "identity"],
    ["gzip;q=0, *", "identity"],
    ["br, *;q=0", undefined],
    ["*;q=0, identity;q=0.1", "identity"],
    ["br, identity;q=0", undefined],
  ];
  for (const [text, asked] of rows) {
    assertEquals(askedCoding(text), asked, text);
  }
});

Deno.test("which responses may be encoded", async (t) => {
  const policy = { bytesMin: 1024, types: new Set(COMPRESSIBLE_TYPES) };
  const rows: [
    what: string,
    status: number,
    lines: string[],
    length: number,
    expected: boolean,
  ][] = [
    ["text", 200, ["Content-Type: text/plain"], 1024, true],
    ["too small", 200, ["Content-Type: text/plain"], 1023, false],
    ["of unknown length", 200, ["Content-Type: text/plain"], -1, true],
    [
      "parameters and case",
      200,
      ["Content-Type: Text/HTML; charset=utf-8"],
      -1,
      true,
    ],
    ["json", 200, ["Content-Type: application/json"], -1, true],
    ["+json", 200, ["Content-Type: application/problem+json"], -1, true],
    ["+xml", 200, ["Content-Type: image/svg+xml"], -1, true],
    ["events", 200, ["Content-Type: text/event-stream"], -1, true],
    ["an image", 200, ["Content-Type: image/png"], -1, false],
    ["a font that is compressed", 200, ["Content-Type: font/woff2"], -1, false],
    ["no type", 200, [], -1, false],
    ["an error page", 404, ["Content-Type: text/html"], -1, true],
    ["204", 204, ["Content-Type: text/html"], -1, false],
    ["206", 206, ["Content-Type: text/html"], -1, false],
    ["304", 304, ["Content-Type: text/html"], -1, false],
    [
      "Content-Range",
      200,
      ["Content-Type: text/html", "Content-Range: bytes 0-1/2"],
      -1,
      false,
    ],
    [
      "encoded",
      200,
      ["Content-Type: text/html", "Content-Encoding: gzip"],
      -1,
      false,
    ],
    [
      "identity",
      200,
      ["Content-Type: text/html", "Content-Encoding: Identity"],
      -1,
      true,
    ],
    [
      "no-transform",
      200,
      ["Content-Type: text/html", "Cache-Control: public, No-Transform"],
      -1,
      false,
    ],
    [
      "not no-transform",
      200,
      ["Content-Type: text/html", "Cache-Control: x-no-transform"],
      -1,
      true,
    ],
  ];
  for (const [what, status, lines, length, expected] of rows) {
    await t.step(what, () => {
      const text = [`HTTP/1.1 ${status} x`, "A: b", ...lines, "", ""];
      const bytes = bytesOf(text.join("\r\n"));
      const head = new ResponseHead();
      head.begin(0, LIMITS, METHOD.Get);
      head.parse(bytes, bytes.length);
      assertEquals(isEligible(status, head.fields, length, policy), expected);
    });
  }
});

Deno.test("Vary is merged, entity tags are weakened", () => {
  const rows: [string | undefined, string][] = [
    [undefined, "Accept-Encoding"],
    ["", "Accept-Encoding"],
    ["Cookie", "Cookie, Accept-Encoding"],
    ["cookie, accept-encoding", "cookie, accept-encoding"],
    ["*", "*"],
  ];
  for (const [vary, expected] of rows) {
    assertEquals(varyWithCoding(vary), expected);
  }
  assertEquals([weakened('"a"'), weakened('W/"a"')], ['W/"a"', 'W/"a"']);
});

Deno.test("what is encoded can be decoded, at every size", async () => {
  for (const coding of CODINGS) {
    for (const size of [0, 1, 2, 100, 1023, 65_535, 65_536, 65_537, 300_000]) {
      const content = Uint8Array.from({ length: size }, (_, i) => (i * i) >> 7);
      const encoded = await encode(content, coding);
      const format = coding === "br" ? "brotli" : coding;
      const stream = new Blob([encoded.slice()]).stream().pipeThrough(
        new DecompressionStream(format as CompressionFormat),
      );
      assertEquals(
        new Uint8Array(await new Response(stream).arrayBuffer()),
        content,
      );
    }
  }
});

Deno.test("what comes out is kept only as far as there is room, and the whole needs room of its own", async () => {
  const content = crypto.getRandomValues(new Uint8Array(65_536));
  for (const coding of CODINGS) {
    const encoded = await encode(content, coding);
    const asked: number[] = [];
    const mayKeep = (bytes: number): boolean => asked.push(bytes) < 2;
    await assertRejects(
      () => encode(content, coding, { mayKeep }),
      NoRoomError,
    );
    assertEquals(asked.length, 2);
    const all = (bytes: number): boolean => asked.push(bytes) > 0;
    asked.length = 0;
    assertEquals(await encode(content, coding, { mayKeep: all }), encoded);
    const whole = asked.pop(); // of several runs
    assertEquals(whole, encoded.length);
    assertEquals(asked.reduce((sum, bytes) => sum + bytes, 0), whole);
    const half = content.length / 2;
    assertEquals(await decode(encoded, coding, content.length), content);
    await assertRejects(() => decode(encoded, coding, half), RangeError);
  }
});

Deno.test("what is not in a coding cannot be decoded", async () => {
  for (const coding of CODINGS) {
    const whole = await encode(new Uint8Array(1000).fill(1), coding);
    for (const content of [bytesOf("no such thing"), whole.slice(0, -1)]) {
      await assertRejects(() => decode(content, coding, 1e6), TypeError);
    }
  }
});
