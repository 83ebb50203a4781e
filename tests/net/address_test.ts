import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import {
  formatSocketAddress,
  parseOriginAddress,
  parseSocketAddress,
} from "../../lib/net/address.ts";
import { isInBlocks, parseCidr } from "../../lib/net/cidr.ts";

Deno.test("where to listen", () => {
  const rows: [text: string, written: string][] = [
    ["127.0.0.1:80", "127.0.0.1:80"],
    ["localhost:0", "localhost:0"],
    ["[::1]:8000", "[::1]:8000"],
    [":8000", "0.0.0.0:8000"],
    ["unix:/run/x.sock", "unix:/run/x.sock"],
  ];
  for (const [text, written] of rows) {
    assertEquals(formatSocketAddress(parseSocketAddress(text)), written);
  }
  for (
    const text of [
      "",
      "80",
      "a:b",
      "h:65536",
      "::1:80",
      "h:1/",
      "unix:",
      "a@b:1",
    ]
  ) {
    assertThrows(() => parseSocketAddress(text), SyntaxError);
  }
});

Deno.test("where the origin is", () => {
  const rows: [
    text: string,
    socket: string,
    secure: boolean,
    authority: string,
  ][] = [
    ["http://127.0.0.1:9000", "127.0.0.1:9000", false, "127.0.0.1:9000"],
    ["http://h", "h:80", false, "h"],
    ["https://h", "h:443", true, "h"],
    ["https://h:8443/", "h:8443", true, "h:8443"],
    ["http://[::1]:9000", "[::1]:9000", false, "[::1]:9000"],
    ["h:9000", "h:9000", false, "h:9000"],
    ["unix:/run/x", "unix:/run/x", false, "localhost"],
  ];
  for (const [text, socket, secure, authority] of rows) {
    const origin = parseOriginAddress(text);
    assertEquals(
      [formatSocketAddress(origin.socket), origin.secure, origin.authority],
      [socket, secure, authority],
    );
  }
  for (
    const text of [
      "",
      "ftp://h",
      "http://h/x",
      "http://h?x",
      "http://u@h",
      "http://",
      "unix:",
    ]
  ) {
    assertThrows(() => parseOriginAddress(text), SyntaxError, undefined, text);
  }
});

Deno.test("addresses in blocks", async (t) => {
  const rows: [address: string, block: string, isIn: boolean][] = [
    ["10.1.2.3", "10.0.0.0/8", true],
    ["11.1.2.3", "10.0.0.0/8", false],
    ["10.1.2.3", "10.1.2.3", true],
    ["10.1.2.4", "10.1.2.3", false],
    ["10.1.2.4", "0.0.0.0/0", true],
    ["10.1.2.129", "10.1.2.128/25", true],
    ["10.1.2.127", "10.1.2.128/25", false],
    ["::1", "::1", true],
    ["2001:db8:1::5", "2001:db8::/32", true],
    ["2001:db9::5", "2001:db8::/32", false],
    ["::ffff:10.1.2.3", "10.0.0.0/8", true],
    ["::1", "0.0.0.0/0", false],
    ["10.1.2.3", "::/0", false],
    ["unknown", "0.0.0.0/0", false],
  ];
  for (const [address, block, isIn] of rows) {
    await t.step(`${address} in ${block}`, () => {
      assertEquals(isInBlocks(address, [parseCidr(block)]), isIn);
    });
  }
  for (
    const text of [
      "",
      "x",
      "10.0.0.0/33",
      "10.0.0/8",
      "10.0.0.256",
      "::/129",
      "1.2.3.4/8/8",
      "1.2.3.4/",
    ]
  ) {
    assertThrows(() => parseCidr(text), SyntaxError, undefined, text);
  }
  assert(!isInBlocks("10.1.2.3", []));
});
