/** What a reload changes, in words: two configurations as people write them, and the lines. */

import { assert, assertEquals, assertNotMatch } from "../support/assert.ts";
import { configDiff, restartReasons } from "../../lib/config/diff.ts";
import type { Disk } from "../../lib/config/file/disk.ts";
import { loadConfig } from "../../lib/config/load.ts";
import type { ResolvedConfig } from "../../lib/config/resolved.ts";

type Plain = Record<string, unknown>;

/** A configuration, as it is in force. */
async function configOf(plain: Plain): Promise<ResolvedConfig> {
  const disk: Disk = {
    readText: () => Promise.resolve(JSON.stringify(plain)),
    expand: (path) => Promise.resolve([path]),
    kindOf: () => Promise.resolve("file"),
    evaluate: () => Promise.reject(new Error("no modules")),
    environment: { get: () => undefined } as unknown as Disk["environment"],
  };
  const { config, problems } = await loadConfig("sluice.json", disk);
  const errors = problems.filter(({ kind }) => kind === "error");
  assert(config !== undefined, JSON.stringify(errors));
  return config;
}

async function diff(before: Plain, after: Plain): Promise<string[]> {
  return configDiff(await configOf(before), await configOf(after));
}

/** One host with one route. */
function site(route: Plain, more: Plain = {}): Plain {
  return {
    hosts: { "a.example": { "/api": { proxy: "http://a", ...route } } },
    ...more,
  };
}

const ROWS: readonly [
  what: string,
  before: Plain,
  after: Plain,
  lines: readonly string[],
][] = [
  ["nothing", site({}), site({}), []],
  [
    "hosts come and go",
    { hosts: { "a.example": { respond: 200 }, "c.example": { respond: 200 } } },
    { hosts: { "a.example": { respond: 200 }, "b.example": { respond: 200 } } },
    ["+ host b.example", "- host c.example"],
  ],
  [
    "a name joins others",
    { hosts: { "a.example": { respond: 200 } } },
    { hosts: { "a.example, b.example": { respond: 204 } } },
    ["+ host b.example", "~ a.example /: respond status 200 → 204"],
  ],
  [
    "routes for one pattern in another order, of which the first that holds applies",
    {
      hosts: {
        "a.example": {
          "/x": [
            { when: { method: "PUT" }, respond: 200 },
            { when: { header: { A: true } }, respond: 201 },
            { when: { header: { C: true } }, respond: 202 },
          ],
        },
      },
    },
    {
      hosts: {
        "a.example": {
          "/x": [
            { when: { header: { B: true } }, respond: 204 },
            { when: { header: { A: true } }, respond: 201 },
            { when: { method: "PUT" }, respond: 200 },
          ],
        },
      },
    },
    [
      "+ a.example /x (header B)",
      "- a.example /x (header C)",
      "~ a.example /x: its routes have another order",
    ],
  ],
  [
    "two hosts in another order, and routes",
    {
      hosts: {
        "a": { "/x": { respond: 200 }, "/y": { respond: 201 } },
        "b": { respond: 200 },
      },
    },
    {
      hosts: {
        "b": { respond: 200 },
        "a": { "/y": { respond: 201 }, "/x": { respond: 200 } },
      },
    },
    [],
  ],
  [
    "routes alike are told apart by their number",
    { hosts: { a: { "/": [{ respond: 200 }, { respond: 201 }] } } },
    {
      hosts: {
        a: { "/": [{ respond: 200 }, { respond: 202 }, { respond: 203 }] },
      },
    },
    ["+ a / #3", "~ a / #2: respond status 201 → 202"],
  ],
  [
    "the cache is switched off",
    site({ cache: "5m" }),
    site({ cache: "off" }),
    ["~ a.example /api: cache 5m → off"],
  ],
  [
    "and on, with a guess",
    site({ cache: "off" }),
    site({}),
    ["~ a.example /api: cache off → on"],
  ],
  [
    "another lifetime, and another body",
    site({ cache: { ttl: "5m", stale: "10m" } }),
    site({ cache: "10s", body: "1MiB" }),
    [
      "~ a.example /api: cache.ttl 5m → 10s",
      "~ a.example /api: cache.stale 10m → off",
      "~ a.example /api: body off → 1MiB",
    ],
  ],
  [
    "routes come, go and change their handler",
    { hosts: { a: { "/x": { respond: 200 }, "/y": { files: "/srv" } } } },
    {
      hosts: { a: { "/z": { respond: 200 }, "/y": { proxy: "http://o:80" } } },
    },
    [
      "+ a /z",
      "- a /x",
      "~ a /y: files /srv → proxy http://o",
    ],
  ],
  [
    "routes of one pattern are told by their conditions",
    {
      hosts: {
        a: {
          "/": [{ when: { method: "POST" }, respond: 200 }, { respond: 204 }],
        },
      },
    },
    {
      hosts: {
        a: {
          "/": [{ when: { method: "PUT" }, respond: 200 }, { respond: 205 }],
        },
      },
    },
    [
      "+ a / (method PUT)",
      "- a / (method POST)",
      "~ a /: respond status 204 → 205",
    ],
  ],
  [
    "lists: what came and what went",
    site({ compress: ["gzip"], allow: ["10.0.0.0/8", "::1"] }),
    site({ compress: ["br"], allow: ["10.0.0.0/8"] }),
    [
      "~ a.example /api: compress.codings + br, - gzip",
      "~ a.example /api: allow - ::1",
    ],
  ],
  [
    "headers",
    site({ headers: { "X-A": "1", "X-B": "2" } }),
    site({ headers: { "X-A": "9", "X-C": null, "+X-D": "{host}" } }),
    [
      "~ a.example /api: headers + X-A: 9, + X-C (removed), + X-D: {host} (added), - X-A: 1, - X-B: 2",
    ],
  ],
  [
    "a default for all is one line, one for a host, too",
    {
      hosts: {
        a: { "/x": { respond: 200 }, "/y": { respond: 200 } },
        b: { "/x": { respond: 200 }, "/y": { respond: 200 } },
      },
    },
    {
      timeout: "7s",
      hosts: {
        a: { body: "1KiB", "/x": { respond: 200 }, "/y": { respond: 200 } },
        b: { "/x": { respond: 200, body: "2KiB" }, "/y": { respond: 200 } },
      },
    },
    [
      "~ a: body off → 1KiB",
      "~ all routes: timeout.response 1m → 7s",
      "~ b /x: body off → 2KiB",
    ],
  ],
  [
    "upstreams and their servers",
    {
      upstreams: {
        api: { servers: ["http://10.0.0.1", "http://10.0.0.2"] },
        old: { servers: ["http://10.0.0.9"] },
      },
      hosts: { a: { proxy: "api" } },
    },
    {
      upstreams: {
        api: {
          servers: ["http://10.0.0.1", { url: "http://10.0.0.3", weight: 2 }],
          balance: "round-robin",
        },
        new: { servers: ["http://10.0.0.9"] },
      },
      hosts: { a: { proxy: "new" } },
    },
    [
      "~ upstream api: servers + http://10.0.0.3 weight 2, - http://10.0.0.2",
      "~ upstream api: balance least-requests → round-robin",
      "+ upstream new",
      "- upstream old",
      "~ a /: proxy api → new",
    ],
  ],
  [
    "an upstream that stands at a route is told of there",
    { hosts: { a: { proxy: { servers: ["http://o"] } } } },
    { hosts: { a: { proxy: { servers: ["http://o"], keepAlive: "9s" } } } },
    ["~ a /: proxy keepAlive 30s → 9s"],
  ],
  [
    "listeners",
    { listen: [":80", "127.0.0.1:81"], ...site({}) },
    { listen: [{ address: ":80", proxyProtocol: true }, ":8443"], ...site({}) },
    [
      "~ listen: + 0.0.0.0:8443, - 127.0.0.1:81",
      "~ listen 0.0.0.0:80: proxyProtocol off → on",
    ],
  ],
  [
    "limits at the top are those of every listener: one line",
    { listen: [":80", ":81"], ...site({}) },
    { listen: [":80", ":81"], limits: { maxHead: "8KiB" }, ...site({}) },
    ["~ limits.maxHead 32KiB → 8KiB"],
  ],
  [
    "what concerns the process",
    { ...site({}), drain: "30s" },
    {
      ...site({}),
      drain: "5s",
      workers: 4,
      trustedProxies: ["10.0.0.0/8"],
      cache: { memory: "1GiB" },
      log: { format: "json", file: "/var/log/a.log", skip: ["/healthz"] },
    },
    [
      "~ workers 1 → 4",
      "~ drain 30s → 5s",
      "~ trustedProxies + 10.0.0.0/8",
      "~ log.file none → /var/log/a.log",
      "~ log.format combined → json",
      "~ log.skip + /healthz",
      "~ cache.memory 256MiB → 1GiB",
    ],
  ],
];

for (const [what, before, after, lines] of ROWS) {
  Deno.test(`a difference in words: ${what}`, async () => {
    assertEquals((await diff(before, after)).sort(), [...lines].sort());
  });
}

Deno.test("secrets are not told, though they are compared", async () => {
  const plain = (secret: string): Plain =>
    site({ requestHeaders: { Authorization: `Bearer ${secret}` } }, {
      admin: { listen: "127.0.0.1:2020", token: secret },
      cache: { shared: { url: `redis://u:${secret}@r` } },
      upstreams: {
        api: {
          servers: ["http://o"],
          sticky: { cookie: "s", secret },
          health: { path: "/", headers: { "X-Api-Key": secret } },
        },
      },
    });
  const lines = (await diff(plain("tiger1"), plain("tiger2"))).join("\n");
  assertNotMatch(lines, /tiger/);
  assertEquals(
    lines.split("\n").map((line) =>
      /^~ (?:upstream api: )?([^ ]+)/.exec(line)![1]
    )
      .sort(),
    [
      "a.example",
      "admin.token",
      "cache.shared.url",
      "health.headers.x-api-key",
      "sticky.secret",
    ],
  );
});

Deno.test("many changes are counted, and long ones are cut", async () => {
  const hosts = (count: number): Plain =>
    Object.fromEntries(
      Array.from(
        { length: count },
        (_, n) => [`h${n}.example`, { respond: 200 }],
      ),
    );
  const lines = await diff({ hosts: hosts(1) }, { hosts: hosts(100) });
  assertEquals([lines.length, lines.at(-1)], [21, "and 79 more"]);
  const [line] = await diff(
    { hosts: { a: { respond: { status: 200, body: "a" } } } },
    { hosts: { a: { respond: { status: 200, body: "b".repeat(10_000) } } } },
  );
  assert(line!.length < 200, line);
});

Deno.test("what takes a restart is named", async () => {
  const before = await configOf(site({}, { workers: 2 }));
  const rows: readonly [after: Plain, reasons: readonly string[]][] = [
    [site({ cache: "1m" }, { workers: 2, drain: "1s" }), []],
    [site({}, { workers: 4 }), ["workers 2 → 4"]],
    [
      site({}, { workers: 2, cache: { memory: "1GiB" } }),
      ["cache.memory 256MiB → 1GiB"],
    ],
    [
      site({}, { workers: 2, cache: { maxObject: "1MiB" } }),
      ["cache.maxObject 8MiB → 1MiB"],
    ],
    [
      site({}, { workers: 2, cache: { slice: "1MiB" } }),
      ["cache.slice 0 → 1MiB"],
    ],
    [
      site({}, { workers: 1, cache: { disk: { path: "/c", size: "9GiB" } } }),
      ["workers 2 → 1", "cache.disk.path none → /c"],
    ],
  ];
  for (const [after, reasons] of rows) {
    assertEquals(restartReasons(before, await configOf(after)), reasons);
  }
});
