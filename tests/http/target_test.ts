/** What may stand as an authority: RFC 9110 §4.2.1, §7.2; RFC 3986 §3.2. */

import { assertEquals } from "../support/assert.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { endOfHost, isAuthority } from "../../lib/http/target.ts";

const AUTHORITIES = [
  "a",
  "a.example",
  "192.0.2.1",
  "a_b~c-d!$&'()*+;=",
  "%41",
  "%aF%09",
  "a%41b:80",
  "a:",
  "a:0",
  "a:80",
  "a:0065535",
  "a:65535",
  "[::1]",
  "[::1]:80",
  "[::1]:",
  "[::ffff:192.0.2.1]",
  "[2001:db8:0:0:0:0:0:fF]:80",
];

const OTHERS = [
  "",
  ":80",
  "a,b",
  "a:65536",
  "a:8x",
  "a:-1",
  "a:/",
  "a:80:80",
  "u@a",
  "a b",
  "a/b",
  "a?b",
  "a#b",
  "%",
  "%4",
  "a%4",
  "a%",
  "%4g",
  "%g4",
  "%/4",
  "a%4:80",
  "[",
  "[]",
  "[:]",
  "[::",
  "[::g]",
  "[::1]a",
  "[::1]80",
  "a[::1]",
  "[1.2.3.4]",
  "[::1:80",
];

for (const [texts, is] of [[AUTHORITIES, true], [OTHERS, false]] as const) {
  for (const text of texts) {
    Deno.test(`an authority, ${is}: "${text}"`, () => {
      const bytes = bytesOf(`xx${text}41]`);
      assertEquals(isAuthority(bytes, 2, 2 + text.length), is);
    });
  }
}

for (
  const [authority, host] of [
    ["a", "a"],
    ["a:80", "a"],
    ["a:", "a"],
    ["a.:8", "a."],
    ["a:.", "a:."], // no port
    ["a:x", "a:x"],
    ["a1", "a1"],
    ["1", "1"],
    ["1:1", "1"],
    ["[::1]", "[::1]"],
    ["[::1]:80", "[::1]"],
    ["[::1]:", "[::1]"],
    ["[::1:80", "[::1:80"], // the colon is one of the address
    ["", ""],
  ] as const
) {
  Deno.test(`the host of "${authority}" is "${host}"`, () => {
    const bytes = bytesOf(`9:${authority}:9`);
    const end = endOfHost(bytes, 2, 2 + authority.length);
    assertEquals(authority.slice(0, end - 2), host);
  });
}
