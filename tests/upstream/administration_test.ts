/** What the operator sees of servers, and says of them. */

import { flushEvents } from "../../lib/observe/event_log.ts";
import {
  forgetWeights,
  hasServer,
  reportServers,
  setServerState,
  setWeight,
} from "../../lib/upstream/administration.ts";
import { createUpstreamMemory } from "../../lib/upstream/shared_state.ts";
import type { Upstream } from "../../lib/upstream/upstream.ts";
import type { UpstreamOptions } from "../../lib/upstream/upstream_options.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { serverAt, upstreamAt, upstreamOptions } from "../support/upstreams.ts";

const CHOICE = {
  request: undefined as never, // nothing here looks at it
  client: "",
  part: 0,
  tried: new Set<never>(),
};

/** Two servers behind two workers. */
function scene(...urls: readonly string[]): {
  readonly clock: TestClock;
  readonly options: UpstreamOptions;
  readonly workers: readonly Upstream[];
} & AsyncDisposable {
  const clock = new TestClock();
  const memory = createUpstreamMemory(2);
  const servers = urls.map((url) => serverAt(url));
  const options = upstreamOptions(servers, { memory });
  const resolver = (name: string): Promise<readonly string[]> =>
    name === "app"
      ? Promise.resolve(["10.1.0.1", "10.1.0.2", "fd00::1"])
      : Promise.reject(new Error("not found"));
  const all = [0, 1].map((worker) =>
    upstreamAt(options, { clock, worker, resolver })
  );
  const workers = all.map(({ it }) => it);
  const close = async (): Promise<void> => {
    all.forEach((one) => one[Symbol.dispose]());
    await flushEvents(clock);
  };
  return { clock, options, workers, [Symbol.asyncDispose]: close };
}

Deno.test("drained, down and up again: every worker goes by it at once", async () => {
  await using it = scene("http://10.0.0.1:3000", "http://10.0.0.2:3000");
  const { clock, options, workers } = it;
  const chosen = (): (string | undefined)[] =>
    workers.map((worker) => worker.choose(CHOICE)?.name);
  assertEquals(chosen(), ["10.0.0.1:3000", "10.0.0.1:3000"]);
  const rows: [server: string, state: "up" | "drain" | "down", port: string][] =
    [
      ["10.0.0.1:3000", "drain", "10.0.0.2:3000"],
      ["10.0.0.2:3000", "down", "10.0.0.1:3000"], // better than none
      ["10.0.0.2:3000", "up", "10.0.0.2:3000"],
      ["10.0.0.1:3000", "down", "10.0.0.2:3000"],
      ["10.0.0.2:3000", "drain", "10.0.0.2:3000"],
    ];
  for (const [server, state, name] of rows) {
    assertEquals(setServerState(options, server, state, clock), 1);
    assertEquals(chosen(), [name, name], `${server} ${state}`);
  }
  assertEquals(
    reportServers(options, clock).map(({ state }) => state),
    ["down", "drain"],
  );
  assertEquals(hasServer(reportServers(options, clock)), true);
  setServerState(options, "10.0.0.2:3000", "down", clock);
  assertThrows(chosen);
  assertEquals(hasServer(reportServers(options, clock)), false);
  assertEquals(setServerState(options, "10.0.0.2:3001", "up", clock), 0);
});

Deno.test("the only server can be taken out of use, too", async () => {
  await using it = scene("http://10.0.0.1:3000");
  const { clock, options, workers: [worker] } = it;
  assertEquals(worker!.isGroup, false);
  setServerState(options, "10.0.0.1:3000", "down", clock);
  assertEquals(worker!.isGroup, true);
  assertThrows(() => worker!.choose(CHOICE));
  setServerState(options, "10.0.0.1:3000", "up", clock);
  assertEquals(worker!.choose(CHOICE)?.name, "10.0.0.1:3000");
});

Deno.test("a name stands for all of its addresses; each has a name of its own", async () => {
  await using it = scene("http://app", "http://10.0.0.1:3000");
  const { clock, options } = it;
  await clock.advance(0);
  assertEquals(
    reportServers(options, clock).map(({ name }) => name).sort(),
    ["10.0.0.1:3000", "app (10.1.0.1)", "app (10.1.0.2)", "app (fd00::1)"],
  );
  const rows: [server: string, count: number][] = [
    ["app", 3],
    ["app:80", 3],
    ["10.1.0.2:80", 1],
    ["[fd00::1]:80", 1],
    ["10.0.0.1:3000", 1],
    ["10.0.0.1:80", 0],
    ["", 0],
  ];
  for (const [server, count] of rows) {
    assertEquals(setWeight(options, server, 5, clock), count, server);
  }
});

Deno.test("a weight holds until the configuration has another one", async () => {
  await using it = scene("http://10.0.0.1:3000", "http://10.0.0.2:3000");
  const { clock, options, workers: [worker] } = it;
  const [server] = worker!.servers;
  setWeight(options, "10.0.0.1:3000", 7, clock);
  assertEquals([server!.weight, worker!.servers[1]!.weight], [7, 1]);
  assertEquals(reportServers(options, clock)[0]!.weight, 7);
  const changed = {
    ...options,
    servers: [serverAt("http://10.0.0.1:3000", { weight: 2 })],
  };
  const weights = (): number[] =>
    reportServers(options, clock).map(({ weight }) => weight);
  assertEquals(reportServers(changed, clock).map(({ weight }) => weight), [2]);
  forgetWeights(options, clock);
  assertEquals(weights(), [7, 1], "it is the same configuration");
  forgetWeights(changed, clock);
  assertEquals(weights(), [1, 1], "it is over, also when the old one is back");
});

Deno.test("an ejection is reported with its reason and its end, and ended by a word", async () => {
  await using it = scene("http://10.0.0.1:3000", "http://10.0.0.2:3000");
  const { clock, options, workers: [worker, other] } = it;
  worker!.failed(worker!.servers[0]!, "connection refused \u2026 é");
  await clock.advance(4000);
  const [report, second] = reportServers(options, clock);
  assertEquals(
    [report!.ejectedForMs, report!.reason, report!.isInService],
    [6000, "connection refused ? é", false],
  );
  assertEquals([second!.isInService, second!.reason], [true, ""]);
  setServerState(options, "10.0.0.1:3000", "up", clock);
  assertEquals(reportServers(options, clock)[0]!.isInService, true);
  assertEquals(other!.servers[0]!.isOut, false);
});

Deno.test("requests and connections of all workers are added up", async () => {
  await using it = scene("http://10.0.0.1:3000");
  const { clock, options, workers: [one, two] } = it;
  one!.servers[0]!.note(3, 2);
  two!.servers[0]!.note(4, 1);
  const [{ inFlight, connections, probe } = {}] = reportServers(options, clock);
  assertEquals([inFlight, connections, probe], [3, 7, undefined]);
});
