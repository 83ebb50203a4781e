/** Nobody reads the logs: the pipes are full, and stay so. The proxy goes on, and it ends. */

import { PERMISSIONS } from "../../deploy/permissions.ts";
import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { freePort } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;
/** More than a pipe holds, and less than what the access log keeps waiting. */
const REQUESTS = 100;
const TARGET = `/${"x".repeat(8000)}`;
/** A program that has not ended by then is hung; it is killed so that the test ends. */
const HUNG_MS = 20_000;

const PIPES: readonly {
  name: string;
  /** What the shell does with the program's standard error. */
  redirection: string;
  flags: readonly string[];
}[] = [
  { name: "the access log", redirection: "", flags: ["--workers", "1"] },
  { name: "both logs", redirection: "2>&1", flags: ["--workers", "1"] },
  {
    name: "the access log of two workers",
    redirection: "",
    flags: ["--workers", "2"],
  },
  {
    name: "both logs of two workers",
    redirection: "2>&1",
    flags: ["--workers", "2"],
  },
];

/** A connection on which a request has been answered: before it listens, the program tries out for a moment whether the port is free. */
async function connectWhenItListens(port: number): Promise<Peer> {
  for (;;) {
    let peer: Peer | undefined;
    try {
      peer = await Peer.connect(port);
      await peer.send(get(TARGET));
      await peer.readMessage();
      return peer;
    } catch {
      peer?.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Starts the program with pipes that nobody reads. */
function start(
  redirection: string,
  args: readonly string[],
): Deno.ChildProcess {
  const program = Deno.env.get("SLUICE_BIN");
  const command = program === undefined
    ? [Deno.execPath(), "run", ...PERMISSIONS, MAIN]
    : [program];
  return new Deno.Command("sh", {
    args: ["-c", `exec "$@" ${redirection}`, "sh", ...command, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test({
  name: "nobody reads a log: requests are answered, and SIGTERM ends it",
  ignore: Deno.build.os === "windows",
}, async (t) => {
  // Side by side: the program waits a second for the reader of each log, and must.
  await Promise.all(
    rows(PIPES, PIPES[1]!).map(({ name, redirection, flags }) =>
      t.step({
        name,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: () => checkUnread(redirection, flags),
      })
    ),
  );
});

async function checkUnread(
  redirection: string,
  flags: readonly string[],
): Promise<void> {
  await using origin = Origin.answering(() => ok("hello"));
  const port = freePort(); // it cannot tell which one it chose, when nobody reads
  const listen = ["--listen", `127.0.0.1:${port}`];
  const upstream = ["--upstream", origin.url, "--no-cache"];
  const child = start(redirection, [...listen, ...upstream, ...flags]);
  using client = await connectWhenItListens(port);
  for (let i = 0; i < REQUESTS; i++) {
    await client.send(get(TARGET));
    assertEquals((await client.readMessage()).status, 200);
  }
  child.kill("SIGTERM");
  const watchdog = setTimeout(() => child.kill("SIGKILL"), HUNG_MS);
  const { code, signal } = await child.status;
  clearTimeout(watchdog);
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  assertEquals({ code, signal }, { code: 0, signal: null });
}
