/** Clients that reset before they are accepted: they cost the others nothing. */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const RESETS = 300;
/** With a pause of 100 ms for each reset it takes twice as long. */
const PATIENCE_MS = 15_000;

Deno.test("clients that reset before they are accepted do not delay the others", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  await using proxy = await Proxy.start(origin);
  const script = new URL("../support/reset_clients.ts", import.meta.url);
  // While this thread waits, nothing is accepted in it: all of them are reset before.
  const { success } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.href, String(proxy.port), String(RESETS)],
  }).outputSync();
  assert(success);
  let isLate = false;
  using client = await proxy.connect();
  const timer = setTimeout(() => {
    isLate = true;
    client.close();
  }, PATIENCE_MS);
  await client.send(get("/"));
  const status = await client.readMessage().then(
    ({ status }) => status,
    String,
  );
  clearTimeout(timer);
  assertEquals([status, isLate], [200, false]);
  assertEquals((await exchange(proxy, get("/"))).status, 200);
});
