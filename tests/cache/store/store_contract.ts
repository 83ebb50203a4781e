/**
 * What every store promises, wherever it keeps what is stored: one suite that each
 * of them passes.
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { keyOf } from "../../support/shared_store.ts";
import { beginUnder, finish, isFilledWith } from "../../support/stored.ts";
import {
  begin,
  CONTENT,
  epochOf,
  find,
  forget,
  type MakeViews,
  marks,
  partitionOf,
  PLENTY,
  put,
} from "../../support/store_views.ts";
import { VARIANTS_MAX } from "../../../lib/cache/store/cache_entry.ts";
import type { Store } from "../../../lib/cache/store/store.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

/** By name: what is promised. */
const PROMISES: Readonly<Record<string, (make: MakeViews) => void>> = {
  "what is stored is found, and nothing else": (make) => {
    const [here, there] = make(PLENTY);
    assertEquals(here.find(keyOf("/1")), undefined);
    put(here, "/1", 1);
    put(there, "/2", 2);
    for (const store of [here, there]) {
      assertEquals([marks(store, "/1"), marks(store, "/2")], [[1], [2]]);
      assertEquals(store.find(keyOf("/3")), undefined);
    }
  },

  "keys with the same hash are told apart": (make) => {
    const [here, there] = make(PLENTY);
    const keys = ["/1", "/2", "/3"].map((path) => {
      const key = keyOf(path);
      key.hash = 7;
      return key;
    });
    for (const [index, key] of keys.slice(0, 2).entries()) {
      const content = { ...CONTENT, mark: index };
      const bytes = key.written.view().slice();
      finish(here, beginUnder(here, bytes, 7, content)!, content);
    }
    const found = keys.map((key) => {
      const stored = there.find(key)?.variants[0];
      return stored && there.pin(stored) ? stored.body[0] : undefined;
    });
    assertEquals(found, [0, 1, undefined]);
    assertEquals(there.forget(keys[0]!.written.view().slice(), 7), 1);
    assertEquals(here.find(keys[0]!), undefined);
    assertEquals(here.find(keys[1]!)?.variants.length, 1);
  },

  "a response is described to all as it came": (make) => {
    const [here, there] = make(PLENTY);
    const more = { tags: ["x", "y"], partition: "p" };
    const { traits, head } = put(here, "/1", 1, more)!;
    const [found] = find(there, "/1");
    assertEquals(found!.traits, traits);
    assertEquals(found!.head, head);
    assertEquals(found!.length, CONTENT.length);
  },

  "what is on its way is found where it comes in": (make) => {
    const [here] = make(PLENTY);
    const arriving = begin(here, "/1")!;
    assert(find(here, "/1")[0] === arriving && arriving.isArriving);
  },

  "a response replaces the one that the same requests select, once it is whole":
    (
      make,
    ) => {
      const [here, there] = make(PLENTY);
      put(there, "/1", 1);
      marks(here, "/1");
      const second = begin(here, "/1")!;
      assertEquals(find(here, "/1").length, 2);
      assertEquals(marks(there, "/1").at(-1), 1);
      finish(here, second, { ...CONTENT, mark: 2 });
      assertEquals([marks(here, "/1"), marks(there, "/1")], [[2], [2]]);
    },

  "one that breaks off replaces nothing": (make) => {
    const [here, there] = make(PLENTY);
    put(there, "/1", 1);
    const second = begin(here, "/1")!;
    here.remove(second);
    assertEquals([marks(here, "/1"), marks(there, "/1")], [[1], [1]]);
  },

  "variants stand side by side, the most recent first": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1, partitionOf("a"));
    put(there, "/1", 2, partitionOf("b"));
    put(here, "/1", 3, partitionOf("c"));
    assertEquals([marks(here, "/1"), marks(there, "/1")], [[3, 2, 1], [
      3,
      2,
      1,
    ]]);
    put(there, "/1", 4, partitionOf("a"));
    assertEquals([marks(here, "/1"), marks(there, "/1")], [[4, 3, 2], [
      4,
      3,
      2,
    ]]);
  },

  "of too many variants the oldest go": (make) => {
    const [here, there] = make(PLENTY);
    for (let i = 0; i < VARIANTS_MAX + 3; i++) {
      put(here, "/1", i, partitionOf(`${i}`));
    }
    const expected = Array.from(
      { length: VARIANTS_MAX },
      (_, i) => VARIANTS_MAX + 2 - i,
    );
    assertEquals(marks(there, "/1"), expected);
    assertEquals(marks(here, "/1"), expected);
  },

  "one with a new head is the most recent, with the same content": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1, partitionOf("a"));
    put(there, "/1", 2, partitionOf("b"));
    const [, older] = find(here, "/1");
    marks(there, "/1");
    assert(here.pin(older!));
    const { head } = older!;
    older!.freshen({ ...head, metadata: { ...head.metadata, etag: '"new"' } });
    here.freshened(older!);
    here.unpin(older!);
    for (const store of [here, there]) {
      assertEquals(marks(store, "/1"), [1, 2]);
      const [found] = find(store, "/1");
      assertEquals(found!.head.metadata.etag, '"new"');
      assertEquals(found!.validators.etag, '"new"');
    }
  },

  "what is removed is found by nobody, and who reads it reads on": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1);
    const [stored] = find(there, "/1");
    assert(there.pin(stored!));
    there.remove(stored!);
    there.remove(stored!); // as nothing
    assertEquals([find(here, "/1"), find(there, "/1")], [[], []]);
    for (let i = 0; i < 10; i++) put(here, `/x${i}`, 2);
    assert(isFilledWith(stored!.body, 1));
    there.unpin(stored!);
    put(there, "/1", 3);
    assertEquals(marks(here, "/1"), [3]);
  },

  "all of a key is forgotten, by whoever knows of it": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1, partitionOf("a"));
    put(here, "/1", 2, partitionOf("b"));
    put(here, "/10", 3);
    assertEquals([forget(there, "/1"), forget(there, "/1")], [2, 0]);
    assertEquals([find(here, "/1"), find(there, "/1")], [[], []]);
    assertEquals(marks(there, "/10"), [3]);
  },

  "all of an entry that was found can be taken out": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1, partitionOf("a"));
    put(here, "/1", 2, partitionOf("b"));
    assertEquals(there.invalidate(there.find(keyOf("/1"))!), 2);
    assertEquals([find(here, "/1"), find(there, "/1")], [[], []]);
  },

  "purges by prefix and tag tell how many went": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/a/1", 1, { tags: ["x", "y"] });
    put(there, "/a/2", 2, { tags: ["x"] });
    put(here, "/b", 3, { tags: ["y", "xx"] });
    for (const store of [here, there]) {
      for (const path of ["/a/1", "/a/2", "/b"]) marks(store, path);
    }
    assertEquals(here.purgePrefix(bytesOf("h /a/")), 2);
    assertEquals([find(here, "/a/1"), find(there, "/a/2")], [[], []]);
    assertEquals(
      [there.purgeTag("x"), there.purgeTag("y"), here.purgeTag("y")],
      [0, 1, 0],
    );
    assertEquals([find(here, "/b"), find(there, "/b")], [[], []]);
    put(here, "/c", 4);
    assertEquals([there.purgePrefix(bytesOf("")), find(here, "/c")], [1, []]);
  },

  "what is on its way is purged, too, and counted": (make) => {
    const rows: readonly ((store: Store) => number)[] = [
      (store) => forget(store, "/1"),
      (store) => store.purgePrefix(bytesOf("h /1")),
      (store) => store.purgeTag("t"),
    ];
    for (const purge of rows) {
      const [here, there] = make(PLENTY);
      const arriving = begin(here, "/1", { tags: ["t"] })!;
      assertEquals(purge(here), 1);
      assert(!arriving.isLinked);
      finish(here, arriving, { ...CONTENT, mark: 1 });
      assertEquals([find(here, "/1"), find(there, "/1")], [[], []]);
    }
  },

  "what was purged by another while it was on its way is not stored": (
    make,
  ) => {
    const rows: readonly ((store: Store) => number)[] = [
      (store) => forget(store, "/1"),
      (store) => store.purgePrefix(bytesOf("h /1")),
      (store) => store.purgeTag("t"),
    ];
    for (const purge of rows) {
      const [here, there] = make(PLENTY);
      const arriving = begin(here, "/1", { tags: ["t"] })!;
      purge(there);
      finish(here, arriving, { ...CONTENT, mark: 1 });
      assertEquals([find(here, "/1"), find(there, "/1")], [[], []]);
    }
  },

  "an epoch tells that something may have been taken out since": (make) => {
    const [here, there] = make(PLENTY);
    const rows: readonly ((store: Store) => number)[] = [
      (store) => forget(store, "/1"),
      (store) => store.purgePrefix(bytesOf("elsewhere")),
      (store) => store.purgeTag("unknown"),
    ];
    for (const purge of rows) {
      const before = epochOf(here, "/1");
      assertEquals(epochOf(here, "/1"), before);
      assertEquals(purge(there), 0);
      assert(epochOf(here, "/1") !== before);
      assertEquals(epochOf(there, "/1"), epochOf(here, "/1"));
    }
    const before = epochOf(here, "/1");
    put(there, "/1", 1);
    assertEquals(epochOf(here, "/1"), before);
  },

  "everything stays within the bound, and what is read stays whole": (make) => {
    const [here, there] = make(200_000);
    put(here, "/kept", 7);
    const [kept] = find(there, "/kept");
    assert(there.pin(kept!));
    for (let i = 0; i < 2000; i++) {
      put(i % 2 === 0 ? here : there, `/${i}`, i % 251);
      for (const { bytes, limits } of [here, there]) {
        assert(bytes <= limits.bytesMax, `${bytes}`);
      }
    }
    assert(isFilledWith(kept!.body, 7));
    assertEquals(marks(here, "/1999"), [1999 % 251]);
    assertEquals([find(here, "/5"), find(there, "/5")], [[], []]);
    there.unpin(kept!);
    assertEquals([here.heldBytes, there.heldBytes], [0, 0]);
  },

  "what is in use stays while others come and go": (make) => {
    const [here, there] = make(200_000);
    put(here, "/used", 7);
    for (let i = 0; i < 2000; i++) {
      put(here, `/${i}`, 1);
      if (i % 3 > 0) continue;
      const [used] = find(there, "/used");
      assert(used !== undefined && there.pin(used), `gone after ${i}`);
      used.visited = true;
      there.unpin(used);
    }
    assertEquals([marks(here, "/used"), find(here, "/5")], [[7], []]);
  },

  "whatever comes, no content is mixed up, and all of it is purged": (make) => {
    const [here, there] = make(500_000);
    const next = random(3);
    for (let round = 0; round < 3000; round++) {
      const number = Math.floor(next() * 100);
      const store = next() < 0.5 ? here : there;
      const length = 1 + Math.floor(next() * next() * 20_000);
      put(store, `/${number}`, number, { length });
      if (next() < 0.05) forget(store, `/${Math.floor(next() * 100)}`);
      const asked = Math.floor(next() * 100);
      const [mark = asked] = marks(next() < 0.5 ? here : there, `/${asked}`);
      assertEquals(mark, asked);
    }
    assert(here.purgePrefix(bytesOf("h /")) > 5);
    for (let i = 0; i < 100; i++) {
      assertEquals([find(here, `/${i}`), find(there, `/${i}`)], [[], []]);
    }
    assertEquals(here.heldBytes + there.heldBytes, 0);
  },

  "what is too large is not stored, and takes out nothing of its size": (
    make,
  ) => {
    const [here, there] = make(100_000);
    put(here, "/1", 1);
    const { bytes } = here;
    assertEquals(begin(here, "/2", { length: 200_000 }), undefined);
    assertEquals([here.bytes, here.heldBytes], [bytes, 0]);
    assertEquals([find(here, "/2"), find(there, "/2")], [[], []]);
    assertEquals(marks(there, "/1"), [1]);
  },

  "a form that is made of a response counts, as long as it is stored": (
    make,
  ) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1);
    const [stored] = find(there, "/1");
    const { bytes } = there;
    stored!.coded.set("gzip", new Uint8Array(10_000));
    there.recount(stored!);
    assert(there.bytes >= bytes + 10_000);
    const grown = there.bytes;
    there.recount(stored!);
    assertEquals(there.bytes, grown);
    there.remove(stored!);
    assert(there.bytes < bytes);
    const left = there.bytes;
    there.recount(stored!);
    assertEquals(there.bytes, left);
  },

  "a claim takes room, or nothing": (make) => {
    const [here] = make(PLENTY);
    const { bytes, heldBytes } = here;
    assert(here.claim(1000));
    assertEquals([here.bytes, here.heldBytes], [
      bytes + 1000,
      heldBytes + 1000,
    ]);
    assert(!here.claim(PLENTY));
    here.unclaim(1000);
    assertEquals([here.bytes, here.heldBytes], [bytes, heldBytes]);
  },

  "a key that brought nothing to store is remembered for a while": (make) => {
    const [here, there] = make(PLENTY);
    const { hash } = keyOf("/1");
    assert(!there.isUncacheable(hash, 0));
    here.noteCacheable(hash, false, 0);
    assert(there.isUncacheable(hash, 119_999));
    assert(!there.isUncacheable(hash, 120_000));
    assert(!there.hasOutgrown(hash, 0));
    here.noteCacheable(hash, true, 1);
    assert(!there.isUncacheable(hash, 2));
    here.noteOutgrown(hash, 0);
    here.noteCacheable(hash, false, 60_000); // says less
    assert(there.hasOutgrown(hash, 119_999) && there.isUncacheable(hash, 0));
    assert(!there.hasOutgrown(hash, 120_000));
  },

  "who fetches does not wait for itself, and lets others know": (make) => {
    const [here, there] = make(PLENTY);
    const { hash } = keyOf("/1");
    assertEquals(here.fetchElsewhere(hash), undefined);
    assertEquals(here.beginFetchUnlessElsewhere(hash), undefined);
    assertEquals(here.fetchElsewhere(hash), undefined);
    assertEquals(
      there.beginFetchUnlessElsewhere(hash) !== undefined,
      here !== there,
    );
    assertEquals(there.fetchElsewhere(hash) !== undefined, here !== there);
    assertEquals(here.isAwaitedElsewhere(hash), here !== there);
    here.endFetch(hash, undefined);
    assertEquals(there.fetchElsewhere(hash), undefined);
  },

  "others wait until what comes in is whole": (make) => {
    const [here, there] = make(PLENTY);
    const { hash } = keyOf("/1");
    here.beginFetch(hash);
    const arriving = begin(here, "/1")!;
    here.endFetch(hash, arriving);
    assertEquals(there.fetchElsewhere(hash) !== undefined, here !== there);
    finish(here, arriving, { ...CONTENT, mark: 1 });
    assertEquals(there.fetchElsewhere(hash), undefined);
    assertEquals(marks(there, "/1"), [1]);
  },
};

/** Tests that a store keeps every promise. */
export function testStore(name: string, make: MakeViews): void {
  for (const [promise, test] of Object.entries(PROMISES)) {
    Deno.test(`${name}: ${promise}`, () => test(make));
  }
}
