/** Which coding a request gets, and why none. */

import { assertEquals } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import { chooseCoding } from "../../lib/coding/choose.ts";
import type { Coding } from "../../lib/coding/negotiate.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";

const OFFERED = {
  offered: ["br", "gzip"],
  onTheFly: ["gzip", "br"],
} as const;

const ROWS: readonly [
  what: string,
  fields: string,
  /** The encoders that are free; undefined for a form that is kept. */
  free: readonly Coding[] | undefined,
  chosen: string,
][] = [
  ["kept: the smaller", "Accept-Encoding: gzip, br", undefined, "br"],
  ["on its way: the cheaper", "Accept-Encoding: gzip, br", ["gzip"], "gzip"],
  [
    "a weight of the client goes first",
    "Accept-Encoding: gzip;q=0.1, br",
    ["gzip", "br"],
    "br",
  ],
  [
    "none is free of what it prefers: the one that takes less",
    "Accept-Encoding: br, gzip;q=0.5",
    ["gzip"],
    "gzip",
  ],
  ["none is free", "Accept-Encoding: br", ["gzip"], "encoders-busy"],
  ["none at all is free", "Accept-Encoding: gzip", [], "encoders-busy"],
  ["another coding", "Accept-Encoding: zstd", undefined, "not-accepted"],
  ["nothing said", "X: y", undefined, "no-accept-encoding"],
  [
    "the client wants it as it is",
    "Cache-Control: no-transform|Accept-Encoding: gzip",
    undefined,
    "request-no-transform",
  ],
  [
    "9110 §14.2: offsets are those of the content as it is",
    "Range: bytes=0-1|Accept-Encoding: gzip",
    undefined,
    "range-request",
  ],
];

Deno.test("chooseCoding()", async (t) => {
  for (const [what, fields, free, chosen] of ROWS) {
    await t.step(what, () => {
      const lines = ["GET / HTTP/1.1", "Host: h", ...fields.split("|"), "", ""];
      const bytes = bytesOf(lines.join("\r\n"));
      const request = new RequestHead();
      request.begin(0, LIMITS);
      request.parse(bytes, bytes.length);
      const load = free && {
        hasEncoder: (coding: Coding): boolean => free.includes(coding),
      };
      for (let i = 0; i < 2; i++) { // the second time, it is remembered
        const { coding, reason } = chooseCoding(request.fields, OFFERED, load);
        assertEquals(coding ?? reason, chosen);
        assertEquals(reason === "compressible", coding !== undefined);
      }
    });
  }
});
