/** What a folder holds, as a page and as JSON. */

import {
  inOrder,
  jsonOf,
  type ListedName,
  pageOf,
  prefersJson,
} from "../../../lib/handlers/files/listing.ts";
import {
  assert,
  assertEquals,
  assertNotMatch,
  assertStringIncludes,
} from "../../support/assert.ts";

function file(name: string, size = 1): ListedName {
  return { name, isFolder: false, size, changedMs: 0 };
}

function folder(name: string): ListedName {
  return { name, isFolder: true, size: 4096, changedMs: 0 };
}

Deno.test("folders come first, then names in order", () => {
  const names = [file("b"), folder("z"), file("B"), file("a"), folder("c")];
  assertEquals(inOrder(names).map(({ name }) => name), [
    "c",
    "z",
    "B",
    "a",
    "b",
  ]);
});

Deno.test("no name becomes markup, another scheme or another host", () => {
  const names = [
    "<script>alert(1)</script>",
    '"onmouseover="alert(1)',
    "javascript:alert(1)",
    "//evil.example",
    "a&amp;b",
    "'",
    "\u2028",
    "\ud800", // half of a pair
    "?x#y",
  ].map((name) => file(name));
  const page = pageOf({ path: "/<b>/", names, isPart: false });
  assertNotMatch(page, /<script|<b>|"onmouseover|&amp;b</);
  assertStringIncludes(page, "&lt;b&gt;");
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, link]) => link!);
  assertEquals(links.length, names.length + 1);
  for (const link of links) {
    const url = new URL(link, "http://sluice.test/x/");
    assertEquals(url.host, "sluice.test");
    assertEquals(url.search + url.hash, "");
    assert(url.pathname.startsWith("/"), link);
  }
});

Deno.test("a page has sizes and times that people read", () => {
  const names = [file("a", 0), file("b", 1023), file("c", 1536), folder("d")];
  const page = pageOf({ path: "/x/", names, isPart: true });
  for (
    const text of [
      "<td>0 B</td>",
      "<td>1023 B</td>",
      "<td>1.5 KiB</td>",
      "1970-01-01 00:00",
      'href="./d/"',
      'href="../"',
      "Only 4 names",
    ]
  ) assertStringIncludes(page, text);
  assertNotMatch(pageOf({ path: "/", names, isPart: false }), /\.\.\/|Only/);
});

Deno.test("programs get a list of objects", () => {
  const text = jsonOf({
    path: "/",
    names: [folder("d"), file('"\n', 7)],
    isPart: false,
  });
  assertEquals(JSON.parse(text), [
    { name: "d", type: "directory", modified: "1970-01-01T00:00:00.000Z" },
    {
      name: '"\n',
      type: "file",
      size: 7,
      modified: "1970-01-01T00:00:00.000Z",
    },
  ]);
});

Deno.test("JSON is for who would rather have it", () => {
  const rows: [accept: string, isJson: boolean][] = [
    ["", false],
    ["*/*", false],
    ["application/json", true],
    ["Application/JSON; q=0.1", true],
    ["text/html,application/xhtml+xml,*/*;q=0.8", false],
    ["text/html, application/json", false],
    ["text/html;q=0.5, application/json;q=0.9", true],
    ["application/json;q=0", false],
  ];
  for (const [accept, isJson] of rows) {
    assertEquals(prefersJson(accept), isJson, accept);
  }
});
