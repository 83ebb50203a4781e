/** Why a connection to the origin was closed: what happens first decides. */

import type { CloseReason } from "../../lib/reasons/close.ts";
import { DeadlineWheel } from "../../lib/net/deadline.ts";
import { LoopClock } from "../../lib/net/loop_clock.ts";
import { OriginConnection } from "../../lib/upstream/origin_connection.ts";
import { Body } from "../../lib/exchange/body.ts";
import { HttpError } from "../../lib/http/error.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const IDLE_MS = 1000;

function unexpected(): never {
  throw new Error("The pool's business alone");
}

/** A connection whose reads end when the test says so. */
class Scene {
  readonly clock = new TestClock();
  readonly connection: OriginConnection;
  idleEnds = 0;
  #read = Promise.withResolvers<number | null>();

  constructor() {
    const socket = {
      read: (): Promise<number | null> => this.#read.promise,
      write: (bytes: Uint8Array): Promise<number> =>
        Promise.resolve(bytes.length),
      close: (): void => this.#read.resolve(null),
    };
    this.connection = new OriginConnection(
      socket as unknown as Deno.Conn,
      new DeadlineWheel(this.clock),
      {
        onIdleEnd: (): number => this.idleEnds++,
        release: unexpected,
        discard: unexpected,
        becomeTunnel: unexpected,
      },
      new LoopClock(),
    );
    this.connection.begin();
  }

  rest(): void {
    this.connection.rest(this.clock.monotonic(), IDLE_MS);
  }

  async arrive(count: number | null): Promise<void> {
    this.#read.resolve(count);
    await this.#read.promise;
    await Promise.resolve(); // the reader's turn
  }
}

Deno.test("a connection to the origin has one reason to be closed", async (t) => {
  const rows: [
    what: string,
    act: (scene: Scene) => Promise<void> | void,
    reason: CloseReason | undefined,
    idleEnds: number,
  ][] = [
    ["it is open", () => {}, undefined, 0],
    ["it is idle", (scene) => scene.rest(), undefined, 0],
    [
      "the origin closes it while it is idle",
      async (scene) => {
        scene.rest();
        await scene.arrive(null);
      },
      "upstream_closed",
      1,
    ],
    [
      "the origin speaks unasked",
      async (scene) => {
        scene.rest();
        await scene.arrive(3);
      },
      "upstream_unasked",
      1,
    ],
    [
      "it was idle for long enough",
      (scene) => {
        scene.rest();
        scene.clock.pass(2 * IDLE_MS);
      },
      "upstream_idle",
      1,
    ],
    [
      "the response is late",
      (scene) => {
        scene.connection.deadline.set(IDLE_MS);
        scene.clock.pass(2 * IDLE_MS);
        scene.connection.close("upstream_unwanted"); // the first reason stands
      },
      "upstream_timeout",
      0,
    ],
    [
      "whoever used it closes it",
      (scene) => scene.connection.close("upstream_reset"),
      "upstream_reset",
      0,
    ],
  ];
  for (const [what, act, reason, idleEnds] of rows) {
    await t.step(what, async () => {
      const scene = new Scene();
      await act(scene);
      const { connection } = scene;
      assertEquals(connection.closeReason, reason);
      assertEquals(connection.closed, reason !== undefined);
      assertEquals(scene.idleEnds, idleEnds);
      connection.close("server_stopped");
    });
  }
});

Deno.test("content that ends with a connection that is closed here is not whole", async () => {
  for (const isOrigins of [true, false]) {
    const scene = new Scene();
    const { connection } = scene;
    const body = new Body();
    const framing = { kind: "close", length: -1, suspect: false } as const;
    body.begin(connection.reader, framing, Infinity, "origin_body_cut");
    // Nothing is being read at this moment, as between a read and the next.
    if (isOrigins) {
      const more = body.more();
      await scene.arrive(null);
      await more;
    }
    connection.close("upstream_unwanted");
    if (isOrigins) {
      assertEquals([body.take(), body.done], [undefined, true]);
    } else assertThrows(() => body.take(), HttpError, "The body broke off");
  }
});
