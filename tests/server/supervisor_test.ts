/** When a worker that crashed is started again. */

import { parseCommand } from "../../lib/config/command.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { flushEvents, watchEvents } from "../../lib/observe/event_log.ts";
import { Workers } from "../../lib/server/supervisor.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const MINUTE_MS = 60_000;

Deno.test("a worker that crashes within a second is restarted after one, another at once", async () => {
  const mortal = new URL("../support/mortal_worker.ts", import.meta.url);
  const command = parseCommand(
    ["--workers=2", "--listen=127.0.0.1:0", "--forwarded"],
    () => "",
  );
  assert(command.kind === "run");
  const counts = { crashed: 0, restarted: 0 };
  let noted: (() => void) | undefined;
  watchEvents((_, text) => {
    if (text.startsWith("worker 1 crashed")) counts.crashed++;
    if (text === "worker 1 is restarted") counts.restarted++;
    noted?.();
  });
  const hasCrashed = async (times: number): Promise<void> => {
    while (counts.crashed < times) {
      await new Promise<void>((resolve) => noted = resolve);
    }
  };
  const clock = new TestClock();
  const sink = { write: (b: Uint8Array) => Promise.resolve(b.length) };
  const workers = new Workers(command.config, clock, sink, mortal);
  await workers.listen();
  const restartedAfter = (ms: number): number => {
    clock.pass(ms);
    return counts.restarted;
  };
  for (let life = 1; life <= 3; life++) {
    await hasCrashed(life);
    assertEquals(restartedAfter(999), life - 1);
    assertEquals(restartedAfter(1), life);
  }
  clock.pass(1001); // it lives for so long, since its thread only begins
  await hasCrashed(4);
  assertEquals(restartedAfter(0), 4);
  watchEvents(undefined);
  await clock.within(MINUTE_MS, workers.stop());
  await flushEvents(new SystemClock());
});
