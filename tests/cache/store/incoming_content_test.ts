/** Content on its way: what its readers see. */

import { assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { IncomingContent } from "../../../lib/cache/store/incoming_content.ts";
import { Storage } from "../../../lib/cache/store/storage.ts";

Deno.test("content on its way gives every reader the same bytes, at any pace, also when it only passes", async () => {
  for (const length of [-1, 50_000]) {
    for (const bytesMax of [1e6, 10_000]) {
      const storage = new Storage();
      const incoming = new IncomingContent(length, bytesMax, {
        storage,
        mayGrow: () => true,
      });
      const next = random(5);
      const read = async (): Promise<number[]> => {
        const reader = incoming.open();
        const seen: number[] = [];
        for (;;) {
          const run = reader.next();
          const count = Math.ceil(run.length * next());
          seen.push(...run.subarray(0, count));
          if (count > 0) reader.take(count);
          else if (incoming.state === "done") break;
          else await incoming.wait();
          if (next() < 0.3) await Promise.resolve();
        }
        reader.close();
        return seen;
      };
      const readers = [read(), read(), read()];
      const sent: number[] = [];
      while (sent.length < 50_000) {
        const run = Array.from({
          length: Math.min(50_000 - sent.length, 1 + Math.floor(next() * 3000)),
        }, () => Math.floor(next() * 256));
        if (!incoming.append(Uint8Array.from(run))) {
          incoming.notify();
          while (!incoming.hasWay(run.length)) await incoming.wait();
          incoming.append(Uint8Array.from(run));
        }
        sent.push(...run);
        incoming.notify();
        if (next() < 0.5) await Promise.resolve();
      }
      incoming.complete();
      for (const seen of await Promise.all(readers)) assertEquals(seen, sent);
      assertEquals(incoming.isTooLargeToStore, bytesMax === 10_000);
    }
  }
});
