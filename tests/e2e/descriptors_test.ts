/** Few descriptors: silent clients take none that others need. */

import { PERMISSIONS } from "../../deploy/permissions.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;

/** A program that may have so many descriptors, and its first lines. */
async function start(
  limit: number,
  ...args: readonly string[]
): Promise<{ child: Deno.ChildProcess; port: number; events: string }> {
  const program = Deno.env.get("SLUICE_BIN");
  const command = program === undefined
    ? [Deno.execPath(), "run", ...PERMISSIONS, MAIN]
    : [program];
  const child = new Deno.Command("sh", {
    args: ["-c", `ulimit -n ${limit}; exec "$@"`, "sh", ...command, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let events = "";
  const decoder = new TextDecoder();
  const reader = child.stderr.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    events += decoder.decode(value, { stream: true });
    const port = /listening on [^ ,]*:(\d+)/.exec(events)?.[1];
    assert(!done, events);
    if (port === undefined) continue;
    reader.releaseLock();
    return { child, port: Number(port), events };
  }
}

const FEW = /warn: only \d+ descriptors are free/;

const ROWS: readonly {
  name: string;
  limit: number;
  args: readonly string[];
  said: RegExp;
  silentClients: number;
}[] = [
  { name: "64", limit: 64, args: [], said: FEW, silentClients: 200 },
  {
    name: "128, with two workers",
    limit: 128,
    args: ["--workers", "2"],
    said: FEW,
    silentClients: 200,
  },
  {
    name: "64, and no bound",
    limit: 64,
    args: ["--max-connections", "off"],
    said: FEW,
    silentClients: 200,
  },
  {
    name: "400, found out when there are no more",
    limit: 400,
    args: [],
    said: /listening/,
    silentClients: 600,
  },
];

for (const { name, limit, args, said, silentClients } of ROWS) {
  Deno.test({
    name: `silent clients do not keep others out: descriptors ${name}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using origin = Origin.answering(() =>
        ok("hello", "Connection: close")
      );
      const listen = ["--listen", "127.0.0.1:0", "--upstream", origin.url];
      const { child, port, events } = await start(limit, ...listen, ...args);
      try {
        assertMatch(events, said);
        using first = await Peer.connect(port);
        await first.send(get("/"));
        assertEquals((await first.readMessage()).status, 200);
        const silent: Peer[] = [];
        for (let i = 0; i < silentClients; i++) {
          silent.push(await Peer.connect(port));
          if (i % 8 !== 0) continue;
          // Each connection to the origin is a new one: there must be a descriptor for it.
          using honest = await Peer.connect(port);
          await honest.send(get("/"));
          assertEquals((await honest.readMessage()).status, 200);
        }
        for (const client of silent) client.close();
      } finally {
        child.kill("SIGTERM");
        await child.stderr.cancel();
      }
      assertEquals((await child.status).code, 0);
    },
  });
}

Deno.test({
  name: "a reload lowers no limit because of descriptors that clients have",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const path = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(
      path,
      `{ "listen": "127.0.0.1:0", "hosts": { "*": { "respond": 204 } } }`,
    );
    // With so many clients, fewer are free than are counted at most.
    const limited = ["sh", "-c", 'ulimit -n 400; exec "$@"', "sh"];
    const program = Program.within(limited, "--config", path);
    const clients: Peer[] = [];
    try {
      const port = await program.port();
      while (clients.length < 250) {
        const client = await Peer.connect(port);
        clients.push(client);
        await client.send(get("/"));
        assertEquals((await client.readMessage()).status, 204);
      }
      program.signal("SIGHUP");
      await program.until(/reloaded/);
      assertEquals(FEW.test(program.said), false, program.said);
      using late = await Peer.connect(port);
      await late.send(get("/"));
      assertEquals((await late.readMessage()).status, 204);
    } finally {
      for (const client of clients) client.close();
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
      await Deno.remove(path);
    }
  },
});
