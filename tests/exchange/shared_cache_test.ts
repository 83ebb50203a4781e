/** What the exchanges of one server share beside the store. */

import { assert, assertEquals } from "../support/assert.ts";
import { SharedCache } from "../../lib/exchange/shared_cache.ts";

function cacheOf(): SharedCache {
  return new SharedCache({ bytesMax: 1e6, objectBytesMax: 1e6 }, undefined);
}

Deno.test("the end ends what goes on without a client, and waits for it", async () => {
  const cache = cacheOf();
  const events: string[] = [];
  const task = (name: string): void => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const close = (): void => {
      events.push(`${name} is closed`);
      setTimeout(() => {
        events.push(`${name} has ended`);
        resolve();
      });
    };
    cache.track({ close }, promise);
  };
  task("a");
  task("b");
  cache.track({ close: () => events.push("too late") }, Promise.resolve());
  await Promise.resolve(); // that one is over
  await cache.stop();
  assertEquals(events, [
    "a is closed",
    "b is closed",
    "a has ended",
    "b has ended",
  ]);
});

Deno.test("a reader of bodies is used again, and so many are kept", () => {
  const cache = cacheOf();
  const bodies = Array.from({ length: 65 }, () => cache.takeBody());
  assertEquals(new Set(bodies).size, 65);
  for (const body of bodies) cache.keepBody(body);
  const again = Array.from({ length: 65 }, () => cache.takeBody());
  assertEquals(again.filter((body) => bodies.includes(body)).length, 64);
  assert(!bodies.includes(again.at(-1)!));
});

Deno.test("no more than 64 responses are refreshed at once", () => {
  const cache = cacheOf();
  cache.refreshCount = 63;
  assert(cache.mayRefresh);
  cache.refreshCount = 64;
  assert(!cache.mayRefresh);
});
