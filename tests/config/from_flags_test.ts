/** A command line says the same as a file with one host `*` and one route. */

import { assert, assertEquals } from "../support/assert.ts";
import { resolvedFrom } from "../support/memory_disk.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { ResolvedConfig } from "../../lib/config/resolved.ts";

/** What is in force with these flags. */
function withFlags(...args: readonly string[]): ResolvedConfig {
  const command = parseCommand(["print-config", ...args], String);
  assert(command.kind === "print-config");
  return command.resolved;
}

/** The same without where it comes from, and without what a file says at its top for where no host is found. */
function without(config: ResolvedConfig): unknown {
  const { files: _, from: _from, options: _options, hosts, ...rest } = config;
  return {
    ...rest,
    hosts: hosts.map(({ routes, ...host }) => ({
      ...host,
      routes: routes.map(({ place: _, from: _from, ...route }) => route),
    })),
  };
}

/** Flags, what a file says at its top, and what at its route. */
const ROWS: readonly (readonly [
  flags: readonly string[],
  top: Record<string, unknown>,
  route: Record<string, unknown>,
])[] = [
  [[], {}, {}],
  [["--upstream", "https://b"], {}, { proxy: "https://b" }],
  [["-u", "unix:/run/a"], {}, { proxy: "unix:/run/a" }],
  [["--listen", ":80", "-l", "unix:/s"], { listen: [":80", "unix:/s"] }, {}],
  [["--workers", "2", "--log-format", "json", "--drain-timeout", "1m"], {
    workers: 2,
    log: { format: "json" },
    drain: "1m",
  }, {}],
  [["--trust-proxy", "10.0.0.0/8,::1", "--forwarded"], {
    trustedProxies: ["10.0.0.0/8", "::1"],
    forwarded: true,
  }, {}],
  [
    [
      "--max-head",
      "1KiB",
      "--max-fields",
      "5",
      "--max-target",
      "off",
      "--max-response-head",
      "2KiB",
      "--max-response-fields",
      "6",
      "--max-connections",
      "off",
      "--max-tunnels",
      "7",
      "--min-upload-rate",
      "1",
      "--min-upload-grace",
      "1s",
      "--header-timeout",
      "2s",
      "--idle-timeout",
      "3s",
      "--max-connections-per-client",
      "256",
    ],
    {
      limits: {
        maxHead: "1KiB",
        maxFields: 5,
        maxTarget: "off",
        maxResponseHead: "2KiB",
        maxResponseFields: 6,
        maxConnections: "off",
        maxTunnels: 7,
        minUploadRate: 1,
        minUploadGrace: "1s",
        headerTimeout: "2s",
        idleTimeout: "3s",
        maxConnectionsPerClient: 256,
      },
    },
    {},
  ],
  [
    [
      "--cache-size",
      "1MiB",
      "--cache-max-object",
      "64KiB",
      "--cache-default-ttl",
      "1m",
      "--cache-heuristic-max",
      "off",
      "--cache-set-cookie",
      "strip",
      "--cache-targeted-field",
      "X-CC",
      "--cache-key",
      "header:A",
      "--cache-key",
      "cookie:b",
      "--cache-key",
      "sort-query",
      "--cache-status",
      "full",
      "--cache-tags",
      "--purge-from",
      "off",
    ],
    { cache: { memory: "1MiB", maxObject: "64KiB" } },
    {
      cache: {
        ttl: "1m",
        heuristicMax: "off",
        setCookie: "strip",
        targetedField: "X-CC",
        key: ["header:A", "cookie:b"],
        query: "sort",
        status: "full",
        tags: true,
        purgeFrom: "off",
      },
    },
  ],
  [["--cache-key", "no-query"], {}, { cache: { query: "ignore" } }],
  [
    [
      "--compress",
      "br",
      "--compress-min",
      "2KiB",
      "--compress-types",
      "text/,image/svg+xml",
    ],
    {},
    {
      compress: {
        codings: ["br"],
        min: "2KiB",
        types: ["text/", "image/svg+xml"],
      },
    },
  ],
  [["--compress", "off"], { compress: "off" }, {}],
  [
    [
      "--max-body",
      "1MiB",
      "--body-timeout",
      "1s",
      "--write-timeout",
      "2s",
      "--connect-timeout",
      "3s",
      "--response-timeout",
      "4s",
      "--read-timeout",
      "5s",
      "--tunnel-timeout",
      "off",
    ],
    { body: "1MiB" },
    {
      timeout: {
        body: "1s",
        write: "2s",
        connect: "3s",
        response: "4s",
        read: "5s",
        tunnel: "off",
      },
    },
  ],
  [["--response-header", "X-A: {b}", "--response-header", "-Server"], {}, {
    headers: { "X-A": "{{b}}", "server": null },
  }],
  [["--request-header", "+X-A: b"], {}, { requestHeaders: { "+X-A": "b" } }],
  [
    [
      "--upstream-max",
      "5",
      "--upstream-max-idle",
      "4",
      "--upstream-queue",
      "3",
      "--upstream-queue-timeout",
      "2s",
      "--upstream-idle-timeout",
      "1s",
      "--host-header",
      "upstream",
      "--upstream-ca",
      "ca.pem",
    ],
    {},
    {
      proxy: {
        servers: "http://127.0.0.1:9000",
        connections: { max: 5, idle: 4, queue: 3, queueTimeout: "2s" },
        keepAlive: "1s",
        host: "upstream",
        tls: { ca: "ca.pem" },
      },
    },
  ],
];

for (const [flags, top, route] of ROWS) {
  Deno.test(`as a file has it: ${flags.join(" ").slice(0, 60)}`, async () => {
    const config = await resolvedFrom({
      ...top,
      hosts: { "*": { proxy: "http://127.0.0.1:9000", ...route } },
    });
    assertEquals(
      unnamed(without(withFlags(...flags))),
      unnamed(without(config)),
    );
  });
}

/** An upstream with options has a name made from them; one of flags, from its address. */
function unnamed(config: unknown): unknown {
  const clone = structuredClone(config) as {
    upstreams: unknown;
    hosts: { routes: { handler: { upstream: string } }[] }[];
  };
  clone.upstreams = [
    ...(clone.upstreams as Map<string, { name: string }>).values(),
  ]
    .map((upstream) => ({ ...upstream, name: "" }));
  clone.hosts[0]!.routes[0]!.handler.upstream = "";
  return clone;
}

Deno.test("without a cache", () => {
  for (const flags of [["--no-cache"], ["--cache-size", "0"]]) {
    assertEquals(withFlags(...flags).cache.bytesMax, 0);
  }
  assertEquals(
    withFlags("--no-cache").hosts[0]!.routes[0]!.options.cache,
    undefined,
  );
});

Deno.test("where values of flags come from", () => {
  const config = withFlags(
    "--cache-default-ttl",
    "1m",
    "--listen",
    ":80",
    "-u",
    "http://a",
  );
  assertEquals(config.from, { "listen": "--listen" });
  assertEquals(config.hosts[0]!.routes[0]!.from, {
    "cache.ttl": "--cache-default-ttl",
  });
  assertEquals(config.hosts[0]!.routes[0]!.place, "--upstream");
});
