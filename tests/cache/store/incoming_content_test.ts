/** Content on its way: what its readers see. */

import { assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import {
  IncomingContent,
  WINDOW_BYTES,
} from "../../../lib/cache/store/incoming_content.ts";
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

/** Content that only passes, with two readers of whom one has taken nothing of a window. */
function passing(): {
  incoming: IncomingContent;
  slow: ReturnType<IncomingContent["open"]>;
  cut: string[];
} {
  const room = { storage: new Storage(), mayGrow: (): boolean => true };
  const incoming = new IncomingContent(-1, 0, room, true);
  const slow = incoming.open();
  const fast = incoming.open();
  const cut: string[] = [];
  slow.onCut = (): void => void cut.push("slow");
  incoming.hasWay(WINDOW_BYTES);
  incoming.append(new Uint8Array(WINDOW_BYTES));
  fast.take(fast.next().length);
  return { incoming, slow, cut };
}

Deno.test("a reader that holds up others is let go where it can go on, and cut off where not", () => {
  const rows: readonly [mayFollow: boolean, isKept: boolean, way: boolean][] = [
    [true, true, true],
    [false, true, false],
    [true, false, false],
  ];
  for (const [mayFollow, isKept, way] of rows) {
    const { incoming, slow, cut } = passing();
    slow.mayFollow = mayFollow;
    if (isKept) {
      incoming.passed = { read: () => Promise.resolve(undefined) };
    }
    assertEquals([incoming.isHeldUp(1), incoming.hasWay(1)], [true, false]);
    incoming.letGo(1);
    assertEquals([incoming.hasWay(1), slow.isBehind, cut], [way, way, []]);
    incoming.cutOff(1);
    assertEquals([incoming.hasWay(1), cut], [true, way ? [] : ["slow"]]);
  }
});

Deno.test("a reader whom others follow is waited for", () => {
  const { incoming, slow, cut } = passing();
  slow.isEssential = true;
  assertEquals([incoming.isHeldUp(1), incoming.hasWay(1)], [false, false]);
  incoming.cutOff(1);
  assertEquals([incoming.hasWay(1), cut], [false, []]);
  slow.take(slow.next().length);
  assertEquals(incoming.hasWay(1), true);
});
