/** The part of the contract of stores that is about room: what is taken, and what goes. */

import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { isFilledWith, purgeNow } from "../../support/stored.ts";
import {
  begin,
  find,
  forget,
  type MakeViews,
  marks,
  PLENTY,
  put,
} from "../../support/store_views.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

/** By name: what is promised. */
export const ROOM_PROMISES: Readonly<
  Record<string, (make: MakeViews) => void>
> = {
  "everything stays within the bound, and what is read stays whole": (make) => {
    const [here, there] = make(200_000);
    put(here, "/kept", 7);
    const [kept] = find(there, "/kept");
    assert(there.pin(kept!));
    for (let i = 0; i < 2000; i++) {
      put(i % 2 === 0 ? here : there, `/${i}`, i % 251);
      for (const { ledger: { bytes }, limits } of [here, there]) {
        assert(bytes <= limits.bytesMax, `${bytes}`);
      }
    }
    assert(isFilledWith(kept!.body, 7));
    assertEquals(marks(here, "/1999"), [1999 % 251]);
    assertEquals([find(here, "/5"), find(there, "/5")], [[], []]);
    there.unpin(kept!);
    assertEquals([here.ledger.heldBytes, there.ledger.heldBytes], [0, 0]);
  },

  "what sets a response apart counts as well: clients choose it": (make) => {
    const bytes = 30_000;
    const [here] = make(1_000_000);
    for (let i = 0; i < 100; i++) {
      const extraKey = `${i}`.padEnd(bytes);
      put(here, `/${i}`, 1, { extraKey });
      assertEquals(find(here, `/${i}`).length, 1);
      const { ledger: { count }, limits } = here;
      assert(count * bytes <= limits.bytesMax, `${count}`);
    }
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
    assert(purgeNow(here, { kind: "prefix", prefix: bytesOf("h /") }) > 5);
    for (let i = 0; i < 100; i++) {
      assertEquals([find(here, `/${i}`), find(there, `/${i}`)], [[], []]);
    }
    assertEquals(here.ledger.heldBytes + there.ledger.heldBytes, 0);
  },

  "what is too large is not stored, and takes out nothing of its size": (
    make,
  ) => {
    const [here, there] = make(100_000);
    put(here, "/1", 1);
    const { bytes } = here.ledger;
    assertEquals(begin(here, "/2", { length: 200_000 }), undefined);
    assertEquals([here.ledger.bytes, here.ledger.heldBytes], [bytes, 0]);
    assertEquals([find(here, "/2"), find(there, "/2")], [[], []]);
    assertEquals(marks(there, "/1"), [1]);
  },

  "a form that is made of a response counts, as long as it is stored": (
    make,
  ) => {
    const [here, there] = make(PLENTY);
    put(here, "/1", 1);
    const [stored] = find(there, "/1");
    const { bytes } = there.ledger;
    stored!.coded.set("gzip", new Uint8Array(10_000));
    there.ledger.recount(stored!);
    assert(there.ledger.bytes >= bytes + 10_000);
    const grown = there.ledger.bytes;
    there.ledger.recount(stored!);
    assertEquals(there.ledger.bytes, grown);
    there.remove(stored!);
    assert(there.ledger.bytes < bytes);
    const left = there.ledger.bytes;
    there.ledger.recount(stored!);
    assertEquals(there.ledger.bytes, left);
  },

  "a claim takes room, or nothing": (make) => {
    const [here] = make(PLENTY);
    const { bytes, heldBytes } = here.ledger;
    assert(here.ledger.claim(1000));
    assertEquals([here.ledger.bytes, here.ledger.heldBytes], [
      bytes + 1000,
      heldBytes + 1000,
    ]);
    assert(!here.ledger.claim(PLENTY));
    here.ledger.unclaim(1000);
    assertEquals([here.ledger.bytes, here.ledger.heldBytes], [
      bytes,
      heldBytes,
    ]);
  },
};
