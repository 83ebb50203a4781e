/** What every store promises of purges: what they take out, and what they leave. */

import { assert, assertEquals } from "../../support/assert.ts";
import { finish, purgeNow } from "../../support/stored.ts";
import {
  askedFor,
  begin,
  CONTENT,
  find,
  forget,
  type MakeViews,
  marks,
  PLENTY,
  purgeOf,
  put,
} from "../../support/store_views.ts";
import type { Purge } from "../../../lib/cache/store/purge.ts";
import type { Store } from "../../../lib/cache/store/store.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

function prefixOf(prefix: string): Purge {
  return { kind: "prefix", prefix: bytesOf(prefix) };
}

/** One of each kind that names what is stored for `/a` with the tag `t`, and nothing for `/b`. */
function purgesOfA(): Purge[] {
  return [
    purgeOf("/a"),
    prefixOf("h /a"),
    { kind: "tag", tag: "t" },
  ];
}

function tagsFor(path: string): string[] {
  return path === "/a" ? ["t"] : ["tt"];
}

/** Which of the responses that are found for a path are marked stale. */
function isMarked(store: Store, path: string): boolean[] {
  return find(store, path).map(({ isMarkedStale }) => isMarkedStale);
}

/** By name: what is promised. */
export const PURGE_PROMISES: Readonly<
  Record<string, (make: MakeViews) => void>
> = {
  "a purge tells how many it has hit": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/a/1", 1, { tags: ["x", "y"] });
    put(there, "/a/2", 2, { tags: ["x"] });
    put(here, "/b", 3, { tags: ["y", "xx"] });
    for (const store of [here, there]) {
      for (const path of ["/a/1", "/a/2", "/b"]) marks(store, path);
    }
    assertEquals(purgeNow(here, prefixOf("h /a/")), 2);
    assertEquals([find(here, "/a/1"), find(there, "/a/2")], [[], []]);
    assertEquals(
      [
        purgeNow(there, { kind: "tag", tag: "x" }),
        purgeNow(there, { kind: "tag", tag: "y" }),
        purgeNow(here, { kind: "tag", tag: "y" }),
      ],
      [0, 1, 0],
    );
    assertEquals([find(here, "/b"), find(there, "/b")], [[], []]);
    put(here, "/c", 4);
    assertEquals([purgeNow(there, prefixOf("")), find(here, "/c")], [1, []]);
  },

  "a purge takes out what it names, and nothing else": (make) => {
    const rows: readonly [purge: Purge, left: readonly string[]][] = [
      [purgeOf("/a"), ["/a/1", "/b", ":80/a", "x/a"]],
      [prefixOf("h /a"), ["/b", ":80/a", "x/a"]],
      [prefixOf("h"), []],
      [{ kind: "tag", tag: "t" }, ["/a/1", "/b", ":80/a", "x/a"]],
      [{ kind: "host", host: bytesOf("h") }, ["x/a"]],
      [{ kind: "host", host: bytesOf("h:80") }, ["/a", "/a/1", "/b", "x/a"]],
      [{ kind: "all" }, []],
    ];
    const all = ["/a", "/a/1", "/b", ":80/a", "x/a"];
    for (const [purge, left] of rows) {
      const [here, there] = make(PLENTY);
      for (const path of all) put(here, path, 1, { tags: tagsFor(path) });
      for (const store of [here, there]) {
        all.forEach((path) => find(store, path));
      }
      assertEquals(purgeNow(there, purge), all.length - left.length);
      for (const store of [here, there]) {
        assertEquals(all.filter((path) => find(store, path).length > 0), left);
      }
    }
  },

  "a soft purge marks stale what it names, until that is confirmed": (make) => {
    for (const purge of purgesOfA()) {
      const [here, there] = make(PLENTY);
      put(here, "/a", 1, { tags: ["t"] });
      put(here, "/b", 2);
      const before = here.epoch;
      find(there, "/a");
      assertEquals(purgeNow(here, { ...purge, isSoft: true }), 1);
      for (const store of [here, there]) {
        assertEquals([marks(store, "/a"), marks(store, "/b")], [[1], [2]]);
        assertEquals(isMarked(store, "/a"), [true]);
        assertEquals(isMarked(store, "/b"), [false]);
      }
      const [stored] = find(there, "/a");
      assert(there.pin(stored!));
      assert(there.isOutdated(before, stored!));
      there.freshened(stored!, before); // by what was asked for before the purge
      there.unpin(stored!);
      if (here !== there) assertEquals(isMarked(here, "/a"), [true]);
      const [again] = find(there, "/a");
      assert(there.pin(again!));
      again!.freshen(again!.head);
      there.freshened(again!, there.epoch);
      there.unpin(again!);
      for (const store of [here, there]) {
        assertEquals([marks(store, "/a"), isMarked(store, "/a")], [[1], [
          false,
        ]]);
      }
    }
  },

  "what takes the place of what was marked is not marked": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/a", 1);
    purgeNow(there, { kind: "all", isSoft: true });
    put(here, "/a", 2);
    for (const store of [here, there]) {
      assertEquals([marks(store, "/a"), isMarked(store, "/a")], [[2], [false]]);
    }
  },

  "what is on its way is purged, too, and counted": (make) => {
    for (const purge of purgesOfA()) {
      for (const isSoft of [false, true]) {
        const [here, there] = make(PLENTY);
        const arriving = begin(here, "/a", { tags: ["t"] })!;
        assertEquals(purgeNow(here, { ...purge, isSoft }), 1);
        assert(!arriving.isLinked);
        finish(here, arriving, { ...CONTENT, mark: 1 });
        assertEquals([find(here, "/a"), find(there, "/a")], [[], []]);
      }
    }
  },

  "what was purged by another while it was on its way is not stored": (
    make,
  ) => {
    for (const purge of purgesOfA()) {
      for (const isSoft of [false, true]) {
        const [here, there] = make(PLENTY);
        const arriving = begin(here, "/a", { tags: ["t"] })!;
        purgeNow(there, { ...purge, isSoft });
        assertEquals(find(here, "/a"), []);
        finish(here, arriving, { ...CONTENT, mark: 1 });
        assertEquals([find(here, "/a"), find(there, "/a")], [[], []]);
      }
    }
  },

  "what is on its way and not named goes on to be stored": (make) => {
    const rows: readonly Purge[] = [
      purgeOf("/b"),
      prefixOf("h /b"),
      prefixOf("h /aa"),
      { kind: "tag", tag: "other" },
      { kind: "host", host: bytesOf("other") },
    ];
    for (const purge of rows) {
      const [here, there] = make(PLENTY);
      const arriving = begin(here, "/a", { tags: ["t"] })!;
      assertEquals(purgeNow(there, purge), 0);
      assertEquals(find(here, "/a"), [arriving]);
      finish(here, arriving, { ...CONTENT, mark: 1 });
      assertEquals([marks(here, "/a"), marks(there, "/a")], [[1], [1]]);
    }
  },

  "what was asked for before a purge that names it is outdated": (make) => {
    const [here, there] = make(PLENTY);
    for (const purge of purgesOfA()) {
      const before = here.epoch;
      assertEquals(there.epoch, before);
      purgeNow(there, purge);
      assert(here.epoch > before);
      for (const store of [here, there]) {
        assert(store.isOutdated(before, askedFor("/a", ["s", "t"])));
        assert(!store.isOutdated(store.epoch, askedFor("/a", ["t"])));
      }
    }
    const before = here.epoch;
    put(there, "/1", 1);
    assertEquals(here.epoch, before);
  },

  "what comes between two steps of a purge is found, or taken out, but never what was there before":
    (make) => {
      for (const isSoft of [false, true]) {
        const [here, there] = make(4 * PLENTY);
        const paths = Array.from({ length: 700 }, (_, i) => `/${i}`);
        for (const path of paths) put(here, path, 1, { length: 10 });
        const steps = here.purge({ kind: "all", isSoft });
        let stepCount = 0;
        for (let at = 0; !steps.next().done; stepCount++) {
          // Others store, confirm and take out meanwhile.
          for (const end = at + 50; at < end && at < 600; at++) {
            if (at % 3 === 0) put(there, paths[at]!, 2, { length: 10 });
            else if (at % 3 === 1) forget(there, paths[at]!);
          }
          put(here, `/new${stepCount}`, 2, { length: 10 });
        }
        assert(stepCount > 1);
        for (const path of paths) {
          for (const [index, mark] of marks(there, path).entries()) {
            if (mark === 1) assert(isSoft && isMarked(there, path)[index]);
          }
        }
      }
    },
};
