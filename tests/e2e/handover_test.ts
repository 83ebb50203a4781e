/**
 * A restart: the program that is told to stop gives its port up at once, so that
 * the next one serves while the last exchanges of the first end.
 *
 * Both on one port at the same time is refused: connections would be dealt out
 * between two programs that know nothing of each other.
 */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

/** Idle connections: enough for each of two workers to have some. */
const IDLE = 40;

const ignore = Deno.build.os === "windows"; // no signal stops a program in good order there

for (const workers of rows([1, 2], 1)) {
  Deno.test({
    name:
      `the next program serves while the last one drains, with ${workers} worker(s)`,
    ignore,
  }, async () => {
    await using origin = new Origin();
    const flags = [`--upstream=${origin.url}`, `--workers=${workers}`];
    const last = new Program("--listen=127.0.0.1:0", ...flags);
    const port = await last.port();
    using busy = await Peer.connect(port);
    await busy.send(get("/last"));
    using atOrigin = await origin.accept();
    await atOrigin.readHead();
    const idle = await Promise.all(
      Array.from({ length: IDLE }, () => Peer.connect(port)),
    );

    last.signal("SIGTERM");
    for (const peer of idle) assertEquals(await peer.readToEnd(), "");
    const next = new Program(`--listen=127.0.0.1:${port}`, ...flags);
    assertEquals(await next.port(), port);
    using client = await Peer.connect(port);
    await client.send(get("/next"));
    using again = await origin.accept();
    assertEquals((await again.readHead()).startLine, "GET /next HTTP/1.1");
    await again.send(ok("next"));
    assertEquals((await client.readMessage()).content, "next");

    await atOrigin.send(ok("last"));
    assertEquals((await busy.readMessage()).content, "last");
    busy.close();
    assertEquals((await last.ended()).code, 0);
    next.signal("SIGTERM");
    client.close();
    assertEquals((await next.ended()).code, 0);
    for (const peer of idle) peer.close();
  });

  Deno.test(`while one program listens, no other does on its port, with ${workers} worker(s)`, async () => {
    await using origin = new Origin();
    const flags = [`--upstream=${origin.url}`, `--workers=${workers}`];
    const one = new Program("--listen=127.0.0.1:0", ...flags);
    const port = await one.port();
    const other = new Program(`--listen=127.0.0.1:${port}`, ...flags);
    assertEquals((await other.ended()).code, 1);
    one.signal("SIGINT");
    await one.ended();
  });
}
