/** Signals that tell other servers something do not end this one. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const SIGNALS: readonly { signal: Deno.Signal; told: RegExp }[] = [
  { signal: "SIGHUP", told: /SIGHUP: there is nothing to reload/ },
  { signal: "SIGUSR2", told: /SIGUSR2: ignored/ },
];

for (const { signal, told } of SIGNALS) {
  for (const workers of rows(["1", "2"], "1")) {
    Deno.test({
      name: `${signal} is told and changes nothing, with --workers ${workers}`,
      ignore: Deno.build.os === "windows",
      async fn(): Promise<void> {
        await using origin = Origin.answering(() => ok("hello"));
        const program = new Program(
          ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
          ...["--workers", workers],
        );
        using client = await Peer.connect(await program.port());
        await client.send(get("/1"));
        assertEquals((await client.readMessage()).status, 200);
        program.signal(signal);
        await program.until(told);
        program.signal(signal);
        await client.send(get("/2"));
        assertEquals((await client.readMessage()).status, 200);
        program.signal("SIGTERM");
        assertEquals((await program.ended()).code, 0);
      },
    });
  }
}
