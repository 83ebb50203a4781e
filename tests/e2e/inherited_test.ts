/** Listening sockets that systemd hands over, by its own tool for trying that out. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { commandLine } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";

const TOOL = "systemd-socket-activate";
/** Without systemd, there is nothing that could hand a socket over. */
const ignore = Deno.build.os !== "linux" || !await hasTool();

async function hasTool(): Promise<boolean> {
  try {
    return (await new Deno.Command(TOOL, { args: ["--version"] }).output())
      .success;
  } catch {
    return false;
  }
}

/** A program that is started at the first connection to a port. */
class Activated implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  #text = "";
  #onText: (() => void) | undefined;
  readonly #ended: Promise<void>;

  /** @param address What the tool is told: a port alone is that of both families. */
  constructor(address: number | string, ...args: readonly string[]) {
    const listen = typeof address === "number"
      ? `127.0.0.1:${address}`
      : address;
    this.#child = new Deno.Command(TOOL, {
      args: [`--listen=${listen}`, ...commandLine(args)],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#ended = this.#read();
  }

  async #read(): Promise<void> {
    const texts = this.#child.stderr.pipeThrough(new TextDecoderStream());
    for await (const text of texts) {
      this.#text += text;
      this.#onText?.();
    }
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) {
      await new Promise<void>((resolve) => this.#onText = resolve);
    }
  }

  async end(): Promise<{ readonly code: number; readonly text: string }> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    const { code } = await this.#child.status;
    await this.#ended;
    return { code, text: this.#text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

async function connect(port: number): Promise<Peer> {
  for (;;) {
    try {
      return new Peer(await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch (error) {
      // The tool itself listens in a moment.
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test({
  name:
    "clients of a socket that was handed over: requests, uploads, streams, resets",
  ignore,
}, async () => {
  const large = "x".repeat(3_000_000);
  await using origin = Origin.answering(({ startLine, content }) =>
    startLine.startsWith("POST") ? ok(String(content.length)) : ok(large)
  );
  const port = freePort();
  await using program = new Activated(
    port,
    ...["--listen", `127.0.0.1:${port}`, "--upstream", origin.url],
  );
  using first = await connect(port);
  await first.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"); // what starts the program
  assertEquals((await first.readMessage()).content.length, large.length);
  for (let i = 0; i < 3; i++) {
    await first.send(
      "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n",
    );
    await first.send(`\r\n${"y".repeat(200_000)}`);
    assertEquals((await first.readMessage()).content, "200000");
  }
  for (const byte of "GET /a HTTP/1.1\r\nHost: h\r\n\r\n") {
    await first.send(byte);
  }
  assertEquals((await first.readMessage()).content.length, large.length);

  { // one that leaves in the middle harms nobody
    using leaver = await connect(port);
    await leaver.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  using last = await connect(port);
  await last.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  assertEquals((await last.readMessage()).content.length, large.length);
  assertEquals(await last.readToEnd(), "");
  const { code, text } = await program.end();
  assertEquals(code, 0);
  assert(!text.includes("error"), text);
});

Deno.test({
  name: "a port alone is the same to systemd and to sluice",
  ignore,
}, async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const port = freePort();
  await using program = new Activated(
    String(port),
    ...["--listen", `:${port}`, "--upstream", origin.url],
  );
  using client = await connect(port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals((await client.readMessage()).content, "hello");
  const { code, text } = await program.end();
  assertEquals(code, 0);
  assert(!text.includes("systemd has handed over"), text);
});

Deno.test({
  name:
    "a socket for nothing is closed and told of; several workers refuse one",
  ignore,
}, async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const port = freePort();
  await using other = new Activated(
    port,
    ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
  );
  using _starts = await connect(port);
  await other.until(
    /systemd has handed over 127\.0\.0\.1:\d+, on which nothing is to listen/,
  );
  await other.until(/listening on/);

  const second = freePort();
  const several = new Activated(
    second,
    ...["--listen", `127.0.0.1:${second}`, "--upstream", origin.url],
    ...["--workers", "2"],
  );
  using _startsToo = await connect(second);
  await several.until(/are for one worker/);
  const { code, text } = await several.end();
  assertEquals(code, 1);
  assertMatch(text, /set workers to 1/);
});
