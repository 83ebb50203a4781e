/** All tries of a request together take no longer than `timeout.total`. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { groupProxy, NamedOrigin } from "../support/group.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get } from "../support/proxy.ts";
import { refusingUrl } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const POST = (length: number): string =>
  `POST /p HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: ${length}\r\n\r\n`;

for (const workers of rows([1, 2], 1)) {
  Deno.test(`further tries get what is left of the time, and none begins after it, with ${workers} workers`, async () => {
    const clock = new TestClock();
    await using silent = new AsyncDisposableStack();
    const servers = Array.from(
      { length: 6 },
      () => silent.use(new Origin()).url,
    );
    await using proxy = await groupProxy({
      servers,
      retry: { tries: 9, budget: "100%" },
      eject: "off",
    }, {
      workers,
      route: { timeout: { response: "300ms", total: "1200ms" } },
      clock,
    });
    const answered = clock.within(1300, exchange(proxy, get("/")));
    assertEquals((await answered).status, 504);
    const line = await proxy.nextLogLine();
    assertMatch(line, /"retry_reason":"retry-too-late"/);
    // With the system's time, the first try may take all of it, on a busy machine.
    assertMatch(line, clock.stands ? /"retries":[34]\b/ : /"retries":[0-4]\b/);
  });
}

Deno.test("the only server gets no more than the total time", async () => {
  await using silent = new Origin();
  await using proxy = await groupProxy({ servers: [silent.url] }, {
    route: { timeout: { response: "1m", total: "200ms" } },
  });
  assertEquals((await exchange(proxy, get("/"))).status, 504);
});

Deno.test("a refused connection is not tried for longer than the total time", async () => {
  const servers = [refusingUrl()];
  await using proxy = await groupProxy({ servers, retry: { for: "1m" } }, {
    route: { timeout: { total: "250ms" } },
  });
  assertEquals((await exchange(proxy, get("/"))).status, 502);
  assertMatch(await proxy.nextLogLine(), /"retry_reason":"retry-too-late"/);
});

Deno.test("a request waits for a connection no longer than the total time", async () => {
  await using origin = new Origin();
  await using proxy = await groupProxy({
    servers: [origin.url],
    connections: { max: 1, queueTimeout: "1m" },
  }, { route: { timeout: { total: "300ms" } } });
  using first = await proxy.connect();
  await first.send(get("/1"));
  using peer = await origin.accept();
  await peer.readHead();
  const statuses = [
    (await exchange(proxy, get("/2"))).status,
    (await first.readMessage()).status,
  ];
  assertEquals(statuses, [503, 504]);
});

Deno.test("the time begins anew when the content has been sent, and does not cut the response's", async () => {
  await using origin = new NamedOrigin("a");
  const clock = new TestClock();
  origin.answer = async () => {
    await clock.advance(100);
    return ok("a", "Cache-Control: no-store");
  };
  await using proxy = await groupProxy({ servers: [origin.url] }, {
    route: { timeout: { total: "300ms" } },
    clock,
  });
  using client = await proxy.connect();
  await client.send(POST(5));
  for (const byte of "hello") {
    await client.send(byte);
    await clock.advance(100);
  }
  assertEquals((await client.readMessage()).content, "a");
  assertEquals(origin.asked.length, 1);
});

Deno.test("content that takes longer than the total time is not cut", async () => {
  const clock = new TestClock();
  await using origin = Origin.serving(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    for (const byte of "slowly") {
      await clock.advance(60);
      await peer.send(byte);
    }
  });
  await using proxy = await groupProxy({ servers: [origin.url] }, {
    route: { timeout: { total: "200ms" }, cache: "off" },
    clock,
  });
  assertEquals((await exchange(proxy, get("/"))).content, "slowly");
});
