/** What `sluice print-config` shows. */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { resolvedFrom } from "../support/memory_disk.ts";
import { withOverrides } from "../../lib/config/overrides.ts";
import { printedConfig } from "../../lib/config/print.ts";

/** What is printed, read again. */
async function printed(config: unknown): Promise<Record<string, unknown>> {
  return JSON.parse(printedConfig(await resolvedFrom(config)));
}

/** A part of it by its path. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (part as Record<string | number, unknown>)[key],
    value,
  );
}

Deno.test("values are shown as a file has them, with where they come from", async () => {
  const shown = await printed({
    trustedProxies: ["10.0.0.0/8", "2001:db8::/32", "::1"],
    hosts: {
      "a, b": {
        "/": {
          proxy: "http://a:1",
          cache: "90s",
          body: "3MiB",
          timeout: { read: "off" },
        },
      },
    },
  });
  assertEquals(shown.trustedProxies, ["10.0.0.0/8", "2001:db8::/32", "::1"]);
  assertEquals(at(shown, "listen", 0, "address"), "127.0.0.1:8000");
  assertEquals(at(shown, "from", "listen"), "default");
  assertEquals(at(shown, "from", "trustedProxies"), "sluice.json:1:19");
  assertEquals(
    at(shown, "upstreams", "http://a:1", "servers", 0, "address"),
    "http://a:1",
  );
  const route = at(shown, "hosts", "a, b", "routes", 0);
  assertEquals(at(route, "path"), "/");
  assertEquals(at(route, "at"), "sluice.json:1:73");
  assertEquals(at(route, "options", "cache", "ttl"), "90s");
  assertEquals(at(route, "options", "bodyBytesMax"), "3MiB");
  assertEquals(at(route, "options", "timeouts", "read"), "off");
  assertEquals(at(route, "options", "timeouts", "connect"), "3s");
  assertEquals(at(route, "from", "cache.ttl"), "sluice.json:1:107");
  assertEquals(at(route, "from", "timeout.connect"), "default");
});

Deno.test("secrets are not shown", async () => {
  const config = await resolvedFrom({
    admin: { listen: "127.0.0.1:1", token: "hush1" },
    cache: { shared: { url: "redis://user:hush2@r:1" } },
    upstreams: {
      u: { servers: "http://a", sticky: { cookie: "s", secret: "hush3" } },
    },
    hosts: {
      a: {
        "/": {
          proxy: "u",
          requestHeaders: {
            Authorization: "Bearer hush4",
            "X-Api-Key": "hush5",
            "X-Open": "open",
          },
          auth: { forward: "http://u:hush6@b/" },
        },
        "/b": { proxy: "u", auth: { jwt: { jwks: "https://u:hush7@b/" } } },
      },
    },
  });
  const text = printedConfig(config);
  assertEquals(text.match(/hush\d/g), null);
  assertStringIncludes(text, '"redis://***@r:1"');
  assertStringIncludes(text, '"open"');
});

Deno.test("flags beside a file replace what it says", async () => {
  const config = withOverrides(
    await resolvedFrom({
      listen: { http: ":80" },
      workers: 3,
      hosts: { a: { respond: 200 } },
    }),
    {
      listen: [{ transport: "unix", path: "/s" }],
      workers: undefined,
      logFormat: "json",
    },
  );
  const shown = JSON.parse(printedConfig(config));
  assertEquals(shown.listen.length, 1);
  assertEquals(shown.listen[0].address, "unix:/s");
  assertEquals([shown.workers, shown.log.format], [3, "json"]);
  assertEquals([
    shown.from.listen,
    shown.from.workers,
    shown.from["log.format"],
  ], [
    "--listen",
    "sluice.json:1:36",
    "--log-format",
  ]);
});
