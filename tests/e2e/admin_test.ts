/** The admin listener: what it answers, with one and with several workers. */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { AdministeredSite } from "../support/admin.ts";

for (const workers of [1, 2]) {
  Deno.test(`the resources that say how it is, with ${workers} worker(s)`, async () => {
    await using site = await AdministeredSite.start({ workers });
    assertEquals((await site.get("/livez")).content, "ok\n");
    assertEquals((await site.get("/readyz")).content, "ready\n");
    assertEquals((await site.get("/healthz")).status, 200);
    const version = await site.get("/version");
    assertEquals(JSON.parse(version.content), { version: "1.2.3" });
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
  });

  Deno.test(`a server that is started answers questions, with ${workers} worker(s)`, async () => {
    await using site = await AdministeredSite.start({ workers });
    assertEquals(await site.server.ask("generation", null), 1);
    await site.server.replace(site.config);
    assertEquals(await site.server.ask("generation", null), 2);
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
