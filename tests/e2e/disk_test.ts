/** The cache on disk as the program has it: through restarts, purges, crashes, reloads. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { DiskSite, WORKERS } from "../support/disk_site.ts";
import { costly, rows, tries } from "../support/tries.ts";

const PATHS = ["/a/1", "/a/2", "/b/1", "/b/2", "/large"];

/** Rounds of two kills, with either number of workers: see `deno task test:crash`. */
const KILLS = Number(Deno.env.get("SLUICE_KILLS") ?? tries(1, 2));
const PATHS_A_ROUND = 40;

/** A purge, and what it names of {@linkcode PATHS}. */
const PURGES: readonly (readonly [string, readonly string[]])[] = [
  ["PURGE /a/1 HTTP/1.1\r\nHost: sluice.test", ["/a/1"]],
  ["PURGE /a/* HTTP/1.1\r\nHost: sluice.test", ["/a/1", "/a/2"]],
  ["PURGE / HTTP/1.1\r\nHost: sluice.test\r\nCache-Tag: /b/2", ["/b/2"]],
  ["PURGE /b/1 HTTP/1.1\r\nHost: sluice.test\r\nFastly-Soft-Purge: 1", []],
];

for (const workers of rows(WORKERS, 2)) {
  Deno.test(`a crash at any moment loses what is being written, no more, with ${workers} worker(s)`, async () => {
    await using site = await DiskSite.create({ workers, contentOf });
    /** What has come back after a crash. */
    const kept: string[] = [];
    // Chance may have each of few crashes come before anything is written.
    const mayGoOn = (round: number): boolean =>
      round < KILLS || (kept.length === 0 && round < KILLS + 20);
    for (let round = 0; mayGoOn(round); round++) {
      await site.start();
      for (let at = 0; at < kept.length; at += PATHS_A_ROUND) {
        const some = kept.slice(at, at + PATHS_A_ROUND);
        const hits = await Promise.all(some.map((path) => site.hits(path)));
        assertEquals(some.filter((_, i) => !hits[i]), []);
      }
      const paths = Array.from(
        { length: PATHS_A_ROUND },
        (_, i) => `/${round}/${i}`,
      );
      const load = paths.map((path) => site.hits(path));
      const some = Math.floor(Math.random() * PATHS_A_ROUND);
      await Promise.all(load.slice(0, some));
      const rest = Promise.allSettled(load);
      await site.kill();
      await rest;
      await site.start();
      for (const path of paths) if (await site.hits(path)) kept.push(path);
      await site.kill();
    }
    assert(kept.length > 0);
  });
}

for (const workers of rows(WORKERS, 1)) {
  Deno.test(`after a restart it is warm, and purges reach what came back, with ${workers} worker(s)`, async () => {
    await using site = await DiskSite.create({ workers });
    await site.start();
    for (const path of PATHS) assertEquals(await site.hits(path), false);
    await site.untilKept(PATHS.length);
    await site.restart();
    for (const path of PATHS) assertEquals(await site.hits(path), true, path);
    assertEquals(site.asked.length, PATHS.length);

    await site.restart();
    const gone = new Set<string>();
    for (const [purge, named] of PURGES) {
      assertMatch(await site.send(`${purge}\r\n\r\n`), /^HTTP\/1\.1 200 /);
      for (const path of named) gone.add(path);
    }
    await site.restart();
    for (const path of PATHS) {
      assertEquals(await site.hits(path), !gone.has(path), path);
    }
  });

  Deno.test(
    costly(`explain names the tier that has it, with ${workers} worker(s)`),
    async () => {
      await using site = await DiskSite.create({ workers });
      await site.start();
      const nothing = "Nothing is stored under this key, in memory or on disk.";
      assertEquals(await site.explains("/a/1"), {
        result: "miss",
        stored: nothing,
      });
      await site.hits("/a/1");
      await site.untilKept(1);
      await site.restart();
      const { asked: { length } } = site;
      for (let i = 0; i < 2; i++) {
        assertEquals(await site.explains("/a/1"), {
          result: "hit",
          stored:
            "Memory has nothing that the request selects; on disk, there is a response that it does.",
        });
      }
      assertEquals(await site.hits("/a/1"), true);
      assertEquals(site.asked.length, length);
      await site.send("PURGE /a/1 HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
      assertEquals((await site.explains("/a/1")).stored, nothing);
    },
  );

  Deno.test(
    costly(
      `what is asked for a second time is kept, with ${workers} worker(s)`,
    ),
    async () => {
      await using site = await DiskSite.create({ workers, disk: { admit: 2 } });
      await site.start();
      for (const path of PATHS) await site.hits(path);
      assertEquals(await site.hits("/a/1"), true);
      assertEquals(await site.hits("/large"), true);
      for (let i = 0; i < 8; i++) await site.hits("/a/1"); // by the other worker, too
      await site.untilKept(2);
      await site.restart();
      const asked = site.asked.length;
      for (const path of ["/a/1", "/large"]) {
        assertEquals(await site.hits(path), true);
      }
      assertEquals(site.asked.length, asked);
    },
  );

  Deno.test(`a folder in use is refused to another process, with ${workers} worker(s)`, async () => {
    await using site = await DiskSite.create({ workers });
    await site.start();
    const { code, err } = await site.second();
    assertEquals(code, 1);
    assertMatch(
      err,
      /cache\.disk ".*": another process is using it\n$/,
    );
    assertEquals(await site.hits("/a/1"), false);
    await site.untilKept(1);
  });

  Deno.test(`whoever takes the place of another goes without the folder until it is free, with ${workers} worker(s)`, async () => {
    await using site = await DiskSite.create({ workers });
    await site.start();
    await site.hits("/a/1");
    await site.untilKept(1);
    await site.replace();
    await site.says(/cache\.disk ".*": it is ours now/);
    assertEquals(await site.hits("/a/1"), true);
  });

  Deno.test(`a reload changes the size, and refuses what needs a restart, with ${workers} worker(s)`, async () => {
    await using site = await DiskSite.create({ workers });
    await site.start();
    await site.hits("/a/1");
    await site.untilKept(1);
    for (
      const change of [{ path: `${site.folder}/other` }, { admit: 3 }, {
        maxObject: "2GiB",
      }]
    ) {
      await site.configure({ ...change, size: "1GiB" });
      site.signal("SIGHUP");
      const [name] = Object.keys(change);
      await site.says(new RegExp(`needs a restart: cache\\.disk\\.${name}`));
      assertEquals(await site.told("sluice_cache_max_bytes"), 64 * 2 ** 20);
    }
    await site.configure({ size: "128MiB" });
    site.signal("SIGHUP");
    await site.says(/reloaded/);
    await site.untilTold("sluice_cache_max_bytes", 128 * 2 ** 20);
  });
}

/** Small content, and content that has a file of its own; different for each path. */
function contentOf(path: string): string {
  const isLong = /[05]$/.test(path);
  return path.repeat(isLong ? 20_000 : 10);
}
