import { assert, assertEquals } from "../support/assert.ts";
import {
  CacheKey,
  type QueryUse,
  resolveDotSegments,
} from "../../lib/cache/cache_key.ts";
import { octetsOf, textOf } from "../../lib/http/octets.ts";

function keyOf(
  authority: string,
  target: string,
  use: QueryUse = "keep",
): string {
  const key = new CacheKey(use, 1);
  const host = octetsOf(`<${authority}>`);
  const octets = octetsOf(`<${target}>`);
  key.make(host, 1, host.length - 1, octets, 1, octets.length - 1);
  return textOf(key.octets.bytes, 0, key.octets.length);
}

Deno.test("the normal form of a key (RFC 3986 §6.2.2)", async (t) => {
  const rows: [authority: string, target: string, key: string][] = [
    ["Example.COM", "/", "example.com /"],
    ["h:80", "/", "h /"],
    ["h:", "/", "h /"],
    ["h:8080", "/", "h:8080 /"],
    ["[::1]:80", "/", "[::1] /"],
    ["h", "", "h /"],
    ["h", "?a", "h /?a"],
    ["h", "/%41%7e%2d", "h /A~-"],
    ["h", "/%2f%3F%c3%A9", "h /%2F%3F%C3%A9"],
    ["h", "/%zz%41%4", "h /%zz%41%4"],
    ["h", "/%4%44", "h /%4%44"],
    ["h", "/a/./b/../c", "h /a/c"],
    ["h", "/%2e%2E/a", "h /a"],
    ["h", "/a/..", "h /"],
    ["h", "/a/.", "h /a/"],
    ["h", "/.well-known/x", "h /.well-known/x"],
    ["h", "/a..b/..c", "h /a..b/..c"],
    ["h", "/a?b=/../c", "h /a?b=/../c"],
    ["h", "//a", "h //a"],
  ];
  for (const [authority, target, key] of rows) {
    await t.step(
      `${authority}${target}`,
      () => assertEquals(keyOf(authority, target), key),
    );
  }
});

Deno.test("queries are kept, dropped or sorted", () => {
  assertEquals(keyOf("h", "/a?c&b&a=1"), "h /a?c&b&a=1");
  assertEquals(keyOf("h", "/a?c&b&a=1", "drop"), "h /a");
  assertEquals(keyOf("h", "/a?c&b&a=1", "sort"), "h /a?a=1&b&c");
  assertEquals(keyOf("h", "/a", "sort"), "h /a");
});

Deno.test("equal keys have equal hashes, which depend on the seed", () => {
  const make = (seed: number): CacheKey => {
    const key = new CacheKey("keep", seed);
    const octets = octetsOf("h/a");
    key.make(octets, 0, 1, octets, 1, 3);
    return key;
  };
  const [a, b, c] = [make(1), make(1), make(2)];
  assertEquals(a!.hash, b!.hash);
  assert(a!.hash !== c!.hash && a!.equals(c!.octets.view()));
});

Deno.test("dot segments (RFC 3986 §5.2.4)", () => {
  const rows: [string, string][] = [
    ["/a/b/c/./../../g", "/a/g"],
    ["/../../a", "/a"],
    ["/a/b/..", "/a/"],
    ["/...", "/..."],
    ["/", "/"],
  ];
  for (const [path, expected] of rows) {
    assertEquals(resolveDotSegments(path), expected);
  }
});
