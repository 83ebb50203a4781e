/** Several sluices with one store: what one has fetched, all have; what is purged at one is gone from all. */

import { assert, assertEquals } from "../support/assert.ts";
import { Fleet, NOISE, VersionedOrigin } from "../support/fleet.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";

for (const [nodes, workers] of [[2, 1], [4, 1], [2, 2]] as const) {
  const size = `${nodes} nodes of ${workers} worker(s)`;
  const needs = await needingRedis(
    `${size}: stored by one, hit by all, purged for all`,
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const plan = { url: store.url, nodes, workers };
    await using fleet = await Fleet.start(origin.origin, plan);
    await fleet.inStep();
    const all = [...fleet.nodes.keys()];
    await fleet.get(0, "/a");
    await untilStored(store);
    for (const node of all) {
      assertEquals((await fleet.get(node, "/a")).content, "/a 1");
    }
    assertEquals(origin.countOf("/a"), 1);
    const orders = [
      { url: "http://sluice.test/a" },
      { prefix: "http://sluice.test/a" },
      { host: "sluice.test" },
      { tag: "all-items" },
      { all: true },
    ];
    for (const order of orders) {
      origin.version++;
      const { content, status } = await fleet.purge(nodes - 1, order);
      assertEquals(status, 200, content);
      const right = `/a ${origin.version}`;
      // Where it was ordered, it has been carried out; elsewhere it is about to be.
      assertEquals((await fleet.get(nodes - 1, "/a")).content, right);
      for (const node of all) {
        await fleet.until(node, "/a", ({ content }) => content === right);
      }
    }
    // A worker that has no connection yet, on a slow machine, asks for itself.
    const count = origin.countOf("/a") - 1 - orders.length;
    assert(count >= 0 && count <= 2, `${count}`);
  });
}

{
  const needs = await needingRedis(
    "a key that nobody has costs one request to the origin, of all nodes",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const plan = { url: store.url, nodes: 4 };
    await using fleet = await Fleet.start(origin.origin, plan);
    await fleet.inStep();
    const gate = Promise.withResolvers<void>();
    origin.gate = gate.promise;
    const answers = [0, 1, 2, 3, 0, 1, 2, 3].map((node) =>
      fleet.get(node, "/cold")
    );
    await origin.until("/cold", 1);
    setTimeout(gate.resolve, 500); // the others would have come by now
    for (const { content } of await Promise.all(answers)) {
      assertEquals(content, "/cold 1");
    }
    assertEquals(origin.countOf("/cold"), 1);
  });
}

{
  const needs = await needingRedis(
    "what cannot be stored is waited for by nobody for long",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const plan = { url: store.url, nodes: 4 };
    await using fleet = await Fleet.start(origin.origin, plan);
    await fleet.inStep();
    const answers = await Promise.all(
      [0, 1, 2, 3].map((node) => fleet.get(node, "/private")),
    );
    for (const { status } of answers) assertEquals(status, 200);
    assertEquals(origin.countOf("/private"), 4);
  });
}

{
  const needs = await needingRedis(
    "a node that dies while it fetches costs its lease, and no more",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const plan = { url: store.url, nodes: 2 };
    await using fleet = await Fleet.start(origin.origin, plan);
    await fleet.inStep();
    const gate = Promise.withResolvers<void>();
    origin.gate = gate.promise;
    const lost = fleet.get(0, "/a").catch(() => {});
    await origin.until("/a", 1);
    const other = fleet.get(1, "/a");
    await fleet.kill(0);
    await lost;
    await origin.until("/a", 2);
    gate.resolve();
    assertEquals((await other).content, "/a 1");
  });
}

{
  const needs = await needingRedis(
    "a soft purge reaches every node: what it names is stale there",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const plan = { url: store.url, nodes: 2 };
    await using fleet = await Fleet.start(origin.origin, plan);
    await fleet.inStep();
    await fleet.get(0, "/a");
    await untilStored(store);
    await fleet.get(1, "/a");
    origin.version++;
    await fleet.purge(0, { all: true, soft: true });
    const { content } = await fleet.until(
      1,
      "/a",
      ({ content }) => content === "/a 2",
    );
    assert(content === "/a 2");
  });
}

{
  const needs = await needingRedis(
    "content in pieces is shared; if one is missing, the origin is asked",
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    const plan = { url: store.url, nodes: 3 };
    await using fleet = await Fleet.start(origin.origin, plan);
    await fleet.inStep();
    await fleet.get(0, "/large");
    await untilStored(store);
    assert((await fleet.get(1, "/large")).content === NOISE);
    assertEquals(origin.countOf("/large"), 1);
    const keys = await store.ask("KEYS", "test:*:c:*:1");
    const [piece] = /test:\S+/.exec(keys)!;
    await store.ask("DEL", piece);
    assert((await fleet.get(2, "/large")).content === NOISE);
    assertEquals(origin.countOf("/large"), 2);
  });
}

async function untilStored(store: RedisServer): Promise<void> {
  while (!(await store.ask("KEYS", "test:*:r:*")).includes(":r:"));
}
