/** What probes in a row make of a server, and that a watch gives back what it holds. */

import { nextTurn, SystemClock } from "../../../lib/net/clock.ts";
import { DeadlineWheel } from "../../../lib/net/deadline.ts";
import { flushEvents } from "../../../lib/observe/event_log.ts";
import { HealthWatch } from "../../../lib/upstream/health/health_watch.ts";
import { Server } from "../../../lib/upstream/server.ts";
import {
  createUpstreamMemory,
  SERVER,
  SharedState,
} from "../../../lib/upstream/shared_state.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { ok, Origin } from "../../support/origin.ts";
import { serverAt, upstreamOptions } from "../../support/upstreams.ts";

const HEALTH = {
  path: "/",
  everyMs: 1000,
  timeoutMs: 1000,
  fall: 2,
  rise: 3,
  statuses: [{ first: 200, last: 200 }],
  host: "",
  headers: {},
  body: "",
};

/** For a probe of this machine; only a fault takes so long. */
const PATIENCE_MS = 20_000;

/** What becomes of a server whose probes are good (`+`) or not (`-`), after each: `d` if it is down. */
const ROWS: readonly [probes: string, states: string][] = [
  ["+--", "..d"],
  ["+-+-+", "....."],
  // Two in a row, whatever came before them.
  ["+++++--", "......d"],
  ["--+++", ".ddd."],
  ["---++-+++", ".ddddddd."],
  ["--+++--", ".ddd..d"],
];

for (const [probes, states] of ROWS) {
  Deno.test(`a server whose probes are ${probes} is ${states}`, async () => {
    let isGood = true;
    await using origin = Origin.serving(async (peer) => {
      await peer.readHead();
      await peer.send(isGood ? ok("") : ok("").replace("200", "500"));
    });
    const clock = new TestClock();
    const server = serverAt(origin.url);
    const memory = createUpstreamMemory(1);
    const state = new SharedState(memory, 0, clock);
    const seen = new Server(server, server.address, 0, 0, state, 0);
    const watch = new HealthWatch(upstreamOptions([server]), HEALTH, memory, {
      clock,
      wheel: new DeadlineWheel(clock),
      random: () => 0.5,
      place: 1,
    });
    let found = "";
    for (const [index, probe] of [...probes].entries()) {
      isGood = probe === "+";
      const before = state.get(seen.slot, SERVER.Probes);
      // The first probe comes at any time of the first interval.
      clock.pass(index === 0 ? HEALTH.everyMs / 2 : HEALTH.everyMs);
      const startMs = performance.now();
      while (state.get(seen.slot, SERVER.Probes) === before) {
        assert(performance.now() - startMs < PATIENCE_MS, "nothing came of it");
        await nextTurn();
      }
      found += seen.isOut ? "d" : ".";
    }
    assertEquals(found, states);
    watch.close();
    seen.leave();
    assertEquals(state.get(seen.slot, SERVER.Key), 0);
    await flushEvents(new SystemClock());
  });
}
