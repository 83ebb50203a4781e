/** What a worker counts of an exchange, and what is read of all workers. */

import { METHOD } from "../../../lib/http/method.ts";
import { countOf } from "../../../lib/observe/metrics/histogram.ts";
import {
  clearGauges,
  createMetricsMemory,
} from "../../../lib/observe/metrics/layout.ts";
import { Meter } from "../../../lib/observe/metrics/meter.ts";
import {
  type MeterNames,
  NO_NAMES,
  withNames,
} from "../../../lib/observe/metrics/meter_names.ts";
import {
  readTotals,
  type Totals,
} from "../../../lib/observe/metrics/totals.ts";
import { assertEquals } from "../../support/assert.ts";
import { meteredExchange } from "../../support/metrics.ts";

const NAMES = withNames(NO_NAMES, ["a.test/", "b.test/*"], ["app"]);

/** Some workers, and what they have counted. */
class Counted {
  readonly memory: SharedArrayBuffer;
  readonly meters: readonly Meter[];
  readonly names: MeterNames;

  constructor(workers = 1, names: MeterNames = NAMES) {
    this.memory = createMetricsMemory(workers);
    this.names = names;
    this.meters = Array.from(
      { length: workers },
      (_, worker) => this.meter(worker),
    );
  }

  meter(worker: number): Meter {
    const meter = new Meter(this.memory, worker);
    meter.learn(this.names);
    return meter;
  }

  get totals(): Totals {
    return readTotals(this.memory, this.names);
  }
}

Deno.test("meter: connections to an upstream, those that failed, and ejections", () => {
  const counted = new Counted();
  const meter = counted.meters[0]!;
  const row = meter.upstreamRow("app");
  meter.connected(row, 12);
  meter.connectFailed(row);
  meter.connectFailed(row);
  for (let i = 0; i < 3; i++) meter.ejected(row);
  assertEquals(
    counted.totals.upstreams.map((found) => [
      found.upstream,
      countOf(found.connects),
      found.connectFailures,
      found.ejections,
    ]),
    [["other", 0, 0, 0], ["app", 1, 2, 3]],
  );
});

Deno.test("meter: an exchange is counted by its route, method and status", () => {
  const counted = new Counted();
  const meter = counted.meters[0]!;
  meteredExchange(meter);
  meteredExchange(meter, {
    status: 404,
    route: { meterRow: meter.routeRow("b.test/*") },
  });
  meteredExchange(meter, {
    request: { method: METHOD.Other, hasRequestLine: true },
  });
  meteredExchange(meter, {
    request: { method: METHOD.Get, hasRequestLine: false },
    status: 400,
    route: { meterRow: 0 },
    errorCode: "bad_request_line",
    ending: "bad_request",
  });
  const { requests, routes, errors, decisions, inFlight } = counted.totals;
  assertEquals(
    requests.map(({ route, method, code, count }) =>
      `${route} ${method} ${code} ${count}`
    ).toSorted(),
    [
      "a.test/ GET 200 1",
      "a.test/ other 200 1",
      "b.test/* GET 404 1",
      "none other 400 1",
    ],
  );
  assertEquals(
    routes.map(({ route, bytesIn, bytesOut, durations }) => [
      route,
      bytesIn,
      bytesOut,
      durations.counts[1],
      durations.sumMs,
    ]),
    [
      ["none", 100, 1000, 1, 7],
      ["other", 0, 0, 0, 0],
      ["a.test/", 200, 2000, 2, 14],
      ["b.test/*", 100, 1000, 1, 7],
    ],
  );
  assertEquals(errors.filter(({ count }) => count > 0), [
    { reason: "bad_request_line", isRejection: true, count: 1 },
  ]);
  assertEquals(decisions.filter(({ count }) => count > 0), [
    { decision: "close", reason: "bad_request", count: 1 },
  ]);
  assertEquals(
    [...new Set(decisions.map(({ decision }) => decision))].toSorted(),
    [
      "access",
      "bypass",
      "close",
      "coding",
      "forward",
      "retry",
      "reuse",
      "share",
      "store",
    ],
    "what is only explained has no counter",
  );
  assertEquals(inFlight, 0);
});

Deno.test("meter: the cache, its reasons, and what was asked of the upstream", () => {
  const counted = new Counted();
  const meter = counted.meters[0]!;
  meteredExchange(meter, { use: { result: "hit" } });
  meteredExchange(meter, {
    codingReason: "too-small",
    use: {
      result: "miss",
      decisive: "no-store",
      reason: "uri-miss",
      detail: "no-store",
    },
    fetch: { originMs: 3, tryCount: 1, retryReason: "nothing-sent" },
  });
  meteredExchange(meter, {
    use: {
      result: "miss",
      decisive: "uri-miss",
      reason: "uri-miss",
      isStored: true,
    },
    fetch: { originMs: 30, response: { status: 503 }, isReused: true },
  });
  const { cacheRequests, cacheBytes, decisions, upstreams, stored } =
    counted.totals;
  assertEquals(
    cacheRequests.map(({ result, reason, count }) =>
      `${result} ${reason} ${count}`
    ).toSorted(),
    ["hit  1", "miss no-store 1", "miss uri-miss 1"],
  );
  assertEquals([cacheBytes.hit, cacheBytes.miss], [1000, 2000]);
  assertEquals(stored, 1);
  assertEquals(
    decisions.filter(({ count }) => count > 0).map((
      { decision, reason, count },
    ) => `${decision} ${reason} ${count}`),
    [
      "forward uri-miss 2",
      "store no-store 1",
      "coding too-small 1",
      "retry nothing-sent 1",
    ],
  );
  const app = upstreams.find(({ upstream }) => upstream === "app")!;
  assertEquals(
    app.codes.toSorted((one, other) => one.code - other.code),
    [{ code: 200, count: 1 }, { code: 503, count: 1 }],
  );
  assertEquals([app.retries, app.reuses, app.durations.sumMs], [1, 1, 33]);
});

Deno.test("meter: reasons with one token are counted as one", () => {
  const counted = new Counted();
  for (const detail of ["post-location", "post-lifetime", "method"]) {
    meteredExchange(counted.meters[0]!, {
      use: { result: "miss", decisive: "method", reason: "uri-miss", detail },
    });
  }
  const { decisions } = counted.totals;
  assertEquals(decisions.filter(({ reason }) => reason === "method"), [
    { decision: "store", reason: "method", count: 3 },
  ]);
});

Deno.test("meter: workers are added up; a crash takes what was open and no counts", () => {
  const counted = new Counted(2);
  for (const meter of counted.meters) {
    meter.accepted();
    meteredExchange(meter);
    meter.began();
    meter.tunnels(1);
  }
  const before = counted.totals;
  assertEquals(
    [before.inFlight, before.clientConnections, before.tunnels],
    [2, 2, 2],
  );
  clearGauges(counted.memory, 1);
  const after = counted.totals;
  assertEquals(
    [after.inFlight, after.clientConnections, after.tunnels, after.accepted],
    [1, 1, 1, 2],
  );
  assertEquals(after.requests, before.requests);
  meteredExchange(counted.meter(1)); // the successor
  assertEquals(counted.totals.requests[0]!.count, 3);
});

Deno.test("meter: names keep their rows, and further ones share one", () => {
  const many = Array.from({ length: 300 }, (_, i) => `h${i}.test/`);
  const first = withNames(NO_NAMES, many.slice(0, 10), ["u"]);
  const second = withNames(first, many.slice(5).toReversed(), ["v"]);
  assertEquals(second.routes.slice(0, 10), many.slice(0, 10));
  assertEquals(second.routes.length, 256);
  assertEquals(second.upstreams, ["u", "v"]);
  const counted = new Counted(1, second);
  const meter = counted.meters[0]!;
  meteredExchange(meter, { route: { meterRow: meter.routeRow("h9.test/") } });
  meteredExchange(meter, { route: { meterRow: meter.routeRow("h10.test/") } });
  const names = counted.totals.requests.map(({ route }) => route);
  assertEquals(names.toSorted(), ["h9.test/", "other"]);
});

Deno.test("meter: bytes are exact beyond 32 bits", () => {
  const counted = new Counted();
  meteredExchange(counted.meters[0]!, { bytesIn: 2 ** 52 });
  meteredExchange(counted.meters[0]!, { bytesIn: 3 });
  assertEquals(counted.totals.routes[2]!.bytesIn, 2 ** 52 + 3);
});

Deno.test("meter: requests that wait for an upstream are those of all workers, and none is none", () => {
  const counted = new Counted(2);
  const [one, two] = counted.meters;
  const row = one!.upstreamRow("app");
  const waiting = (): number =>
    counted.totals.upstreams.find(({ upstream }) => upstream === "app")!
      .waiting;
  assertEquals(waiting(), 0);
  one!.waiting(row, 1);
  two!.waiting(row, 1);
  assertEquals(waiting(), 2);
  one!.waiting(row, -1);
  two!.waiting(row, -1);
  assertEquals(waiting(), 0);
});
