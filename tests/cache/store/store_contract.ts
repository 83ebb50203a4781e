/**
 * What every store promises, wherever it keeps what is stored: one suite that each
 * of them passes.
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { keyOf } from "../../support/shared_store.ts";
import { beginUnder, finish, isFilledWith } from "../../support/stored.ts";
import {
  begin,
  CONTENT,
  extraKeyOf,
  find,
  forget,
  type MakeViews,
  marks,
  PLENTY,
  put,
} from "../../support/store_views.ts";
import { PURGE_PROMISES } from "./purge_contract.ts";
import { ROOM_PROMISES } from "./room_contract.ts";
import { VARIANTS_MAX } from "../../../lib/cache/store/cache_entry.ts";

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
    const more = { tags: ["x", "y"], extraKey: "p" };
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
    put(here, "/1", 1, extraKeyOf("a"));
    put(there, "/1", 2, extraKeyOf("b"));
    put(here, "/1", 3, extraKeyOf("c"));
    assertEquals([marks(here, "/1"), marks(there, "/1")], [[3, 2, 1], [
      3,
      2,
      1,
    ]]);
    put(there, "/1", 4, extraKeyOf("a"));
    assertEquals([marks(here, "/1"), marks(there, "/1")], [[4, 3, 2], [
      4,
      3,
      2,
    ]]);
  },

  "of too many variants the oldest go": (make) => {
    const [here, there] = make(PLENTY);
    for (let i = 0; i < VARIANTS_MAX + 3; i++) {
      put(here, "/1", i, extraKeyOf(`${i}`));
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
    put(here, "/1", 1, extraKeyOf("a"));
    put(there, "/1", 2, extraKeyOf("b"));
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

  "a new head may be longer than the old one": (make) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1);
    const [stored] = find(there, "/1");
    const etag = `"${"n".repeat(5000)}"`;
    assert(there.pin(stored!));
    const { head } = stored!;
    stored!.freshen({ ...head, metadata: { ...head.metadata, etag } });
    there.freshened(stored!);
    there.unpin(stored!);
    for (const store of [here, there]) {
      assertEquals(marks(store, "/1"), [1]);
      assertEquals(find(store, "/1")[0]!.head.metadata.etag, etag);
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
    put(here, "/1", 1, extraKeyOf("a"));
    put(here, "/1", 2, extraKeyOf("b"));
    put(here, "/10", 3);
    assertEquals([forget(there, "/1"), forget(there, "/1")], [2, 0]);
    assertEquals([find(here, "/1"), find(there, "/1")], [[], []]);
    assertEquals(marks(there, "/10"), [3]);
  },

  "a key that brought nothing to store is remembered for a while": (make) => {
    const [here, there] = make(PLENTY);
    const { hash } = keyOf("/1");
    assert(!there.uncacheable.has(hash, 0));
    here.uncacheable.note(hash, false, 0);
    assert(there.uncacheable.has(hash, 119_999));
    assert(!there.uncacheable.has(hash, 120_000));
    assert(!there.uncacheable.hasOutgrown(hash, 0));
    here.uncacheable.note(hash, true, 1);
    assert(!there.uncacheable.has(hash, 2));
    here.uncacheable.noteOutgrown(hash, 0);
    here.uncacheable.note(hash, false, 60_000); // says less
    assert(
      there.uncacheable.hasOutgrown(hash, 119_999) &&
        there.uncacheable.has(hash, 0),
    );
    assert(!there.uncacheable.hasOutgrown(hash, 120_000));
  },

  "who fetches does not wait for itself, and lets others know": (make) => {
    const [here, there] = make(PLENTY);
    const { hash } = keyOf("/1");
    assertEquals(here.workerFetches?.elsewhere(hash), undefined);
    assertEquals(here.workerFetches?.beginUnlessElsewhere(hash), undefined);
    assertEquals(here.workerFetches?.elsewhere(hash), undefined);
    assertEquals(
      there.workerFetches?.beginUnlessElsewhere(hash) !== undefined,
      here !== there,
    );
    assertEquals(
      there.workerFetches?.elsewhere(hash) !== undefined,
      here !== there,
    );
    assertEquals(here.workerFetches?.isAwaited(hash) ?? false, here !== there);
    here.workerFetches?.end(hash, undefined);
    assertEquals(there.workerFetches?.elsewhere(hash), undefined);
  },

  "others wait until what comes in is whole": (make) => {
    const [here, there] = make(PLENTY);
    const { hash } = keyOf("/1");
    here.workerFetches?.begin(hash);
    const arriving = begin(here, "/1")!;
    here.workerFetches?.end(hash, arriving);
    assertEquals(
      there.workerFetches?.elsewhere(hash) !== undefined,
      here !== there,
    );
    finish(here, arriving, { ...CONTENT, mark: 1 });
    assertEquals(there.workerFetches?.elsewhere(hash), undefined);
    assertEquals(marks(there, "/1"), [1]);
  },
};

/** Tests that a store keeps every promise. */
export function testStore(name: string, make: MakeViews): void {
  const promises = { ...PROMISES, ...PURGE_PROMISES, ...ROOM_PROMISES };
  for (const [promise, test] of Object.entries(promises)) {
    Deno.test(`${name}: ${promise}`, () => test(make));
  }
}
