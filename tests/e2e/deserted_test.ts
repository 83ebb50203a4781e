/** A request that many wait for ends when the last of them has left, whoever asked first. */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { get, Proxy } from "../support/proxy.ts";

/** Clients that ask for the same, one after the other; the origin has got the first one's request. */
async function ask(
  proxy: Proxy,
  origin: Origin,
  clock: TestClock,
  count: number,
): Promise<{ clients: Peer[]; peer: Peer }> {
  const clients: Peer[] = [];
  for (let i = 0; i < count; i++) {
    const client = await proxy.connect();
    await client.send(get("/same"));
    clients.push(client);
  }
  const peer = await origin.accept();
  await peer.readHead();
  await proxy.hasUnderWay(count);
  await clock.advance(150); // later than a half-close would come
  return { clients, peer };
}

/** Leaves, and waits until that has been seen. */
async function leave(client: Peer): Promise<void> {
  await client.end();
  assertEquals(await client.readToEnd(), "");
  client.close();
}

for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
  Deno.test(`the origin's work ends when all who waited for it have left: ${order}`, async () => {
    await using origin = new Origin();
    const clock = new TestClock();
    await using proxy = await Proxy.startAt(clock, origin);
    const { clients, peer } = await ask(proxy, origin, clock, 3);
    for (const index of order) {
      await leave(clients[index]!);
    }
    assertEquals(await peer.readToEnd(), "");
    for (const _ of order) {
      assertStringIncludes(await proxy.nextLogLine(), " 499 ");
    }
  });
}

Deno.test("who asked first may leave: the others get their response", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const { clients: [first, second, third], peer } = await ask(
    proxy,
    origin,
    clock,
    3,
  );
  await leave(first!);
  await leave(second!);
  await peer.send(
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=9\r\nContent-Length: 2\r\n\r\nhi",
  );
  assertEquals((await third!.readMessage()).content, "hi");
  third!.close();
});

Deno.test("the end of the server ends a request that many wait for", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  const proxy = await Proxy.startAt(
    clock,
    origin,
    "--response-timeout",
    "off",
  );
  const { clients, peer } = await ask(proxy, origin, clock, 3);
  await proxy[Symbol.asyncDispose]();
  assertEquals(await peer.readToEnd(), "");
  for (const client of clients) client.close();
});
