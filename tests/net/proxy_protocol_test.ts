/** The PROXY protocol, both versions: valid and malformed headers, split at every byte. */

import {
  type ProxyHeader,
  proxyHeader,
  readProxyHeader,
} from "../../lib/net/proxy_protocol.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { assertEquals } from "../support/assert.ts";

const read = (bytes: Uint8Array): ProxyHeader =>
  readProxyHeader(bytes, bytes.length);

/** A header of version 2. */
function v2(
  command: number,
  family: number,
  content: readonly number[],
  length: number = content.length,
): Uint8Array {
  return Uint8Array.of(
    ...bytesOf("\r\n\r\n\0\r\nQUIT\n"),
    command,
    family,
    length >> 8,
    length & 0xff,
    ...content,
  );
}

const V4 = [192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 187];
const V6 = [
  ...[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2],
  ...[0xdc, 4, 1, 187],
];
const ENDS_V4 = {
  client: { hostname: "192.0.2.1", port: 56324 },
  server: { hostname: "192.0.2.2", port: 443 },
};
const ENDS_V6 = {
  client: { hostname: "2001:db8::1", port: 56324 },
  server: { hostname: "2001:db8::2", port: 443 },
};
const NOBODY = { client: undefined, server: undefined };

const VALID: readonly [string, Uint8Array, object][] = [
  ["1, IPv4", bytesOf("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"), ENDS_V4],
  [
    "1, IPv6",
    bytesOf("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n"),
    ENDS_V6,
  ],
  ["1, unknown", bytesOf("PROXY UNKNOWN\r\n"), NOBODY],
  [
    "1, unknown with more",
    bytesOf("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"),
    NOBODY,
  ],
  ["2, IPv4", v2(0x21, 0x11, V4), ENDS_V4],
  ["2, IPv6", v2(0x21, 0x21, V6), ENDS_V6],
  ["2, with more behind", v2(0x21, 0x11, [...V4, 4, 0, 1, 0]), ENDS_V4],
  ["2, for itself", v2(0x20, 0, []), NOBODY],
  ["2, for itself, with addresses", v2(0x20, 0x11, V4), NOBODY],
  ["2, of a Unix socket", v2(0x21, 0x31, new Array(216).fill(0)), NOBODY],
];

for (const [name, bytes, ends] of VALID) {
  Deno.test(`version ${name}`, () => {
    const header = { kind: "header", length: bytes.length, ...ends };
    assertEquals(read(bytes), header as ProxyHeader);
    const more = Uint8Array.of(...bytes, ...bytesOf("GET / HTTP/1.1\r\n"));
    assertEquals(read(more), header as ProxyHeader, "with what follows");
    for (let end = 0; end < bytes.length; end++) {
      assertEquals(readProxyHeader(bytes, end).kind, "more", `${end} bytes`);
    }
  });
}

const MALFORMED: readonly [string, Uint8Array][] = [
  ["a bare LF", bytesOf("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\n")],
  ["no end", bytesOf(`PROXY TCP4 ${"1".repeat(200)}`)],
  ["another family", bytesOf("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n")],
  ["a wrong address", bytesOf("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n")],
  ["the other family", bytesOf("PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n")],
  ["a port too high", bytesOf("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n")],
  ["a port with a zero", bytesOf("PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n")],
  ["no ports", bytesOf("PROXY TCP4 192.0.2.1 192.0.2.2\r\n")],
  ["too much", bytesOf("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n")],
  ["two spaces", bytesOf("PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n")],
  ["version 3", v2(0x31, 0x11, V4)],
  ["another command", v2(0x22, 0x11, V4)],
  ["too short", v2(0x21, 0x11, V4.slice(1))],
  ["too long", v2(0x21, 0x11, V4, 4081)],
];

for (const [name, bytes] of MALFORMED) {
  Deno.test(`malformed: ${name}`, () => assertEquals(read(bytes).kind, "bad"));
}

Deno.test("what is no header", () => {
  for (
    const text of [
      "GET / HTTP/1.1",
      "POST /",
      "PROXYX",
      "\r\n\r\nGET",
      "\x16\x03\x01",
    ]
  ) {
    assertEquals(read(bytesOf(text)).kind, "none", text);
  }
});

Deno.test("what is written is what is read", () => {
  for (const { client, server } of [ENDS_V4, ENDS_V6]) {
    const bytes = bytesOf(proxyHeader(client, server));
    assertEquals(read(bytes), {
      kind: "header",
      length: bytes.length,
      client,
      server,
    });
  }
  const mixed = proxyHeader(ENDS_V4.client, ENDS_V6.server);
  assertEquals(
    mixed,
    "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 56324 443\r\n",
  );
  assertEquals(read(bytesOf(mixed)).kind, "header");
  assertEquals(proxyHeader(undefined, undefined), "PROXY UNKNOWN\r\n");
  const unix = { hostname: "unknown", port: 0 };
  assertEquals(proxyHeader(unix, ENDS_V4.server), "PROXY UNKNOWN\r\n");
});
