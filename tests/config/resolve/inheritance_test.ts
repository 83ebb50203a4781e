/** What holds at a route: top, host, route; the nearest wins. */

import { assertEquals } from "../../support/assert.ts";
import { resolvedFrom } from "../../support/memory_disk.ts";
import type { RouteOptions } from "../../../lib/config/resolved_route.ts";

/** The options of a route at which this is said, inside a host and a top at which that is said. */
async function optionsAt(
  top: unknown,
  host: unknown,
  route: unknown,
): Promise<RouteOptions> {
  const config = await resolvedFrom({
    ...top as object,
    hosts: {
      a: { ...host as object, "/": { proxy: "http://a", ...route as object } },
    },
  });
  return config.hosts[0]!.routes[0]!.options;
}

/** What is said at three places, and one option that follows. */
type Row = readonly [
  name: string,
  said: readonly [top: unknown, host: unknown, route: unknown],
  pick: (options: RouteOptions) => unknown,
  expected: unknown,
];

const body = ({ bodyBytesMax }: RouteOptions): unknown => bodyBytesMax;
const ttl = ({ cache }: RouteOptions): unknown => cache?.ttlMs;
const rules = ({ headers }: RouteOptions): unknown =>
  headers.map(({ action, name, value }) => `${action} ${name} ${value}`.trim());

const ROWS: readonly Row[] = [
  ["nothing is said", [{}, {}, {}], body, Infinity],
  ["the top holds for all", [{ body: "1KiB" }, {}, {}], body, 1024],
  [
    "a host before the top",
    [{ body: "1KiB" }, { body: "2KiB" }, {}],
    body,
    2048,
  ],
  ["a route before its host", [{ body: 1 }, { body: 2 }, { body: 3 }], body, 3],
  [
    "off is a value like others",
    [{ body: 1 }, {}, { body: "off" }],
    body,
    Infinity,
  ],

  ["a shorthand sets its key", [{ cache: "5s" }, {}, {}], ttl, 5000],
  [
    "a shorthand leaves other keys",
    [{ cache: { stale: "1m", key: "header:A" } }, { cache: "5s" }, {}],
    ({ cache }) => [cache?.ttlMs, cache?.staleMs, cache?.keyParts.fields],
    [5000, 60_000, ["a"]],
  ],
  [
    "keys merge over all three",
    [{ cache: { ttl: "1s", stale: "1s" } }, { cache: { stale: "2s" } }, {
      cache: { force: "3s" },
    }],
    ({ cache }) => [cache?.ttlMs, cache?.staleMs, cache?.forceMs],
    [1000, 2000, 3000],
  ],
  [
    "off ends the cache",
    [{ cache: "5s" }, { cache: "off" }, {}],
    ({ cache }) => cache,
    undefined,
  ],
  [
    "what is said within an off begins anew",
    [{ cache: { ttl: "5s", stale: "1m" } }, { cache: "off" }, {
      cache: { stale: "2s" },
    }],
    ({ cache }) => [cache?.ttlMs, cache?.staleMs],
    [0, 2000],
  ],
  [
    "an empty object ends an off",
    [{ cache: "off" }, {}, { cache: {} }],
    ttl,
    0,
  ],
  [
    "what concerns the process is not a route's",
    [{ cache: { memory: "1MiB" } }, {}, {}],
    ttl,
    0,
  ],
  [
    "compression",
    [{ compress: ["br"] }, { compress: { min: "2KiB" } }, {}],
    ({ compress }) => [compress?.codings, compress?.bytesMin, compress?.types],
    [["br"], 2048, undefined],
  ],
  [
    "no compression",
    [{ compress: ["br"] }, {}, { compress: "off" }],
    ({ compress }) => compress,
    undefined,
  ],

  [
    "times merge by key",
    [{ timeout: "5s" }, { timeout: { connect: "1s" } }, {
      timeout: { tunnel: "12h" },
    }],
    (
      { timeouts: { responseMs, connectMs, tunnelMs, readMs } },
    ) => [responseMs, connectMs, tunnelMs, readMs],
    [5000, 1000, 12 * 3_600_000, 60_000],
  ],
  [
    "off is none of the times",
    [{ timeout: "5s" }, { timeout: "off" }, { timeout: { read: "1s" } }],
    ({ timeouts }) => timeouts,
    {
      connectMs: 0,
      responseMs: 0,
      totalMs: 0,
      readMs: 1000,
      writeMs: 0,
      bodyMs: 0,
      tunnelMs: 0,
    },
  ],
  [
    "pages merge by status",
    [{ errors: { 404: "a", "5xx": "b" } }, {
      errors: { 404: "c", intercept: true },
    }, {}],
    ({ errors }) => errors,
    { pages: { 404: "c", "5xx": "b" }, intercept: true },
  ],
  [
    "no pages",
    [{ errors: { 404: "a", intercept: true } }, {}, { errors: "off" }],
    ({ errors }) => errors,
    { pages: {}, intercept: false },
  ],

  [
    "headers merge by name, whatever its case",
    [{ headers: { "X-A": "1", "X-B": "1" } }, { headers: { "x-a": "2" } }, {
      headers: { "X-C": null },
    }],
    rules,
    ["set x-a 2", "set X-B 1", "remove X-C"],
  ],
  [
    "one that is set ends those that are added",
    [{ headers: { "+X-A": "1" } }, { headers: { "X-A": "2" } }, {
      headers: { "+x-a": "3" },
    }],
    rules,
    ["set X-A 2", "add x-a 3"],
  ],
  [
    "one that is removed ends those that are added",
    [{ headers: { "+X-A": "1" } }, {}, { headers: { "x-a": null } }],
    rules,
    ["remove x-a"],
  ],
  [
    "headers of requests are others",
    [{ headers: { A: "1" } }, { requestHeaders: { A: "2" } }, {}],
    ({ headers, requestHeaders }) =>
      [headers, requestHeaders].flat().map(({ value }) => value),
    ["1", "2"],
  ],

  [
    "guards are replaced whole",
    [{ allow: ["10.0.0.0/8", "::1"] }, { allow: "192.0.2.1" }, {}],
    ({ allow }) => allow?.length,
    1,
  ],
  [
    "off is no guard",
    [{ allow: "::1", deny: "::2" }, {}, { allow: "off", deny: "off" }],
    ({ allow, deny }) => [allow, deny],
    [undefined, []],
  ],
  [
    "one guard does not end another",
    [{ allow: "::1" }, { auth: { basic: "f" } }, { limit: { rate: "1/s" } }],
    ({ allow, auth, limits }) => [allow?.length, auth?.kind, limits.length],
    [1, "basic", 1],
  ],
  [
    "a limit counts where it is written",
    [{}, {
      limit: [{ rate: "10/m", burst: 5 }, {
        concurrent: 2,
        by: "header:X-Key",
      }],
    }, {}],
    ({ limits }) =>
      limits.map(({ id, burst, by, rate }) => [id, burst, by, rate?.periodMs]),
    [["hosts.a.limit[0]", 5, "client", 60_000], [
      "hosts.a.limit[1]",
      1,
      "header:x-key",
      undefined,
    ]],
  ],
  [
    "without burst, one second's worth",
    [{}, {}, { limit: { rate: "600/m" } }],
    ({ limits }) => limits[0]!.burst,
    10,
  ],
  [
    "maintenance and forwarded",
    [{ maintenance: { when: "m", retryAfter: "1m" }, forwarded: true }, {
      forwarded: false,
    }, {}],
    (
      { maintenance, forwarded },
    ) => [
      maintenance?.when,
      maintenance?.status,
      maintenance?.retryAfterMs,
      forwarded,
    ],
    ["m", 503, 60_000, false],
  ],
  [
    "no maintenance at a host",
    [{ maintenance: { when: "m" } }, { maintenance: "off" }, {}],
    ({ maintenance }) => maintenance,
    undefined,
  ],
];

for (const [name, [top, host, route], pick, expected] of ROWS) {
  Deno.test(`inheritance: ${name}`, async () => {
    assertEquals(pick(await optionsAt(top, host, route)), expected);
  });
}

Deno.test("where options come from", async () => {
  const config = await resolvedFrom(`{
  "body": "1MiB",
  "cache": { "ttl": "1m", "memory": "1MiB" },
  "hosts": {
    "a": {
      "timeout": "5s",
      "/": { "respond": 200, "cache": { "stale": "1h" }, "headers": { "X-A": "1" } },
      "/b": { "respond": 200 }
    }
  }
}`);
  const [first, second] = config.hosts[0]!.routes;
  assertEquals(first!.from, {
    "body": "sluice.json:2:11",
    "cache.ttl": "sluice.json:3:21",
    "timeout.response": "sluice.json:6:18",
    "cache.stale": "sluice.json:7:50",
    "headers.x-a": "sluice.json:7:78",
  });
  assertEquals(first!.place, "sluice.json:7:7");
  assertEquals(second!.from, {
    "body": "sluice.json:2:11",
    "cache.ttl": "sluice.json:3:21",
    "timeout.response": "sluice.json:6:18",
  });
  assertEquals(config.from, {
    "cache.ttl": "sluice.json:3:21",
    "cache.memory": "sluice.json:3:37",
  });
});
