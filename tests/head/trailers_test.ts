/** What may be passed on of a trailer section: RFC 9110 §6.5.1, §7.6.1. */

import { assertEquals } from "../support/assert.ts";
import { routeOf } from "../support/heads.ts";
import { headWith } from "../support/metadata.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { writeTrailers } from "../../lib/head/trailers.ts";

const { requestRules } = routeOf(
  "--request-header",
  "-X-Secret",
  "--request-header",
  "+X-More: 1",
);

Deno.test("the trailers that go on", async (t) => {
  const rows: [
    what: string,
    lines: string[],
    isRequest: boolean,
    kept: string[],
  ][] = [
    ["order, case, duplicates", ["B: 1", "a: 2", "b:3"], false, [
      "B: 1",
      "a: 2",
      "b:3",
    ]],
    ["hop by hop", ["Connection: a", "Keep-Alive: a", "TE: a"], false, []],
    ["framing", ["Transfer-Encoding: chunked"], false, []],
    ["where it came from", ["X-Forwarded-For: a", "Forwarded: a"], false, []],
    [
      "what only a head may say",
      [
        "Host: a",
        "Set-Cookie: a",
        "Cache-Control: a",
        "Authorization: a",
      ],
      false,
      [],
    ],
    ["what rules concern", ["X-Secret: a", "X-More: a", "X: a"], false, [
      "X-More: a",
      "X: a",
    ]],
    ["look-alikes of it, of a request", ["X_Secret: a", "X: a"], true, [
      "X: a",
    ]],
    ["look-alikes of it, of a response", ["X_Secret: a"], false, [
      "X_Secret: a",
    ]],
  ];
  for (const [what, lines, isRequest, kept] of rows) {
    await t.step(what, () => {
      const out = new ByteWriter(16);
      const { fields } = headWith(...lines);
      writeTrailers(out, fields, undefined, requestRules, isRequest);
      const text = textOf(out.bytes, 0, out.length);
      assertEquals(text.split("\r\n").slice(0, -1), kept);
    });
  }
});

Deno.test("what the head's Connection nominates does not come back as a trailer", () => {
  const nominated = bytesOf("close,x-a, X-B ,");
  const rows: [lines: string[], kept: string[]][] = [
    [["X-A: 1"], []],
    [["X-A: 1", "C: 2", "x-b: 3", "x-a: 4"], ["C: 2"]],
    [["X: 1"], ["X: 1"]],
  ];
  for (const [lines, kept] of rows) {
    const out = new ByteWriter(16);
    writeTrailers(out, headWith(...lines).fields, nominated, [], false);
    const text = textOf(out.bytes, 0, out.length);
    assertEquals(text.split("\r\n").slice(0, -1), kept);
  }
});
