/** A request that was sent on a connection which had died is sent once more, on a new one. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { get, Proxy } from "../support/proxy.ts";

/** A client, and the connection to the origin that its request came on. */
interface Exchange {
  readonly client: Peer;
  readonly server: Peer;
}

const NOT_STORED = "Cache-Control: no-store";

for (const max of ["512", "2"]) {
  Deno.test(`what is sent once more goes on a new connection: --upstream-max ${max}`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin, "--upstream-max", max);
    using client = await proxy.connect();
    await client.send(get("/1"));
    using dying = await origin.accept();
    await dying.readHead();
    await dying.send(ok("1", NOT_STORED));
    assertEquals((await client.readMessage()).content, "1");
    await client.send(get("/2"));
    await dying.readHead();

    using other = await proxy.connect();
    await other.send(get("/3"));
    using doomed = await origin.accept();
    await doomed.readHead();
    await doomed.send(ok("3", NOT_STORED));
    assertEquals((await other.readMessage()).content, "3");

    dying.close(); // /2 is sent once more; what /3 has given back may be dying, too
    const last = await origin.accept();
    await last.readHead();
    await last.send(ok("2", NOT_STORED));
    assertEquals((await client.readMessage()).content, "2");
  });
}

Deno.test("what is sent once more goes on a new connection, though another one is idle", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  const peers: Peer[] = [];
  const ask = async (path: string): Promise<Exchange> => {
    const client = await proxy.connect();
    await client.send(get(path));
    const server = await origin.accept();
    await server.readHead();
    peers.push(client, server);
    return { client, server };
  };
  const answer = async (
    { client, server }: Exchange,
    content: string,
  ): Promise<void> => {
    await server.send(ok(content, NOT_STORED));
    assertEquals((await client.readMessage()).content, content);
  };

  const first = await ask("/1");
  await answer(first, "1");
  await first.client.send(get("/2"));
  await first.server.readHead();

  const [left, right] = [await ask("/3"), await ask("/4")];
  await answer(left, "3");
  await answer(right, "4");
  // The loop has looked at both when one of them is taken for this: the other is idle.
  await left.client.send(get("/5"));
  const taken = await Promise.race(
    [left.server, right.server].map(async (server) => {
      await server.readHead();
      return server;
    }),
  );
  await answer({ client: left.client, server: taken }, "5");

  first.server.close(); // /2 is sent once more; the idle one may be dying, too
  const last = await origin.accept();
  peers.push(last);
  assertEquals((await last.readHead()).startLine, "GET /2 HTTP/1.1");
  await answer({ client: first.client, server: last }, "2");
  for (const peer of peers) peer.close();
});
