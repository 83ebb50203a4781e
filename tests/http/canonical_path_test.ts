/** The one form of a path, and the forms that others may read in it. */

import { CanonicalPath } from "../../lib/http/canonical_path.ts";
import { READING } from "../../lib/http/path_reading.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { random } from "../support/random.ts";

const path = new CanonicalPath();

function read(text: string): string {
  // Bytes around it, so that nothing is read beyond.
  const bytes = bytesOf(`..${text}/x`);
  path.read(bytes, 2, 2 + text.length);
  return path.text;
}

const CANONICAL: readonly (readonly [path: string, canonical: string])[] = [
  ["/", "/"],
  ["", "/"],
  ["?a=/../b", "/"],
  ["/a?b/../c", "/a"],
  ["/a/b.c-d_e~f", "/a/b.c-d_e~f"],
  ["/%61%2D%2e%5F%7e%41%30", "/a-._~A0"],
  ["/a%2fb%2F", "/a%2Fb%2F"],
  ["/%e2%82%ac", "/%E2%82%AC"],
  ["/\xe2\x82\xac", "/%E2%82%AC"], // the same path, typed
  ['/a"<>^`{|}', "/a%22%3C%3E%5E%60%7B%7C%7D"],
  ["/a\\b%5cc", "/a%5Cb%5Cc"],
  ["/!$&'()*+,;=:@", "/!$&'()*+,;=:@"],
  ["/%21%24%40%3b", "/%21%24%40%3B"], // reserved: not the same as decoded
  ["/%25%32%46", "/%252F"],
  ["/100%", "/100%25"],
  ["/%4", "/%254"],
  ["/%zz%2", "/%25zz%252"],
  ["/%%36%31", "/%2561"],
  ["/a/../b", "/b"],
  ["/a/./b/.", "/a/b/"],
  ["/a/b/..", "/a/"],
  ["/..", "/"],
  ["/../../a", "/a"],
  ["/a/%2e%2E/b", "/b"],
  ["/a/.%2e", "/"],
  ["/%2e", "/"],
  ["/a/...", "/a/..."],
  ["/a/.b/..c", "/a/.b/..c"],
  ["/a//b", "/a//b"],
  ["//a//", "//a//"],
  ["/a//../b", "/a/b"], // RFC 3986 §5.2.4: the empty segment goes
  ["//..", "/"],
  ["/a/..;/b", "/a/..;/b"],
  ["/a%2f../b", "/a%2F../b"],
  ["/a/..%2fb", "/a/..%2Fb"],
  ["/a/..?x", "/"],
  ["/a/.?x", "/a/"],
  ["/a%01%7f", "/a%01%7F"],
  ["/a%00b", "/a%00b"], // though no request gets so far
];

for (const [text, canonical] of CANONICAL) {
  Deno.test(`the canonical form of ${JSON.stringify(text)}`, () => {
    assertEquals(read(text), canonical);
    const mark = text.indexOf("?");
    assertEquals(path.queryStart, 2 + (mark < 0 ? text.length : mark));
    assertEquals(read(canonical), canonical); // it is its own
  });
}

Deno.test("a canonical path is read where it stands", () => {
  const bytes = bytesOf("GET /a/b.html?c HTTP/1.1");
  path.read(bytes, 4, 15);
  assertEquals([path.bytes === bytes, path.start, path.end], [true, 4, 13]);
  assertEquals(path.ambiguity, 0);
});

const {
  EncodedSlash: E,
  EncodedBackslash: W,
  Backslash: B,
  MergedSlashes: M,
  NoParameters: P,
  DecodedTwice: T,
  Decoded: D,
  NoEncodedParameters: Q,
  Overlong: O,
  MergedLater: L,
  Nul: N,
  DroppedFirst: F,
  DroppedSecond: S,
  EncodedEnd: X,
  Authority: A,
} = READING;

const READINGS: readonly (readonly [
  path: string,
  ambiguity: number,
  forms: Readonly<Record<number, string>>,
])[] = [
  ["/a%2Fb", E | M, { [E]: "/a/b" }],
  ["/a%2f..%2fb", E | M, { [E]: "/b", [M]: "/a%2F..%2Fb" }],
  ["/%2Fa", E | M, { [E]: "//a", [E | M]: "/a" }],
  ["/x%5c..%5Ca", W | M, { [W]: "/a" }],
  ["/x\\..\\a", B | M, { [B]: "/a", [W]: "/x%5C..%5Ca" }],
  ["//a", M | A, { [M]: "/a", [A]: "/" }],
  ["/a//../b", M, { [M]: "/b", [L]: "/a/b" }],
  ["//a//../b//c", M | A, {
    [M]: "/b/c",
    [L]: "/a/b/c",
    [A]: "/b//c",
    [A | M]: "/b/c",
  }],
  ["//h/a/../b", M | A, { [A]: "/b", [M]: "/h/b" }],
  ["///u@h:1//a", M | A, { [A]: "//a", [A | M]: "/a" }],
  ["/\\h\\a", B | M | A, { [A | B]: "/a", [A]: "/%5Ch%5Ca", [B]: "//h/a" }],
  ["//h\\a/b", B | M | A, { [A | B]: "/a/b", [A]: "/b" }],
  ["/%2Fh/a", E | M, { [E]: "//h/a" }],
  ["/a%3Fb/c", X | M, { [X]: "/a", [E]: "/a%3Fb/c" }],
  ["/x/../a%23/../b", X | M, { [X]: "/a" }],
  ["/a%253Fb", T | X | M, { [T]: "/a%3Fb", [T | X]: "/a", [X]: "/a%253Fb" }],
  ["/a;b%3Fc/d", P | X | M, {
    [P | X]: "/a",
    [P | X | F]: "/a/d",
    [P]: "/a/d",
    [X]: "/a;b",
  }],
  ["/x/..;y=1/a", P | M, { [P]: "/a" }],
  ["/a;b=c/d;e", P | M, { [P]: "/a/d" }],
  ["/;/a", P | M, { [P]: "//a", [P | M]: "/a" }],
  ["/x/..%3b/a", Q | M | D, { [Q]: "/a", [P]: "/x/..;/a", [D]: "/x/..;/a" }],
  ["/a;b/c%3Bd", P | Q | M | D, { [P]: "/a/c;d", [Q]: "/a;b/c" }],
  ["/a;b%2Fc", P | E | M, { [P | E]: "/a/c", [P]: "/a" }],
  ["/a%252Fb", T | E | M, { [T]: "/a%2Fb", [T | E]: "/a/b" }],
  ["/x/%252e%252e/a", T | M, { [T]: "/a" }],
  ["/x/..%253B/a", T | Q | M | D, { [T | Q]: "/a", [T]: "/x/..;/a" }],
  ["/x%255C..%255Ca", T | W | M, { [T | W]: "/a" }],
  ["/a%2500.png", T | M | N, { [T]: "/a%00.png" }],
  ["/a%25252Fb", T | M, { [T]: "/a%252Fb" }],
  ["/x/%%32%65%%32%65/a", T | M, { [T]: "/a" }],
  ["/100%25", 0, {}],
  ["/x%C0%AF..%c0%afa", O | M, { [O]: "/a", [E]: "/x%C0%AF..%C0%AFa" }],
  ["/x%C1%9C..%C1%9Ca", O | M, { [O]: "/a" }],
  ["/x%25C0%25AF..%C0%AFa", O | T | M, {
    [O]: "/x%25C0%25AF../a",
    [O | T]: "/a",
  }],
  ["/%C0a%C1", O | M, { [O]: "/%C0a%C1" }],
  ["/x/%C0%AE%C0%AE/a", O | M, { [O]: "/a" }],
  ["/caf%C3%A9", 0, {}],
  ["/%40a%21", D, { [D]: "/@a!" }],
  ["/a%20b", 0, {}],
  ["/a;b\\c%2Fd/e", P | B | E | M, {
    [P | B | E]: "/a/c/d/e",
    [P | B | E | F]: "/a/e",
    [P | B | E | S]: "/a/c/d/e",
    [P | E | S]: "/a/e",
  }],
  ["/a;b//c\\d%2Fe%5Cf%252Fg", E | W | B | M | P | T, {
    [E | W | B | M | P | T]: "/a/c/d/e/f/g",
  }],
];

for (const [text, ambiguity, forms] of READINGS) {
  Deno.test(`what others read in ${text}`, () => {
    const canonical = read(text);
    assertEquals(path.ambiguity, ambiguity);
    for (const [readings, form] of Object.entries(forms)) {
      path.readAs(Number(readings));
      assertEquals(path.text, form);
    }
    path.readAs(0);
    assertEquals(path.text, canonical);
  });
}

Deno.test("a reading that is not named as one that matters does not matter", () => {
  const chance = random(7);
  const parts = ["/", "a", "..", ".", "%2e", "%2F", "%5C", "\\", ";", "%25"];
  parts.push("2F", "2e", "%", "%40", "%3B", "%C0", "%AF", "\xe9", "{", "?");
  for (let i = 0; i < 4000; i++) {
    const count = Math.floor(chance() * 9);
    const text = "/" +
      Array.from({ length: count }, () => parts[Math.floor(chance() * 20)])
        .join("");
    const canonical = read(text);
    const { ambiguity } = path;
    assertEquals(
      /[\\?"{}]|%(?![0-9A-F]{2})|\/\.\.?(?:\/|$)/.test(canonical),
      false,
    );
    for (
      let readings = 1;
      readings < 1024;
      readings += 1 + Math.floor(chance() * 8)
    ) {
      const later = (readings & L) === 0 ? 0 : M; // only with slashes to merge
      if (((readings | D | later) & ambiguity) !== 0) continue;
      path.readAs(readings);
      assertEquals(path.text, canonical, `${text} as ${readings}`);
    }
    assertEquals(read(canonical), canonical);
  }
});

Deno.test("hostile paths are read in linear time", () => {
  const millis = (unit: string, count: number): number => {
    const bytes = bytesOf("/" + unit.repeat(count));
    let least = Infinity;
    for (let i = 0; i < 5; i++) {
      const startedMs = performance.now();
      path.read(bytes, 0, bytes.length);
      path.readAs(1023 | A);
      least = Math.min(least, performance.now() - startedMs);
    }
    return least;
  };
  for (
    const unit of [
      "../",
      "%2e%2e/",
      "a/../",
      "%",
      ";",
      "/",
      "\\",
      "%2F..%2F",
      "%25",
    ]
  ) {
    const small = millis(unit, 2 ** 12);
    const large = millis(unit, 2 ** 18);
    assert(large < 1000 * (small + 0.05), `${unit}: ${small} ms, ${large} ms`);
  }
  read("/");
  assertEquals(textOf(path.bytes, path.start, path.end), "/");
});
