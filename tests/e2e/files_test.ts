/** Files of a folder, from socket to socket. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { FileSite, OLD_MS } from "../support/file_site.ts";
import { exchange, get } from "../support/proxy.ts";

const LARGE = new Uint8Array(3 * 1024 * 1024).map((_, i) => i * 7 >> 3);

function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

const LARGE_TEXT = textOf(LARGE);

Deno.test("a file comes with type, date and entity tag, and twice the same", async () => {
  await using site = await FileSite.start({ "a/b.html": "<p>\u00e4" });
  for (let i = 0; i < 2; i++) {
    const { status, field, content } = await site.get("/a/b.html");
    assertEquals([status, content], [200, "<p>\u00c3\u00a4"]);
    assertEquals(field("content-type"), "text/html; charset=utf-8");
    assertEquals(field("last-modified"), new Date(OLD_MS).toUTCString());
    assertMatch(field("etag")!, /^"[0-9a-f]+-5-[0-9a-f]+"$/);
    assertEquals(field("accept-ranges"), "bytes");
    assertEquals(field("content-length"), "5");
    assert(field("date") !== undefined);
    for (const name of ["via", "cache-status", "age", "cache-control"]) {
      assertEquals(field(name), undefined, name);
    }
  }
});

Deno.test("media types: the table's, text in UTF-8, the route's own first", async () => {
  const types = { x: "text/x-own", html: "text/html; charset=latin1" };
  const rows = {
    "a.js": "text/javascript; charset=utf-8",
    "a.mjs": "text/javascript; charset=utf-8",
    "a.CSS": "text/css; charset=utf-8",
    "a.json": "application/json",
    "a.svg": "image/svg+xml",
    "a.wasm": "application/wasm",
    "a.woff2": "font/woff2",
    "a.webmanifest": "application/manifest+json",
    "a.avif": "image/avif",
    "a.ts": "text/typescript; charset=utf-8",
    "a.tar.gz": "application/gzip",
    "a.unheard-of": "application/octet-stream",
    "Makefile": "application/octet-stream",
    "constructor.__proto__": "application/octet-stream",
    "a.x": "text/x-own",
    "a.html": "text/html; charset=latin1",
  };
  const names = Object.keys(rows);
  await using site = await FileSite.start(
    Object.fromEntries(names.map((name) => [name, ""])),
    { types },
  );
  for (const [name, type] of Object.entries(rows)) {
    const { status, field } = await site.get(`/${name}`);
    assertEquals([status, field("content-type")], [200, type], name);
  }
});

Deno.test("an index stands for its folder, the first that there is", async () => {
  await using site = await FileSite.start({
    "index.htm": "root",
    "a/index.html": "html",
    "a/index.htm": "htm",
    "b/c": "",
  }, { index: ["index.html", "index.htm"] });
  const rows: [string, number, string][] = [
    ["/", 200, "root"],
    ["/a/", 200, "html"],
    ["/b/", 404, "404 Not Found\n"],
    ["/a/index.htm/", 404, "404 Not Found\n"],
  ];
  for (const [target, status, content] of rows) {
    const found = await site.get(target);
    assertEquals([found.status, found.content], [status, content], target);
  }
});

Deno.test("a folder is redirected to its slash, with its query", async () => {
  await using site = await FileSite.start({
    "a b/c/index.html": "",
    "%x/": "",
  });
  const rows = [
    ["/a%20b/c", "/a%20b/c/"],
    ["/a%20b/%63?d=e/../f", "/a%20b/c/?d=e/../f"],
    ["/./a%20b/c?", "/a%20b/c/?"],
  ] as const;
  for (const [target, place] of rows) {
    const { status, field, content } = await site.get(target);
    assertEquals([status, field("location")], [308, place]);
    assertEquals(content, "");
  }
  for (const target of ["//a%20b/c", "//a%20b", "/\\a%20b"]) {
    assertEquals((await site.get(target)).status, 404, target);
  }
});

Deno.test("a fallback stands in where there is nothing, never for what is refused", async () => {
  await using site = await FileSite.start(
    { "index.html": "app", "about.html": "about", "e/": "", ".git/x": "" },
    { fallback: ["{path}.html", "/index.html"] },
  );
  const rows: [string, number, string][] = [
    ["/x/y/z", 200, "app"],
    ["/about", 200, "about"],
    ["/about/", 200, "about"],
    ["/e/", 200, "app"],
    ["/x.js", 200, "app"],
    ["/.git/x", 404, "404 Not Found\n"],
    ["/x%2F", 404, "404 Not Found\n"],
  ];
  for (const [target, status, content] of [...rows, ...rows]) {
    const found = await site.get(target);
    assertEquals([found.status, found.content], [status, content], target);
  }
  assertMatch((await site.get("/x.js")).field("content-type")!, /html/);
});

Deno.test("HEAD says what GET would, in memory and read", async () => {
  await using site = await FileSite.start({ "small": "abc", "large": LARGE });
  using client = await site.proxy.connect();
  for (const name of ["small", "large", "large", "small", "none"]) {
    const asked = await site.get(`/${name}`);
    await client.send(get(`/${name}`).replace("GET", "HEAD"));
    const { status, fields } = await client.readMessage(true);
    const without = (list: typeof fields): typeof fields =>
      list.filter(([field]) => field !== "Date");
    assertEquals(status, asked.status);
    assertEquals(without(fields), without(asked.fields), name);
  }
});

Deno.test("other methods are not allowed", async () => {
  await using site = await FileSite.start({ "a": "" });
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "X"]) {
    const request = get("/a", "Content-Length: 0").replace("GET", method);
    const { status, field } = await exchange(site.proxy, request);
    assertEquals([status, field("allow")], [405, "GET, HEAD"], method);
  }
});

Deno.test("conditions are answered with 304", async () => {
  await using site = await FileSite.start({ "a": "abc", "large": LARGE });
  for (const name of ["/a", "/large"]) {
    const first = await site.get(name);
    const etag = first.field("etag")!;
    const date = first.field("last-modified")!;
    const rows: [string[], number][] = [
      [[`If-None-Match: ${etag}`], 304],
      [[`If-None-Match: W/${etag}`], 304],
      [[`If-None-Match: "x", ${etag}`], 304],
      [["If-None-Match: *"], 304],
      [['If-None-Match: "x"'], 200],
      [[`If-Modified-Since: ${date}`], 304],
      [[`If-Modified-Since: ${new Date(OLD_MS - 1000).toUTCString()}`], 200],
      [['If-None-Match: "x"', `If-Modified-Since: ${date}`], 200],
      [[`If-Match: ${etag}`], 200],
      [["If-Match: *"], 200],
      [[`If-Match: "x", ${etag}`], 200],
      [[`If-Match: W/${etag}`], 412], // strong comparison
      [['If-Match: "x"', `If-Unmodified-Since: ${date}`], 412],
      [['If-Match: "x"', `If-None-Match: ${etag}`], 412],
      [[`If-Unmodified-Since: ${date}`], 200],
      [[`If-Unmodified-Since: ${new Date(OLD_MS - 1000).toUTCString()}`], 412],
      [["If-Unmodified-Since: nonsense"], 200],
    ];
    for (const [fields, status] of rows) {
      const found = await site.get(name, ...fields);
      assertEquals(found.status, status, fields.join());
      if (status === 412) continue;
      const asHeld = fields[0]!.startsWith("If-None-Match: W/")
        ? `W/${etag}`
        : etag;
      assertEquals(found.field("etag"), asHeld);
      assert(found.field("date") !== undefined);
    }
  }
});

Deno.test("ranges: one, several, from the end, none that there is; in memory and read", async () => {
  const small = LARGE.slice(0, 1000);
  await using site = await FileSite.start({ "a.bin": small, "large": LARGE });
  for (
    const [name, bytes] of [["/a.bin", small], ["/large", LARGE]] as const
  ) {
    const text = textOf(bytes);
    const { length } = text;
    const etag = (await site.get(name)).field("etag")!;
    const date = new Date(OLD_MS).toUTCString();
    const rows: [string, number, number][] = [
      ["0-0", 0, 1],
      ["5-99", 5, 100],
      ["-7", length - 7, length],
      ["990-", 990, length],
      [`0-${length + 5}`, 0, length],
    ];
    for (const [range, start, end] of rows) {
      const found = await site.get(name, `Range: bytes=${range}`);
      assertEquals(found.status, 206);
      assert(found.content === text.slice(start, end), range);
      assertEquals(
        found.field("content-range"),
        `bytes ${start}-${end - 1}/${length}`,
      );
    }
    const none = await site.get(name, `Range: bytes=${length}-`);
    assertEquals([none.status, none.content], [416, ""]);
    assertEquals(none.field("content-range"), `bytes */${length}`);
    const several = await site.get(name, "Range: bytes=0-4,500-504,-3");
    assertEquals(several.status, 206);
    assertMatch(several.field("content-type")!, /^multipart\/byteranges; /);
    for (const [start, end] of [[0, 5], [500, 505], [length - 3, length]]) {
      const part = `bytes ${start}-${end! - 1}/${length}\r\n\r\n${
        text.slice(start, end)
      }\r\n--`;
      assertStringIncludes(several.content, part);
    }
    const conditions: [string, number][] = [
      [etag, 206],
      [date, 206],
      [`W/${etag}`, 200],
      ['"x"', 200],
      [new Date(OLD_MS + 1000).toUTCString(), 200],
    ];
    for (const [condition, status] of conditions) {
      const fields = ["Range: bytes=0-1", `If-Range: ${condition}`];
      assertEquals((await site.get(name, ...fields)).status, status, condition);
    }
  }
});

Deno.test("a large file arrives whole, for many at a time, by any split of the request", async () => {
  await using site = await FileSite.start({ "large": LARGE });
  const request = get("/large");
  await Promise.all([1, 20, request.length - 1].map(async (at) => {
    using client = await site.proxy.connect();
    await client.send(request.slice(0, at));
    await client.send(request.slice(at) + request); // another one behind it
    for (let i = 0; i < 2; i++) {
      const { content } = await client.readMessage();
      assert(content === LARGE_TEXT);
    }
  }));
});

Deno.test("an HTTP/1.0 client gets the file and the end of the connection", async () => {
  await using site = await FileSite.start({ "a": "abc", "large": LARGE });
  for (const [name, text] of [["/a", "abc"], ["/large", LARGE_TEXT]]) {
    using client = await site.proxy.connect();
    await client.send(`GET ${name} HTTP/1.0\r\n\r\n`);
    const { content, field } = await client.readMessage();
    assert(content === text);
    assertEquals(field("connection"), "close");
    assertEquals(await client.readToEnd(), "");
  }
});

Deno.test("an empty file is one", async () => {
  await using site = await FileSite.start({ "a.txt": "" });
  const { status, field, content } = await site.get("/a.txt");
  assertEquals([status, field("content-length"), content], [200, "0", ""]);
  assertEquals((await site.get("/a.txt", "Range: bytes=0-")).status, 200);
});

Deno.test("dotfiles are not sent unless the route says so, .well-known is", async () => {
  const files = {
    ".env": "secret",
    ".git/config": "secret",
    ".well-known/a": "public",
    ".well-known/.b": "secret",
  };
  for (const dotfiles of [false, true]) {
    await using site = await FileSite.start(files, { dotfiles, browse: true });
    assertEquals((await site.get("/.well-known/a")).content, "public");
    for (const name of ["/.env", "/.git/config", "/.well-known/.b", "/.git"]) {
      const { status } = await site.get(name);
      const found = name === "/.git" ? 308 : 200;
      assertEquals(status, dotfiles ? found : 404, name);
    }
    const listed = JSON.parse(
      (await site.get("/", "Accept: application/json")).content,
    ).map(({ name }: { name: string }) => name);
    const shown = dotfiles ? [".git", ".well-known", ".env"] : [".well-known"];
    assertEquals(listed, shown);
  }
});

Deno.test("a folder is listed where the route says so, for people and for programs", async () => {
  const clock = new TestClock();
  await using site = await FileSite.start(
    { "a/<b>.txt": "abc", "a/c/d": "", "i/index.html": "index" },
    { browse: true },
    clock,
  );
  const page = await site.get("/a/?x");
  assertEquals(page.status, 200);
  assertEquals(page.field("content-type"), "text/html; charset=utf-8");
  assertMatch(page.field("content-security-policy")!, /default-src 'none'/);
  assertEquals(page.field("vary"), "Accept");
  assertStringIncludes(page.content, '<a href="./%3Cb%3E.txt">&lt;b&gt;.txt');
  assertStringIncludes(page.content, '<a href="./c/">c/</a>');
  const list = await site.get("/a/", "Accept: application/json");
  assertEquals(list.field("content-type"), "application/json");
  assertEquals(
    JSON.parse(list.content).map((item: object) => Object.values(item)[0]),
    ["c", "<b>.txt"],
  );
  const head = get("/a/").replace("GET", "HEAD");
  assertEquals((await exchange(site.proxy, head, true)).status, 200);
  assertEquals((await site.get("/i/")).content, "index");
});
