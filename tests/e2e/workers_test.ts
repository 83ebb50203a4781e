/** Several workers: one port, one cache, one log, and none that takes the others with it. */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { Config } from "../../lib/config/config.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { Workers } from "../../lib/server/supervisor.ts";

const WORKERS = ["--workers", "2"];
/** Connections enough for both workers to get some: the odds of one-sidedness are 1 in 2^39. */
const MANY = 40;

Deno.test("what one worker has stored, every worker serves: one request reaches the origin", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    ok(`hello ${++count}`, "Cache-Control: max-age=60")
  );
  await using proxy = await Proxy.start(origin, ...WORKERS);
  for (let i = 0; i < MANY; i++) {
    const response = await exchange(proxy, get("/"));
    assertEquals(response.content, "hello 1");
    const wanted = i === 0 ? "sluice; fwd=uri-miss; stored" : "sluice; hit;";
    assertStringIncludes(response.field("cache-status")!, wanted);
  }
});

Deno.test("requests of all workers for one cold key become one", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, ...WORKERS);
  const first = exchange(proxy, get("/"));
  const peer = await origin.accept();
  await peer.readHead();
  const others = Array.from({ length: MANY }, () => exchange(proxy, get("/")));
  await proxy.hasUnderWay(1 + MANY);
  await peer.send(ok("hello", "Cache-Control: max-age=60"));
  assertEquals((await first).content, "hello");
  for (const { content } of await Promise.all(others)) {
    assertEquals(content, "hello");
  }
  assertEquals(origin.connectionCount, 1);
});

Deno.test("a purge through one worker reaches all", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    ok(`${++count}`, "Cache-Control: max-age=60", "Cache-Tag: shop")
  );
  await using proxy = await Proxy.start(origin, ...WORKERS);
  for (let turn = 1; turn <= 3; turn++) {
    for (let i = 0; i < MANY; i++) {
      assertEquals((await exchange(proxy, get("/"))).content, `${turn}`);
    }
    const purge = turn % 2 === 0
      ? "PURGE / HTTP/1.1\r\nHost: sluice.test\r\n\r\n"
      : "PURGE / HTTP/1.1\r\nHost: a\r\nCache-Tag: shop\r\n\r\n";
    assertEquals((await exchange(proxy, purge)).status, 200);
  }
});

Deno.test("the lines of all workers come to one log, the last before the end", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const proxy = await Proxy.start(origin, ...WORKERS);
  for (let i = 0; i < MANY; i++) await exchange(proxy, get(`/${i}`));
  for (let i = 0; i < MANY; i++) {
    assert((await proxy.nextLogLine()).includes(' "GET /'));
  }
  await proxy[Symbol.asyncDispose]();
});

function configOf(...flags: readonly string[]): Config {
  const command = parseCommand([...WORKERS, "--no-cache", ...flags], () => "");
  assert(command.kind === "run");
  return command.config;
}

/** Collects what is logged, and tells when it holds a text for the `count`th time. */
class Lines {
  text = "";
  #onWrite: (() => void) | undefined;

  write(bytes: Uint8Array): Promise<number> {
    this.text += new TextDecoder().decode(bytes);
    this.#onWrite?.();
    return Promise.resolve(bytes.length);
  }

  async until(text: string, count: number): Promise<void> {
    while (this.text.split(text).length <= count) {
      await new Promise<void>((resolve) => this.#onWrite = resolve);
    }
  }
}

Deno.test("a worker that dies is replaced, and the others live on", async () => {
  const lines = new Lines();
  const mortal = new URL("../support/mortal_worker.ts", import.meta.url);
  const workers = new Workers(
    configOf("--listen", "127.0.0.1:0", "--forwarded"),
    new SystemClock(),
    lines,
    mortal,
  );
  await workers.listen();
  await lines.until("worker 1 is here", 2);
  await workers.stop();
  assertEquals(lines.text.split("worker 0 is here").length, 2);
});

Deno.test("a port that somebody else listens on is not shared in silence", async () => {
  using listener = Deno.listen({
    hostname: "127.0.0.1",
    port: 0,
    reusePort: true,
  });
  const { port } = listener.addr;
  const workers = new Workers(
    configOf("--listen", `127.0.0.1:${port}`),
    new SystemClock(),
    new Lines(),
  );
  await assertRejects(() => workers.listen(), Error, "the address is in use");
});
