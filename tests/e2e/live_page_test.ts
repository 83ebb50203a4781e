/** The live page's resources: the page and its files, its events, and the switch of maintenance. */

import type { LiveUpdate } from "../../lib/admin/live_source.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { AdministeredSite, requestOf } from "../support/admin.ts";
import { ask } from "../support/metrics.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const WORKERS = Deno.build.os === "linux" ? [1, 2] : [1];
const HTML = "Accept: text/html,*/*;q=0.8";

/** Reads the next event of a stream. */
async function nextUpdate(peer: Peer): Promise<LiveUpdate> {
  await peer.readThrough("event: live\ndata: ");
  return JSON.parse(await peer.readThrough("\n\n"));
}

async function follow(site: AdministeredSite): Promise<Peer> {
  const peer = await site.connect();
  await peer.send(requestOf("GET", "/live").replace("HTTP/1.1", "HTTP/1.0"));
  const head = await peer.readHead();
  assertEquals(head.field("content-type"), "text/event-stream");
  return peer;
}

Deno.test("a browser gets the page, others what there is", async () => {
  await using site = await AdministeredSite.start();
  const page = await site.get("/", HTML);
  assertStringIncludes(page.content, "<!doctype html>");
  assertEquals(page.field("content-type"), "text/html; charset=utf-8");
  const policy = page.field("content-security-policy")!;
  assertStringIncludes(policy, "default-src 'none'; script-src 'self'");
  assert(!policy.includes("unsafe"), policy);
  assertStringIncludes((await site.get("/")).content, "GET /live\n");
});

Deno.test("the page holds no script or style of its own, and loads what there is", async () => {
  await using site = await AdministeredSite.start();
  const { content } = await site.get("/", HTML);
  assert(!/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/.test(content));
  const files = [...content.matchAll(/(?:src|href)="(\/live\/[^"]+)"/g)]
    .map(([, path]) => path!);
  assert(files.length > 5);
  const seen = new Set<string>();
  while (files.length > 0) {
    const path = files.pop()!;
    if (seen.has(path)) continue;
    seen.add(path);
    const file = await site.get(path);
    assertEquals(file.startLine, "HTTP/1.1 200 OK", path);
    assert(
      !/https?:\/\/(?!www\.w3\.org\/|github\.com\/leeoniya|shop\.example)/.test(
        file.content,
      ),
      path,
    );
    for (const [, name] of file.content.matchAll(/ from "\.\/([^"]+)"/g)) {
      files.push(`/live/${name}`);
    }
  }
  assertEquals(seen.size, 11);
  for (const path of ["/live/nothing", "/live/", "/live/constructor"]) {
    const { startLine } = await site.get(path);
    assertEquals(startLine, "HTTP/1.1 404 Not Found");
  }
});

Deno.test("who has no token gets nothing of it", async () => {
  await using site = await AdministeredSite.start({
    admin: { token: "secret-secret-secret" },
  });
  const page = await site.get("/", HTML);
  assertEquals(page.startLine, "HTTP/1.1 303 See Other");
  assertEquals(page.field("location"), "/login");
  for (const path of ["/live", "/live/page.js", "/maintenance"]) {
    assertMatch((await site.get(path)).startLine, /401/);
  }
  const bearer = "Authorization: Bearer secret-secret-secret";
  const { content } = await site.get("/", HTML, bearer);
  assertMatch(content, /<form action="\/logout" method="post">/);
});

for (const workers of rows(WORKERS, 1)) {
  Deno.test(`events tell what was counted, by ${workers} worker(s)`, async () => {
    await using origin = Origin.answering(() =>
      ok("x".repeat(1000), "Cache-Control: max-age=60")
    );
    await using site = await AdministeredSite.start({
      workers,
      flags: ["--upstream", origin.url],
    });
    using peer = await follow(site);
    const { view: before, readiness } = await nextUpdate(peer);
    assertEquals(readiness, { isReady: true, reasons: [] });
    assertEquals(before.process.workers, workers);
    assertEquals(before.total.requests["2xx"], 0);
    await ask(site, get("/a"), get("/a"), get("/a"));
    for (;;) {
      const { view, points } = await nextUpdate(peer);
      if (view.total.requests["2xx"] < 3) continue;
      assertEquals(view.recent.requests["2xx"], 3);
      assertEquals(view.total.cache.hit, 2);
      assertEquals(view.recent.routes[0]?.requests, 3);
      assertEquals(points.length, 1);
      break;
    }
    await nextUpdate(peer);
    using other = await follow(site); // who comes later gets all points
    assert((await nextUpdate(other)).points.length > 1);
  });

  Deno.test(`maintenance is switched on and off, for ${workers} worker(s)`, async () => {
    await using origin = Origin.answering(() => ok("here"));
    await using site = await AdministeredSite.start({
      workers,
      flags: ["--upstream", origin.url],
    });
    const statuses = async (): Promise<Set<string>> => {
      const all = new Set<string>();
      for (let i = 0; i < 8; i++) { // whichever worker accepts it
        assert(site.address?.transport === "tcp");
        using peer = await Peer.connect(site.address.port);
        await peer.send(get("/a"));
        all.add((await peer.readMessage()).startLine);
      }
      return all;
    };
    const on = '{ "on": true }';
    assertEquals(
      (await site.post("/maintenance", on)).startLine,
      "HTTP/1.1 200 OK",
    );
    assertEquals(JSON.parse((await site.get("/maintenance")).content), {
      on: true,
    });
    assertEquals([...await statuses()], ["HTTP/1.1 503 Service Unavailable"]);
    const explained = await site.get("/explain?url=http://a/b");
    assertStringIncludes(
      explained.content,
      "switched on at the admin listener",
    );
    assertMatch((await site.get("/readyz")).startLine, /200/);
    assertMatch(
      (await site.post("/maintenance", '{ "on": false }')).startLine,
      /200/,
    );
    assertEquals([...await statuses()], ["HTTP/1.1 200 OK"]);
    for (const bad of ["", "{}", '{ "on": 1 }', '{ "on": true, "off": 1 }']) {
      assertMatch((await site.post("/maintenance", bad)).startLine, /400/);
    }
  });
}
