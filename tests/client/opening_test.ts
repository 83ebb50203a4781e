/** What a connection begins with has one deadline, and who only looks is no incident. */

import { Opening, OPENING_MS } from "../../lib/client/opening.ts";
import { DeadlineWheel } from "../../lib/net/deadline.ts";
import type { Incident } from "../../lib/observe/incidents.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const AT = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 443,
  secure: true,
} as const;

/** A connection that opens, with what the operator is told of it. */
async function begin(): Promise<
  {
    client: Deno.Conn;
    opening: Opening;
    clock: TestClock;
    told: Incident[];
    opened: Promise<{ kind: string }>;
  } & Disposable
> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await Deno.connect({ port: listener.addr.port });
  const clock = new TestClock();
  const told: Incident[] = [];
  const opening = new Opening(await listener.accept(), AT, {
    wheel: new DeadlineWheel(clock),
    incidents: {
      report: (incident) => void told.push(incident),
      recovered(): void {},
    },
    terms: undefined,
  });
  const opened = opening.run("192.0.2.1", false);
  const close = (): void => client.close();
  return { client, opening, clock, told, opened, [Symbol.dispose]: close };
}

Deno.test("a client that does not finish in time is closed, and told of", async () => {
  using rig = await begin();
  await rig.client.write(Uint8Array.of(0x16, 3, 1));
  await rig.clock.advance(OPENING_MS - 1000);
  assertEquals(rig.told, []);
  await rig.clock.advance(2000);
  assertEquals(await rig.opened, { kind: "closed" });
  assertEquals(await rig.client.read(new Uint8Array(1)), null);
  assertMatch(
    rig.told[0]!.text,
    /not finished within 10 s \(client 192\.0\.2\.1\)$/,
  );
});

Deno.test("a client that says nothing and leaves is no incident", async () => {
  using rig = await begin();
  await rig.client.closeWrite();
  assertEquals(await rig.opened, { kind: "closed" });
  assertEquals([rig.told, rig.opening.isEvicted], [[], false]);
});

Deno.test("one that makes room for another is closed without a word", async () => {
  using rig = await begin();
  await rig.client.write(Uint8Array.of(0x16, 3, 1));
  rig.opening.evict();
  assertEquals(await rig.opened, { kind: "closed" });
  assertEquals([rig.told, rig.opening.isEvicted], [[], true]);
});
