/** Attacks on several workers: their small memory, their deaths, their ends. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message, Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { Config } from "../../lib/config/config.ts";
import type { FromWorker } from "../../lib/server/messages.ts";
import type { LogSink } from "../../lib/observe/access_log.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { Workers } from "../../lib/server/supervisor.ts";
import { WorkersMemory } from "../../lib/server/workers_memory.ts";

const RUN = "x".repeat(16_000);
const CHUNK = `${RUN.length.toString(16)}\r\n${RUN}\r\n`;
const CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n" +
  'ETag: "x"\r\nTransfer-Encoding: chunked\r\n\r\n';
/** The time of a test clock passes quickly while a thread starts. */
const MINUTE_MS = 60_000;
/** With the smallest cache, workers have room for objects of some 10 KiB. */
const SMALL = ["--workers", "2", "--cache-size", "64KiB"];

Deno.test("content that is too large with its first bytes reaches the client whole", async () => {
  await using origin = Origin.answering(() =>
    `${CHUNKED_HEAD}${CHUNK}${CHUNK}0\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin, ...SMALL);
  for (let i = 0; i < 3; i++) {
    assertEquals((await exchange(proxy, get("/"))).content, RUN + RUN);
  }
});

Deno.test("content that is too large and that nobody reads is not fetched to its end", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, ...SMALL);
  const answer = exchange(proxy, get("/", 'If-None-Match: "x"'));
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(CHUNKED_HEAD);
  assertEquals((await answer).status, 304);
  await assertRejects(async () => {
    for (let i = 0; i < 10_000; i++) await peer.send(CHUNK);
  }, Error);
});

/** Gives the answer to what was asked for before it was outdated: the next who asks gets another. */
async function assertNotStored(
  proxy: Proxy,
  origin: Origin,
  peer: Peer,
  early: Promise<Message>,
): Promise<void> {
  await peer.send(
    ok("old", "Cache-Control: max-age=60", "Cache-Tag: t", "Connection: close"),
  );
  assertEquals((await early).content, "old");
  const late = exchange(proxy, get("/"));
  const next = await Promise.race([origin.accept(), late]);
  assert("socket" in next, "the old one was stored");
  await next.readHead();
  await next.send(ok("new"));
  assertEquals((await late).content, "new");
}

for (const workers of rows(["1", "2"], "1")) {
  for (const purge of ["PURGE /*", "PURGE / by tag"]) {
    Deno.test(`what was asked for before ${purge} is not stored, though nobody waited for it: --workers ${workers}`, async () => {
      await using origin = new Origin();
      await using proxy = await Proxy.start(origin, "--workers", workers);
      const early = exchange(proxy, get("/", 'If-None-Match: "x"'));
      const peer = await origin.accept();
      await peer.readHead();
      const [line, tag] = purge.split(" by tag");
      const field = tag === undefined ? "" : "Cache-Tag: t\r\n";
      const { content } = await exchange(
        proxy,
        `${line} HTTP/1.1\r\nHost: sluice.test\r\n${field}\r\n`,
      );
      assertEquals(content, '{"purged":0}\n');
      await assertNotStored(proxy, origin, peer, early);
    });
  }

  Deno.test(`what was asked for before its target was changed is not stored, though nobody waited for it: --workers ${workers}`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin, "--workers", workers);
    const early = exchange(proxy, get("/", 'If-None-Match: "x"'));
    const peer = await origin.accept();
    await peer.readHead();
    const change = exchange(
      proxy,
      "POST / HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 0\r\n\r\n",
    );
    const other = await origin.accept();
    await other.readHead();
    await other.send(ok("", "Connection: close"));
    await change;
    await assertNotStored(proxy, origin, peer, early);
  });
}

/** What the command line says; without an address, a free port. */
function configOf(...flags: readonly string[]): Config {
  const listen = flags.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const command = parseCommand(
    ["--workers", "2", ...listen, ...flags],
    () => "",
  );
  assert(command.kind === "run");
  return command.config;
}

/** Takes a log, line by line. */
function sinkOf(onLine: (line: string) => void): LogSink {
  return {
    write(bytes): Promise<number> {
      const text = new TextDecoder().decode(bytes);
      for (const line of text.split("\n").slice(0, -1)) onLine(line);
      return Promise.resolve(bytes.length);
    },
  };
}

Deno.test("the parts of bounds that workers get add up to the bounds; those on connections to a server are counted together", async () => {
  const frank = new URL("../support/frank_worker.ts", import.meta.url);
  const bounds: string[] = [];
  const sink = sinkOf((line) => bounds.push(line));
  const flags = ["--upstream-max", "5", "--upstream-queue", "0"];
  const config = configOf("--max-connections", "2", ...flags);
  const workers = new Workers(
    { ...config, workers: 3 },
    new SystemClock(),
    sink,
    frank,
  );
  await workers.listen();
  await workers.stop();
  assertEquals(bounds.sort(), ["1 5 0", "1 5 0", "1 5 0"]);
});

Deno.test("a worker that cannot listen when it is to be replaced is tried again", async () => {
  const unlucky = new URL("../support/unlucky_worker.ts", import.meta.url);
  const again = Promise.withResolvers<void>();
  const sink = sinkOf((line) => {
    if (line === "life 2") again.resolve();
  });
  const clock = new TestClock();
  const workers = new Workers(configOf(), clock, sink, unlucky);
  await workers.listen();
  await clock.within(MINUTE_MS, again.promise);
  await clock.within(MINUTE_MS, workers.stop());
});

Deno.test("a worker that is told to stop while it starts does so", async () => {
  const path = await Deno.makeTempDir() + "/sluice.sock";
  const module = new URL("../../lib/server/worker.ts", import.meta.url);
  const worker = new Worker(module, { type: "module" });
  const config = configOf("--listen", `unix:${path}`);
  const kinds: string[] = [];
  const stopped = Promise.withResolvers<void>();
  worker.onmessage = ({ data }: MessageEvent<FromWorker>): void => {
    kinds.push(data.kind);
    if (data.kind === "stopped") stopped.resolve();
  };
  const memory = new WorkersMemory(config, new SystemClock(), undefined);
  memory.start(worker, 0, memory.equip(config).config);
  worker.postMessage({ kind: "stop", isReplaced: false });
  await stopped.promise;
  worker.terminate();
  assertEquals(kinds, ["listening", "deaf", "stopped"]);
});

Deno.test("a worker that dies while it prepares a configuration begins with it, and the next one is taken by all", async () => {
  const fragile = new URL("../support/fragile_worker.ts", import.meta.url);
  const lines: string[] = [];
  let seen: (() => void) | undefined;
  const sink = sinkOf((line) => {
    lines.push(line);
    seen?.();
  });
  const told = async (line: string): Promise<void> => {
    while (!lines.includes(line)) {
      await new Promise<void>((resolve) => seen = resolve);
    }
  };
  const marked = (mark: string): Config =>
    configOf("--response-header", `${mark}: 1`);
  const clock = new TestClock();
  const workers = new Workers(configOf(), clock, sink, fragile);
  await workers.listen();
  await workers.replace(marked("One"));
  await clock.within(MINUTE_MS, told("worker 1 starts with one"));
  await workers.replace(marked("Two"));
  await told("worker 0 goes by two");
  await told("worker 1 goes by two");
  await clock.within(MINUTE_MS, workers.stop());
});
