/** Metrics as text, in both formats, and which of them a request asks for. */

import { METHOD } from "../../../lib/http/method.ts";
import { createMetricsMemory } from "../../../lib/observe/metrics/layout.ts";
import { Meter } from "../../../lib/observe/metrics/meter.ts";
import {
  NO_NAMES,
  withNames,
} from "../../../lib/observe/metrics/meter_names.ts";
import { unitOf } from "../../../lib/observe/metrics/metric.ts";
import type { MetricsSnapshot } from "../../../lib/observe/metrics/snapshot.ts";
import { METRICS } from "../../../lib/observe/metrics/table.ts";
import {
  formatFor,
  type MetricsFormat,
  metricsText,
} from "../../../lib/observe/metrics/text.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { hasProgram, promtool, snapshotOf } from "../../support/metrics.ts";

const ODD = 'a.test/"\\\n€';

/** Something of every metric. */
function fullSnapshot(): MetricsSnapshot {
  const memory = createMetricsMemory(1);
  const names = withNames(NO_NAMES, [ODD], ["app"]);
  const meter = new Meter(memory, 0);
  meter.learn(names);
  const route = {
    meterRow: meter.routeRow(ODD),
    upstream: { meterRow: meter.upstreamRow("app") },
  };
  meter.accepted();
  for (const durationMs of [3, 700, 20_000]) {
    meter.began();
    meter.ended({
      route,
      request: { method: METHOD.Post, hasRequestLine: true },
      status: 200,
      bytesIn: 10,
      client: { bytesOut: 100 },
      startedMs: 0,
      errorCode: "",
      ending: "ok",
      codingReason: "",
      accessReason: "",
      fetch: {
        route,
        response: { status: 200 },
        startedMs: 0,
        sentMs: 0,
        originMs: durationMs,
        isReused: true,
        tryCount: 0,
        retryReason: "",
        use: {
          result: "miss",
          decisive: "uri-miss",
          reason: "uri-miss",
          why: "",
          detail: "",
          alone: "",
          staleRefusal: "",
          isStored: true,
        },
      },
    }, durationMs);
  }
  meter.connected(route.upstream.meterRow, 12);
  meter.encoded("gzip", 1000, 300);
  return snapshotOf(
    {
      tiers: [{
        tier: "memory",
        bytes: 5,
        bytesMax: 10,
        objects: 1,
        evicted: 2,
        dropped: 3,
      }],
      fleet: {
        hits: 3,
        misses: 1,
        timeouts: 5,
        errors: 6,
        isStorePaused: false,
        leasesTaken: 7,
        leasesShared: 8,
        leasesLost: 9,
        leasesAlone: 10,
        leasesLate: 11,
        isInStep: true,
        purges: 2,
        lagMs: 4,
        resets: 1,
      },
      servers: [{
        upstream: "app",
        server: "10.0.0.1:80",
        state: "up",
        isHealthy: false,
        reason: "no response",
        weight: 1,
        busyConnections: 1,
        idleConnections: 2,
      }],
      certificates: [{ name: "a.test", expiresMs: 1.8e12 }],
      process: { ...snapshotOf().process, openDescriptors: 17 },
    },
    memory,
    names,
  );
}

function linesOf(format: MetricsFormat): readonly string[] {
  return metricsText(fullSnapshot(), format).split("\n");
}

Deno.test("metrics: every metric of the table has samples, with its head before them", () => {
  for (const format of ["prometheus", "openmetrics"] as const) {
    const lines = linesOf(format);
    for (const { name, type } of METRICS) {
      const sample = lines.findIndex((line) => {
        const [found] = line.split(/[ {]/);
        return found === (type === "histogram" ? `${name}_bucket` : name);
      });
      assert(sample > 0, `${name} in ${format}`);
      const family = format === "prometheus"
        ? name
        : name.replace(/_total$|_info$/, "");
      assert(
        lines.slice(0, sample).some((line) =>
          line.startsWith(`# TYPE ${family} `)
        ),
        `the type of ${name} in ${format}`,
      );
    }
  }
});

Deno.test("metrics: names have a unit where there is one, and counters end in _total", () => {
  for (const metric of METRICS) {
    const { name, type, help, labels } = metric;
    assertEquals(name.endsWith("_total"), type === "counter", name);
    assertEquals(name.endsWith("_info"), type === "info", name);
    assert(/^(sluice|process)_[a-z_]+$/.test(name), name);
    if (type === "histogram") assertEquals(unitOf(metric), "seconds", name);
    assert(/^[A-Z].*\.$/.test(help), help);
    assertEquals(new Set(labels).size, labels.length);
  }
  const names = METRICS.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("metrics: what a node tells of its fleet", () => {
  const lines = linesOf("prometheus").filter((line) =>
    line.startsWith("sluice_fleet_")
  );
  assertEquals(lines, [
    'sluice_fleet_store_failures_total{reason="timeout"} 5',
    'sluice_fleet_store_failures_total{reason="error"} 6',
    "sluice_fleet_store_paused 0",
    'sluice_fleet_leases_total{outcome="taken"} 7',
    'sluice_fleet_leases_total{outcome="shared"} 8',
    'sluice_fleet_leases_total{outcome="lost"} 9',
    'sluice_fleet_leases_total{outcome="alone"} 10',
    'sluice_fleet_leases_total{outcome="late"} 11',
    "sluice_fleet_in_step 1",
    "sluice_fleet_purges_total 2",
    "sluice_fleet_purge_lag_seconds 0.004",
    "sluice_fleet_resets_total 1",
  ]);
});

Deno.test("metrics: a histogram's buckets add up", () => {
  const name = "sluice_upstream_request_duration_seconds";
  assertEquals(
    linesOf("prometheus").filter((line) => line.startsWith(`${name}_`)),
    [
      ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5].map((le) =>
        `${name}_bucket{upstream="app",le="${le}"} 1`
      ),
      ...[1, 2.5, 5, 10].map((le) =>
        `${name}_bucket{upstream="app",le="${le}"} 2`
      ),
      `${name}_bucket{upstream="app",le="+Inf"} 3`,
      `${name}_sum{upstream="app"} 20.703`,
      `${name}_count{upstream="app"} 3`,
    ],
  );
});

Deno.test("metrics: values of labels are escaped", () => {
  const escaped = 'route="a.test/\\"\\\\\\n€"';
  for (const format of ["prometheus", "openmetrics"] as const) {
    const line = linesOf(format).find((line) =>
      line.startsWith("sluice_http_requests_total{")
    );
    assertEquals(
      line,
      `sluice_http_requests_total{${escaped},method="POST",code="200"} 3`,
    );
  }
});

Deno.test("metrics: OpenMetrics has units, whole names of families and an end", () => {
  const lines = linesOf("openmetrics");
  assertEquals(lines.slice(-2), ["# EOF", ""]);
  for (
    const line of [
      "# TYPE sluice_http_requests counter",
      "# TYPE sluice_http_request_duration_seconds histogram",
      "# UNIT sluice_http_request_duration_seconds seconds",
      "# UNIT sluice_http_request_bytes bytes",
      "# TYPE sluice_build info",
      'sluice_build_info{version="1.2.3",deno="2.9.6"} 1',
    ]
  ) assert(lines.includes(line), line);
  const le = lines.filter((line) => /le="10"|le="1"/.test(line));
  assertEquals(le, [], "bounds are floats");
});

const FORMAT_ROWS: readonly [accept: string, format: MetricsFormat][] = [
  ["", "prometheus"],
  ["*/*", "prometheus"],
  ["text/plain", "prometheus"],
  ["application/openmetrics-text", "openmetrics"],
  ["application/openmetrics-text;q=0", "prometheus"],
  ["application/openmetrics-text;q=0.5,*/*;q=0.9", "prometheus"],
  ["Application/OpenMetrics-Text; version=1.0.0", "openmetrics"],
  [
    "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "openmetrics",
  ],
  ["application/openmetrics-text;q=x", "prometheus"],
  [";,;q=,", "prometheus"],
];

for (const [accept, format] of FORMAT_ROWS) {
  Deno.test(`metrics: "${accept}" gets the format ${format}`, () => {
    assertEquals(formatFor(accept), format);
  });
}

const isThere = hasProgram("promtool");
Deno.test({
  name: `metrics: promtool finds no fault with them${
    isThere ? "" : " (skipped: promtool is not installed)"
  }`,
  ignore: !isThere,
  async fn(): Promise<void> {
    const text = metricsText(fullSnapshot(), "prometheus");
    assertEquals(await promtool(["check", "metrics"], text), "");
    assert(
      await promtool(["check", "metrics"], `${text}sluice_x 1\nsluice_x 1\n`),
      "it would say so",
    );
  },
});
