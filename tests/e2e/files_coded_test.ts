/** Files in content codings: neighbours that lie there, and forms that are made. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { FileSite, OLD_MS } from "../support/file_site.ts";
import { exchange, get } from "../support/proxy.ts";
import { TestClock } from "../support/clock.ts";

const TEXT = "all work and no play ".repeat(500);
const ANY = "Accept-Encoding: gzip, br";
/** More than is kept in memory. */
const LARGE = new Uint8Array(2 * 1024 * 1024).fill(0x62);

Deno.test("a neighbour is sent to who reads its coding, in place of the file", async () => {
  await using site = await FileSite.start({
    "a.js": TEXT,
    "a.js.br": "brotli",
    "a.js.gz": "gzip!",
    "b.js": TEXT,
    "b.js.gz": "gzip!",
  });
  const rows: [string, string, string | undefined, string][] = [
    ["/a.js", ANY, "br", "brotli"],
    ["/a.js", "Accept-Encoding: gzip", "gzip", "gzip!"],
    ["/a.js", "Accept-Encoding: br;q=0.5, gzip", "gzip", "gzip!"],
    ["/a.js", "Accept-Encoding: zstd", undefined, TEXT],
    ["/a.js", "Accept-Encoding: identity", undefined, TEXT],
    ["/a.js", "X: y", undefined, TEXT],
    ["/b.js", ANY, "gzip", "gzip!"],
    ["/a.js.br", "X: y", undefined, "brotli"],
  ];
  const tag = (await site.get("/a.js")).field("etag")!;
  for (const [target, accept, coding, content] of [...rows, ...rows]) {
    const found = await site.get(target, accept);
    assertEquals(found.status, 200);
    assertEquals(found.field("content-encoding"), coding, accept);
    assertEquals(found.content, content, accept);
    if (!target.endsWith(".js")) continue;
    assertEquals(found.field("vary"), "Accept-Encoding");
    assertMatch(found.field("content-type")!, /javascript/);
    if (target !== "/a.js") continue;
    // Each form has a tag of its own; 304 comes for it.
    assertEquals(found.field("etag"), coding === undefined ? tag : `W/${tag}`);
    const again = await site.get(
      target,
      accept,
      `If-None-Match: ${found.field("etag")}`,
    );
    assertEquals([again.status, again.field("vary")], [304, "Accept-Encoding"]);
  }
  const part = await site.get("/a.js", ANY, "Range: bytes=0-2");
  assertEquals([part.status, part.content], [206, TEXT.slice(0, 3)]);
  assertEquals(part.field("content-encoding"), undefined);
});

Deno.test("a neighbour that is older than its file, no file, or outside is not sent", async () => {
  await using site = await FileSite.start({
    "a.txt": "plain",
    "a.txt.br/": "",
    "b.txt": "plain",
    "c.txt": "plain",
  }, { precompressed: ["br", "gzip"] });
  const { folder } = site;
  await folder.write("a.txt.gz", "old", OLD_MS - 1000);
  const outside = await Deno.makeTempFile();
  await Deno.writeTextFile(outside, "outside");
  await Deno.symlink(outside, `${folder.path}/b.txt.gz`);
  for (const name of ["/a.txt", "/b.txt", "/c.txt"]) {
    const { content, field } = await site.get(name, ANY);
    assertEquals([content, field("content-encoding")], ["plain", undefined]);
    assertEquals(field("vary"), undefined);
  }
  await Deno.remove(outside);
});

Deno.test("a neighbour that comes, changes and goes is noticed within a second", async () => {
  const clock = new TestClock();
  await using site = await FileSite.start({ "a.txt": "plain" }, {}, clock);
  const { folder } = site;
  const content = async (): Promise<string> => {
    await clock.advance(1000);
    return (await site.get("/a.txt", ANY)).content;
  };
  assertEquals(await content(), "plain");
  await folder.write("a.txt.gz", "first");
  assertEquals(await content(), "first");
  await folder.write("a.txt.gz", "second", OLD_MS + 1000);
  assertEquals(await content(), "second");
  await folder.write("a.txt", "newer", OLD_MS + 2000);
  assertEquals(await content(), "newer");
  await Deno.remove(`${folder.path}/a.txt.gz`);
  assertEquals(await content(), "newer");
});

Deno.test("a large file with a large neighbour: each is read as it is sent", async () => {
  const coded = new Uint8Array(LARGE.length - 1).fill(0x63);
  await using site = await FileSite.start({ "a": LARGE, "a.gz": coded });
  for (let i = 0; i < 2; i++) {
    const plain = await site.get("/a");
    assertEquals(plain.content.length, LARGE.length);
    assert(!plain.content.includes("c"));
    const { content, field } = await site.get("/a", ANY);
    assertEquals(field("content-encoding"), "gzip");
    assertEquals(field("content-length"), `${coded.length}`);
    assert(content.length === coded.length && !content.includes("b"));
  }
});

async function decoded(content: string, coding: string): Promise<string> {
  const bytes = Uint8Array.from(content, (byte) => byte.charCodeAt(0));
  const format = coding === "br" ? "brotli" : coding;
  const stream = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream(format as CompressionFormat));
  return await new Response(stream).text();
}

Deno.test("text is encoded for the first, and kept encoded for the next", async () => {
  const text = TEXT.repeat(30); // more than is encoded in one piece
  await using site = await FileSite.start({ "a.txt": text });
  for (const accept of ["gzip", "br"]) {
    const fields = `Accept-Encoding: ${accept}`;
    const first = await site.get("/a.txt", fields);
    assertEquals(first.field("transfer-encoding"), "chunked");
    assertEquals(first.field("content-encoding"), accept);
    assertEquals(await decoded(first.content, accept), text);
    let kept = first;
    while (kept.field("content-length") === undefined) {
      kept = await site.get("/a.txt", fields);
      assertEquals(kept.field("content-encoding"), accept);
      assertEquals(await decoded(kept.content, accept), text);
    }
    assertEquals(kept.field("vary"), "Accept-Encoding");
    assertEquals(kept.field("etag"), first.field("etag"));
    const request = get("/a.txt", fields).replace("GET", "HEAD");
    const head = await exchange(site.proxy, request, true);
    assertEquals(head.field("content-length"), kept.field("content-length"));
  }
  const plain = await site.get("/a.txt");
  assertEquals([plain.content, plain.field("vary")], [text, "Accept-Encoding"]);
  assertMatch(plain.field("etag")!, /^"/);
});

Deno.test("what is small, not text, or refused is sent as it is", async () => {
  await using site = await FileSite.start({
    "small.txt": "abc",
    "a.png": TEXT,
    "a.txt": TEXT,
  });
  for (
    const [target, ...fields] of [
      ["/small.txt", ANY],
      ["/a.png", ANY],
      ["/a.txt", "Accept-Encoding: br;q=0"],
      ["/a.txt", ANY, "Cache-Control: no-transform"],
    ]
  ) {
    const { field } = await site.get(target!, ...fields);
    assertEquals(field("content-encoding"), undefined, target);
  }
});
