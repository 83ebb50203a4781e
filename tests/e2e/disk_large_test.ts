/** Content that is too large for memory: it is kept on disk as it arrives, and read in pieces. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { DiskSite, WORKERS } from "../support/disk_site.ts";
import { get } from "../support/proxy.ts";
import { costly, rows } from "../support/tries.ts";

const MIB = 2 ** 20;
const LENGTH = 3 * MIB + 12_345;
const CACHE = { memory: "16MiB", maxObject: "1MiB" };
/** Requests until a refresh is over. */
const TRIES_MAX = 1000;
/** Clients at a time. */
const MANY = 20;
const FIELDS = ['ETag: "v"'];

/** Each place of it differs from its neighbours, and each path from others. */
function contentOf(path: string): string {
  const part = Array.from({ length: 1000 }, (_, i) => `${i}${path};`).join("");
  const times = Math.ceil(LENGTH / part.length);
  return part.repeat(times).slice(0, LENGTH);
}

for (const workers of rows(WORKERS, 1)) {
  for (const isChunked of rows([false, true], false)) {
    const how = isChunked ? "of unknown length" : "of known length";
    Deno.test(`large content ${how} is answered from disk, whole and in ranges, with ${workers} worker(s)`, async () => {
      await using site = await DiskSite.create({
        ...{ workers, cache: CACHE, contentOf, fields: FIELDS, isChunked },
      });
      await site.start();
      assertEquals(await site.hits("/v"), false);
      await site.untilKept(1);
      const content = contentOf("/v");
      for (let round = 0; round < 2; round++) {
        assertEquals(await site.hits("/v"), true);
        assertEquals(await site.hits("/v"), true);
        for (
          const [first, last] of [[0, 9], [MIB - 5, MIB + 5], [
            2 * MIB,
            3 * MIB - 1,
          ], [LENGTH - 1, LENGTH - 1]] as const
        ) {
          const range = `Range: bytes=${first}-${last}`;
          const part = await site.exchange("/v", range);
          assertEquals(part.status, 206);
          assert(part.content === content.slice(first, last + 1), range);
          assertEquals(
            part.field("content-range"),
            `bytes ${first}-${last}/${LENGTH}`,
          );
        }
        const ranges = await site.exchange(
          "/v",
          "Range: bytes=0-1,3000000-3000001",
        );
        assertMatch(ranges.field("content-type") ?? "", /multipart/);
        assert(ranges.content.includes(content.slice(3_000_000, 3_000_002)));
        const beyond = await site.exchange("/v", `Range: bytes=${LENGTH}-`);
        assertEquals(beyond.status, 416);
        await site.restart();
      }
      assertEquals(await site.glance("/v", "HEAD"), 200);
      assertEquals(site.asked, ["/v"]);
      await site.send("PURGE /v HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
      assertEquals(await site.hits("/v"), false);
    });
  }

  Deno.test(`large content is kept though its client leaves, and fetched anew once it is damaged, with ${workers} worker(s)`, async () => {
    await using site = await DiskSite.create({
      ...{ workers, cache: CACHE, contentOf, fields: FIELDS },
    });
    await site.start();
    await site.glance("/v");
    await site.untilKept(1);
    assertEquals(await site.hits("/v"), true);
    await site.stop();
    const file = await Deno.open(`${site.path}/bodies/01/1`, { write: true });
    await file.write(new Uint8Array(10));
    file.close();
    await site.start();
    assertEquals(await site.hits("/v"), false);
    assertEquals(site.asked, ["/v", "/v"]);
    await site.untilKept(1);
    assertEquals(await site.hits("/v"), true);
  });
}

for (const workers of rows(WORKERS, 1)) {
  Deno.test(
    costly(
      `large content that a refresh brings takes the place of what is softly purged, with ${workers} worker(s)`,
    ),
    async () => {
      let version = 1;
      const fields = ['ETag: "1"'];
      await using site = await DiskSite.create({
        ...{ workers, cache: CACHE, fields },
        contentOf: (path) => contentOf(`${path}${version}`),
      });
      await site.start();
      await site.glance("/v");
      await site.untilKept(1);
      assertEquals(await site.hits("/v"), true);
      version = 2;
      fields[0] = 'ETag: "2"';
      await site.send(
        "PURGE /v HTTP/1.1\r\nHost: sluice.test\r\nFastly-Soft-Purge: 1\r\n\r\n",
      );
      let etag: string | undefined = '"1"';
      for (let tries = 0; etag === '"1"' && tries < TRIES_MAX; tries++) {
        const part = await site.exchange("/v", "Range: bytes=7-9");
        etag = part.field("etag");
        assertEquals(part.status, 206);
        assertMatch(part.field("cache-status") ?? "", /; hit/);
      }
      assertEquals(etag, '"2"');
      assertEquals(await site.hits("/v"), true);
    },
  );
}

Deno.test(
  costly(
    "more clients than memory has room for pieces get large content all the same",
  ),
  async () => {
    await using site = await DiskSite.create({
      cache: { memory: "8MiB", maxObject: "1MiB" },
      contentOf,
      fields: FIELDS,
    });
    await site.start();
    await site.hits("/v");
    await site.untilKept(1);
    const peers = await Promise.all(
      Array.from({ length: MANY }, () => site.connect()),
    );
    for (const peer of peers) {
      await peer.send(get("/v"));
      await peer.readHead();
    }
    const content = contentOf("/v");
    for (const peer of peers) {
      assert(await peer.readExactly(LENGTH) === content);
      peer.close();
    }
    assertEquals(await site.hits("/v"), true);
    assertEquals(site.asked, ["/v"]);
  },
);

Deno.test(
  costly(
    "large content is kept when it is asked for again; other content is passed on as before",
  ),
  async () => {
    await using site = await DiskSite.create({
      cache: CACHE,
      contentOf,
      disk: { admit: 2, maxObject: "4MiB" },
    });
    await site.start();
    assertEquals(await site.hits("/v"), false);
    assertEquals(await site.hits("/v"), false);
    await site.untilKept(1);
    assertEquals(await site.hits("/v"), true);
    await site.stop();

    await site.configure({ maxObject: "3MiB", admit: 1 });
    await site.start();
    assertEquals(await site.hits("/w"), false);
    assertEquals(await site.hits("/w"), false);
  },
);
