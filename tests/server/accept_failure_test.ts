/** What a connection that cannot be accepted costs those that are idle. */

import { parseCommand } from "../../lib/config/command.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { AccessLog } from "../../lib/observe/access_log.ts";
import { flushEvents } from "../../lib/observe/event_log.ts";
import { Server } from "../../lib/server/server.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";

Deno.test("idle clients make room when descriptors have run out, and for nothing else", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const command = parseCommand(
    ["--listen=127.0.0.1:0", "--upstream", origin.url, "--workers=1"],
    () => "",
  );
  assert(command.kind === "run");
  const { config } = command;
  const clock = new SystemClock();
  const sink = { write: (b: Uint8Array) => Promise.resolve(b.length) };
  const log = new AccessLog("off", sink, clock);
  const server = new Server(config, clock, log);
  const [address] = await server.listen();
  assert(address?.transport === "tcp");
  const clients: Peer[] = [];
  const askedBy = async (client: Peer): Promise<number> => {
    await client.send(get("/"));
    return (await client.readMessage()).status;
  };
  for (let i = 0; i < 4; i++) {
    clients.push(await Peer.connect(address.port));
    assertEquals(await askedBy(clients[i]!), 200);
  }
  const reset = Object.assign(new Error("reset"), { code: "ECONNABORTED" });
  assertEquals(server.onAcceptFailure(reset), false);
  for (const client of clients) assertEquals(await askedBy(client), 200);
  const full = Object.assign(new Error("too many"), { code: "EMFILE" });
  assertEquals(server.onAcceptFailure(full), true);
  // The one that has been idle for the longest goes.
  assertEquals(await clients[0]!.readToEnd(), "");
  for (const client of clients.slice(1)) {
    assertEquals(await askedBy(client), 200);
  }
  for (const client of clients) client.close();
  await server.stop();
  await log.close();
  await flushEvents(clock);
});
