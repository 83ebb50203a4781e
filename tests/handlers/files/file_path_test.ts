/** From the path of a URL to the name of a file. */

import {
  fallbackPaths,
  filePathOf,
  folderLocation,
  type NameRules,
} from "../../../lib/handlers/files/file_path.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { CanonicalPath } from "../../../lib/http/canonical_path.ts";
import { assertEquals } from "../../support/assert.ts";

const PLAIN: NameRules = { dotfiles: false, isWindows: false };
const NONE = undefined;
const LONG = "a".repeat(255);

/** The file that is meant by the target of a request. */
function fileOf(target: string, rules = PLAIN): string | undefined {
  const path = new CanonicalPath();
  const bytes = bytesOf(target);
  path.read(bytes, 0, bytes.length);
  return filePathOf(path.text, rules);
}

const ROWS: readonly (readonly [target: string, file: string | undefined])[] = [
  ["/", "/"],
  ["/a", "/a"],
  ["/a/", "/a/"],
  ["/a/b.txt", "/a/b.txt"],
  ["/a.txt?b=/../c", "/a.txt"],
  ["/A", "/A"], // case as it is
  ["/a%20b", "/a b"],
  ["/%61", "/a"],
  ["/a+b", "/a+b"], // a plus is a plus
  ["/%C3%A4", "/\u00e4"],
  ["/\xc3\xa4", "/\u00e4"],
  ["/%E2%82%AC", "/\u20ac"],
  ["/%F0%9F%98%80", "/\u{1f600}"],
  ["/a%25b", "/a%b"],
  ["/a%252Fb", "/a%2Fb"], // decoded once
  ["/%252e%252e/x", "/%2e%2e/x"],
  ["/a;b=c", "/a;b=c"],
  ["/a/./b", "/a/b"],
  ["/a/../b", "/b"],
  ["/a/%2e%2e/b", "/b"],
  ["/../../etc/passwd", "/etc/passwd"],
  ["/.well-known/acme", "/.well-known/acme"],
  ["/...", NONE],
  [`/${LONG}`, `/${LONG}`],
  // No file can be meant.
  ["//", NONE],
  ["//a", NONE],
  ["/a//b", NONE],
  ["/a//", NONE],
  ["/%2F", NONE],
  ["/a%2Fb", NONE],
  ["/..%2fetc%2fpasswd", NONE],
  ["/%2e%2e%2fetc", NONE],
  ["/a%5Cb", NONE],
  ["/a\\b", NONE],
  ["/..\\..\\etc", NONE],
  ["/..%5c..%5cetc", NONE],
  ["/a%00", NONE],
  ["/a%00.txt", NONE],
  ["/a%0A", NONE],
  ["/a%0d%0ab", NONE],
  ["/%7F", NONE],
  ["/%01", NONE],
  ["/%C0%AE%C0%AE/x", NONE], // overlong dots
  ["/%C0%AF", NONE], // an overlong slash
  ["/%E0%80%AF", NONE],
  ["/%F0%80%80%AF", NONE],
  ["/%ED%A0%80", NONE], // a surrogate
  ["/%F4%90%80%80", NONE],
  ["/%FF", NONE],
  ["/%C3", NONE],
  ["/\xff", NONE],
  ["/.git/config", NONE],
  ["/a/.env", NONE],
  ["/%2egit/config", NONE],
  ["/.htaccess", NONE],
  ["/.well-known/.secret", NONE],
  ["/.well-knownx", NONE],
  ["/.WELL-KNOWN/x", NONE],
  [`/${LONG}a`, NONE],
  [`/${"%C3%A4".repeat(128)}`, NONE], // 256 bytes
  [`/${`${LONG}/`.repeat(20)}`, NONE],
];

Deno.test("a path names a file, or none", () => {
  for (const [target, file] of ROWS) {
    assertEquals(fileOf(target), file, target);
  }
});

Deno.test("names that begin with a dot may be let through", () => {
  const rules = { dotfiles: true, isWindows: false };
  assertEquals(fileOf("/.git/config", rules), "/.git/config");
  assertEquals(fileOf("/...", rules), "/...");
  assertEquals(fileOf("/a%2F..", rules), NONE);
});

Deno.test("on Windows a name that means more than a file is none", () => {
  const rules = { dotfiles: false, isWindows: true };
  for (
    const target of [
      "/C:",
      "/C:/Windows/win.ini",
      "/a.txt::$DATA",
      "/a.txt:stream",
      "/a.txt.",
      "/a.txt%20",
      "/GIT~1",
      "/con",
      "/NUL.txt",
      "/com1.log",
      "/a%7Cb",
      "/a%22b",
    ]
  ) assertEquals(fileOf(target, rules), NONE, target);
  assertEquals(fileOf("/console/a b.txt", rules), "/console/a b.txt");
});

Deno.test("a fallback stands in for a path, by its own name or by the path's", () => {
  const rows: [string[], string, string[]][] = [
    [["/index.html"], "/x/y", ["/index.html"]],
    [["index.html"], "/x", ["/index.html"]],
    [["{path}.html", "/404.html"], "/about", ["/about.html", "/404.html"]],
    [["{path}.html"], "/about/", ["/about.html"]],
    [["{path}/index.html"], "/a/b", ["/a/b/index.html"]],
    [["{path}.html"], "/", []], // that would be a dotfile
    [["{path}.html"], "/$&/$1", ["/$&/$1.html"]],
    [["{path}"], "/a", ["/a"]],
    [["{path}"], `/${LONG}`, [`/${LONG}`]],
    [["{path}.html"], `/${LONG}`, []], // too long a name
  ];
  for (const [fallback, path, expected] of rows) {
    assertEquals(fallbackPaths(fallback, path, PLAIN), expected, path);
  }
});

Deno.test("a folder's place is never another host's", () => {
  const rows = [
    ["/a", "", "/a/"],
    ["/a/b", "?c=//d", "/a/b/?c=//d"],
    ["//evil.example", "", "/evil.example/"],
    ["///evil.example", "?x", "/evil.example/?x"],
    ["/\\evil.example", "", "/evil.example/"],
    ["//\\/evil.example", "", "/evil.example/"],
  ] as const;
  for (const [path, query, expected] of rows) {
    assertEquals(folderLocation(path, query), expected);
  }
});
