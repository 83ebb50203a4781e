/** Several servers behind one name: who is asked, who waits, what clients are told. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { groupProxy, NamedOrigin, useFile } from "../support/group.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { exchange, get, type Proxy, speaksTls } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const NO_STORE = "Cache-Control: no-store";

/** What so many requests were answered with. */
async function answers(
  proxy: Proxy,
  count: number,
  ...fields: readonly string[]
): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < count; i++) {
    found.push((await exchange(proxy, get(`/${i}`, ...fields))).content);
  }
  return found;
}

Deno.test("round-robin goes round", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  await using proxy = await groupProxy({
    servers: [{ url: a.url, weight: 2 }, b.url],
    balance: "round-robin",
  });
  assertEquals(await answers(proxy, 6), ["a", "b", "a", "a", "b", "a"]);
});

Deno.test("workers go round together", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    balance: "round-robin",
  }, { workers: 2 });
  await answers(proxy, 40);
  assertEquals([a.asked.length, b.asked.length], [20, 20]);
});

Deno.test("the same URI, header or cookie has the same server", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  const servers = [a.url, b.url];
  await using proxy = await groupProxy({ servers });
  const rows: [hashBy: string, request: (key: number) => string][] = [
    ["uri", (key) => get(`/x?${key}`)],
    ["header:X-User", (key) => get("/", `x-user: ${key}`)],
    ["cookie:id", (key) => get("/", `Cookie: a=b; id=${key}`)],
  ];
  for (const [hashBy, request] of rows) {
    await useFile(proxy, {
      upstreams: { app: { servers, balance: "hash", hashBy } },
      hosts: { "*": { proxy: "app", cache: "off" } },
    });
    const seen = new Set<string>();
    for (let key = 0; key < 16; key++) {
      const first = (await exchange(proxy, request(key))).content;
      assertEquals((await exchange(proxy, request(key))).content, first);
      seen.add(first);
    }
    assertEquals(seen.size, 2, hashBy);
  }
});

Deno.test("nobody waits while another server is free, and those who wait are served in order", async () => {
  await using a = new Origin();
  await using b = new Origin();
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    balance: "hash",
    hashBy: "header:Key",
    connections: { max: 1 },
  });
  using client1 = await proxy.connect();
  using client2 = await proxy.connect();
  using client3 = await proxy.connect();
  using client4 = await proxy.connect();
  await client1.send(get("/1", "Key: same"));
  await client2.send(get("/2", "Key: same"));
  using first = await a.accept();
  using second = await b.accept(); // although the key is the first one's, or the other way round
  await Promise.all([first.readHead(), second.readHead()]);
  await client3.send(get("/3", "Key: same"));
  await exchange(proxy, "GET / HTTP/1.1\r\n\r\n"); // the proxy has read what came before
  await client4.send(get("/4", "Key: same"));
  await exchange(proxy, "GET / HTTP/1.1\r\n\r\n");
  await second.send(ok("second", NO_STORE));
  assertEquals((await second.readHead()).startLine, "GET /3 HTTP/1.1");
  await first.send(ok("first", NO_STORE));
  assertEquals((await first.readHead()).startLine, "GET /4 HTTP/1.1");
  await Promise.all([second, first].map((peer) => peer.send(ok("", NO_STORE))));
  await Promise.all([client3, client4].map((client) => client.readMessage()));
});

Deno.test("the bound of a server holds for all workers together, and all are served", async () => {
  let underWay = 0;
  let most = 0;
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readHead();
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => setTimeout(resolve, 1));
      underWay--;
      await peer.send(ok("ok", NO_STORE));
    }
  });
  await using proxy = await groupProxy({
    servers: [origin.url],
    connections: { max: 2 },
  }, { workers: 3 });
  await Promise.all(Array.from({ length: 12 }, async (_, client) => {
    for (let i = 0; i < 10; i++) {
      const { status } = await exchange(proxy, get(`/${client}/${i}`));
      assertEquals(status, 200);
    }
  }));
  assertEquals(most, 2);
});

Deno.test("a sticky cookie brings the client back; a made-up one does not, and a server that is gone is given up", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    sticky: { cookie: "srv", ttl: "1h", secret: "s" },
  });
  const first = await exchange(proxy, get("/"));
  const line = first.field("set-cookie")!;
  assertMatch(
    line,
    /^srv=[0-9a-f]{32}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax(; Secure)?$/,
  );
  assertEquals(line.endsWith("; Secure"), speaksTls());
  const cookie = `Cookie: x=y; ${line.split(";")[0]}`;
  for (let i = 0; i < 12; i++) {
    const again = await exchange(proxy, get(`/${i}`, cookie));
    assertEquals(again.content, first.content);
    assertEquals(again.field("set-cookie"), undefined);
  }
  const forged = await exchange(
    proxy,
    get("/f", `Cookie: srv=${"0".repeat(32)}`),
  );
  assertMatch(forged.field("set-cookie")!, /^srv=/);

  const [gone, left] = first.content === "a" ? [a, b] : [b, a];
  await gone.origin[Symbol.asyncDispose]();
  const other = await exchange(proxy, get("/g", cookie));
  assertEquals(other.content, left === a ? "a" : "b");
  assert(other.field("set-cookie") !== undefined);
});

Deno.test("what the cache answers sets no sticky cookie", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  a.answer = b.answer = () => ok("x", "Cache-Control: max-age=60");
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    sticky: { cookie: "srv" },
  });
  for (let i = 0; i < 3; i++) {
    const { field } = await exchange(proxy, get("/same"));
    assertEquals(field("set-cookie"), undefined);
  }
});

Deno.test("a canary is for those who meet its condition, cached apart, and changed together", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  a.answer = () => ok("a", "Cache-Control: max-age=60");
  b.answer = () => ok("b", "Cache-Control: max-age=60");
  await using proxy = await groupProxy({
    servers: [a.url, { url: b.url, when: { header: { "X-Beta": "1" } } }],
  });
  for (let i = 0; i < 2; i++) {
    assertEquals((await exchange(proxy, get("/"))).content, "a");
    assertEquals((await exchange(proxy, get("/", "X-Beta: 1"))).content, "b");
  }
  assertEquals([a.asked.length, b.asked.length], [1, 1]);
  const post =
    "POST / HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 0\r\n\r\n";
  await exchange(proxy, post); // the main servers', but it changes the resource
  assertEquals((await exchange(proxy, get("/", "X-Beta: 1"))).content, "b");
  assertEquals(b.asked.length, 2);
});

Deno.test("those whom a canary would get go to the others while it drains", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  const when = { header: { "X-Beta": "1" } };
  await using proxy = await groupProxy({
    servers: [a.url, { url: b.url, when, drain: true }],
  });
  const { status, content } = await exchange(proxy, get("/", "X-Beta: 1"));
  assertEquals([status, content], [200, "a"]);
});

for (const workers of rows([1, 3], 1)) {
  Deno.test(`requests that wait for a canary hold up nobody else, with ${workers} workers`, async () => {
    await using a = new NamedOrigin("a");
    await using b = new NamedOrigin("b");
    const gate = Promise.withResolvers<void>();
    b.answer = async () => {
      await gate.promise;
      return ok("b", NO_STORE);
    };
    await using proxy = await groupProxy({
      servers: [a.url, { url: b.url, when: { header: { "X-Beta": "1" } } }],
      connections: { max: 1 },
    }, { workers });
    const beta = [1, 2, 3].map((id) =>
      exchange(proxy, get(`/${id}`, "X-Beta: 1"))
    );
    await b.hasBeenAsked(1);
    await proxy.hasUnderWay(beta.length);
    assertEquals(await answers(proxy, 3), ["a", "a", "a"]);
    // Two at once: one waits for the other, behind those for the canary.
    assertEquals(
      await Promise.all([answers(proxy, 2), answers(proxy, 2)]),
      [["a", "a"], ["a", "a"]],
    );
    gate.resolve();
    const answered = await Promise.all(beta);
    assertEquals(answered.map(({ content }) => content), ["b", "b", "b"]);
  });
}

Deno.test("a percentage of 0 gets nothing, one of 100 all", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  for (const [percent, content] of [["0%", "a"], ["100%", "b"]]) {
    await using proxy = await groupProxy({
      servers: [a.url, { url: b.url, percent }],
    });
    assertEquals(await answers(proxy, 8), new Array(8).fill(content));
  }
});

Deno.test("a backup serves when no other can, in a retry too", async () => {
  const port = freePort();
  await using a = new NamedOrigin("a", port);
  await using b = new NamedOrigin("b");
  await using proxy = await groupProxy({
    servers: [a.url, { url: b.url, backup: true }],
  });
  assertEquals(await answers(proxy, 4), ["a", "a", "a", "a"]);
  await a.origin[Symbol.asyncDispose]();
  assertEquals(await answers(proxy, 3), ["b", "b", "b"]);
  await using _ = new NamedOrigin("again", port);
  assertEquals(await answers(proxy, 1), ["again"]);
});

Deno.test("a server that drains gets no requests", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  await using proxy = await groupProxy({
    servers: [{ url: a.url, drain: true }, b.url],
  });
  assertEquals(await answers(proxy, 6), new Array(6).fill("b"));
});

Deno.test("with host: upstream each server is called by its own name", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    balance: "round-robin",
  }, { route: { host: "upstream" } });
  await answers(proxy, 2);
  const hosts = [a, b].map(({ asked }) => asked[0]!.field("host"));
  assertEquals(hosts, [a, b].map(({ url }) => url.slice("http://".length)));
});

Deno.test("the log names the server, and counts what was sent once more", async () => {
  await using a = new NamedOrigin("a");
  const dead = `127.0.0.1:${freePort()}`;
  await using proxy = await groupProxy({
    servers: [`http://${dead}`, a.url],
    balance: "round-robin",
  });
  await answers(proxy, 1);
  const { upstream, retry_reason } = JSON.parse(await proxy.nextLogLine());
  assertEquals([upstream.server, upstream.retries, retry_reason], [
    a.url.slice("http://".length),
    1,
    "nothing-sent",
  ]);
});

Deno.test("an ejection outlasts a reload that leaves the upstream as it is", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  a.answer = () => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
  const file = (status: number): object => ({
    upstreams: {
      app: {
        servers: [a.url, b.url],
        balance: "round-robin",
        eject: { failures: 1 },
      },
    },
    hosts: {
      "*": { "/": { proxy: "app", cache: "off" }, "/x": { respond: status } },
    },
  });
  await using proxy = await groupProxy({ servers: [a.url] });
  await useFile(proxy, file(200));
  await answers(proxy, 2);
  assertEquals(a.asked.length, 1);
  await useFile(proxy, file(204));
  assertEquals(await answers(proxy, 6), new Array(6).fill("b"));
  assertEquals(a.asked.length, 1);
});

Deno.test("the last server that is neither drained nor a backup is never ejected", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  a.answer = () => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
  await using proxy = await groupProxy({
    servers: [a.url, { url: b.url, backup: true }],
    eject: { failures: 1 },
  });
  for (let i = 0; i < 5; i++) {
    assertEquals((await exchange(proxy, get(`/${i}`))).status, 503);
  }
});

Deno.test("a WebSocket, too, gets the cookie that brings its client back", async () => {
  const script = async (peer: Peer): Promise<void> => {
    await peer.readHead();
    await peer.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
  };
  await using a = Origin.serving(script);
  await using b = Origin.serving(script);
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    sticky: { cookie: "srv" },
  });
  const upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
  for (const cookie of [[], ["Cookie: srv=none"]]) {
    using client = await proxy.connect();
    await client.send(get("/", ...upgrade, ...cookie));
    const { status, field } = await client.readHead();
    assertEquals(status, 101);
    assertMatch(field("set-cookie") ?? "", /^srv=[0-9a-f]{32};/);
  }
});

Deno.test("a route that floods the queue waits for itself, and gives places to others", async () => {
  await using origin = new Origin();
  await using proxy = await groupProxy({
    servers: [origin.url],
    connections: { max: 1, queue: 3 },
  });
  await useFile(proxy, {
    upstreams: {
      app: { servers: [origin.url], connections: { max: 1, queue: 3 } },
    },
    hosts: { "*": { "/a/*": { proxy: "app" }, "/b": { proxy: "app" } } },
  });
  const clients: Peer[] = [];
  const ask = async (path: string): Promise<Peer> => {
    const client = await proxy.connect();
    clients.push(client);
    await client.send(get(path));
    await exchange(proxy, "GET / HTTP/1.1\r\n\r\n"); // the proxy has read what came before
    return client;
  };
  await ask("/a/1");
  using peer = await origin.accept();
  const paths = [(await peer.readHead()).startLine.split(" ")[1]];
  await ask("/a/2");
  await ask("/a/3");
  const last = await ask("/a/4");
  await ask("/b");
  assertEquals((await last.readMessage()).status, 503);
  while (paths.length < 4) {
    await peer.send(ok("x", NO_STORE));
    paths.push((await peer.readHead()).startLine.split(" ")[1]);
  }
  assertEquals(paths, ["/a/1", "/a/2", "/b", "/a/3"]);
  for (const client of clients) client.close();
});
