/** A listener may have limits of its own, in place of those of all. */

import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { resolvedFrom } from "../support/memory_disk.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { assemble } from "../../lib/config/assemble.ts";
import type { ListenAddress } from "../../lib/net/address.ts";

const NOBODY = "http://127.0.0.1:1";

/** The address of a listener that a file gives these limits, others at the top. */
async function addressWith(limits: unknown): Promise<ListenAddress> {
  const resolved = await resolvedFrom({
    listen: { address: "127.0.0.1:0", limits },
    limits: { maxHead: "4KiB", headerTimeout: "9s" },
    hosts: { "*": { respond: 200 } },
  });
  const [address] = assemble(resolved, { certificates: String, text: String })
    .listen;
  return address!;
}

/** Gives the listener of a proxy these limits. */
async function limit(proxy: Proxy, limits: unknown): Promise<void> {
  const { limits: own } = await addressWith(limits);
  await proxy.replaceWith((base) => ({
    ...base,
    listen: base.listen.map((at) => ({ ...at, ...(own && { limits: own }) })),
  }));
}

Deno.test("limits that are those of all are none of its own", async () => {
  assertEquals((await addressWith({ maxHead: "4KiB" })).limits, undefined);
  assertEquals((await addressWith({})).limits, undefined);
  const { limits } = await addressWith({ maxHead: "2KiB", maxConnections: 7 });
  assertEquals(limits?.headLimits.headBytesMax, 2048);
  assertEquals(limits?.connectionsMax, 7);
  assertEquals(limits?.headerMs, 9000, "the rest is what all have");
});

const ROWS: readonly {
  readonly limits: unknown;
  readonly request: string;
  readonly status: number;
}[] = [
  {
    limits: { maxHead: "512" },
    request: get("/", `A: ${"x".repeat(600)}`),
    status: 431,
  },
  { limits: { maxFields: 2 }, request: get("/", "A: 1", "B: 2"), status: 431 },
  {
    limits: { maxTarget: "20" },
    request: get(`/${"x".repeat(20)}`),
    status: 414,
  },
];

for (const { limits, request, status } of ROWS) {
  Deno.test(`it holds for what comes there: ${JSON.stringify(limits)}`, async () => {
    await using proxy = await Proxy.start(NOBODY);
    assertEquals((await exchange(proxy, request)).status, 502, "before");
    await limit(proxy, limits);
    assertEquals((await exchange(proxy, request)).status, status);
    assertEquals((await exchange(proxy, get("/"))).status, 502);
  });
}

Deno.test("its time for a head", async () => {
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, NOBODY);
  await limit(proxy, { headerTimeout: "2s" });
  const client = await proxy.connect();
  await client.send("GET / HTTP/1.1\r\n");
  await clock.advance(3000);
  assertEquals((await client.readMessage()).status, 408);
  client.close();
});

Deno.test("its connections: one more is told so, and may come when one has left", async () => {
  await using proxy = await Proxy.start(NOBODY);
  await limit(proxy, { maxConnections: 1 });
  const first = await proxy.connect();
  await first.send(get("/"));
  assertEquals((await first.readMessage()).status, 502);
  const second = await proxy.connect();
  assertEquals((await second.readMessage()).status, 503);
  second.close();
  await first.send(get("/"));
  assertEquals((await first.readMessage()).status, 502, "others go on");
  first.close();
  let status = 503;
  while (status === 503) status = (await exchange(proxy, get("/"))).status;
  assertEquals(status, 502);
});
