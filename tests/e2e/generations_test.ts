/** Another configuration takes over while everything goes on: nothing is cut, nothing mixed. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import {
  connectTo,
  exchange,
  get,
  Proxy,
  speaksTls,
} from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const GRANT =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** Which configuration a response came through, by the rule that it has. */
function mark(name: string): string[] {
  return ["--response-header", `X-Mark: ${name}`];
}

/** An origin that says its name, and answers when its gate opens. */
class Named {
  readonly origin: Origin;
  readonly asked: string[] = [];
  #gate = Promise.resolve();
  #open = (): void => {};

  constructor(name: string) {
    this.origin = Origin.serving(async (peer) => {
      for (;;) {
        const { startLine, field } = await peer.readHead();
        this.asked.push(startLine.split(" ")[1]!);
        const length = Number(field("content-length") ?? 0);
        const content = await peer.readExactly(length);
        await this.#gate;
        await peer.send(ok(`${name}${content}`, "Cache-Control: max-age=60"));
      }
    });
  }

  shut(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    this.#open = resolve;
  }

  open(): void {
    this.#open();
  }

  /** Resolves once it has been asked for a path. */
  async arrivalOf(path: string): Promise<void> {
    while (!this.asked.includes(path)) await turn();
  }
}

for (const workers of rows(["1", "2", "3"], "2")) {
  const flags = ["--workers", workers];

  Deno.test(`${workers} worker(s): the next request on an open connection goes by the new configuration`, async () => {
    const [one, two] = [new Named("one"), new Named("two")];
    await using first = one.origin;
    await using second = two.origin;
    await using proxy = await Proxy.start(first, ...flags, ...mark("1"));
    using client = await proxy.connect();
    await client.send(get("/a"));
    let response = await client.readMessage();
    assertEquals([response.content, response.field("x-mark")], ["one", "1"]);
    await proxy.replace(second, ...flags, ...mark("2"));
    await client.send(get("/b"));
    response = await client.readMessage();
    assertEquals([response.content, response.field("x-mark")], ["two", "2"]);
    // What was stored before is found still, under the rules of today.
    await client.send(get("/a"));
    response = await client.readMessage();
    assertEquals([response.content, response.field("x-mark")], ["one", "2"]);
    assertEquals(one.asked, ["/a"]);
  });

  Deno.test(`${workers} worker(s): a configuration that comes as they stop opens nothing`, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    const proxy = await Proxy.start(origin, ...flags);
    const port = freePort();
    const listen = ["--listen", `127.0.0.1:${port}`];
    const replaced = proxy.replace(origin, ...flags, ...listen);
    await Promise.all([
      assertRejects(() => replaced, Error, "sluice stops"),
      proxy[Symbol.asyncDispose](),
    ]);
    await assertRejects(() => Deno.connect({ port }));
  });

  Deno.test(`${workers} worker(s): a request, an upload, a tunnel and a shared fetch end as they began`, async () => {
    const one = new Named("one");
    await using first = one.origin;
    await using tunnels = Origin.serving(async (peer) => {
      await peer.readHead();
      await peer.send(GRANT);
      for (;;) await peer.send(await peer.readExactly(1));
    });
    await using second = Origin.answering(() => ok("two"));
    await using proxy = await Proxy.start(tunnels, ...flags, ...mark("0"));
    using tunnel = await proxy.connect();
    await tunnel.send(
      get("/ws", "Connection: Upgrade", "Upgrade: websocket"),
    );
    assertEquals((await tunnel.readHead()).status, 101);
    await proxy.replace(first, ...flags, ...mark("1"));

    one.shut();
    using plain = await proxy.connect();
    await plain.send(get("/slow", "Cookie: a=1", "Cache-Control: no-store"));
    await one.arrivalOf("/slow");
    using upload = await proxy.connect();
    await upload.send(
      "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab",
    );
    const sharing = await Promise.all([0, 1, 2].map(async () => {
      const client = await proxy.connect();
      await client.send(get("/shared"));
      return client;
    }));
    await one.arrivalOf("/up");
    await one.arrivalOf("/shared");
    await proxy.hasUnderWay(3 + sharing.length);
    await proxy.replace(second, ...flags, ...mark("2"));

    await tunnel.send("x");
    assertEquals(await tunnel.readExactly(1), "x");
    using late = await proxy.connect();
    await late.send(get("/late"));
    const { content, field } = await late.readMessage();
    assertEquals([content, field("x-mark")], ["two", "2"]);
    await upload.send("cd");
    one.open();
    const response = await plain.readMessage();
    assertEquals([response.content, response.field("x-mark")], ["one", "1"]);
    const answer = await upload.readMessage();
    assertEquals([answer.content, answer.field("x-mark")], ["oneabcd", "1"]);
    for (const client of sharing) {
      const shared = await client.readMessage();
      assertEquals(shared.content, "one");
      client.close();
    }
    assertEquals(
      one.asked.filter((path) => path === "/shared").length,
      1,
      "a shared fetch is shared across workers and generations",
    );
    await tunnel.send("y");
    assertEquals(await tunnel.readExactly(1), "y");
  });

  Deno.test(`${workers} worker(s): bounds on connections hold for those who come from now on`, async () => {
    await using origin = Origin.answering(() => ok("one"));
    await using proxy = await Proxy.start(origin, ...flags);
    using before = await proxy.connect();
    await before.send(get("/"));
    assertEquals((await before.readMessage()).status, 200);
    const bound = ["--max-connections-per-client", "2"];
    await proxy.replace(origin, ...flags, ...bound);
    const statuses: number[] = [];
    using stack = new DisposableStack();
    for (let i = 0; i < 3; i++) {
      try {
        const client = stack.use(await proxy.connect());
        await client.send(get("/"));
        statuses.push((await client.readMessage()).status);
      } catch (error) {
        if (!speaksTls()) throw error; // there it is closed before its handshake
        statuses.push(503);
      }
    }
    assertEquals(statuses, [200, 200, 503]);
    await proxy.replace(origin, ...flags);
    assertEquals((await exchange(proxy, get("/"))).status, 200);
    await before.send(get("/"));
    assertEquals((await before.readMessage()).status, 200);
  });

  Deno.test(`${workers} worker(s): a configuration that one cannot go by changes nothing`, async () => {
    await using origin = Origin.answering(() => ok("one"));
    await using proxy = await Proxy.start(origin, ...flags, ...mark("1"));
    await assertRejects(
      () => proxy.replaceWith((config) => ({ ...config, upstreams: [] })),
      Error,
      "There is no upstream",
    );
    for (let i = 0; i < 4; i++) {
      const { status, field } = await exchange(proxy, get(`/${i}`));
      assertEquals([status, field("x-mark")], [200, "1"]);
    }
  });

  Deno.test(`${workers} worker(s): 100 configurations one after another fail no request`, async () => {
    await using origin = Origin.answering(() => ok("one"));
    await using proxy = await Proxy.start(origin, ...flags, ...mark("0"));
    let isOver = false;
    const marks = new Set<string>();
    const load = Array.from({ length: 4 }, async (_, client) => {
      using peer = await proxy.connect();
      let count = 0;
      for (; !isOver; count++) {
        await peer.send(get(`/${client}/${count}`));
        const { status, content, field } = await peer.readMessage();
        assertEquals([status, content], [200, "one"]);
        marks.add(field("x-mark")!);
      }
      return count;
    });
    for (let i = 1; i <= 100; i++) {
      await proxy.replace(origin, ...flags, ...mark(String(i)));
      await turn(); // for the load
    }
    isOver = true;
    const counts = await Promise.all(load);
    assert(counts.every((count) => count > 0));
    assert(marks.size > 1, "the load saw changes");
    const { field } = await exchange(proxy, get("/last"));
    assertEquals(field("x-mark"), "100");
  });
}

for (const workers of rows(["1", "2"], "1")) {
  Deno.test(`${workers} worker(s): an address that stays is not touched, a new one is served, one that goes is closed`, async () => {
    await using origin = Origin.answering(() => ok("one"));
    const [first, second] = [freePort(), freePort()];
    const flags = (...ports: number[]): string[] => [
      "--workers",
      workers,
      ...ports.flatMap((port) => ["--listen", `127.0.0.1:${port}`]),
    ];
    await using proxy = await Proxy.start(origin, ...flags(first));
    using open = await connectTo(first);
    await open.send(get("/1"));
    assertEquals((await open.readMessage()).status, 200);
    await proxy.replace(origin, ...flags(first, second));
    assertEquals(await statusAt(first), 200);
    assertEquals(await statusAt(second), 200);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await assertRejects(
      () => proxy.replace(origin, ...flags(second, taken.addr.port)),
      Error,
      "the address is in use",
    );
    assertEquals(await statusAt(first), 200);
    await proxy.replace(origin, ...flags(second));
    await assertRejects(() => statusAt(first)); // refused, or reset as it closes
    assertEquals(await statusAt(second), 200);
    await open.send(get("/2")); // came by the address that is gone
    assertEquals((await open.readMessage()).status, 200);
  });
}

async function statusAt(port: number): Promise<number> {
  using peer = await connectTo(port);
  await peer.send(get("/", "Connection: close"));
  return (await peer.readMessage()).status;
}

Deno.test("an upstream that stays keeps its connections; one that goes closes them after its last user", async () => {
  const peers: Peer[] = [];
  await using staying = Origin.answering(() => ok("stays"));
  await using going = Origin.serving(async (peer) => {
    peers.push(peer);
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    await peer.readHead(); // never comes: it ends with the connection
  });
  const one = ["--workers", "1"];
  await using proxy = await Proxy.start(staying, ...one, ...mark("1"));
  await exchange(proxy, get("/1"));
  await proxy.replace(staying, ...one, ...mark("2"));
  await exchange(proxy, get("/2"));
  assertEquals(staying.connectionCount, 1);
  await proxy.replace(going, ...one);
  using client = await proxy.connect();
  await client.send(get("/half"));
  await client.readExactly((await client.readHead()).head.length > 0 ? 2 : 0);
  await proxy.replace(staying, ...one);
  await peers[0]!.send("cd");
  assertEquals(await client.readExactly(2), "cd");
  assertEquals(await peers[0]!.readToEnd(), "");
});

Deno.test("a connection that was busy while its upstream changed is used again, first by who waits for it", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, "--upstream-max", "1");
  const first = exchange(proxy, get("/1"));
  const peer = await origin.accept();
  await peer.readHead();
  const second = exchange(proxy, get("/2"));
  // By the time that another one is answered, the second waits for the connection.
  await exchange(proxy, "GET /\r\n\r\n");
  await proxy.replace(origin, "--upstream-max", "1", "--upstream-queue", "7");
  await peer.send(ok("one"));
  assertEquals((await first).content, "one");
  assertEquals((await peer.readHead()).startLine, "GET /2 HTTP/1.1");
  await peer.send(ok("two"));
  assertEquals((await second).content, "two");
  const third = exchange(proxy, get("/3"));
  assertEquals((await peer.readHead()).startLine, "GET /3 HTTP/1.1");
  await peer.send(ok("three"));
  assertEquals((await third).content, "three");
  assertEquals(origin.connectionCount, 1);
});

for (const workers of ["1", "3"]) {
  Deno.test(`${workers} worker(s): a refresh goes on with the configuration that began it`, async () => {
    const one = new Named("one");
    await using first = Origin.answering(async ({ startLine }) => {
      one.asked.push(startLine);
      if (one.asked.length > 1) await gate.promise;
      return ok(
        `v${one.asked.length}`,
        "Cache-Control: max-age=0, stale-while-revalidate=60",
      );
    });
    await using unused = one.origin;
    assert(unused.port > 0);
    const gate = Promise.withResolvers<void>();
    await using second = new Origin(); // it never answers
    const flags = ["--workers", workers];
    await using proxy = await Proxy.start(first, ...flags);
    assertEquals((await exchange(proxy, get("/"))).content, "v1");
    assertEquals((await exchange(proxy, get("/"))).content, "v1"); // and a refresh begins
    while (one.asked.length < 2) await turn();
    await proxy.replace(second, ...flags);
    gate.resolve();
    let content = "";
    while (content !== "v2") {
      content = (await exchange(proxy, get("/"))).content;
      assert(content === "v1" || content === "v2", content);
      if (content === "v1") await turn();
    }
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
