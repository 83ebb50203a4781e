/** The locks of the memory of limits, between threads. */

import { assertEquals } from "../../support/assert.ts";
import { SlotSets } from "../../../lib/access/limits/slot_sets.ts";

/** Longer than a thread spins, and much shorter than a thread is waited for that may be dead. */
const HELD_MS = 5;

/** Holds the first lock for a while, and notes that it gives it back. */
const HOLDER = `onmessage = ({ data: { locks, notes } }) => {
  Atomics.store(locks, 0, 1);
  postMessage("held");
  Atomics.wait(notes, 1, 0, ${HELD_MS});
  Atomics.store(notes, 0, 1);
  Atomics.store(locks, 0, 0);
};`;

Deno.test("a lock is not taken from a thread that has lost the processor", async () => {
  const memory = new SharedArrayBuffer(SlotSets.bytesOf(1));
  const notes = new Int32Array(new SharedArrayBuffer(8));
  const url = `data:text/javascript,${encodeURIComponent(HOLDER)}`;
  const worker = new Worker(url, { type: "module" });
  const held = Promise.withResolvers<void>();
  worker.onmessage = () => held.resolve();
  worker.postMessage({ locks: new Int32Array(memory), notes });
  await held.promise;
  assertEquals(new SlotSets(memory, 0, 1).lock({ low: 0, high: 0 }), 0);
  assertEquals(Atomics.load(notes, 0), 1, "it was given back before");
  worker.terminate();
});
