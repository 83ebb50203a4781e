/** How a node follows the purges of its fleet, with a store that says what a test likes. */

import {
  type Connect,
  type ConnectionOptions,
  type Reply,
} from "../../../lib/cache/fleet/connection.ts";
import {
  createFleetMemory,
  FleetState,
} from "../../../lib/cache/fleet/fleet_state.ts";
import { FleetFollower } from "../../../lib/cache/fleet/follower.ts";
import {
  type FleetPurge,
  purgeText,
} from "../../../lib/cache/fleet/purge_text.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";

const GENERATION = "0000000000000007";

/** A node, its store, and what it has told. */
class Scene implements Disposable {
  readonly clock = new TestClock();
  readonly memory = createFleetMemory();
  readonly state = new FleetState(this.memory);
  readonly carriedOut: FleetPurge[] = [];
  readonly told: string[] = [];
  /** The purges in the store, the first with number 1. */
  readonly purges: string[] = [];
  subscriptions = 0;
  /** Undefined if the store answers. */
  failure: string | undefined;
  readonly #opened: ConnectionOptions[] = [];
  readonly follower: FleetFollower;

  constructor() {
    const link = {
      url: "redis://model",
      prefix: "",
      timeoutMs: 20,
      node: "a",
      memory: this.memory,
    };
    this.follower = new FleetFollower(
      link,
      this.clock,
      {
        failed: (_, why) => this.told.push(why),
        failedToKeep: (_, why) => this.told.push(why),
        recovered: () => this.told.push("recovered"),
        joined: (_, again) => this.told.push(again ? "joined again" : "joined"),
      },
      (purges) => {
        this.carriedOut.push(...purges);
        return Promise.resolve();
      },
      this.#connect,
    );
  }

  readonly #connect: Connect = (options) => {
    this.#opened.push(options);
    return {
      isOpen: true,
      run: (_, __, [, after]) => this.#answer(Number(after)),
      command: () => Promise.resolve(null),
      subscribe: (): Promise<void> => {
        this.subscriptions++;
        return this.#orFailure(undefined);
      },
      close: () => {},
    };
  };

  async #orFailure<T>(value: T): Promise<T> {
    await Promise.resolve();
    if (this.failure !== undefined) throw new Error(this.failure);
    return value;
  }

  #answer(after: number): Promise<Reply> {
    const entries = this.purges.slice(after).map((text, index) => [
      bytesOf(`${after + index + 1}-0`),
      [bytesOf("p"), bytesOf(text)],
    ]);
    const last = bytesOf(String(this.purges.length));
    return this.#orFailure([bytesOf(GENERATION), last, entries]);
  }

  /** The connection that listens is there. */
  openEars(): void {
    this.#opened[1]!.onOpen!();
  }

  [Symbol.dispose](): void {
    this.follower.close();
  }
}

Deno.test("a node joins, carries out what comes, and counts it", async () => {
  using scene = new Scene();
  const { clock, state, follower } = scene;
  assertEquals([state.place, follower.facts.isInStep], [undefined, false]);
  await clock.advance(1000);
  assertEquals(scene.carriedOut, [{ kind: "all", isSoft: false }]);
  assertEquals(state.place, { generation: 7n, position: 0 });
  scene.purges.push(
    purgeText({ kind: "tag", tag: "t" }),
    purgeText({ kind: "host", host: bytesOf("h"), isSoft: true }),
  );
  await clock.advance(1000);
  assertEquals(scene.carriedOut.slice(1), [
    { kind: "tag", tag: "t", isSoft: false },
    { kind: "host", host: bytesOf("h"), isSoft: true },
  ]);
  assertEquals(state.place, { generation: 7n, position: 2 });
  const { isInStep, purges, resets } = follower.facts;
  assertEquals({ isInStep, purges, resets }, {
    isInStep: true,
    purges: 2,
    resets: 1,
  });
  assertEquals(scene.told, ["joined"]);
});

Deno.test("a node that has not heard of its fleet for three seconds is out of step, until it does", async () => {
  using scene = new Scene();
  const { clock, state, follower } = scene;
  await clock.advance(1000);
  scene.failure = "it is gone";
  await clock.advance(1000);
  await clock.advance(1000);
  assertEquals(state.place?.position, 0);
  await clock.advance(1000);
  assertEquals([state.place, follower.facts.isInStep], [undefined, false]);
  scene.failure = undefined;
  await clock.advance(1000);
  assertEquals(state.place, { generation: 7n, position: 0 });
  assertEquals(scene.told, [
    "joined",
    "it is gone",
    "it is gone",
    "it is gone",
    "recovered",
  ]);
});

Deno.test("a subscription that has failed is tried again with the next connection, one that holds is not", async () => {
  using scene = new Scene();
  scene.failure = "not now";
  scene.openEars();
  await scene.clock.advance(0);
  assertEquals([scene.subscriptions, scene.told], [1, ["not now"]]);
  scene.failure = undefined;
  scene.openEars();
  await scene.clock.advance(0);
  assertEquals(scene.subscriptions, 2);
  scene.openEars();
  await scene.clock.advance(0);
  assertEquals(scene.subscriptions, 2);
});
