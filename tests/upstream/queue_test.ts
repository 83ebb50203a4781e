/** Requests that wait for a connection, while other workers want one, too. */

import { DeadlineWheel } from "../../lib/net/deadline.ts";
import { LoopClock } from "../../lib/net/loop_clock.ts";
import { createMetricsMemory } from "../../lib/observe/metrics/layout.ts";
import { Meter } from "../../lib/observe/metrics/meter.ts";
import type { Acquisition } from "../../lib/upstream/acquisition.ts";
import type { Pool } from "../../lib/upstream/pool.ts";
import { ConnectionQueue } from "../../lib/upstream/queue.ts";
import {
  createUpstreamMemory,
  SharedState,
} from "../../lib/upstream/shared_state.ts";
import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { serverAt, upstreamOptions } from "../support/upstreams.ts";

/** What a queue uses of a pool; another worker reaches for its room in the same moment, so often. */
class ContestedPool {
  readonly #opened = Promise.withResolvers<void>();
  promised = 0;
  unpromised = 0;
  hasFresh = false;
  hasRoom = true;
  tries = 0;
  readonly #collisions: number;

  constructor(collisions: number) {
    this.#collisions = collisions;
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  takeOrClose(): undefined {}
  makeRoom(): void {}
  settle(): void {}

  yieldIdle(): boolean {
    return false;
  }

  open(_: Acquisition): boolean {
    if (this.tries++ < this.#collisions) return false; // both have drawn back
    this.hasRoom = false;
    this.#opened.resolve();
    return true;
  }
}

Deno.test("room that several workers reach for at once, and leave to each other, is not forgotten", async () => {
  const clock = new TestClock();
  const wheel = new DeadlineWheel(clock);
  const contested = new ContestedPool(5);
  const pool = contested as unknown as Pool;
  const queue = new ConnectionQueue(
    { all: [pool], orderFor: () => [pool] },
    upstreamOptions([serverAt("http://127.0.0.1:1")]),
    {
      ...{ clock, wheel, loop: new LoopClock(), worker: 0 },
      incidents: { report: () => {}, recovered: () => {} },
      meter: new Meter(createMetricsMemory(1), 0),
      ...{ makeRoom: () => false, random: () => 0 },
    },
    new SharedState(createUpstreamMemory(2), 0, clock),
  );
  const alive = setInterval(() => {}, 1000); // waiting for memory keeps no process alive
  queue.acquire({ isRepeatable: true, isRetry: false, server: undefined });
  await contested.opened;
  assertEquals([contested.tries, queue.isAwaited], [6, false]);
  clearInterval(alive);
  queue.close();
});
