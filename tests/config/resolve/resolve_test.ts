/** What is in force: hosts, handlers, upstreams, what concerns the process. */

import { assert, assertEquals } from "../../support/assert.ts";
import { resolvedFrom } from "../../support/memory_disk.ts";
import type { ResolvedHandler } from "../../../lib/config/resolved_route.ts";

/** The handler of a host that is one route. */
async function handlerOf(host: unknown): Promise<ResolvedHandler> {
  const config = await resolvedFrom({ hosts: { a: host } });
  return config.hosts[0]!.routes[0]!.handler;
}

Deno.test("the shortest useful files", async () => {
  const proxy = await resolvedFrom({
    hosts: { "*": { proxy: "http://127.0.0.1:3000" } },
  });
  assertEquals(proxy.listen.map(({ address, secure }) => [address, secure]), [[
    { transport: "tcp", hostname: "127.0.0.1", port: 8000 },
    false,
  ]]);
  assertEquals(proxy.hosts[0]!.names, ["*"]);
  assertEquals(proxy.hosts[0]!.routes[0]!.pattern, "/");
  assertEquals(proxy.hosts[0]!.routes[0]!.handler, {
    kind: "proxy",
    upstream: "http://127.0.0.1:3000",
    host: { from: "client", text: "" },
    rewrite: undefined,
  });
  assertEquals(await handlerOf({ files: "." }), {
    kind: "files",
    root: ".",
    index: ["index.html"],
    fallback: [],
    browse: false,
    precompressed: ["br", "gzip"],
    dotfiles: false,
    types: {},
    rewrite: undefined,
  });
});

Deno.test("files in both forms", async () => {
  const beside = await handlerOf({
    files: "/srv",
    index: ["a.html"],
    fallback: "/index.html",
    browse: true,
    precompressed: false,
    types: { ".WASM": "application/wasm" },
    rewrite: { strip: "/x" },
  });
  const within = await handlerOf({
    files: {
      root: "/srv",
      index: "a.html",
      fallback: ["/index.html"],
      browse: true,
      precompressed: false,
      types: { wasm: "application/wasm" },
    },
    rewrite: { strip: "/x" },
  });
  assertEquals(beside, within);
  assert(beside.kind === "files");
  assertEquals(beside.types, { wasm: "application/wasm" });
  assertEquals(beside.rewrite, { kind: "prefix", strip: "/x", prepend: "" });
});

Deno.test("redirects and responses", async () => {
  assertEquals(await handlerOf({ redirect: "https://b{uri}" }), {
    kind: "redirect",
    to: "https://b{uri}",
    status: 308,
  });
  assertEquals(await handlerOf({ redirect: { to: "/x", status: 302 } }), {
    kind: "redirect",
    to: "/x",
    status: 302,
  });
  assertEquals(await handlerOf({ respond: 421 }), {
    kind: "respond",
    status: 421,
    body: "",
    type: "text/plain; charset=utf-8",
    headers: [],
  });
  assertEquals(
    await handlerOf({
      respond: { body: "{path}", type: "text/html", headers: { "X-A": "b" } },
    }),
    {
      kind: "respond",
      status: 200,
      body: "{path}",
      type: "text/html",
      headers: [{ action: "set", name: "X-A", value: "b" }],
    },
  );
});

Deno.test("a list of routes keeps its order, each with its condition", async () => {
  const { hosts } = await resolvedFrom({
    hosts: {
      "A.example, *.B.example.": {
        "/login": [
          { when: { method: "POST", client: "::1" }, proxy: "http://a" },
          { proxy: "http://a", host: "upstream" },
        ],
        "/": { proxy: { servers: "http://a", host: "x.example" } },
      },
    },
  });
  assertEquals(hosts[0]!.names, ["a.example", "*.b.example"]);
  assertEquals(hosts[0]!.key, "A.example, *.B.example.");
  const rows = hosts[0]!.routes.map(({ pattern, when, handler }) => [
    pattern,
    when,
    handler.kind === "proxy" && handler.host.from + handler.host.text,
  ]);
  assertEquals(rows, [
    ["/login", { method: "POST", client: ["::1"] }, "client"],
    ["/login", undefined, "upstream"],
    ["/", undefined, "textx.example"],
  ]);
});

/** The names of the upstreams of some hosts, one for each value of `proxy`. */
async function upstreamNames(...proxies: unknown[]): Promise<string[]> {
  const config = await resolvedFrom({
    upstreams: { api: { servers: "http://a:1" } },
    hosts: Object.fromEntries(
      proxies.map((proxy, at) => [`h${at}`, { proxy }]),
    ),
  });
  return config.hosts.map(({ routes }) => {
    const { handler } = routes[0]!;
    assert(handler.kind === "proxy");
    assert(config.upstreams.has(handler.upstream), handler.upstream);
    return handler.upstream;
  });
}

Deno.test("upstreams at a route have names that tell what they are", async () => {
  const names = await upstreamNames(
    "api",
    "http://a:1",
    "http://A:1/",
    "https://a",
    "unix:/run/a",
    ["http://a", "http://b"],
    { servers: "http://a" },
    { servers: "http://a", keepAlive: "1s" },
    { keepAlive: "1s", servers: ["http://a"] },
  );
  assertEquals(names.slice(0, 6), [
    "api",
    "http://a:1",
    "http://a:1",
    "https://a",
    "unix:/run/a",
    "http://a,http://b",
  ]);
  assert(names[6]!.startsWith("http://a#"), names[6]);
  assertEquals(names[7], names[8]);
  assert(names[6] !== names[7]);
});

Deno.test("the defaults of an upstream, and what is said of it", async () => {
  const { upstreams } = await resolvedFrom({
    upstreams: {
      plain: { servers: "https://a" },
      full: {
        servers: [
          { url: "http://a:1", weight: 3, percent: "5%", backup: true },
          "http://b",
        ],
        balance: "hash",
        hashBy: "header:X-Key",
        sticky: { cookie: "s", secret: { file: "secret" } },
        health: { path: "/h", status: [200, "3xx"] },
        eject: "off",
        retry: { on: ["connect", 503], budget: "10%", for: 0 },
        connections: { max: 10, queue: "off" },
        slowStart: "30s",
        mirror: { to: "plain", percent: "1%" },
        tls: { ca: "ca.pem", insecure: true },
        keepAlive: "5s",
        host: "upstream",
      },
    },
    hosts: { a: { proxy: "plain" } },
  });
  const plain = upstreams.get("plain")!;
  assertEquals(plain.balance, "least-requests");
  assertEquals(plain.eject, { failures: 5, forMs: 10_000, maxMs: 300_000 });
  assertEquals(plain.retry, {
    tries: 1,
    forMs: 0,
    on: ["connect", "reset", "timeout"],
    budgetPercent: 20,
  });
  assertEquals(plain.connections, {
    connectionsMax: 512,
    idleMax: 64,
    queueMax: 1024,
    queueMs: 5000,
  });
  assertEquals([plain.health, plain.sticky, plain.mirror], [
    undefined,
    undefined,
    undefined,
  ]);
  const full = upstreams.get("full")!;
  assertEquals(
    full.servers.map((
      { weight, percent, backup },
    ) => [weight, percent, backup]),
    [
      [3, 5, true],
      [1, undefined, false],
    ],
  );
  assertEquals(full.hashBy, "header:x-key");
  assertEquals(full.sticky?.secret, { kind: "file", path: "secret" });
  assertEquals(full.health?.statuses, [{ first: 200, last: 200 }, {
    first: 300,
    last: 399,
  }]);
  assertEquals(full.health?.everyMs, 5000);
  const unprobed = await resolvedFrom({
    hosts: { a: { proxy: { servers: "http://a", health: { every: "off" } } } },
  });
  assertEquals([...unprobed.upstreams.values()][0]!.health, undefined);
  assertEquals(full.eject, undefined);
  assertEquals(full.retry?.on, ["connect", "503"]);
  assertEquals(full.connections.queueMax, 0);
  assertEquals(full.mirror, { upstream: "plain", percent: 1 });
  assertEquals(full.tls.ca, ["ca.pem"]);
  assertEquals(full.host, { from: "upstream", text: "" });
});

Deno.test("what concerns the process", async () => {
  const good = await resolvedFrom({
    listen: {
      http: [":80", { address: "unix:run/s", limits: { maxHead: "1KiB" } }],
      https: { address: ":443", proxyProtocol: true },
    },
    tls: {
      certificates: ["a/*.pem", { cert: "c", key: "k" }],
      hsts: "1y",
      redirect: false,
    },
    workers: 3,
    drain: "off",
    trustedProxies: "10.0.0.0/8",
    clientAddress: "X-Real-IP",
    admin: { listen: "127.0.0.1:2020", token: "t" },
    limits: {
      maxConnections: "off",
      maxHead: "2KiB",
      maxConnectionsPerClient: 9,
    },
    log: {
      file: "log/a",
      format: "json",
      requestId: "X-Request-Id",
      fields: "Referer",
      skip: ["/healthz"],
      sample: { rate: "5%", slow: "2s" },
    },
    cache: {
      memory: "1MiB",
      disk: { path: "d", size: "10G" },
      shared: { url: "redis://u:p@r" },
    },
    hosts: { a: { respond: 200, tls: "internal" } },
  });
  assertEquals(
    good.listen.map((
      { secure, proxyProtocol, limits },
    ) => [secure, proxyProtocol, limits.headBytesMax]),
    [
      [false, false, 2048],
      [false, false, 1024],
      [true, true, 2048],
    ],
  );
  assertEquals(good.listen[1]!.address, { transport: "unix", path: "run/s" });
  assertEquals(good.tls?.certificates, [{ cert: "a/*.pem", key: undefined }, {
    cert: "c",
    key: "k",
  }]);
  assertEquals([good.tls?.hstsMs, good.tls?.redirect, good.tls?.unknown], [
    31_536_000_000,
    false,
    "default",
  ]);
  assertEquals(good.hosts[0]!.tls?.internal, true);
  assertEquals([good.workers, good.drainMs], [3, 0]);
  assertEquals([good.limits.connectionsMax, good.limits.perClient], [Infinity, {
    connectionsMax: 9,
    holdsForLoopback: true,
  }]);
  assertEquals(good.log, {
    file: "log/a",
    format: "json",
    requestId: "X-Request-Id",
    fields: ["referer"],
    skip: ["/healthz"],
    sample: { rate: 0.05, slowMs: 2000 },
  });
  assertEquals([good.trustedProxies.length, good.clientAddress], [
    1,
    "x-real-ip",
  ]);
  assertEquals(good.admin?.token, { kind: "text", text: "t" });
  assertEquals(good.cache.objectBytesMax, 2 ** 20);
  assertEquals(good.cache.disk, {
    path: "d",
    bytesMax: 10 * 2 ** 30,
    objectBytesMax: 2 ** 30,
    admit: 2,
  });
  assertEquals(good.cache.shared, {
    url: "redis://u:p@r",
    prefix: "",
    timeoutMs: 20,
  });
  assertEquals(structuredClone(good), good);
});

Deno.test("routes of which the same is said share their options", async () => {
  const { hosts } = await resolvedFrom({
    hosts: {
      a: {
        "/": { respond: 200, cache: "1m" },
        "/b": { respond: 200, cache: "1m" },
        "/c": { respond: 200, cache: "2m" },
      },
      b: { respond: 200, cache: "1m" },
      c: {
        limit: { rate: "1/s" },
        "/": { respond: 200 },
        "/d": { respond: 200 },
      },
      d: { limit: { rate: "1/s" }, respond: 200 },
    },
  });
  const [a, b, c, d] = hosts.map(({ routes }) =>
    routes.map(({ options }) => options)
  );
  assert(a![0] === a![1] && a![0] === b![0]);
  assert(a![0] !== a![2]);
  assert(c![0] === c![1]);
  assert(c![0] !== d![0], "their limits count apart");
});
