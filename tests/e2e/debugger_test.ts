/** SIGUSR1 opens the runtime's debugger; a program that starts with it blocked never gets it. */

import { PERMISSIONS } from "../../deploy/permissions.ts";
import { assertEquals, assertNotMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;

/** Whether `env` can block signals: GNU coreutils 8.31 can. */
function canBlock(): boolean {
  if (Deno.build.os !== "linux") return false;
  const { success } = new Deno.Command("env", {
    args: ["--block-signal=USR1", "true"],
    stderr: "null",
  }).outputSync();
  return success;
}

for (const workers of rows(["1", "2"], "1")) {
  Deno.test({
    name:
      `SIGUSR1 that is blocked opens no debugger, with --workers ${workers}`,
    ignore: !canBlock(),
  }, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    const program = Deno.env.get("SLUICE_BIN");
    const command = program === undefined
      ? [Deno.execPath(), "run", ...PERMISSIONS, MAIN]
      : [program];
    const flags = ["--listen", "127.0.0.1:0", "--upstream", origin.url];
    const child = new Deno.Command("env", {
      args: [
        ...["--block-signal=USR1", ...command, ...flags],
        ...["--workers", workers],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let told = "";
    let port: number | undefined;
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      told += text;
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(told);
      if (found === null || port !== undefined) continue;
      port = Number(found[1]);
      child.kill("SIGUSR1");
      using client = await Peer.connect(port);
      await client.send(get("/"));
      assertEquals((await client.readMessage()).status, 200);
      child.kill("SIGTERM");
    }
    assertEquals((await child.status).code, 0);
    assertNotMatch(told, /Debugger/);
  });
}
