/** The table of entries against a map. */

import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { CacheKey } from "../../../lib/cache/policy/cache_key.ts";
import { CacheEntry } from "../../../lib/cache/store/cache_entry.ts";
import { EntryTable } from "../../../lib/cache/store/entry_table.ts";
import type { StoredEntry } from "../../../lib/cache/store/stored_response.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

const HOST = bytesOf("example.com");

Deno.test("entries come, are found and go, also where hashes collide", () => {
  const next = random(5);
  const table = new EntryTable();
  const model = new Map<string, StoredEntry>();
  const key = new CacheKey("keep", 1);
  for (let step = 0; step < 20_000; step++) {
    const target = bytesOf(`/${Math.floor(next() * 3000)}`);
    key.make(HOST, 0, HOST.length, target, 0, target.length);
    key.hash &= 0x3ff; // several keys have the same
    const name = String(target);
    const known = model.get(name);
    assert(table.find(key) === known);
    assert(table.get(key.written.view(), key.hash) === known);
    if (known === undefined) {
      const bytes = key.written.view().slice();
      const entry: StoredEntry = new CacheEntry(bytes, key.hash);
      table.add(entry);
      model.set(name, entry);
    } else if (next() < 0.4) {
      table.remove(known);
      table.remove(known); // the second time there is nothing to do
      model.delete(name);
    }
  }
  assertEquals(new Set(table.all()).size, model.size);
});
