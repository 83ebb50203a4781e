/** The screen of `sluice top`: it fits, and nothing on it steers the terminal. */

import type { LiveUpdate } from "../../lib/admin/live_source.ts";
import { type Screen, screenLines } from "../../lib/commands/top_screen.ts";
import { createMetricsMemory } from "../../lib/observe/metrics/layout.ts";
import { LiveWindow } from "../../lib/observe/metrics/live_window.ts";
import { Meter } from "../../lib/observe/metrics/meter.ts";
import { NO_NAMES, withNames } from "../../lib/observe/metrics/meter_names.ts";
import type { MetricsSnapshot } from "../../lib/observe/metrics/snapshot.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
} from "../support/assert.ts";
import { meteredExchange, snapshotOf } from "../support/metrics.ts";

const SCREEN: Screen = {
  columns: 100,
  rows: 40,
  hasColour: false,
  hint: "",
  counts: "total",
};
const HOSTILE = "\x1b]0;title\x07\x1b[2J\u202e\x9b1m<script>";

function updateOf(
  routes: Readonly<Record<string, number>>,
  more: Partial<MetricsSnapshot> = {},
): LiveUpdate {
  const memory = createMetricsMemory(1);
  const names = withNames(NO_NAMES, Object.keys(routes), ["app"]);
  const meter = new Meter(memory, 0);
  meter.learn(names);
  for (const [route, count] of Object.entries(routes)) {
    for (let i = 0; i < count; i++) {
      meteredExchange(meter, {
        route: { meterRow: meter.routeRow(route) },
        status: 200,
        use: { result: "miss", decisive: "uri-miss", reason: "uri-miss" },
      });
    }
  }
  const view = new LiveWindow().add({
    ...snapshotOf({}, memory, names),
    ...more,
  });
  const readiness = { isReady: true, reasons: [] };
  return { readiness, isInMaintenance: false, view, points: [] };
}

Deno.test("top: of answers, good ones and errors are always there, others only if there are some", () => {
  const lines = screenLines(updateOf({}), SCREEN);
  assertStringIncludes(lines.join("\n"), "0/s  2xx 0  5xx 0  since");
});

Deno.test("top: without a request, it says so", () => {
  const lines = screenLines(
    updateOf({}, { servers: [], recentErrors: [], certificates: [] }),
    SCREEN,
  );
  assertStringIncludes(lines[0]!, "ready");
  assertStringIncludes(lines[2]!, "mean –  p50 –");
  assertEquals(lines.slice(-2), ["busiest routes, since the start", "none"]);
});

Deno.test("top: routes, reasons in words, servers and errors", () => {
  const text = screenLines(
    updateOf({ "shop/": 3, "api/": 1 }, {
      servers: [{
        upstream: "app",
        server: "10.0.0.1:80",
        state: "up",
        isHealthy: false,
        reason: "connect refused",
        weight: 1,
        busyConnections: 2,
        idleConnections: 0,
      }],
      recentErrors: [{ atMs: 0, level: "error", text: "no origin", count: 2 }],
    }),
    SCREEN,
  ).join("\n");
  assert(text.indexOf("shop/") < text.indexOf("api/"));
  assertStringIncludes(text, "4  Nothing is stored for this URL. (uri-miss)");
  assertStringIncludes(text, "10.0.0.1:80 of app: connect refused");
  assertStringIncludes(text, "no origin (2 times)");
});

Deno.test("top: what comes from elsewhere does not steer the terminal", () => {
  const update = updateOf({ [`${HOSTILE}/`]: 1 }, {
    recentErrors: [{ atMs: 0, level: "error", text: HOSTILE, count: 1 }],
  });
  const text = screenLines(update, { ...SCREEN, columns: Infinity }).join("\n");
  // deno-lint-ignore no-control-regex -- what must not be there
  assert(!/[\x00-\x09\x0b-\x1f\x7f-\xa0\u202e]/.test(text), text);
  assertStringIncludes(text, "\\u{1b}]0;title");
});

for (const [columns, rows] of [[20, 3], [40, 10], [80, 24], [1, 1]] as const) {
  Deno.test(`top: it fits a terminal of ${columns} by ${rows}`, () => {
    const update = updateOf({ [`${"long".repeat(100)}/`]: 1 });
    const lines = screenLines(update, { ...SCREEN, columns, rows });
    assert(lines.length > 0 && lines.length <= rows);
    for (const line of lines) assert(line.length <= Math.max(20, columns));
  });
}

Deno.test("top: colours only where they are wanted", () => {
  const update = { ...updateOf({}), isInMaintenance: true };
  const [plain] = screenLines(update, SCREEN);
  const [coloured] = screenLines(update, { ...SCREEN, hasColour: true });
  assertStringIncludes(plain!, "in maintenance");
  assertEquals(coloured, `\x1b[31m${plain}\x1b[0m`);
});
