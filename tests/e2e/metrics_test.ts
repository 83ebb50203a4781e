/** What `/metrics` says of a running sluice: one worker and several, from the outside. */

import { assert, assertEquals } from "../support/assert.ts";
import { AdministeredSite } from "../support/admin.ts";
import {
  ask,
  hasProgram,
  metricsWith,
  promtool,
  sumOf,
} from "../support/metrics.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

for (const workers of rows([1, 2], 2)) {
  const isSkipped = workers > 1 && Deno.build.os !== "linux";
  Deno.test({
    name:
      `metrics: requests, cache and upstream are counted, with ${workers} worker(s)${
        isSkipped ? " (skipped: several workers need Linux)" : ""
      }`,
    ignore: isSkipped,
    async fn(): Promise<void> {
      await using origin = Origin.answering((request) =>
        request.head.startsWith("GET /missing")
          ? "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
          : ok("content", "Cache-Control: max-age=60")
      );
      await using site = await AdministeredSite.start({
        workers,
        flags: ["--upstream", origin.url],
      });
      await ask(
        site,
        get("/a"),
        get("/a"),
        get("/missing", "Cache-Control: no-store"),
        get("/b").replace("GET", "BREW"),
        "GET /\r\n\r\n",
      );
      const upstream = `127.0.0.1:${origin.port}`;
      const requests = "sluice_http_requests_total";
      const values = await metricsWith(
        site,
        `${requests}{route="none",method="other",code="400"}`,
        1,
      );
      const row = `route="*/"`;
      assertEquals(
        values.get(`${requests}{${row},method="GET",code="200"}`),
        2,
      );
      assertEquals(
        values.get(`${requests}{${row},method="GET",code="404"}`),
        1,
      );
      assertEquals(
        values.get(`${requests}{${row},method="other",code="200"}`),
        1,
      );
      assertEquals(sumOf(values, requests), 5);
      assertEquals(
        values.get(`sluice_http_request_duration_seconds_count{${row}}`),
        4,
      );
      assertEquals(
        values.get(`sluice_cache_requests_total{result="hit",reason=""}`),
        1,
      );
      assertEquals(
        sumOf(values, "sluice_cache_requests_total", 'result="miss"'),
        2,
      );
      assertEquals(
        values.get(`sluice_rejected_requests_total{reason="bad_request_line"}`),
        1,
      );
      assertEquals(
        values.get(
          `sluice_decisions_total{decision="close",reason="bad_request"}`,
        ),
        1,
      );
      assertEquals(sumOf(values, "sluice_upstream_requests_total"), 3);
      const healthy = "sluice_upstream_healthy";
      assertEquals(sumOf(values, healthy, `server="${upstream}"`), 1);
      assertEquals(values.get("sluice_connections_accepted_total"), 5);
      assertEquals(values.get("sluice_workers"), workers);
      assertEquals(values.get(`sluice_cache_objects{tier="memory"}`), 1);
      const stored = values.get(`sluice_cache_bytes{tier="memory"}`);
      assert(stored! > 7 && stored! < 65_536, `${stored}`);
      assert(values.get("process_resident_memory_bytes")! > 1e6);
      assert(values.get("process_cpu_seconds_total")! > 0);
      await metricsWith(site, "sluice_http_requests_in_flight", 0);
      await metricsWith(
        site,
        `sluice_connections{side="client",state="idle"}`,
        0,
      );
    },
  });
}

Deno.test("metrics: what goes up and down is seen while it lasts", async () => {
  await using origin = new Origin();
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url, "--upstream-max", "1"],
  });
  const { address } = site;
  assert(address?.transport === "tcp");
  using first = await Peer.connect(address.port);
  await first.send(get("/first", "Cache-Control: no-store"));
  const asked = await origin.accept();
  await asked.readMessage();
  using second = await Peer.connect(address.port);
  await second.send(get("/second", "Cache-Control: no-store"));
  const values = await metricsWith(site, "sluice_http_requests_in_flight", 2);
  assertEquals(
    values.get(`sluice_connections{side="client",state="active"}`),
    2,
  );
  assertEquals(sumOf(values, "sluice_upstream_queue"), 1);
  assertEquals(
    sumOf(values, "sluice_upstream_connections", 'state="active"'),
    1,
  );
  await asked.send(ok("one"));
  await first.readMessage();
  await asked.readMessage();
  await asked.send(ok("two"));
  await second.readMessage();
  const after = await metricsWith(site, "sluice_http_requests_in_flight", 0);
  assertEquals(sumOf(after, "sluice_upstream_queue"), 0);
  assertEquals(sumOf(after, "sluice_upstream_connection_reuses_total"), 1);
  assertEquals(
    sumOf(after, "sluice_upstream_connections", 'state="idle"'),
    1,
  );
});

Deno.test("metrics: content that arrives takes memory as it grows, and less once it only passes", async () => {
  await using origin = new Origin();
  await using site = await AdministeredSite.start({
    flags: ["--upstream", origin.url, "--cache-max-object", "1MiB"],
  });
  const { address } = site;
  assert(address?.transport === "tcp");
  const bytesInMemory = async (): Promise<number> => {
    const values = await metricsWith(site, "sluice_http_requests_in_flight", 1);
    return values.get(`sluice_cache_bytes{tier="memory"}`)!;
  };
  using client = await Peer.connect(address.port);
  await client.send(get("/"));
  const asked = await origin.accept();
  await asked.readMessage();
  // It ends with the connection: how long it is, nobody knows.
  await asked.send(
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nConnection: close\r\n\r\n",
  );
  await client.readHead();
  const grow = async (kib: number): Promise<number> => {
    const sent = asked.send("x".repeat(kib * 1024));
    for (let count = 0; count < kib * 1024;) {
      count += (await client.readSome()).split("x").length - 1;
    }
    await sent;
    return await bytesInMemory();
  };
  const few = await grow(1);
  const many = await grow(700);
  assert(many >= few + 600 * 1024, `${few}, then ${many}`);
  const passing = await grow(700);
  assert(passing < 400 * 1024, `${many}, then ${passing}`);
});

Deno.test("metrics: the formats, and that looking is not counted", async () => {
  await using site = await AdministeredSite.start({
    flags: ["--upstream", "http://127.0.0.1:1"],
  });
  const plain = await site.get("/metrics");
  assertEquals(plain.status, 200);
  assertEquals(
    plain.field("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
  const open = await site.get(
    "/metrics",
    "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
  );
  assertEquals(
    open.field("content-type"),
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
  );
  assert(open.content.endsWith("\n# EOF\n"));
  assert(!open.content.includes("sluice_http_requests_total{"));
  assert(open.content.includes("sluice_connections_accepted_total 0\n"));
});

const isThere = hasProgram("promtool");
Deno.test({
  name: `metrics: promtool finds no fault with those of a running sluice${
    isThere ? "" : " (skipped: promtool is not installed)"
  }`,
  ignore: !isThere,
  async fn(): Promise<void> {
    await using site = await AdministeredSite.start({
      flags: ["--upstream", "http://127.0.0.1:1"],
    });
    await ask(site, get("/"));
    const { content } = await site.get("/metrics");
    assertEquals(await promtool(["check", "metrics"], content), "");
  },
});
