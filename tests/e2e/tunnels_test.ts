/** Tunnels last: they must not take what requests need. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const WISH = get("/ws", "Connection: Upgrade", "Upgrade: websocket");
const GRANT =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
/** Bounds are divided among workers, and which of them gets a connection is chance. */
const ONE_WORKER = ["--workers", "1"];

/** An origin that opens tunnels, in which it repeats what it gets, and answers requests. */
function echoing(): Origin {
  return Origin.serving(async (peer) => {
    for (;;) {
      const { field } = await peer.readHead();
      if (field("upgrade") === undefined) {
        await peer.send(ok("hello"));
        continue;
      }
      await peer.send(GRANT);
      for (;;) await peer.send(await peer.readExactly(1));
    }
  });
}

async function openTunnel(proxy: Proxy): Promise<Peer> {
  const client = await proxy.connect();
  await client.send(WISH);
  assertEquals((await client.readHead()).status, 101);
  return client;
}

Deno.test("tunnels leave the origin's connections to requests", async () => {
  await using origin = echoing();
  const flags = ["--upstream-max", "2", "--upstream-queue", "0"];
  await using proxy = await Proxy.start(origin, ...ONE_WORKER, ...flags);
  const tunnels: Peer[] = [];
  for (let i = 0; i < 6; i++) {
    tunnels.push(await openTunnel(proxy));
    assertEquals((await exchange(proxy, get("/"))).status, 200);
  }
  for (const tunnel of tunnels) {
    await tunnel.send("x");
    assertEquals(await tunnel.readExactly(1), "x");
    tunnel.close();
  }
});

Deno.test("a tunnel too many gets 503, and the place of one that has ended is free", async () => {
  await using origin = echoing();
  const flags = [...ONE_WORKER, "--max-tunnels", "2"];
  await using proxy = await Proxy.start(origin, ...flags);
  const first = await openTunnel(proxy);
  using second = await openTunnel(proxy);
  const refused = await exchange(proxy, WISH);
  assertEquals([refused.status, refused.field("retry-after")], [503, "1"]);
  first.close();
  await proxy.nextLogLine(); // of the refused one
  await proxy.nextLogLine(); // of the first tunnel: it has ended
  using third = await openTunnel(proxy);
  for (const tunnel of [second, third]) {
    await tunnel.send("x");
    assertEquals(await tunnel.readExactly(1), "x");
  }
  assertEquals((await exchange(proxy, get("/"))).status, 200);
});
