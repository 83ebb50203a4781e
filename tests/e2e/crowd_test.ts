/** More clients than there is room for: who idles makes room, who works is not disturbed. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { get, Proxy, speaksTls } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

/** Bounds are divided among workers, and which of them gets a connection is chance. */
const ONE_WORKER = ["--workers", "1"];
const MAX = 5;
const FULL = [...ONE_WORKER, "--max-connections", String(MAX)];

/** Opens connections one after the other, so that each is known to be older than the next. */
async function crowd(
  proxy: Proxy,
  count: number,
  begin: (client: Peer) => Promise<void>,
): Promise<Peer[]> {
  const clients: Peer[] = [];
  for (let i = 0; i < count; i++) {
    const client = await proxy.connect();
    await begin(client);
    clients.push(client);
  }
  return clients;
}

/** It is told so; over TLS it is closed, as a handshake would cost more than it is worth. */
async function assertRefused(client: Peer): Promise<void> {
  if (speaksTls()) return assertEquals(await client.readToEnd(), "");
  const response = await client.readMessage();
  assertEquals([response.status, response.field("retry-after")], [503, "1"]);
}

const IDLERS: readonly {
  name: string;
  begin: (client: Peer) => Promise<void>;
}[] = [
  { name: "have never asked", begin: async () => {} },
  {
    name: "have asked before",
    begin: async (client): Promise<void> => {
      await client.send(get("/"));
      await client.readMessage();
    },
  },
  {
    name: "have sent half a head",
    begin: async (client): Promise<void> => await client.send("GET / HT"),
  },
];

for (const { name, begin } of IDLERS) {
  Deno.test(`connections that ${name} make room, the longest idle one first`, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    await using proxy = await Proxy.start(origin, ...FULL);
    const clients = await crowd(proxy, MAX, begin);
    for (const client of clients.slice(0, 3)) {
      const newcomer = await proxy.connect();
      await newcomer.send(get("/"));
      assertEquals((await newcomer.readMessage()).status, 200);
      assertEquals(await client.readToEnd(), "");
      clients.push(newcomer); // stays: its place must not be the next one's
    }
    for (const client of clients.slice(3, MAX)) {
      const rest = name.includes("head")
        ? "TP/1.1\r\nHost: a\r\n\r\n"
        : get("/");
      await client.send(rest); // it has not been closed
      assertEquals((await client.readMessage()).status, 200);
    }
    for (const client of clients) client.close();
  });
}

Deno.test("a connection too many is told so, with Retry-After, when none is idle", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, ...FULL);
  const clients = await crowd(
    proxy,
    MAX,
    (client) => client.send(get("/", "Cache-Control: no-store")),
  );
  const peers = [];
  for (let i = 0; i < MAX; i++) {
    const peer = await origin.accept();
    await peer.readHead();
    peers.push(peer);
  }
  for (let i = 0; i < 3; i++) {
    using refused = await proxy.connect();
    await assertRefused(refused);
    if (speaksTls()) continue;
    await refused.end();
    assertEquals(await refused.readToEnd(), "");
  }
  for (const peer of peers) await peer.send(ok("hello")); // nobody was disturbed
  for (const client of clients) {
    assertEquals((await client.readMessage()).status, 200);
    client.close();
  }
});

Deno.test("an upload that pauses is not idle", async () => {
  await using origin = new Origin();
  const flags = [...ONE_WORKER, "--max-connections", "1"];
  await using proxy = await Proxy.start(origin, ...flags);
  using busy = await proxy.connect();
  await busy.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"); // before it is accepted
  // Until it has shaken hands, a connection counts as idle.
  const begun = speaksTls() ? await origin.accept() : undefined;
  using refused = await proxy.connect();
  await assertRefused(refused);
  await busy.send("llo");
  const peer = begun ?? await origin.accept();
  await peer.send(ok((await peer.readMessage()).content));
  assertEquals((await busy.readMessage()).content, "hello");
});

const PER_CLIENT = ["--max-connections-per-client", "3"];

for (const workers of rows(["1", "2"], "1")) {
  const flags = ["--workers", workers, ...PER_CLIENT];

  Deno.test(`one address has so many connections and no more: --workers ${workers}`, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    await using proxy = await Proxy.start(origin, ...flags);
    const clients = await crowd(proxy, 3, async (client) => {
      await client.send(get("/"));
      await client.readMessage();
    });
    using refused = await proxy.connect();
    await assertRefused(refused);
    clients[0]!.close();
    // Its place is free as soon as its end has been seen.
    while (await isRefused(proxy));
    for (const client of clients) client.close();
  });

  Deno.test(`a trusted proxy may have more: --workers ${workers}`, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    const trust = ["--trust-proxy", "127.0.0.0/8"];
    await using proxy = await Proxy.start(origin, ...flags, ...trust);
    const clients = await crowd(proxy, 8, async (client) => {
      await client.send(get("/"));
      assertEquals((await client.readMessage()).status, 200);
    });
    for (const client of clients) client.close();
  });
}

async function isRefused(proxy: Proxy): Promise<boolean> {
  using client = await proxy.connect();
  await client.send(get("/")).catch(() => {});
  const text = await client.readSome();
  return text === "" || text.startsWith("HTTP/1.1 503");
}

Deno.test("this machine's own addresses have no bound unless it is asked for", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(origin);
  const clients = await crowd(proxy, 300, async () => {});
  for (const client of clients) {
    await client.send(get("/"));
    assertEquals((await client.readMessage()).status, 200);
    client.close();
  }
});
