/** The admin listener: what it answers, with one and with several workers. */

import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { AdministeredSite, countReloads } from "../support/admin.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";
import { watchEvents } from "../../lib/observe/event_log.ts";

for (const workers of rows([1, 2], 1)) {
  Deno.test(`the resources that say how it is, with ${workers} worker(s)`, async () => {
    await using site = await AdministeredSite.start({ workers });
    assertMatch((await site.get("/")).content, /^sluice 1\.2\.3\n/);
    assertEquals((await site.get("/livez")).content, "ok\n");
    assertEquals((await site.get("/readyz")).content, "ready\n");
    assertEquals((await site.get("/healthz")).status, 200);
    const version = await site.get("/version");
    assertEquals(JSON.parse(version.content).version, "1.2.3");
    assertEquals((await site.get("/config")).content, '{ "is": "masked" }\n');
    const head = await site.ask(
      "HEAD /version HTTP/1.1\r\nHost: localhost\r\n\r\n",
    );
    assertEquals(head.status, 200);
    assertEquals(head.field("content-length"), version.field("content-length"));
  });

  Deno.test(`the state of servers is read and changed, with ${workers} worker(s)`, async () => {
    const flags = ["--upstream", "http://127.0.0.1:1"];
    await using site = await AdministeredSite.start({ workers, flags });
    const path = "/upstreams/http%3A%2F%2F127.0.0.1%3A1/127.0.0.1:1";
    const done = await site.post(path, '{ "state": "down" }');
    assertEquals([done.status, JSON.parse(done.content)], [200, {
      changed: 1,
    }]);
    const [upstream] = JSON.parse((await site.get("/upstreams")).content);
    assertEquals(upstream.servers[0].state, "down");
    const ready = await site.get("/readyz");
    assertEquals(ready.status, 503);
    assertStringIncludes(ready.content, "http://127.0.0.1:1 has no server");
    assertEquals((await site.post(path, '{ "state": "up" }')).status, 200);
    assertEquals((await site.get("/readyz")).status, 200);
    const wrong = [
      [`${path}/more`, "name a server: /upstreams/NAME/HOST:PORT"],
      [`${path.replace(/:1$/, ":2")}`, 'no server "127.0.0.1:2"; did you mean'],
      ["/upstreams/app/127.0.0.1:1", 'there is no upstream "app"'],
    ] as const;
    for (const [target, error] of wrong) {
      const answer = await site.post(target, '{ "state": "down" }');
      assertEquals(answer.status, 404, target);
      assertStringIncludes(JSON.parse(answer.content).error, error);
    }
    assertEquals((await site.get("/readyz")).status, 200);
  });

  Deno.test(`stored responses are purged, with ${workers} worker(s)`, async () => {
    await using origin = Origin.answering(() =>
      ok("x", "Cache-Control: max-age=60")
    );
    const flags = ["--upstream", origin.url];
    await using site = await AdministeredSite.start({ workers, flags });
    const ask = async (target: string): Promise<string | undefined> => {
      const { port } = site.address as Deno.NetAddr;
      using peer = await Peer.connect(port);
      await peer.send(get(target));
      return (await peer.readMessage()).field("cache-status");
    };
    const purged = async (order: unknown): Promise<unknown> => {
      const answer = await site.post("/purge", JSON.stringify(order));
      assertEquals(answer.status, 200);
      return JSON.parse(answer.content);
    };
    for (const target of ["/a", "/b", "/c/1", "/c/2"]) await ask(target);
    assertEquals(await purged({ url: "http://sluice.test/a" }), { purged: 1 });
    assertEquals(await purged({ url: "http://sluice.test/a" }), { purged: 0 });
    assertEquals(
      await purged({ prefix: "http://sluice.test/c/", soft: true }),
      { purged: 2 },
    );
    assertMatch((await ask("/b"))!, /hit/);
    assertMatch((await ask("/a"))!, /fwd=uri-miss/);
    assertMatch((await ask("/c/1"))!, /hit; ttl=0/);
    assertEquals(await purged({ all: true }), { purged: 4 });
    const wrong = [
      ["", "there is no content: send JSON"],
      ["nonsense", /^the content is not JSON: /],
      ["{}", "a purge has exactly one of url, prefix, tag, host, all"],
      [
        '{ "url": "http://a/", "tag": "x" }',
        "a purge has exactly one of url, prefix, tag, host, all, not url and tag",
      ],
      ['{ "all": false }', "all: must be true"],
    ] as const;
    for (const [content, error] of wrong) {
      const answer = await site.post("/purge", content);
      assertEquals(answer.status, 400);
      const said = JSON.parse(answer.content).error;
      if (typeof error === "string") assertEquals(said, error);
      else assertMatch(said, error);
    }
  });
}

Deno.test("it is ready only while it runs, and answers to the end", async () => {
  await using site = await AdministeredSite.open();
  const starting = await site.get("/readyz");
  assertEquals([starting.status, starting.content], [503, "starting\n"]);
  assertEquals((await site.get("/livez")).status, 200);
  await site.run();
  assertEquals((await site.get("/readyz")).status, 200);
  site.administration.stopping();
  const draining = await site.get("/readyz");
  assertEquals([draining.status, draining.content], [503, "draining\n"]);
});

Deno.test("each change is an event, with the name of who asked; what only reads is none", async () => {
  const counter = countReloads();
  await using site = await AdministeredSite.start(counter);
  const events: string[] = [];
  watchEvents((level, text) => events.push(`${level}: ${text}`));
  try {
    await site.get("/config");
    await site.post("/reload");
    await site.post("/none");
    await site.get("/reload");
  } finally {
    watchEvents(undefined);
  }
  assertEquals([counter.count, events], [1, [
    "info: admin: POST /reload by 127.0.0.1",
  ]]);
});
