/** Files that change, before, while and after they are sent. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { FileSite, OLD_MS, openedTimes } from "../support/file_site.ts";
import { get } from "../support/proxy.ts";

Deno.test("a file is looked at again after a second", async () => {
  const clock = new TestClock();
  await using site = await FileSite.start({ "a": "one" }, {}, clock);
  const first = await site.get("/a");
  await site.folder.write("a", "two", OLD_MS + 5000);
  if (clock.stands) assertEquals((await site.get("/a")).content, "one");
  await clock.advance(1000);
  const second = await site.get("/a", `If-None-Match: ${first.field("etag")}`);
  assertEquals([second.status, second.content], [200, "two"]);
  await Deno.remove(`${site.folder.path}/a`);
  await clock.advance(1000);
  assertEquals((await site.get("/a")).status, 404);
  await site.folder.write("a", "three");
  assertEquals((await site.get("/a")).content, "three"); // nothing is remembered of what is not there
});

Deno.test("another file in its place with the same date and size has another tag", async () => {
  const clock = new TestClock();
  await using site = await FileSite.start(
    { "a": "one", "b": "two" },
    {},
    clock,
  );
  const first = await site.get("/a");
  await Deno.rename(`${site.folder.path}/b`, `${site.folder.path}/a`);
  await clock.advance(1000);
  const second = await site.get("/a", `If-None-Match: ${first.field("etag")}`);
  assertEquals([second.status, second.content], [200, "two"]);
  assertEquals(second.field("last-modified"), first.field("last-modified"));
});

Deno.test("what has just been changed has a weak tag, and is read again each second", async () => {
  const clock = new TestClock();
  await using site = await FileSite.start({}, {}, clock);
  const changedMs = Math.floor(clock.now()) - 1000;
  await site.folder.write("a", "one", changedMs);
  assertMatch((await site.get("/a")).field("etag")!, /^W\//);
  await site.folder.write("a", "two", changedMs); // within the same time
  await clock.advance(1000);
  const { content, field } = await site.get("/a");
  assertEquals(content, "two");
  assertMatch(field("etag")!, /^"/); // now it has settled
});

Deno.test("a folder that becomes a file, and a file that becomes a folder", async () => {
  const clock = new TestClock();
  await using site = await FileSite.start(
    { "a/index.html": "index" },
    {},
    clock,
  );
  assertEquals((await site.get("/a")).status, 308);
  await Deno.remove(`${site.folder.path}/a`, { recursive: true });
  await site.folder.write("a", "file");
  assertEquals((await site.get("/a")).content, "file");
  await Deno.remove(`${site.folder.path}/a`);
  await site.folder.write("a/index.html", "index");
  await clock.advance(1000);
  assertEquals((await site.get("/a")).status, 308);
  assertEquals((await site.get("/a/")).content, "index");
});

/** Bytes of a file that sockets and the loop's buffers cannot hold. */
const LARGE_BYTES = 64 * 1024 * 1024;

Deno.test("a file that is cut while it is sent ends the connection, and the log says why", async () => {
  await using site = await FileSite.start({ "a": "" });
  const path = `${site.folder.path}/a`;
  await Deno.truncate(path, LARGE_BYTES); // it takes no room
  await site.folder.touch("a", OLD_MS);
  using client = await site.proxy.connect();
  await client.send(get("/a"));
  const head = await client.readHead();
  assertEquals(head.field("content-length"), `${LARGE_BYTES}`);
  await Deno.truncate(path, 1000);
  const got = (await client.readToEnd()).length;
  assert(got < LARGE_BYTES, `${got} bytes`);
  assertMatch(await site.proxy.nextLogLine(), /file_cut/);
});

Deno.test("of a file that grows while it is sent comes what was promised", async () => {
  await using site = await FileSite.start({ "a": "" });
  const path = `${site.folder.path}/a`;
  await Deno.truncate(path, LARGE_BYTES);
  await site.folder.touch("a", OLD_MS);
  using client = await site.proxy.connect();
  await client.send(get("/a"));
  await client.readHead();
  await Deno.truncate(path, LARGE_BYTES + 1000);
  let got = 0;
  while (got < LARGE_BYTES) got += (await client.readSome()).length;
  await client.send(get("/none"));
  assertEquals(got, LARGE_BYTES);
  assertEquals((await client.readMessage()).status, 404); // nothing else came
});

Deno.test("who is sent a file that is replaced gets all of the old one", async () => {
  const clock = new TestClock();
  const old = new Uint8Array(8 * 1024 * 1024).fill(0x61);
  const young = new Uint8Array(old.length).fill(0x62);
  await using site = await FileSite.start({ "a": old }, {}, clock);
  using client = await site.proxy.connect();
  await client.send(get("/a"));
  await client.readHead();
  await site.folder.write("b", young, OLD_MS + 1000);
  await Deno.rename(`${site.folder.path}/b`, `${site.folder.path}/a`);
  await clock.advance(1000);
  const { content } = await site.get("/a");
  assert(content.length === young.length && !content.includes("a"));
  const rest = await client.readExactly(old.length);
  assert(!rest.includes("b"));
});

Deno.test("a large file that is replaced is never sent with the head of the old one", async () => {
  const clock = new TestClock(); // it stands: what is kept is taken for fresh
  const bytes = 2 * 1024 * 1024;
  await using site = await FileSite.start(
    { "a": new Uint8Array(bytes).fill(0x61) },
    {},
    clock,
  );
  const first = await site.get("/a");
  await site.folder.write("b", new Uint8Array(bytes + 1).fill(0x62));
  await Deno.rename(`${site.folder.path}/b`, `${site.folder.path}/a`);
  const second = await site.get("/a");
  assertEquals(second.content.length, bytes + 1);
  assert(!second.content.includes("a"));
  assert(second.field("etag") !== first.field("etag"));
  await Deno.remove(`${site.folder.path}/a`);
  assertEquals((await site.get("/a")).status, 404);
});

Deno.test("a client that leaves is given up, and the file is closed", async () => {
  await using site = await FileSite.start({ "a": "" });
  await Deno.truncate(`${site.folder.path}/a`, LARGE_BYTES);
  for (let i = 0; i < 3; i++) {
    using client = await site.proxy.connect();
    await client.send(get("/a"));
    await client.readHead();
  }
  for (let i = 0; i < 3; i++) {
    assertMatch(await site.proxy.nextLogLine(), /client_gone|client_abort/);
  }
  assertEquals(openedTimes(`${site.folder.path}/a`), 0);
});
