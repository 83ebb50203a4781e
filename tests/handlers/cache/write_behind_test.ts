/** What is written to the tiers behind the store, and what another worker's purge keeps from them. */

import { SharedStore } from "../../../lib/cache/store/shared/shared_store.ts";
import type { Purge } from "../../../lib/cache/store/purge.ts";
import { GuardedTier } from "../../../lib/cache/store/tiers/guarded_tier.ts";
import { Tiers } from "../../../lib/cache/store/tiers/tiers.ts";
import type { SharedCache } from "../../../lib/exchange/shared_cache.ts";
import { takeContent } from "../../../lib/handlers/cache/receive_content.ts";
import { writeBehind } from "../../../lib/handlers/cache/write_behind.ts";
import { SystemClock } from "../../../lib/net/clock.ts";
import { assertEquals } from "../../support/assert.ts";
import { memoryOf } from "../../support/shared_store.ts";
import { begin, PLENTY, purgeOf } from "../../support/store_views.ts";
import { purgeNow } from "../../support/stored.ts";
import { TestTier } from "../../support/test_tier.ts";

const ROWS: readonly [what: string, purge: Purge | undefined, puts: number][] =
  [
    ["nothing", undefined, 1],
    ["another key", purgeOf("/b"), 1],
    ["its key", purgeOf("/a"), 0],
    ["its tag", { kind: "tag", tag: "t" }, 0],
    ["its tag, softly", { kind: "tag", tag: "t", isSoft: true }, 0],
    ["everything", { kind: "all" }, 0],
  ];

for (const [what, purge, puts] of ROWS) {
  Deno.test(`a worker has purged ${what} while a response came to another`, async () => {
    const memory = memoryOf(PLENTY);
    const store = new SharedStore(memory, 0);
    const tier = new TestTier();
    const guarded = new GuardedTier(tier, new SystemClock(), {
      failed: () => {},
      failedToKeep: () => {},
      recovered: () => {},
    });
    const cache = { store, tiers: new Tiers([guarded]) };
    const stored = begin(store, "/a", { tags: ["t"] })!;
    const incoming = stored.incoming!;
    incoming.append(new Uint8Array(100));
    takeContent(store, stored, incoming);
    if (purge !== undefined) purgeNow(new SharedStore(memory, 1), purge);
    assertEquals(stored.isLinked, true);
    writeBehind(cache as unknown as SharedCache, stored);
    if (puts > 0) await tier.until("put", puts);
    assertEquals([tier.countOf("put"), tier.count], [puts, puts]);
    // It is held only as long as it is written.
    store.complete(stored);
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(store.ledger.heldBytes, 0);
  });
}
