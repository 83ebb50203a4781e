/** What responses say of errors (`Proxy-Status`) and of time (`Server-Timing`). */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange } from "../support/proxy.ts";
import { refusingUrl } from "../support/free_port.ts";

Deno.test("errors that sluice makes say why, but for those of its own content", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      const { startLine } = await peer.readMessage();
      if (startLine.includes("/bad")) await peer.send("HTTP/2 200\r\n\r\n");
      else if (startLine.includes("/own")) {
        await peer.send(
          "HTTP/1.1 502 No\r\nProxy-Status: inner; error=dns_error\r\nContent-Length: 0\r\n\r\n",
        );
      } else return;
    }
  });
  const dead = refusingUrl();
  await using site = await ConfigSite.start({
    hosts: {
      "*": {
        "/": { proxy: origin.url, cache: "off" },
        "/dead": { proxy: dead },
        "/silent": { proxy: dead, headers: { "Proxy-Status": null } },
        "/denied": { proxy: dead, deny: "127.0.0.1" },
        "/here/*": { respond: 200, deny: "127.0.0.1" },
      },
      "known.example": { "/a": { respond: 200 } },
    },
  });
  const rows: readonly (readonly [string, number, string | undefined])[] = [
    ["/dead", 502, "sluice; error=connection_refused"],
    ["/bad", 502, "sluice; error=http_protocol_error"],
    ["/closes", 502, "sluice; error=connection_terminated"],
    ["/own", 502, "inner; error=dns_error"],
    ["/silent", 502, undefined],
    ["/denied", 403, "sluice; error=http_request_denied"],
    ["/here/x", 403, undefined],
  ];
  for (const [target, status, said] of rows) {
    const response = await site.get(target);
    assertEquals(
      [response.status, response.field("Proxy-Status")],
      [status, said],
      target,
    );
  }
  const bad = await exchange(site.proxy, "GET / HTTP/1.1\r\n\r\n");
  assertEquals(
    [bad.status, bad.field("Proxy-Status")],
    [400, "sluice; error=http_request_error"],
  );
  const lost = await exchange(
    site.proxy,
    "GET /none HTTP/1.1\r\nHost: known.example\r\nConnection: close\r\n\r\n",
  );
  assertEquals(
    [lost.status, lost.field("Proxy-Status")],
    [404, "sluice; error=destination_not_found"],
  );
});

Deno.test("Server-Timing where it is asked for, beside the origin's own", async () => {
  await using origin = Origin.answering(() =>
    ok("hello", "Cache-Control: max-age=60", "Server-Timing: db;dur=1")
  );
  await using site = await ConfigSite.start({
    serverTiming: true,
    hosts: {
      "*": {
        "/": { proxy: origin.url },
        "/plain/*": { proxy: origin.url, serverTiming: false },
        "/fixed": { respond: 204 },
      },
    },
  });
  const miss = await site.get("/a");
  assertMatch(
    miss.field("Server-Timing")!,
    /^db;dur=1, cache;desc=miss, queue;dur=[\d.]+, connect;dur=[\d.]+, origin;dur=[\d.]+$/,
  );
  const hit = await site.get("/a");
  assertEquals(hit.field("Server-Timing"), "db;dur=1, cache;desc=hit");
  const plain = await site.get("/plain/a");
  assertEquals(plain.field("Server-Timing"), "db;dur=1");
  const fixed = await site.get("/fixed");
  assert(fixed.field("Server-Timing") === undefined);
});

Deno.test("Server-Timing tells how long the origin took, also that it took no time", async () => {
  const clock = new TestClock();
  await using origin = Origin.answering(({ startLine }) => {
    clock.pass(startLine.includes("/later") ? 30 : 0);
    return ok("hello");
  });
  await using site = await ConfigSite.start({
    serverTiming: true,
    hosts: { "*": { "/": { proxy: origin.url } } },
  }, clock);
  for (const [target, ms] of [["/now", 0], ["/later", 30]] as const) {
    const { field } = await site.get(target);
    assertMatch(field("Server-Timing")!, new RegExp(`, origin;dur=${ms}$`));
  }
});
