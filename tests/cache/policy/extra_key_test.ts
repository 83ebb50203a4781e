/** What parts the stored responses of one resource besides Vary. */

import {
  extraKeyOf,
  type ExtraKeyRequest,
  type KeyParts,
  schemeSaid,
} from "../../../lib/cache/policy/extra_key.ts";
import { assertEquals } from "../../support/assert.ts";
import { headWith } from "../../support/metadata.ts";

const NOTHING: KeyParts = { fields: [], cookies: [] };

/** A request with these lines, all of which go on but for those called `struck`. */
function requestOf(
  lines: readonly string[],
  isTrusted = false,
  struck = "",
): ExtraKeyRequest {
  const { fields } = headWith(...lines);
  const linesOf = (name: string): string[] =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).trim());
  return {
    fields,
    isTrusted,
    isOwn: () => true,
    hasLookAlike: () => false,
    value: () => undefined,
    isKept: (index) => fields.nameText(index) !== struck,
    text: (name) =>
      linesOf(name).length === 0 ? undefined : linesOf(name).join(", "),
    lines: linesOf,
  };
}

Deno.test("what is added to the key", async (t) => {
  const said = ["X-Forwarded-Server: s", "X-Forwarded-Host: h"];
  const rows: [
    what: string,
    request: ExtraKeyRequest,
    parts: Partial<KeyParts>,
    key: string,
  ][] = [
    ["nothing", requestOf(["A: 1", "Cookie: a=1"]), {}, ""],
    ["a field", requestOf(["A: 1", "a: 2"]), { fields: ["a"] }, 'a="1, 2";'],
    ["a field that is not there", requestOf([]), { fields: ["a"] }, "a=;"],
    ["an empty one", requestOf(["A:"]), { fields: ["a"] }, 'a="";'],
    [
      "quotes",
      requestOf(['A: ";b=']),
      { fields: ["a", "b"] },
      'a="\\";b=";b=;',
    ],
    [
      "a cookie",
      requestOf(["Cookie: a=1; b=2"]),
      { cookies: ["b"] },
      'b="=2";',
    ],
    ["no cookie", requestOf([]), { cookies: ["b"] }, "b=;"],
    ["both", requestOf(["A: 1", "Cookie: b=2"]), {
      fields: ["a"],
      cookies: ["b"],
    }, 'a="1";b="=2";'],
    ["what is said by whom nobody trusts", requestOf(said), {}, ""],
    [
      "what a trusted proxy says, by name",
      requestOf(said, true),
      {},
      'x-forwarded-host="h";x-forwarded-server="s";',
    ],
    [
      "… in several lines",
      requestOf([
        "X-Forwarded-Proto: b",
        "x-forwarded-proto: a",
      ], true),
      {},
      'x-forwarded-proto="b, a";',
    ],
    [
      "… but for the scheme, which the key has",
      requestOf([
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: h",
      ], true),
      {},
      'x-forwarded-host="h";',
    ],
    [
      "… but for who the client is",
      requestOf(["X-Forwarded-For: 1"], true),
      {},
      "",
    ],
    [
      "… but for what is struck",
      requestOf(said, true, "X-Forwarded-Host"),
      {},
      'x-forwarded-server="s";',
    ],
    [
      "… but for a scheme, which the key has",
      requestOf(["X-Forwarded-Proto: https", "X-Forwarded-Host: h"], true),
      {},
      'x-forwarded-host="h";',
    ],
    [
      "… a scheme that the key does not have",
      requestOf(["X-Forwarded-Proto: HTTPS"], true),
      {},
      'x-forwarded-proto="HTTPS";',
    ],
    ["… and other fields are none of it", requestOf(["A: 1"], true), {}, ""],
    ["… before what the operator adds", requestOf([...said, "A: 1"], true), {
      fields: ["a"],
    }, 'x-forwarded-host="h";x-forwarded-server="s";a="1";'],
  ];
  for (const [what, request, parts, key] of rows) {
    await t.step(what, () => {
      assertEquals(extraKeyOf(request, { ...NOTHING, ...parts }), key);
    });
  }
});

Deno.test("the scheme that a proxy says, if it says so plainly", async (t) => {
  const rows: [lines: string[], scheme: string | undefined][] = [
    [[], undefined],
    [["X-Forwarded-Proto: http"], "http"],
    [["X-Forwarded-Proto: https"], "https"],
    [["X-Forwarded-Proto: HTTPS"], undefined],
    [["X-Forwarded-Proto: https, http"], undefined],
    [["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"], undefined],
    [["X-Forwarded-Proto: wss"], undefined],
    [["X-Forwarded-Proto:"], undefined],
  ];
  for (const [lines, scheme] of rows) {
    await t.step(`${lines}`, () => {
      assertEquals(schemeSaid(requestOf(lines)), scheme);
    });
  }
});
