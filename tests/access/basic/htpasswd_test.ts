/** Files of users, and credentials of requests: what is read, and what is refused. */

import { assertEquals, assertThrows } from "../../support/assert.ts";
import { parseBasic } from "../../../lib/access/basic/basic_credentials.ts";
import { parseHtpasswd } from "../../../lib/access/basic/htpasswd.ts";
import { requestLine } from "../../../lib/access/authenticated.ts";

const HASH = "$2y$10$" + "a".repeat(53);

Deno.test("users by name, without comments and empty lines", () => {
  const text =
    `# all of them\n\nann:${HASH}\r\nb ob:${HASH}\n \n\u00e9va:${HASH}`;
  assertEquals([...parseHtpasswd(text).keys()], ["ann", "b ob", "\u00e9va"]);
  assertEquals(parseHtpasswd("").size, 0);
});

const REFUSED: readonly [text: string, message: string][] = [
  [
    `ann:${HASH}\nbob:$apr1$x$y`,
    'line 2: the password of "bob" is MD5 ($apr1$), htpasswd\'s default, which cannot be used; make it with: htpasswd -B FILE bob',
  ],
  [
    "bob:$6$x$y",
    'line 1: the password of "bob" is SHA-512 (crypt), which cannot be used; make it with: htpasswd -B FILE bob',
  ],
  [
    "bob:{SHA}x",
    'line 1: the password of "bob" is SHA-1 without a salt, which cannot be used; make it with: htpasswd -B FILE bob',
  ],
  [
    "bob:secret",
    'line 1: the password of "bob" is not a bcrypt hash, which cannot be used; make it with: htpasswd -B FILE bob',
  ],
  [
    `bob:${HASH}x`,
    'line 1: the password of "bob" is not a bcrypt hash, which cannot be used; make it with: htpasswd -B FILE bob',
  ],
  [
    `bob:${HASH.replace("10", "31")}`,
    'line 1: the password of "bob" has cost 31: expected 4 to 14',
  ],
  [
    `bob:${HASH.replace("10", "00")}`,
    'line 1: the password of "bob" has cost 00: expected 4 to 14',
  ],
  ["\n\nbob", "line 3: expected name:hash"],
  [`:${HASH}`, "line 1: this is not a user name"],
  [` bob:${HASH}`, "line 1: this is not a user name"],
  [`b\tb:${HASH}`, "line 1: this is not a user name"],
  [`b\0b:${HASH}`, "line 1: this is not a user name"],
  [`bob:${HASH}\nbob:${HASH}`, 'line 2: the user "bob" is given twice'],
];

for (const [text, message] of REFUSED) {
  Deno.test(`refused: ${message.slice(0, 60)}`, () => {
    assertThrows(() => parseHtpasswd(text), SyntaxError, message);
  });
}

Deno.test("credentials are user and password in base64 of UTF-8", () => {
  const of = (text: string): string =>
    new TextEncoder().encode(text).toBase64();
  const rows: [value: string, user: string | undefined, password?: string][] = [
    [`Basic ${of("ann:secret")}`, "ann", "secret"],
    [`basic ${of("ann:secret")}`, "ann", "secret"],
    [`BASIC   ${of("ann:a:b:")}`, "ann", "a:b:"],
    [`Basic ${of("\u00e9:\u20ac")}`, "\u00e9", "\u20ac"],
    [`Basic ${of(":")}`, "", ""],
    [`Basic ${of("ann")}`, undefined],
    ["Basic", undefined],
    ["Basic ", undefined],
    ["Basic %%%", undefined],
    ["Basic YW5u", undefined],
    ["Basic /zo=", undefined],
    ["Bearer YTpi", undefined],
    ["Basic YTpi YTpi", undefined],
    ["Basic YTpi, Basic YTpi", undefined],
    ["", undefined],
  ];
  for (const [value, user, password] of rows) {
    const found = parseBasic(value);
    assertEquals([found?.user, found?.password], [user, password], value);
  }
});

Deno.test("what comes of a user's name is one line, or none", () => {
  const rows: [value: string, line: string | undefined][] = [
    ["ann", "Remote-User: ann\r\n"],
    ["\u00e9", "Remote-User: \u00c3\u00a9\r\n"],
    ["a\r\nX-Admin: 1", undefined],
    ["a\n", undefined],
    ["a\0", undefined],
    [" a", undefined],
    ["a\t", undefined],
    ["\ud800", undefined],
    ["", "Remote-User: \r\n"],
  ];
  assertEquals(
    rows.map(([value]) => [value, requestLine("Remote-User", value)]),
    rows,
  );
});
