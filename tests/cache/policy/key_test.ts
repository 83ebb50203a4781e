import { assert, assertEquals } from "../../support/assert.ts";
import {
  CacheKey,
  type QueryUse,
  resolveDotSegments,
  type Scheme,
} from "../../../lib/cache/policy/cache_key.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";

function keyOf(
  authority: string,
  target: string,
  use: QueryUse = "keep",
): string {
  const key = new CacheKey(use, 1);
  const host = bytesOf(`<${authority}>`);
  const bytes = bytesOf(`<${target}>`);
  key.make(host, 1, host.length - 1, bytes, 1, bytes.length - 1);
  return textOf(key.written.bytes, 0, key.written.length);
}

Deno.test("a key holds host and target as they go on, dot segments resolved", async (t) => {
  const rows: [authority: string, target: string, key: string][] = [
    ["Example.COM", "/", "Example.COM /"],
    ["h:80", "/", "h:80 /"],
    ["h:", "/", "h: /"],
    ["h.", "/", "h. /"],
    ["h:8080", "/", "h:8080 /"],
    ["[::1]:80", "/", "[::1]:80 /"],
    ["h", "", "h /"],
    ["h", "?a", "h /?a"],
    ["h", "/%41%7e%2d", "h /%41%7e%2d"],
    ["h", "/%2f%3F%c3%A9", "h /%2f%3F%c3%A9"],
    ["h", "/%zz%41%4", "h /%zz%41%4"],
    ["h", "/%4%44", "h /%4%44"],
    ["h", "/a/./b/../c", "h /a/c"],
    ["h", "/%2e%2E/a", "h /a"],
    ["h", "/b/.%2e/a", "h /a"],
    ["h", "/b/%2e/a", "h /b/a"],
    ["h", "/%zz/../a", "h /a"],
    ["h", "/b/..%2fa", "h /b/..%2fa"],
    ["h", "/b/..;/a", "h /b/..;/a"],
    ["h", "/%2e", "h /"],
    ["h", "/%2", "h /%2"],
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

Deno.test("a key holds the scheme, last: a prefix is one of both", () => {
  const key = new CacheKey("sort", 1);
  const bytes = bytesOf("h/a/*?c&b");
  const made = (scheme: Scheme): [text: string, hash: number] => {
    key.make(bytes, 0, 1, bytes, 1, bytes.length, scheme);
    return [textOf(key.written.bytes, 0, key.written.length), key.hash];
  };
  const [http, hash] = made("http");
  const [https, otherHash] = made("https");
  assertEquals([http, https], ["h /a/*?b&c", "h /a/*?b&c https"]);
  assert(hash !== otherHash);
});

Deno.test("a key says whether dot segments were taken out, and whether there is a query, of its target alone", () => {
  const key = new CacheKey("keep", 1);
  const rows: [target: string, hadDotSegments: boolean, hasQuery: boolean][] = [
    ["/a", false, false],
    ["/a/../b", true, false],
    ["/b", false, false],
    ["/a/%2e/b?c", true, true],
    ["/.well-known/x", false, false],
    ["/a?b=/../c", false, true],
    ["/b", false, false],
  ];
  for (const [target, hadDotSegments, hasQuery] of rows) {
    const bytes = bytesOf(`h${target}`);
    key.make(bytes, 0, 1, bytes, 1, bytes.length);
    assertEquals(
      [key.hadDotSegments, key.hasQuery],
      [hadDotSegments, hasQuery],
      target,
    );
  }
});

Deno.test("queries are kept, dropped or sorted", () => {
  assertEquals(keyOf("h", "/a?c&b&a=1"), "h /a?c&b&a=1");
  assertEquals(keyOf("h", "/a?c&b&a=1", "drop"), "h /a");
  assertEquals(keyOf("h", "/a?c&b&a=1", "sort"), "h /a?a=1&b&c");
  assertEquals(keyOf("h", "/a", "sort"), "h /a");
  assertEquals(keyOf("h", "/a?", "sort"), "h /a?");
});

Deno.test("parameters are sorted by name, and only where that changes nothing else", async (t) => {
  const rows: [query: string, sorted: string][] = [
    ["b=1&a=2", "a=2&b=1"],
    ["a=2&a=1", "a=2&a=1"],
    ["b=1&a=2&b=0&a=1", "a=2&a=1&b=1&b=0"],
    ["ab=2&a%62=1", "ab=2&a%62=1"],
    ["a%62=1&ab=2", "a%62=1&ab=2"],
    ["A=2&a=1", "A=2&a=1"],
    ["a[]=2&a[0]=1&a=0", "a[]=2&a[0]=1&a=0"],
    ["a.b=2&a_b=1", "a.b=2&a_b=1"],
    ["a%00x=2&a=1", "a%00x=2&a=1"],
    ["%ff=2&%fe%fe=1", "%ff=2&%fe%fe=1"],
    ["b=1;a=2&a=3", "b=1;a=2&a=3"],
    ["b=1&a=%zz", "b=1&a=%zz"],
    ["b=%2&a", "b=%2&a"],
    ["&b&&a", "&&a&b"],
    ["b=a=1&a=b=2", "a=b=2&b=a=1"],
  ];
  for (const [query, sorted] of rows) {
    await t.step(
      query,
      () => assertEquals(keyOf("h", `/?${query}`, "sort"), `h /?${sorted}`),
    );
  }
});

Deno.test("of a query only some parameters count", async (t) => {
  const names = new Set(["page", "id"]);
  const rows: [query: string, left: string][] = [
    ["utm=1&page=2", "?page=2"],
    ["page=2&utm=1&page=3", "?page=2&page=3"],
    ["id=1&page=2", "?id=1&page=2"],
    ["page=2&id=1", "?page=2&id=1"],
    ["utm=1", ""],
    ["", ""],
    ["page", "?page"],
    // What some origin may read as one of them counts, too.
    ["Page=2", "?Page=2"],
    ["p%61ge=2", "?p%61ge=2"],
    ["page[]=2&x=1", "?page[]=2"],
    ["page%00x=2", "?page%00x=2"],
    // And so does what cannot be split without doubt.
    ["x=1;page=2", "?x=1;page=2"],
    ["x=%zz", "?x=%zz"],
  ];
  for (const [query, left] of rows) {
    await t.step(query, () => {
      assertEquals(keyOf("h", `/?${query}`, names), `h /${left}`);
    });
  }
});

Deno.test("equal keys have equal hashes, which depend on the seed", () => {
  const make = (seed: number): CacheKey => {
    const key = new CacheKey("keep", seed);
    const bytes = bytesOf("h/a");
    key.make(bytes, 0, 1, bytes, 1, 3);
    return key;
  };
  const [a, b, c] = [make(1), make(1), make(2)];
  assertEquals(a!.hash, b!.hash);
  assert(a!.hash !== c!.hash && a!.equals(c!.written.view()));
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
