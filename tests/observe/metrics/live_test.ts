/** The live view: what happened in the last minute, and what is told of it. */

import { ERROR_CODES, ERRORS } from "../../../lib/http/error.ts";
import { ERROR_WORDS } from "../../../lib/observe/metrics/error_words.ts";
import { REASON_CODES, REASONS } from "../../../lib/reasons/reason.ts";
import { createMetricsMemory } from "../../../lib/observe/metrics/layout.ts";
import { totalsSince } from "../../../lib/observe/metrics/difference.ts";
import { LiveWindow } from "../../../lib/observe/metrics/live_window.ts";
import { Meter } from "../../../lib/observe/metrics/meter.ts";
import {
  NO_NAMES,
  withNames,
} from "../../../lib/observe/metrics/meter_names.ts";
import type {
  MetricsSnapshot,
  ServerFacts,
} from "../../../lib/observe/metrics/snapshot.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { meteredExchange, snapshotOf } from "../../support/metrics.ts";

const START_MS = 1_700_000_000_000;

/** Counters that a test adds to, and the window that looks at them. */
class Counted {
  readonly #memory = createMetricsMemory(1);
  readonly #names = withNames(NO_NAMES, ["a/", "b/"], ["app"]);
  readonly #meter = new Meter(this.#memory, 0);
  readonly window = new LiveWindow();

  constructor() {
    this.#meter.learn(this.#names);
  }

  /** Requests to a route, of which the cache answered some. */
  count(route: string, hits: number, misses = 0, status = 200): this {
    for (let i = 0; i < hits + misses; i++) {
      meteredExchange(this.#meter, {
        route: { meterRow: this.#meter.routeRow(route) },
        status,
        use: i < hits
          ? { result: "hit" }
          : { result: "miss", decisive: "uri-miss", reason: "uri-miss" },
      });
    }
    return this;
  }

  at(second: number, more: Partial<MetricsSnapshot> = {}): MetricsSnapshot {
    const nowMs = START_MS + second * 1000;
    return { ...snapshotOf({}, this.#memory, this.#names), nowMs, ...more };
  }
}

Deno.test("live: nothing has happened", () => {
  const counted = new Counted();
  const { window } = counted;
  const { recent, total } = window.add(counted.at(0));
  assertEquals(window.points, []);
  for (const counts of [recent, total]) {
    assertEquals(counts.requests["2xx"], 0);
    assertEquals(counts.hitRatio, null);
    assertEquals(counts.p99, null);
    assertEquals(counts.mean, null);
    assertEquals(counts.routes, []);
  }
});

Deno.test("live: a point is what happened since the one before, a second", () => {
  const counted = new Counted().count("a/", 5);
  counted.window.add(counted.at(0));
  counted.count("a/", 3, 1).count("b/", 0, 2, 502);
  counted.window.add(counted.at(2));
  const [point] = counted.window.points;
  assertEquals(point?.requests["2xx"], 2);
  assertEquals(point?.requests["5xx"], 1);
  assertEquals(point?.hitRatio, 0.5);
  counted.window.add(counted.at(3));
  assertEquals(counted.window.points.at(-1)?.requests["2xx"], 0);
  assertEquals(counted.window.points.at(-1)?.p50, null);
});

Deno.test("live: where nobody looked, there is no point", () => {
  const counted = new Counted();
  counted.window.add(counted.at(0));
  counted.window.add(counted.at(1));
  counted.count("a/", 1000);
  counted.window.add(counted.at(30));
  counted.window.add(counted.at(31));
  assertEquals(
    counted.window.points.map(({ atMs }) => (atMs - START_MS) / 1000),
    [1, 31],
  );
});

Deno.test("live: the window is a minute long, points are kept for five", () => {
  const counted = new Counted();
  for (let second = 0; second < 400; second++) {
    counted.count("a/", 1);
    const { recent, total } = counted.window.add(counted.at(second));
    assertEquals(recent.requests["2xx"], recent.seconds);
    assertEquals(total.requests["2xx"], second + 1);
    assert(recent.seconds === second || recent.seconds >= 55);
    assert(recent.seconds <= 60);
  }
  assertEquals(counted.window.points.length, 301);
});

Deno.test("live: the busiest route of the last minute comes first, whatever was before", () => {
  const counted = new Counted().count("a/", 1000);
  counted.window.add(counted.at(0));
  counted.count("b/", 2, 2).count("a/", 1);
  const { recent, total } = counted.window.add(counted.at(1));
  assertEquals(recent.routes.map(({ route }) => route), ["b/", "a/"]);
  assertEquals(recent.routes.map(({ hitRatio }) => hitRatio), [0.5, 1]);
  assertEquals(total.routes.map(({ route }) => route), ["a/", "b/"]);
});

Deno.test("live: reasons have their sentences", () => {
  const counted = new Counted().count("a/", 0, 3);
  const { total } = counted.window.add(counted.at(0));
  assertEquals(total.missReasons, [{
    reason: "uri-miss",
    count: 3,
    words: "Nothing is stored for this URL.",
  }]);
});

Deno.test("live: the clock was set back", () => {
  const counted = new Counted();
  counted.window.add(counted.at(1000));
  counted.window.add(counted.at(1001));
  counted.count("a/", 1);
  const { recent } = counted.window.add(counted.at(0));
  assertEquals(recent.seconds, 0);
  assertEquals(counted.window.points, []);
});

Deno.test("live: of too many servers, those that are out are told first", () => {
  const counted = new Counted();
  const servers = Array.from({ length: 150 }, (_, i): ServerFacts => ({
    upstream: "app",
    server: `10.0.0.${i}:80`,
    state: i === 120 ? "drain" : "up",
    isHealthy: i !== 140,
    reason: "",
    weight: 1,
    busyConnections: 0,
    idleConnections: 0,
  }));
  const view = counted.window.add(counted.at(0, { servers }));
  assertEquals(view.serverCount, 150);
  assertEquals(view.servers.length, 100);
  assertEquals(
    view.servers.slice(0, 3).map(({ server }) => server),
    ["10.0.0.120:80", "10.0.0.140:80", "10.0.0.0:80"],
  );
});

Deno.test("live: totals are counted from another moment", () => {
  const counted = new Counted().count("a/", 2, 1);
  const before = counted.at(0).totals;
  counted.count("a/", 1, 4).count("b/", 0, 1, 503);
  const now = counted.at(1).totals;
  const difference = totalsSince(before, now);
  assertEquals(
    difference.requests.filter(({ count }) => count > 0)
      .map(({ route, code, count }) => [route, code, count]),
    [["a/", 200, 5], ["b/", 503, 1]],
  );
  assertEquals(
    difference.cacheRequests.map(({ result, count }) => `${result} ${count}`)
      .toSorted(),
    ["hit 1", "miss 5"],
  );
  assertEquals(
    totalsSince(now, before).requests.every(({ count }) => count === 0),
    true,
  );
});

Deno.test("live: every code of a refusal has a sentence", () => {
  const refusals = ERROR_CODES.filter((code) =>
    ERRORS[code].fault !== "origin" && ERRORS[code].status > 0
  );
  const snapshot = snapshotOf();
  const errors = refusals.map((reason) => ({
    reason,
    isRejection: true,
    count: 1,
  }));
  const totals = { ...snapshot.totals, errors };
  const { total } = new LiveWindow().add({ ...snapshot, totals });
  const untold = refusals.filter((code) =>
    ERROR_WORDS[code] === undefined &&
    !REASON_CODES.some((reason) => REASONS[reason].token === code)
  );
  assertEquals(untold, []);
  assert(total.rejections.length > 0);
  for (const { words } of total.rejections) assert(words.endsWith("."));
});
