/** The summary of a snapshot: few numbers, of which the busiest and the most frequent come first. */

import { METHOD } from "../../../lib/http/method.ts";
import { createMetricsMemory } from "../../../lib/observe/metrics/layout.ts";
import { Meter } from "../../../lib/observe/metrics/meter.ts";
import {
  NO_NAMES,
  withNames,
} from "../../../lib/observe/metrics/meter_names.ts";
import {
  classOf,
  type Summary,
  summaryOf,
} from "../../../lib/observe/metrics/summary.ts";
import { assertEquals } from "../../support/assert.ts";
import { meteredExchange, snapshotOf } from "../../support/metrics.ts";

const CLASS_ROWS: readonly [code: number, name: string][] = [
  [0, "none"],
  [99, "none"],
  [101, "1xx"],
  [200, "2xx"],
  [399, "3xx"],
  [404, "4xx"],
  [499, "none"], // nobody was there for it
  [500, "5xx"],
  [599, "5xx"],
  [600, "none"],
  [999, "none"],
];

for (const [code, name] of CLASS_ROWS) {
  Deno.test(`summary: ${code} is of the class ${name}`, () => {
    assertEquals(classOf(code), name);
  });
}

/** What is told of 30 routes, of which the last was asked for most often. */
function summaryOfMany(): Summary {
  const memory = createMetricsMemory(1);
  const routes = Array.from({ length: 30 }, (_, i) => `h${i}/`);
  const names = withNames(NO_NAMES, routes, ["app"]);
  const meter = new Meter(memory, 0);
  meter.learn(names);
  for (const [index, name] of routes.entries()) {
    for (let i = 0; i <= index; i++) {
      meteredExchange(meter, {
        route: { meterRow: meter.routeRow(name) },
        status: i === 0 ? 502 : 200,
        request: { method: METHOD.Get, hasRequestLine: true },
        use: i === 0
          ? { result: "miss", decisive: "no-store", reason: "uri-miss" }
          : { result: "hit" },
      });
    }
  }
  return summaryOf(snapshotOf({}, memory, names));
}

Deno.test("summary: the busiest routes, with their failures", () => {
  const { routes, requests, cache, missReasons } = summaryOfMany();
  assertEquals(routes.length, 20);
  assertEquals(
    routes.slice(0, 2).map(({ route, requests, failures, results }) => [
      route,
      requests,
      failures,
      results.hit,
    ]),
    [["h29/", 30, 1, 29], ["h28/", 29, 1, 28]],
  );
  assertEquals([requests["2xx"], requests["5xx"]], [435, 30]);
  assertEquals([cache.hit, cache.miss], [435, 30]);
  assertEquals(missReasons, [{ reason: "no-store", count: 30 }]);
});

Deno.test("summary: nothing has happened, and it can be written as JSON", () => {
  const process = { ...snapshotOf().process, openDescriptors: 17 };
  const summary = summaryOf(snapshotOf({ process }));
  assertEquals(summary.percentilesMs, { p50: null, p90: null, p99: null });
  assertEquals(summary.routes, []);
  assertEquals(JSON.parse(JSON.stringify(summary)), summary);
});
