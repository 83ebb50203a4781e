import { assert, assertEquals } from "../support/assert.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { Config } from "../../lib/config/config.ts";
import { descriptorsOf, fitDescriptors } from "../../lib/config/descriptors.ts";

function configOf(...args: readonly string[]): Config {
  const command = parseCommand(args, () => "");
  assert(command.kind === "run");
  return command.config;
}

const CONFIGS: readonly (readonly string[])[] = [
  [],
  ["--max-connections", "off"],
  ["--max-connections", "10", "--upstream-max", "2"],
  ["--workers", "8", "--upstream-max", "4"],
];

for (const args of CONFIGS) {
  Deno.test(`bounds fit into any number of descriptors: ${args.join(" ")}`, () => {
    const config = configOf(...args);
    for (let free = 24; free < 2000; free++) {
      const fitting = fitDescriptors(config, free);
      const { pool } = fitting.upstreams[0]!;
      assert(descriptorsOf(fitting) <= free, `${free}`);
      assert(
        pool.connectionsMax >=
          Math.min(config.upstreams[0]!.pool.connectionsMax, 1),
      );
    }
  });
}

Deno.test("what fits is left as it is", () => {
  const config = configOf();
  assertEquals(fitDescriptors(config, descriptorsOf(config)), config);
});

Deno.test("with few descriptors there are fewer workers, and one at least", () => {
  const config = configOf("--workers", "8");
  const workersOf = (free: number): number =>
    fitDescriptors(config, free).workers;
  // 12 for the process, 12 for each of several workers, and 16 for each to work with.
  assertEquals(workersOf(12 + 8 * 28), 8);
  assertEquals(workersOf(12 + 8 * 28 - 1), 7);
  assertEquals(workersOf(12 + 2 * 28), 2);
  assertEquals(workersOf(12 + 2 * 28 - 1), 1);
  assertEquals(workersOf(10), 1);
});

Deno.test("however few descriptors there are, there is one for each purpose", () => {
  for (const free of [0, 12, 13, 15]) {
    const { connectionsMax, refusalsMax, upstreams: [upstream] } =
      fitDescriptors(configOf(), free);
    const { connectionsMax: originMax, tunnelsMax } = upstream!.pool;
    assertEquals(
      [connectionsMax, refusalsMax, originMax, tunnelsMax],
      [1, 1, 1, 1],
    );
  }
});

Deno.test("what a process needs, and each of several workers", () => {
  const need = (workers: string): number =>
    descriptorsOf(configOf("--workers", workers));
  assertEquals(need("2") - need("1"), 2 * 12);
  assertEquals(need("3") - need("2"), 12);
  const flags = ["--max-connections", "5", "--upstream-max", "3"];
  const { refusalsMax } = configOf(...flags);
  // 12 for the process; no more tunnels than clients.
  assertEquals(descriptorsOf(configOf(...flags)), 12 + 5 + refusalsMax + 3 + 5);
});

Deno.test("of what there is, a quarter goes to origins, a sixth to refusals, an eighth to tunnels", () => {
  const flags = ["--max-connections", "100000", "--upstream-max", "100000"];
  const config = configOf(...flags);
  const { connectionsMax, refusalsMax, upstreams } = fitDescriptors(
    config,
    12 + 960,
  );
  const { pool } = upstreams[0]!;
  assertEquals([pool.connectionsMax, refusalsMax, pool.tunnelsMax], [
    240,
    160,
    120,
  ]);
  assertEquals(connectionsMax, 960 - 240 - 160 - 120);
});
