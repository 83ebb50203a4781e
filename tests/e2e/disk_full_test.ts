/**
 * A disk that is full, or read-only: what is on it is served, nothing more is kept, that
 * is told once, and it goes on when there is room.
 *
 * The program has a small file system of its own, which takes root and `unshare`; without
 * them, the tests are skipped.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { DiskSite, WORKERS } from "../support/disk_site.ts";
import { canMount, inMountsOf } from "../support/mounts.ts";
import { rows } from "../support/tries.ts";

const SIZE = "size=14m";
const CONTENT_BYTES = 400_000;

/** Between two requests while the disk is not tried again, in ms. */
const BREATH_MS = 10;

/** Different for each path, and long enough for a file of its own. */
function contentOf(path: string): string {
  return path.repeat(Math.ceil(CONTENT_BYTES / path.length))
    .slice(0, CONTENT_BYTES);
}

const why = canMount ? "" : " (skipped: it takes root, and unshare)";

/** How often the program has said that something cannot be kept. */
function timesTold(site: DiskSite): number {
  return site.said.match(/nothing more is kept there for now/g)?.length ?? 0;
}

/** Asks until the worker that had failed has written, too: each tells of what it meets. */
async function untilWorksAgain(
  site: DiskSite,
  nextPath: () => string,
): Promise<void> {
  while (!site.said.includes("cache tier disk: works again")) {
    await site.hits(nextPath());
    await pause(BREATH_MS);
  }
}

for (const workers of rows(WORKERS, 1)) {
  Deno.test({
    name:
      `a full disk is served from, told once, and written again once there is room, with ${workers} worker(s)${why}`,
    ignore: !canMount,
    async fn(): Promise<void> {
      await using site = await DiskSite.create({
        ...{ workers, contentOf },
        mount: `mount -t tmpfs -o ${SIZE} tmpfs "$CACHE"`,
      });
      await site.start();
      let count = 0;
      while (timesTold(site) === 0) await site.hits(`/${count++}`);
      while (await site.told("sluice_cache_objects") === 0) {
        await pause(BREATH_MS); // it is told soon
      }
      await site.untilMoreDropped(async () => {
        await site.hits(`/${count++}`);
      });
      assert(timesTold(site) <= workers, site.said);
      await inMountsOf(
        site.pid,
        `mount -o remount,size=300m "${site.path}"`,
      );
      await site.untilMoreKept(async () => {
        await site.hits(`/${count++}`);
      });
      await untilWorksAgain(site, () => `/${count++}`);
    },
  });

  Deno.test({
    name:
      `a disk that cannot be written is told once, and written again once it can be, with ${workers} worker(s)${why}`,
    ignore: !canMount,
    async fn(): Promise<void> {
      await using site = await DiskSite.create({
        ...{ workers, contentOf },
        mount: `mount -t tmpfs -o size=300m tmpfs "$CACHE"`,
      });
      await site.start();
      assertEquals(await site.hits("/kept"), false);
      await site.untilKept(1);
      const bodies = `${site.path}/bodies`;
      await inMountsOf(
        site.pid,
        `mount --bind "${bodies}" "${bodies}" && mount -o remount,bind,ro "${bodies}"`,
      );
      let count = 0;
      while (timesTold(site) === 0) await site.hits(`/${count++}`);
      assertEquals(await site.told("sluice_cache_objects"), 1);
      await inMountsOf(site.pid, `umount "${bodies}"`);
      await site.untilMoreKept(async () => {
        await site.hits(`/${count++}`);
      });
      await untilWorksAgain(site, () => `/${count++}`);
      assert(timesTold(site) <= workers, site.said);
    },
  });

  Deno.test({
    name:
      `a disk that is read-only at the start is done without, until it can be written, with ${workers} worker(s)${why}`,
    ignore: !canMount,
    async fn(): Promise<void> {
      await using site = await DiskSite.create({
        ...{ workers, contentOf },
        mount: `mount -t tmpfs -o ro,size=60m tmpfs "$CACHE"`,
      });
      await site.start();
      await site.says(/cache\.disk ".*": .*; requests go on without it/);
      assertEquals(await site.hits("/1"), false);
      assertEquals(await site.hits("/1"), true);
      await inMountsOf(site.pid, `mount -o remount,rw "${site.path}"`);
      await site.says(/cache\.disk ".*": it works now/);
      let count = 2;
      await site.untilMoreKept(async () => {
        await site.hits(`/${count++}`);
      });
    },
  });
}
