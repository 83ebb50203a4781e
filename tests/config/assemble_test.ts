/** What the server is made of, from what is in force. */

import { assertEquals, assertRejects } from "../support/assert.ts";
import { resolvedFrom } from "../support/memory_disk.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { assemble } from "../../lib/config/assemble.ts";
import type { Config } from "../../lib/config/config.ts";

/** The server's configuration for a file. */
async function assembled(
  config: unknown,
  text: (path: string) => string = String,
): Promise<Config> {
  return assemble(await resolvedFrom(config), {
    certificates: (path) => `PEM of ${path}`,
    text,
  });
}

Deno.test("a secret that signs cookies is not empty", async () => {
  const secret = { file: "/run/secret" };
  const u = { servers: "http://a", sticky: { cookie: "c", secret } };
  const config = { upstreams: { u }, hosts: { "*": { proxy: "u" } } };
  const { upstreams } = await assembled(config, () => "s\n");
  assertEquals(upstreams[0]!.sticky?.secret, "s");
  await assertRejects(
    () => assembled(config, () => "\n"),
    Error,
    'upstream u: sticky.secret: "/run/secret" is empty',
  );
});

Deno.test("many hosts, routes and upstreams, each room with its own", async () => {
  const config = await assembled({
    limits: { maxTunnels: 7, maxResponseHead: "1KiB", minUploadRate: 5 },
    timeout: { connect: "1s" },
    upstreams: {
      a: { servers: "https://a", tls: { ca: "ca.pem" }, keepAlive: "9s" },
    },
    hosts: {
      "x, y": {
        "/": { proxy: "a", cache: { ttl: "1m", query: ["page"] } },
        "/b": {
          proxy: "http://b:1",
          timeout: { connect: "5s" },
          compress: "off",
        },
        "/c": {
          proxy: "a",
          timeout: { connect: "3s" },
          cache: "off",
          host: "z",
        },
      },
    },
  });
  assertEquals(
    config.upstreams.map(({ name, certificates, connectMs, pool }) => [
      name,
      certificates,
      connectMs,
      pool.idleMs,
      pool.tunnelsMax,
    ]),
    [
      ["a", ["PEM of ca.pem"], 3000, 9000, 7],
      ["http://b:1", [], 5000, 30_000, 7],
    ],
  );
  const [host] = config.hosts;
  assertEquals(host!.names, ["x", "y"]);
  assertEquals(
    host!.routes.map(({ pattern, handler, options }) => [
      pattern,
      handler.kind === "proxy" && handler.upstream,
      options.origin.authority,
      options.cache?.defaultTtlMs,
      options.cache?.queryUse,
      options.coding?.offered,
      options.hostHeader.text,
      options.responseLimits.headBytesMax,
      options.uploadRate.bytesPerSecond,
    ]),
    [
      ["/", "a", "a", 60_000, new Set(["page"]), ["gzip", "br"], "", 1024, 5],
      ["/b", "http://b:1", "b:1", 0, "keep", undefined, "", 1024, 5],
      ["/c", "a", "a", undefined, undefined, ["gzip", "br"], "z", 1024, 5],
    ],
  );
});

Deno.test("the most patient route decides how long opening a connection may take; without one, nobody does", async () => {
  const { upstreams } = await assembled({
    upstreams: { a: { servers: "http://a", mirror: { to: "http://copy" } } },
    hosts: {
      x: { "/": { proxy: "a", timeout: { connect: "2s" } } },
      y: { "/": { proxy: "a", timeout: { connect: "1s" } } },
      z: {
        "/": { proxy: "http://b", timeout: { connect: "off" } },
        "/b": { proxy: "http://b", timeout: { connect: "1s" } },
      },
    },
  });
  assertEquals(
    Object.fromEntries(
      upstreams.map(({ name, connectMs }) => [name, connectMs]),
    ),
    { "a": 2000, "http://copy": 0, "http://b": 0 },
  );
});

Deno.test("rules of headers, with braces as they are", async () => {
  const config = await assembled({
    hosts: {
      a: {
        proxy: "http://a",
        headers: { "X-A": "{{1}}", "Server": null, "+X-B": "2" },
      },
    },
  });
  const rules = config.hosts[0]!.routes[0]!.options.responseRules;
  assertEquals(
    rules.map(({ action, name, line }) => [
      action,
      name,
      textOf(line, 0, line.length),
    ]),
    [
      ["set", "x-a", "X-A: {1}\r\n"],
      ["remove", "server", ""],
      ["add", "x-b", "+X-B: 2\r\n".slice(1)],
    ],
  );
});

Deno.test("a cache of no size is none, and no limit stays none", async () => {
  const config = await assembled({
    cache: { memory: 0 },
    timeout: "off",
    hosts: { a: { proxy: "http://a" } },
  });
  assertEquals(config.store, undefined);
  assertEquals(config.hosts[0]!.routes[0]!.options.cache, undefined);
  assertEquals(config.upstreams[0]!.connectMs, 0);
  assertEquals(structuredClone(config), config);
});
