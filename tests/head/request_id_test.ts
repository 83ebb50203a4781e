/** The id of a request: whose word counts, what it looks like, and that it is the only one. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { parseFieldRule } from "../../lib/http/field_rule.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import {
  RequestIds,
  sentRequestId,
  withoutOtherIds,
} from "../../lib/head/request_id.ts";

const LONGEST = "a".repeat(128);

const SENT: readonly [what: string, lines: readonly string[], id: string][] = [
  [
    "a token counts",
    ["X-Request-Id: Aa0!#$%&'*+-.^_`|~"],
    "Aa0!#$%&'*+-.^_`|~",
  ],
  ["its name in any case", ["x-rEQUEST-iD: 1"], "1"],
  ["as long as it may be", [`X-Request-Id: ${LONGEST}`], LONGEST],
  ["longer, it is none", [`X-Request-Id: ${LONGEST}a`], ""],
  ["none", ["X-Other: 1"], ""],
  ["an empty one is none", ["X-Request-Id:"], ""],
  ["a space", ["X-Request-Id: a b"], ""],
  ["a list", ["X-Request-Id: a, b"], ""],
  ["quotes, which a log would have to escape", ['X-Request-Id: "a"'], ""],
  ["bytes above 127", ["X-Request-Id: \xe9"], ""],
  [
    "two of them: nobody can tell which",
    ["X-Request-Id: a", "x-request-id: b"],
    "",
  ],
  ["two of them, alike", ["X-Request-Id: a", "X-Request-Id: a"], ""],
  ["two of them, one bad", ["X-Request-Id: a", "X-Request-Id: b c"], ""],
  ["a look-alike is another header", ["X_Request_Id: a"], ""],
  [
    "one for this hop only",
    ["Connection: X-Request-Id", "X-Request-Id: a"],
    "",
  ],
];

for (const [what, lines, id] of SENT) {
  Deno.test(`an id that was sent: ${what}`, () => {
    const text = ["GET / HTTP/1.1", "Host: h", ...lines, "", ""].join("\r\n");
    const bytes = bytesOf(text);
    const request = new RequestHead();
    request.begin(0, LIMITS);
    assert(request.parse(bytes, bytes.length));
    assertEquals(sentRequestId(request, "x-request-id"), id);
  });
}

Deno.test("ids that are made are tokens, and none comes twice", () => {
  const ids = new RequestIds("0f3a");
  const made = Array.from({ length: 5000 }, () => ids.next());
  assertEquals(new Set(made).size, made.length);
  for (const id of made) assertMatch(id, /^0f3a-[0-9a-z]{1,8}$/);
});

Deno.test("rules for the header of the id give way", () => {
  const rules = ["x-request-id: mine", "+X-Request-ID: more", "X-Other: 1"]
    .map(parseFieldRule);
  assertEquals(withoutOtherIds(rules, undefined), rules);
  assertEquals(
    withoutOtherIds(rules, "X-Request-Id").map(({ action, name, line }) => [
      action,
      name,
      line.length,
    ]),
    [["set", "x-other", "X-Other: 1\r\n".length], [
      "remove",
      "x-request-id",
      0,
    ]],
  );
});
