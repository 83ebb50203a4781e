/** What a request is hashed by: the same for what is alike, undefined for what it does not have. */

import { RequestHead } from "../../../lib/http/request_head.ts";
import { hashOfText } from "../../../lib/upstream/balance/consistent_hash.ts";
import { requestKey } from "../../../lib/upstream/balance/request_key.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { head } from "../../support/request_heads.ts";
import { LIMITS } from "../../support/splits.ts";

const HOST = "Host: h";

const ROWS: readonly [
  by: string,
  lines: readonly string[],
  text: string | undefined,
][] = [
  ["client", [HOST], "192.0.2.1"],
  ["uri", [HOST], "/a?b"],
  ["header:X-Id", [HOST, "x-id: 7"], "7"],
  ["header:X-Id", ["X-ID: 7", HOST, "x-id: 8"], "7, 8"],
  ["header:X-Id", [HOST, "X-Ids: 7"], undefined],
  ["header:X-Id", [HOST, "X-Id:"], undefined],
  ["cookie:id", ["Cookie: id=7", HOST], "7"], // the first line is one, too
  ["cookie:id", [HOST, "Cookie: a=1; id = 7 ;b=2"], "7"],
  ["cookie:id", [HOST, "Cookie: a=1", "Cookie: id=7=8"], "7=8"],
  ["cookie:id", [HOST, "Cookie: id=7; id=8"], "7"],
  ["cookie:id", [HOST, "Cookie: ID=7; idd=8; id"], undefined],
  ["cookie:id", [HOST, "Cookie: id="], undefined],
  ["cookie:a:b", [HOST, "Cookie: a:b=7"], "7"],
  ["cookie:id", [HOST], undefined],
];

for (const [by, lines, text] of ROWS) {
  Deno.test(`${by} of ${lines.join(", ")} is ${text}`, () => {
    const bytes = head("GET /a?b HTTP/1.1", ...lines);
    const request = new RequestHead();
    request.begin(0, LIMITS);
    assert(request.parse(bytes, bytes.length));
    const key = requestKey(by, request, "192.0.2.1");
    assertEquals(key, text === undefined ? undefined : hashOfText(text));
  });
}
