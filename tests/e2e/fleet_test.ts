/** Several sluices with one store: what one has fetched, all have; what is purged at one is gone from all. */

import { assertEquals } from "../support/assert.ts";
import { Fleet } from "../support/fleet.ts";
import { ok, Origin } from "../support/origin.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";

/** An origin whose content says which version it is, and that counts what it is asked for. */
class VersionedOrigin implements AsyncDisposable {
  version = 1;
  readonly paths: string[] = [];
  readonly origin = Origin.answering((request) => {
    const path = request.startLine.split(" ")[1]!;
    this.paths.push(path);
    return ok(
      `${path} ${this.version}`,
      path.startsWith("/private")
        ? "Cache-Control: no-store"
        : "Cache-Control: max-age=600",
      "Cache-Tag: all-items",
    );
  });

  countOf(path: string): number {
    return this.paths.filter((other) => other === path).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin[Symbol.asyncDispose]();
  }
}

for (const [nodes, workers] of [[2, 1], [4, 1], [2, 2]] as const) {
  const needs = await needingRedis(
    `${nodes} nodes of ${workers} worker(s): stored by one, hit by all, purged for all`,
  );
  Deno.test(needs.name, { ignore: needs.ignore }, async () => {
    await using store = await RedisServer.start();
    await using origin = new VersionedOrigin();
    await using fleet = await Fleet.start(origin.origin, {
      url: store.url,
      nodes,
      workers,
    });
    await inStep(fleet);
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
      { all: true },
    ];
    for (const order of orders) {
      origin.version++;
      const { content, status } = await fleet.purge(nodes - 1, order);
      assertEquals(status, 200, content);
      const right = `/a ${origin.version}`;
      for (const node of all) {
        await fleet.until(node, "/a", ({ content }) => content === right);
      }
    }
  });
}

/** A node is in step when what it brings is there for the others. */
async function inStep(fleet: Fleet): Promise<void> {
  for (const { program } of fleet.nodes) {
    await program.until(/in step with the fleet/);
  }
}

async function untilStored(store: RedisServer): Promise<void> {
  while (!(await store.ask("KEYS", "test:*:r:*")).includes(":r:"));
}
