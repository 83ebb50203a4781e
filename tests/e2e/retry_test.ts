/** A request that was sent on a connection which had died is sent once more, on a new one. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";

const NOT_STORED = "Cache-Control: no-store";

for (const max of ["512", "2"]) {
  Deno.test(`what is sent once more goes on a new connection: --upstream-max ${max}`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin, "--upstream-max", max);
    using client = await proxy.connect();
    await client.send(get("/1"));
    using dying = await origin.accept();
    await dying.readHead();
    await dying.send(ok("1", NOT_STORED));
    assertEquals((await client.readMessage()).content, "1");
    await client.send(get("/2"));
    await dying.readHead();

    using other = await proxy.connect();
    await other.send(get("/3"));
    using doomed = await origin.accept();
    await doomed.readHead();
    await doomed.send(ok("3", NOT_STORED));
    assertEquals((await other.readMessage()).content, "3");

    dying.close(); // /2 is sent once more; what /3 has given back may be dying, too
    const last = await origin.accept();
    await last.readHead();
    await last.send(ok("2", NOT_STORED));
    assertEquals((await client.readMessage()).content, "2");
  });
}
