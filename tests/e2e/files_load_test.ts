/** Many clients, few descriptors, little memory. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { FileSite, OLD_MS, openedTimes } from "../support/file_site.ts";
import { get, speaksTls } from "../support/proxy.ts";
import { costly } from "../support/tries.ts";

const BYTES = 1024 * 1024 + 1; // more than is kept in memory

/** Reads to the end without keeping anything; tells how many bytes came. */
async function drain(socket: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(64 * 1024);
  let total = 0;
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return total;
    total += count;
  }
}

const linux = { ignore: Deno.build.os !== "linux" };

Deno.test(
  costly("1,000 clients of one large file share a descriptor", linux.ignore),
  async () => {
    await using site = await FileSite.start({ "a": "" });
    const path = `${site.folder.path}/a`;
    await Deno.truncate(path, BYTES);
    await site.folder.touch("a", OLD_MS);
    const clients = await Promise.all(
      Array.from({ length: 200 }, () => site.proxy.connect()),
    );
    let isOver = false;
    let most = 0;
    const watching = (async () => {
      while (!isOver) {
        most = Math.max(most, openedTimes(path));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    // Five each, one behind the other.
    const lengths = await Promise.all(clients.map(async (client) => {
      for (let i = 0; i < 4; i++) await client.send(get("/a"));
      await client.send(get("/a", "Connection: close"));
      const length = await drain(client.socket);
      client.close();
      return length;
    }));
    isOver = true;
    await watching;
    for (const length of lengths) {
      assert(length > 5 * BYTES && length < 5 * BYTES + 5000);
    }
    // One may be closed and another opened while they are counted.
    assert(most >= 1 && most <= 2, `${most}`);
    assertEquals(openedTimes(path), 0);
  },
);

Deno.test(
  "a slow reader of 300 MiB costs a buffer, not the file",
  linux,
  async () => {
    await using site = await FileSite.start({ "a": "" });
    const length = 300 * 1024 * 1024;
    await Deno.truncate(`${site.folder.path}/a`, length);
    const before = Deno.memoryUsage();
    using client = await site.proxy.connect();
    await client.send(get("/a", "Connection: close"));
    const buffer = new Uint8Array(16 * 1024);
    let most = 0;
    let total = 0;
    for (let i = 0;; i++) {
      const count = await client.socket.read(buffer);
      if (count === null) break;
      total += count;
      if (i % 1000 === 0) {
        const { external } = Deno.memoryUsage();
        most = Math.max(most, external - before.external);
      }
    }
    assert(total > length && total < length + 1000, `${total}`);
    // What TLS has encrypted is a buffer of its own, until it is collected.
    const bound = (speaksTls() ? 160 : 8) * 1024 * 1024;
    assert(most < bound, `${most} bytes`);
  },
);

Deno.test("the log counts what was sent of a file", async () => {
  await using site = await FileSite.start({ "a": "" });
  await Deno.truncate(`${site.folder.path}/a`, BYTES);
  using client = await site.proxy.connect();
  await client.send(get("/a", "Connection: close"));
  await drain(client.socket);
  assertMatch(
    await site.proxy.nextLogLine(),
    new RegExp(` 200 ${BYTES} |"bytes[^:]*":${BYTES}`),
  );
});
