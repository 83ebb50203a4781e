/** What is counted besides requests: tunnels, compression, purges, reloads, crashes. */

import { parseCommand } from "../../lib/config/command.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { Workers } from "../../lib/server/supervisor.ts";
import { AdministeredSite } from "../support/admin.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { ask, metricsWith, sumOf } from "../support/metrics.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";

const UPGRADE =
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const SWITCHING =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

function portOf({ address }: AdministeredSite): number {
  assert(address?.transport === "tcp");
  return address.port;
}

Deno.test("metrics: a tunnel is seen as long as it lasts", async () => {
  await using origin = new Origin();
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url],
  });
  const client = await Peer.connect(portOf(site));
  await client.send(UPGRADE);
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(SWITCHING);
  assertEquals((await client.readHead()).status, 101);
  await metricsWith(site, "sluice_tunnels", 1);
  client.close();
  peer.close();
  const values = await metricsWith(site, "sluice_tunnels", 0);
  assertEquals(
    values.get(
      'sluice_http_requests_total{route="*/",method="GET",code="101"}',
    ),
    1,
  );
});

Deno.test("metrics: compression, and what clients are spared by it", async () => {
  const text = "all work and no play ".repeat(500);
  await using origin = Origin.answering((request) =>
    ok(
      text,
      "Content-Type: text/plain",
      request.head.startsWith("GET /kept")
        ? "Cache-Control: max-age=60"
        : "Cache-Control: no-store",
    )
  );
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url, "--compress", "gzip"],
  });
  const gzip = "Accept-Encoding: gzip";
  await ask(site, get("/passed", gzip));
  const bytes = (direction: string): string =>
    `sluice_encode_bytes_total{coding="gzip",direction="${direction}"}`;
  const once = await metricsWith(site, bytes("in"), text.length);
  const coded = once.get(bytes("out"))!;
  assert(coded > 0 && coded < text.length / 10, `${coded}`);
  const saved = 'sluice_coding_saved_bytes_total{coding="gzip"}';
  assertEquals(once.get(saved), text.length - coded);
  // What is stored is encoded once, and spares every client.
  await ask(site, get("/kept"), get("/kept", gzip), get("/kept", gzip));
  const after = await metricsWith(site, bytes("in"), 2 * text.length);
  const kept = after.get(bytes("out"))! - coded;
  assertEquals(
    after.get(saved),
    text.length - coded + 2 * (text.length - kept),
  );
});

Deno.test("metrics: purges, by request and by order", async () => {
  await using origin = Origin.answering(() =>
    ok("content", "Cache-Control: max-age=60")
  );
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url],
  });
  await ask(site, get("/a"), get("/b"));
  await ask(site, get("/a").replace("GET", "PURGE"));
  await metricsWith(site, "sluice_cache_purged_total", 1);
  await site.post("/purge", '{ "all": true }');
  const values = await metricsWith(site, "sluice_cache_purged_total", 2);
  assertEquals(values.get('sluice_cache_objects{tier="memory"}'), 0);
  assertEquals(values.get('sluice_cache_evictions_total{tier="memory"}'), 0);
});

Deno.test("metrics: what goes to make room is counted", async () => {
  await using origin = Origin.answering(() =>
    ok("x".repeat(100_000), "Cache-Control: max-age=60")
  );
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url, "--cache-size", "1MiB"],
  });
  const paths = Array.from({ length: 20 }, (_, i) => get(`/${i}`));
  await ask(site, ...paths);
  const values = await metricsWith(site, "sluice_cache_stored_total", 20);
  const kept = values.get('sluice_cache_objects{tier="memory"}')!;
  const gone = values.get('sluice_cache_evictions_total{tier="memory"}')!;
  assert(kept > 0 && gone > 0, `${kept} and ${gone}`);
  assertEquals(kept + gone, 20);
  assertEquals(values.get('sluice_cache_max_bytes{tier="memory"}'), 2 ** 20);
});

Deno.test("metrics: routes and upstreams keep their counters over a reload", async () => {
  await using origin = Origin.answering(() => ok("content"));
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url],
  });
  await ask(site, get("/"));
  const row = 'sluice_http_requests_total{route="*/",method="GET",code="200"}';
  await metricsWith(site, row, 1);
  const { hosts } = site.config;
  const [route] = hosts[0]!.routes;
  const more = { names: ["a.test"], routes: [{ ...route!, pattern: "/x/*" }] };
  await site.server.replace({ ...site.config, hosts: [more, ...hosts] });
  site.server.metrics!.noteReload(true);
  await ask(
    site,
    get("/"),
    get("/x/1").replace(/Host: .*\r/, "Host: a.test\r"),
  );
  const values = await metricsWith(site, row, 2);
  assertEquals(
    values.get(row.replace("*/", "a.test/x/*")),
    1,
  );
  assertEquals(values.get("sluice_config_last_reload_successful"), 1);
  site.server.metrics!.noteReload(false);
  const after = await metricsWith(
    site,
    "sluice_config_last_reload_successful",
    0,
  );
  const loaded = "sluice_config_last_reload_timestamp_seconds";
  assertEquals(after.get(loaded), values.get(loaded));
});

Deno.test("metrics: a server that is out, and connections that failed", async () => {
  await using site = await AdministeredSite.start({
    flags: ["--upstream", "http://127.0.0.1:1"],
  });
  await ask(site, get("/"));
  const values = await metricsWith(
    site,
    'sluice_failed_requests_total{reason="origin_refused"}',
    1,
  );
  assert(sumOf(values, "sluice_upstream_connect_failures_total") >= 1);
  const healthy = [...values.keys()].find((key) =>
    key.startsWith("sluice_upstream_healthy")
  )!;
  const [name] = /(?<=upstream=")[^"]+/.exec(healthy)!;
  const change = JSON.stringify({ state: "down" });
  const path = encodeURIComponent(name);
  await site.post(`/upstreams/${path}/127.0.0.1:1`, change);
  await metricsWith(site, healthy, 0);
});

Deno.test("metrics: a connection beyond the limit is refused, and counted", async () => {
  await using origin = new Origin();
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url, "--max-connections", "1"],
  });
  using first = await Peer.connect(portOf(site));
  await first.send(get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  using second = await Peer.connect(portOf(site));
  assertEquals((await second.readMessage()).status, 503);
  const values = await metricsWith(
    site,
    'sluice_connections_refused_total{reason="limit"}',
    1,
  );
  assertEquals(values.get("sluice_connections_accepted_total"), 1);
  await peer.send(ok("content"));
  await first.readMessage();
});

Deno.test("metrics: the summary agrees with what was asked", async () => {
  await using origin = Origin.answering((request) =>
    request.head.startsWith("GET /bad")
      ? "HTTP/1.1 500 Bad\r\nContent-Length: 0\r\n\r\n"
      : ok("content", "Cache-Control: max-age=60")
  );
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url],
  });
  await ask(site, get("/a"), get("/a"), get("/bad"), "nonsense\r\n\r\n");
  await metricsWith(
    site,
    'sluice_rejected_requests_total{reason="bad_request_line"}',
    1,
  );
  const summary = JSON.parse((await site.get("/summary")).content);
  const { requests, cache, routes, rejections, percentilesMs } = summary;
  assertEquals(requests, {
    "1xx": 0,
    "2xx": 2,
    "3xx": 0,
    "4xx": 1,
    "5xx": 1,
    "none": 0,
  });
  assertEquals([cache.hit, cache.miss], [1, 2]);
  assertEquals(routes[0].route, "*/");
  assertEquals([routes[0].requests, routes[0].failures], [3, 1]);
  assertEquals(rejections, [{ reason: "bad_request_line", count: 1 }]);
  assert(percentilesMs.p50 <= percentilesMs.p99);
  assert(summary.bytesSavedByCache > "content".length);
  assertEquals(summary.servers[0].state, "up");
});

Deno.test({
  name: "metrics: what a worker that crashes has counted stays",
  ignore: Deno.build.os !== "linux", // several workers need it
  async fn(): Promise<void> {
    const command = parseCommand(["--workers", "2"], String);
    assert(command.kind === "run");
    const second = Promise.withResolvers<void>();
    const sink = {
      write(bytes: Uint8Array): Promise<number> {
        const text = new TextDecoder().decode(bytes);
        if (text === "life 1\n") second.resolve();
        return Promise.resolve(bytes.length);
      },
    };
    const workers = new Workers(
      { ...command.config, listen: [] },
      new SystemClock(),
      sink,
      new URL("../support/counting_worker.ts", import.meta.url),
    );
    await workers.listen();
    await second.promise;
    const { totals } = await workers.metrics.snapshot({
      version: "1",
      upstreams: [],
      tiers: [],
      recentErrors: [],
    });
    assertEquals(totals.accepted, 3);
    assertEquals([totals.clientConnections, totals.inFlight], [2, 2]);
    await workers.stop();
  },
});
