/** The server stops: requests that wait for a connection to the origin are answered, too. */

import { assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, Proxy, speakPlainHttp } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";
import type { Config } from "../../lib/config/config.ts";

speakPlainHttp("how clients are spoken to changes nothing of it");

/** More than will be needed, and the end of a test that fails. */
const PATIENCE_MS = 30_000;
const REQUESTS = 8;

/** One connection to the origin, for all workers together. */
function withOneConnection(config: Config): Config {
  return {
    ...config,
    drainMs: PATIENCE_MS,
    upstreams: config.upstreams.map((upstream) => ({
      ...upstream,
      pool: { ...upstream.pool, connectionsMax: 1, queueMs: PATIENCE_MS },
    })),
  };
}

/** Resolves once nobody listens on a port any more. */
async function isDeaf(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ port })).close();
    } catch {
      return;
    }
    await pause(1);
  }
}

for (const workers of rows(["1", "3"], "3")) {
  Deno.test(`${workers} worker(s): requests that wait as the server stops are answered, one after another`, async () => {
    const gate = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    await using origin = Origin.answering(async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
      return ok("hello");
    });
    const flags = ["--workers", workers, "--no-cache"];
    const proxy = await Proxy.startWith(withOneConnection, origin, ...flags);
    const clients = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, id) => {
        const client = await proxy.connect();
        await client.send(get(`/${id}`));
        return client;
      }),
    );
    await proxy.hasUnderWay(REQUESTS);
    const stopped = proxy[Symbol.asyncDispose]();
    await isDeaf(proxy.port);
    gate.resolve();
    const answers = await Promise.all(
      clients.map((client) => client.readMessage()),
    );
    assertEquals(
      answers.map(({ status }) => status),
      new Array(REQUESTS).fill(200),
    );
    assertEquals(most, 1);
    await stopped;
    for (const client of clients) client.close();
  });
}
