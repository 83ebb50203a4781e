/** Dashboard and alerts name only metrics that there are, with labels that these have. */

import type { Metric } from "../lib/observe/metrics/metric.ts";
import { METRICS } from "../lib/observe/metrics/table.ts";
import { assert, assertEquals } from "./support/assert.ts";
import { hasProgram, promtool } from "./support/metrics.ts";
import {
  alertExpressions,
  dashboardExpressions,
  RULES_PATH,
} from "./support/metrics_files.ts";

/** Labels that every metric has once it is scraped. */
const SCRAPED = ["instance", "job"];
/** What Prometheus itself knows of each target. */
const TARGET_METRIC = "up";
const METRIC = /\b(sluice_\w+|process_\w+|up)\b(?:\{([^}]*)\})?/g;

const EXPRESSIONS = [...alertExpressions(), ...dashboardExpressions()];

/** The metric that a name in an expression stands for. */
function metricOf(name: string): Metric | undefined {
  return METRICS.find((metric) =>
    metric.type === "histogram"
      ? ["_bucket", "_sum", "_count"].some((part) =>
        name === metric.name + part
      )
      : name === metric.name
  );
}

/** What is wrong with the metrics of an expression. */
function faultsOf(expression: string): string[] {
  const faults: string[] = [];
  const known = new Set(SCRAPED);
  for (const [, name, matchers = ""] of expression.matchAll(METRIC)) {
    if (name === TARGET_METRIC) continue;
    const metric = metricOf(name!);
    if (metric === undefined) {
      faults.push(`there is no ${name}`);
      continue;
    }
    const labels = [...SCRAPED, ...metric.labels];
    if (metric.type === "histogram") labels.push("le");
    labels.forEach((label) => known.add(label));
    for (const [, label] of matchers.matchAll(/(\w+)(?:=~|!~|!=|=)/g)) {
      if (!labels.includes(label!)) faults.push(`${name} has no ${label}`);
    }
  }
  for (const [, labels] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of labels!.split(/, */)) {
      if (!known.has(label)) faults.push(`nothing has ${label}`);
    }
  }
  return faults;
}

Deno.test("deploy: dashboard and alerts ask for metrics that there are", () => {
  assert(EXPRESSIONS.length > 40, `${EXPRESSIONS.length}`);
  const faults = EXPRESSIONS.flatMap(([what, expression]) =>
    faultsOf(expression).map((fault) => `${what}: ${fault}`)
  );
  assertEquals(faults, []);
});

const FAULT_ROWS: readonly [expression: string, faults: readonly string[]][] = [
  ["sluice_tunnels", []],
  ["sluice_tunnel > 1", ["there is no sluice_tunnel"]],
  ["sluice_cache_bytes{teir=~'x'}", ["sluice_cache_bytes has no teir"]],
  ["sum by (tier, le) (sluice_cache_bytes)", ["nothing has le"]],
  ["rate(sluice_http_request_duration_seconds[1m])", [
    "there is no sluice_http_request_duration_seconds",
  ]],
];

for (const [expression, faults] of FAULT_ROWS) {
  Deno.test(`deploy: what is looked for is found: ${expression}`, () => {
    assertEquals(faultsOf(expression), [...faults]);
  });
}

Deno.test("deploy: most metrics are on the dashboard", () => {
  const shown = dashboardExpressions().map(([, expr]) => expr).join();
  const hidden = METRICS.map(({ name }) => name).filter((name) =>
    !shown.includes(name)
  );
  assertEquals(hidden, [
    "sluice_decisions_total",
    "sluice_connections_accepted_total",
    "sluice_connections_refused_total",
    "sluice_encode_bytes_total",
    "sluice_upstream_connection_reuses_total",
    "sluice_cache_objects",
    "sluice_config_last_reload_successful",
    "sluice_workers",
    "sluice_build_info",
    "process_start_time_seconds",
    "process_open_fds",
  ]);
});

const isThere = hasProgram("promtool");
Deno.test({
  name: `deploy: promtool finds no fault with the alerts${
    isThere ? "" : " (skipped: promtool is not installed)"
  }`,
  ignore: !isThere,
  async fn(): Promise<void> {
    assertEquals(await promtool(["check", "rules", RULES_PATH]), "");
  },
});
