/** Which responses may be compressed, and why others are not: a row for each rule. */

import {
  codingReason,
  COMPRESSIBLE_TYPES,
  isCodable,
  isEligible,
} from "../../lib/coding/eligible.ts";
import type { CodingReason } from "../../lib/reasons/reason.ts";
import { assertEquals } from "../support/assert.ts";
import { headOf } from "../support/metadata.ts";

const POLICY = { bytesMin: 1024, types: new Set(COMPRESSIBLE_TYPES) };
const TEXT = "Content-Type: text/plain";

Deno.test("codingReason() says why a response is not compressed", async (t) => {
  const rows: [
    reason: CodingReason,
    status: number,
    length: number,
    lines: readonly string[],
  ][] = [
    ["compressible", 200, 1024, [TEXT]],
    ["compressible", 200, -1, ["Content-Type: TEXT/HTML; charset=utf-8"]],
    ["compressible", 404, -1, ["Content-Type: application/problem+json"]],
    ["compressible", 200, -1, [TEXT, "Content-Encoding: identity"]],
    ["compressible", 200, -1, [TEXT, "Cache-Control: no-transformers"]],
    ...[101, 204, 205, 206, 304].map((status): typeof rows[0] => [
      "no-whole-content",
      status,
      -1,
      [TEXT],
    ]),
    ["too-small", 200, 1023, [TEXT]],
    ["too-small", 200, 0, [TEXT]],
    ["part", 200, -1, [TEXT, "Content-Range: bytes 0-1/2"]],
    ["already-coded", 200, -1, [TEXT, "Content-Encoding: gzip"]],
    ["already-coded", 200, -1, [TEXT, "Content-Encoding: identity, br"]],
    ["no-transform", 200, -1, [TEXT, "Cache-Control: a, No-Transform"]],
    ["no-transform", 200, -1, [TEXT, "CDN-Cache-Control: no-transform"]],
    ["media-type", 200, -1, []],
    ["media-type", 200, -1, ["Content-Type: image/png"]],
    ["media-type", 200, -1, ["Content-Type: json"]],
    // Of several reasons the first.
    ["too-small", 200, 9, ["Content-Type: image/png"]],
    ["already-coded", 200, -1, [
      "Content-Type: image/png",
      "Content-Encoding: br",
    ]],
  ];
  for (const [reason, status, length, lines] of rows) {
    await t.step(
      `${reason}: ${status}, ${length}, ${lines.join(" | ")}`,
      () => {
        const { fields } = headOf(status, ...lines);
        const eligible = reason === "compressible";
        assertEquals(codingReason(status, fields, length, POLICY), reason);
        assertEquals(isEligible(status, fields, length, POLICY), eligible);
        const isOfContent = ["compressible", "already-coded", "no-transform"]
          .includes(reason) || length < 0 && reason === "media-type";
        if (isOfContent) {
          assertEquals(isCodable(fields, POLICY.types), eligible);
        }
      },
    );
  }
});
