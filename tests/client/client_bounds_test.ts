/** How many client connections there may be: in all, and of one address. */

import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import {
  ClientBounds,
  type ClientLimits,
} from "../../lib/client/client_bounds.ts";
import { IdleClients, IdlePlace } from "../../lib/client/idle_clients.ts";
import {
  ClientCounts,
  createClientCounts,
} from "../../lib/net/client_counts.ts";
import { DeadlineWheel } from "../../lib/net/deadline.ts";

const ADDRESS = new Uint8Array([192, 0, 2, 1]);
const LOOPBACK = new Uint8Array([127, 0, 0, 1]);

/** Bounds, with what they need, and what they have told. */
class Scene {
  readonly clock = new TestClock();
  readonly idle = new IdleClients();
  readonly told: string[] = [];
  readonly bounds: ClientBounds;
  evicted = 0;

  constructor(limits: Partial<ClientLimits>) {
    const none = { connectionsMax: Infinity, holdsForLoopback: false };
    this.bounds = new ClientBounds(
      { connectionsMax: Infinity, perClient: none, originMax: 100, ...limits },
      {
        idle: this.idle,
        counts: new ClientCounts(createClientCounts(1), 0),
        incidents: {
          report: ({ text }) => this.told.push(text),
          recovered: (text) => this.told.push(text),
        },
        wheel: new DeadlineWheel(this.clock),
      },
    );
  }

  addIdle(count: number): void {
    for (let i = 0; i < count; i++) {
      this.idle.add(new IdlePlace({ evict: () => this.evicted++ }));
    }
  }

  /** How many are let in, of so many that come. */
  enter(count: number, key?: number): number {
    let entered = 0;
    for (let i = 0; i < count; i++) {
      if (this.bounds.enter(key, "192.0.2.1")) entered++;
    }
    return entered;
  }
}

Deno.test("so many in all; one that leaves makes room for one", () => {
  const scene = new Scene({ connectionsMax: 3 });
  assertEquals(scene.enter(3), 3);
  assertEquals(scene.told, []);
  assertEquals(scene.enter(1), 0);
  assertEquals(scene.told, ["3 client connections: one more is refused"]);
  scene.bounds.leave(undefined, false);
  assertEquals(scene.enter(2), 1);
});

Deno.test("the longest idle one goes for the next", () => {
  const scene = new Scene({ connectionsMax: 3 });
  scene.enter(3);
  scene.addIdle(1);
  assertEquals(scene.enter(1), 1);
  assertEquals(scene.told, [
    "3 client connections: the longest idle one is closed",
  ]);
  scene.bounds.leave(undefined, true); // its place has been taken
  assertEquals([scene.enter(1), scene.evicted], [0, 1]);
});

Deno.test("so many of one address, wherever there is a bound for it", () => {
  const perClient = { connectionsMax: 2, holdsForLoopback: false };
  const { bounds } = new Scene({ perClient });
  assertEquals(typeof bounds.keyOf(ADDRESS, false), "number");
  assertEquals(bounds.keyOf(ADDRESS, true), undefined);
  assertEquals(bounds.keyOf(undefined, false), undefined);
  assertEquals(bounds.keyOf(LOOPBACK, false), undefined);
  const asked = new Scene({
    perClient: { ...perClient, holdsForLoopback: true },
  });
  assertEquals(typeof asked.bounds.keyOf(LOOPBACK, false), "number");
  assertEquals(new Scene({}).bounds.keyOf(ADDRESS, false), undefined);

  const scene = new Scene({ connectionsMax: 4, perClient });
  const key = scene.bounds.keyOf(ADDRESS, false)!;
  assertEquals(scene.enter(3, key), 2);
  assertEquals(scene.told, ["a connection is refused: 192.0.2.1 has 2"]);
  scene.bounds.leave(key, false);
  assertEquals(scene.enter(2, key), 1);
  // Where there is no room in all, it has not been counted.
  assertEquals(scene.enter(2), 2);
  scene.bounds.leave(key, false);
  assertEquals(scene.enter(1), 1);
  assertEquals(scene.enter(1, key), 0);
  scene.bounds.leave(undefined, false);
  assertEquals(scene.enter(1, key), 1);
});

Deno.test("when descriptors run out, a quarter goes to the origin for a minute, if it may have so many", () => {
  for (const [originMax, left] of [[100, 6], [1, 7]] as const) {
    const scene = new Scene({ originMax });
    scene.enter(8);
    assertEquals(scene.bounds.makeRoom(), false); // nobody is idle
    scene.addIdle(4);
    assertEquals(scene.bounds.makeRoom(), true);
    assertEquals(scene.evicted, 8 - left);
    while (scene.idle.evict());
    assertEquals(scene.enter(1), 0);
    scene.clock.pass(60_000);
    assertEquals(scene.enter(1), 0);
    scene.clock.pass(1);
    assertEquals(scene.enter(100), 100);
  }
});

Deno.test("one is let in at least, however few descriptors there are", () => {
  const scene = new Scene({});
  scene.enter(1);
  scene.addIdle(1);
  assertEquals(scene.bounds.makeRoom(), false);
  scene.bounds.leave(undefined, false);
  assertEquals(scene.enter(2), 2); // in place of the idle one
});

Deno.test("the next one waits for a turn if one would have to go that has just come", () => {
  const scene = new Scene({ connectionsMax: 2 });
  scene.enter(1);
  scene.addIdle(1);
  assertEquals(scene.bounds.isHasty, false); // there is room
  scene.enter(1);
  assertEquals(scene.bounds.isHasty, true);
  scene.idle.passTurn();
  assertEquals(scene.bounds.isHasty, false);
});
