/** A reload changes an upstream's options: what is known of servers that stay, and their connections, go on. */

import { assertEquals } from "../support/assert.ts";
import { groupProxy, NamedOrigin, useFile } from "../support/group.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, type Proxy } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const NO_STORE = "Cache-Control: no-store";

/** Another configuration of the upstream `app`. */
async function reload(proxy: Proxy, app: object): Promise<void> {
  await useFile(proxy, {
    upstreams: { app },
    hosts: { "*": { proxy: "app", cache: "off" } },
  });
}

for (const workers of rows([1, 2], 1)) {
  Deno.test(`connections go on over a reload that changes options, with ${workers} workers`, async () => {
    await using a = new NamedOrigin("a");
    await using b = new NamedOrigin("b");
    const servers = [a.url, b.url];
    const retry = (tries: number): object => ({ servers, retry: { tries } });
    await using proxy = await groupProxy(retry(1), { workers });
    // A client connection stays in its worker.
    using client = await proxy.connect();
    const ask = async (): Promise<void> => {
      await client.send(get("/"));
      await client.readMessage();
    };
    while (a.asked.length === 0 || b.asked.length === 0) await ask();
    const opened = a.origin.connectionCount + b.origin.connectionCount;
    for (const tries of [2, 3, 4]) {
      await reload(proxy, retry(tries));
      await ask();
      await ask();
    }
    assertEquals(a.origin.connectionCount + b.origin.connectionCount, opened);
    // Other servers may go meanwhile.
    await reload(proxy, { servers: [b.url] });
    await ask();
    assertEquals(b.origin.connectionCount, opened - a.origin.connectionCount);
  });

  Deno.test(`a server stays out over a reload that changes options, with ${workers} workers`, async () => {
    await using a = new NamedOrigin("a");
    const port = freePort();
    const servers = [a.url, `http://127.0.0.1:${port}`];
    const options = (tries: number): object => ({
      servers,
      balance: "round-robin",
      eject: { failures: 1, for: "1m" },
      retry: { tries },
    });
    await using proxy = await groupProxy(options(1), { workers });
    for (let i = 0; i < 4; i++) await exchange(proxy, get("/"));
    await using b = new NamedOrigin("b", port);
    await reload(proxy, options(2));
    for (let i = 0; i < 8; i++) await exchange(proxy, get("/"));
    assertEquals(b.asked.length, 0);
  });

  Deno.test(`a sticky client keeps its server over a reload that changes options, with ${workers} workers`, async () => {
    await using a = new NamedOrigin("a");
    await using b = new NamedOrigin("b");
    const options = (tries: number): object => ({
      servers: [a.url, b.url],
      sticky: { cookie: "srv" }, // signed by a secret that is made at the start
      retry: { tries },
    });
    await using proxy = await groupProxy(options(1), { workers });
    const first = await exchange(proxy, get("/"));
    const cookie = `Cookie: ${first.field("set-cookie")!.split(";")[0]}`;
    await reload(proxy, options(2));
    for (let i = 0; i < 6; i++) {
      const { content } = await exchange(proxy, get("/", cookie));
      assertEquals(content, first.content);
    }
  });
}

Deno.test("who waits for a connection is served after the reload, within the bound of the server", async () => {
  await using origin = new Origin();
  const options = (max: number): object => ({
    servers: [origin.url],
    connections: { max },
  });
  await using proxy = await groupProxy(options(1));
  using client1 = await proxy.connect();
  using client2 = await proxy.connect();
  using client3 = await proxy.connect();
  await client1.send(get("/1"));
  using peer = await origin.accept();
  assertEquals((await peer.readHead()).startLine, "GET /1 HTTP/1.1");
  await client2.send(get("/2"));
  await exchange(proxy, "GET / HTTP/1.1\r\n\r\n"); // the proxy has read what came before
  await reload(proxy, { ...options(1), balance: "round-robin" });
  await client3.send(get("/3"));
  await exchange(proxy, "GET / HTTP/1.1\r\n\r\n");
  assertEquals(origin.connectionCount, 1, "the old one's connection counts");
  await peer.send(ok("1", NO_STORE));
  assertEquals((await peer.readHead()).startLine, "GET /2 HTTP/1.1");
  await peer.send(ok("2", NO_STORE));
  assertEquals((await peer.readHead()).startLine, "GET /3 HTTP/1.1");
  await peer.send(ok("3", NO_STORE));
  assertEquals((await client1.readMessage()).content, "1");
  assertEquals((await client3.readMessage()).content, "3");
});

Deno.test("who waits is served by a new connection when the one that fills the bound breaks after the reload", async () => {
  await using origin = new Origin();
  const options = { servers: [origin.url], connections: { max: 1 } };
  await using proxy = await groupProxy(options);
  using client1 = await proxy.connect();
  await client1.send(get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  await reload(proxy, { ...options, balance: "round-robin" });
  using client2 = await proxy.connect();
  await client2.send(get("/2"));
  await exchange(proxy, "GET / HTTP/1.1\r\n\r\n");
  await peer.send(
    `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
  peer.close();
  using other = await origin.accept();
  assertEquals((await other.readHead()).startLine, "GET /2 HTTP/1.1");
});

for (const fields of [[], ["Connection: close"]]) {
  const how = fields.length === 0 ? "is kept" : "is closed";
  Deno.test(`who waits for a server that goes and comes back is served, before and behind the reloads: its connection ${how}`, async () => {
    await using a = new NamedOrigin("a");
    await using b = new NamedOrigin("b");
    const gate = Promise.withResolvers<void>();
    a.answer = async () => {
      await gate.promise;
      return ok("a", NO_STORE, ...fields);
    };
    const options = (url: string): object => ({
      servers: [url],
      connections: { max: 1 },
    });
    await using proxy = await groupProxy(options(a.url), {
      route: { cache: "off" },
    });
    const ask = (id: number): ReturnType<typeof exchange> =>
      exchange(proxy, get(`/${id}`));
    const older = [ask(1), ask(2)];
    await a.hasBeenAsked(1);
    await proxy.hasUnderWay(2);
    await reload(proxy, options(b.url));
    await reload(proxy, options(a.url));
    const newer = [ask(3), ask(4)];
    await proxy.hasUnderWay(4);
    gate.resolve();
    const answered = await Promise.all([...older, ...newer]);
    assertEquals(answered.map(({ content }) => content), ["a", "a", "a", "a"]);
    const targets = a.asked.map(({ startLine }) => startLine.split(" ")[1]);
    assertEquals(targets.slice(0, 2).sort(), ["/1", "/2"]); // the older ones come first
  });
}

Deno.test("who waits goes by the bound of the newest configuration, whatever server it waits for", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  const gates = [1, 3].map(() => Promise.withResolvers<void>());
  a.answer = async ({ startLine }) => {
    if (startLine.includes("/1")) await gates[0]!.promise;
    if (startLine.includes("/3")) await gates[1]!.promise;
    return ok("a", NO_STORE, "Connection: close");
  };
  const options = (url: string, max: number): object => ({
    servers: [url],
    connections: { max },
  });
  await using proxy = await groupProxy(options(a.url, 1), {
    route: { cache: "off" },
  });
  const ask = async (id: number): Promise<string> =>
    (await exchange(proxy, get(`/${id}`))).content;
  const [first, second] = [ask(1), ask(2)];
  await a.hasBeenAsked(1);
  await proxy.hasUnderWay(2);
  await reload(proxy, options(b.url, 1));
  await reload(proxy, options(a.url, 2));
  const third = ask(3);
  await a.hasBeenAsked(2);
  gates[0]!.resolve();
  assertEquals(await second, "a"); // with a bound of 1, it would wait for the third
  gates[1]!.resolve();
  assertEquals([await first, await third], ["a", "a"]);
});

Deno.test("probes that the configuration does not have any more keep nobody out", async () => {
  await using a = new NamedOrigin("a");
  a.answer = () => "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  await using b = new NamedOrigin("b");
  const servers = [a.url, b.url];
  const balance = "round-robin";
  const health = { path: "/up", every: "50ms", fall: 1 };
  await using proxy = await groupProxy({ servers, balance, health });
  await a.hasBeenAsked(2); // the first has been judged then
  a.answer = () => ok("a", NO_STORE);
  await reload(proxy, { servers, balance });
  const answers = new Set<string>();
  for (let i = 0; i < 4; i++) {
    answers.add((await exchange(proxy, get("/"))).content);
  }
  assertEquals(answers.size, 2);
});

Deno.test("a bound that a reload has lowered holds for connections that are there", async () => {
  await using origin = new Origin();
  const options = (max: number): object => ({
    servers: [origin.url],
    connections: { max },
  });
  await using proxy = await groupProxy(options(3));
  const clients = await Promise.all([1, 2, 3].map(() => proxy.connect()));
  const peers = [];
  for (const [index, client] of clients.entries()) {
    await client.send(get(`/${index}`)); // nobody waits for another's response
    const peer = await origin.accept();
    await peer.readHead();
    peers.push(peer);
  }
  await peers[0]!.send(ok("idle", NO_STORE));
  await clients[0]!.readMessage();
  let ended = 0;
  const twoEnded = Promise.withResolvers<void>();
  const ends = peers.map((peer) =>
    peer.readToEnd().then(() => {
      if (++ended === 2) twoEnded.resolve();
    })
  );
  await reload(proxy, options(1));
  for (const index of [1, 2]) {
    await peers[index]!.send(ok("busy", NO_STORE));
    await clients[index]!.readMessage();
  }
  await twoEnded.promise;
  for (const client of clients) client.close();
  await proxy[Symbol.asyncDispose]();
  await Promise.all(ends); // the last one stayed to the end
});
