/** The access log in a file while requests are served: rotated, on a full disk, in a folder that goes. */

import { parseCommand } from "../../lib/config/command.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { AccessLog } from "../../lib/observe/access_log.ts";
import { LogOutput } from "../../lib/observe/log_output.ts";
import { Server } from "../../lib/server/server.ts";
import { Workers } from "../../lib/server/supervisor.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const CLIENTS = 8;
const REQUESTS = 200;

/** A server whose access log is a file, and what it told the operator of that. */
class Logging implements AsyncDisposable {
  readonly told: string[] = [];
  readonly #clock = new SystemClock();
  readonly output = new LogOutput(
    { write: (bytes) => Promise.resolve(bytes.length) },
    this.#clock,
    (_, text) => this.told.push(text),
  );
  #log: AccessLog | undefined;
  #server: Server | Workers | undefined;
  port = 0;

  static async start(
    path: string,
    origin: Origin,
    workers: string,
  ): Promise<Logging> {
    const logging = new Logging();
    const { output } = logging;
    (await output.prepare(path)).commit();
    const command = parseCommand(
      [
        ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
        ...["--workers", workers, "--drain-timeout", "100ms"],
      ],
      String,
    );
    assert(command.kind === "run");
    const { config } = command;
    const clock = logging.#clock;
    logging.#log = new AccessLog(config.log.format, output, clock);
    const server = logging.#server = config.workers === 1
      ? new Server(config, clock, logging.#log)
      : new Workers(config, clock, output);
    const [address] = await server.listen();
    assert(address?.transport === "tcp");
    logging.port = address.port;
    return logging;
  }

  /** Sends requests on many connections at once: `/0`, `/1` and so on. */
  async load(
    onRequest?: (n: number) => Promise<void> | undefined,
  ): Promise<void> {
    let next = 0;
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      using client = await Peer.connect(this.port);
      while (next < REQUESTS) {
        const n = next++;
        await client.send(get(`/${n}`));
        assertEquals((await client.readMessage()).status, 200);
        await onRequest?.(n);
      }
    }));
  }

  /** Stops the server, and with it the log. */
  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
    await this.#log?.close();
    await this.output.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

for (const workers of rows(["1", "2"], "1")) {
  Deno.test({
    name:
      `${workers} worker(s): rotations under load lose no line and cut none`,
    ignore: Deno.build.os === "windows", // an open file cannot be renamed there
  }, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/access.log`;
    await using origin = Origin.answering(() => ok("hello"));
    await using logging = await Logging.start(path, origin, workers);
    let rotations = 0;
    let rotated = Promise.resolve();
    const rotate = async (): Promise<void> => {
      await Deno.rename(path, `${path}.${++rotations}`);
      await logging.output.reopen();
    };
    // One after the other: before a file is opened again, there is none to rename.
    await logging.load((n) =>
      n % 50 === 25 ? rotated = rotated.then(rotate) : undefined
    );
    await logging.stop();
    const files = [path];
    for (let i = 1; i <= rotations; i++) files.push(`${path}.${i}`);
    const texts = await Promise.all(
      files.map((file) => Deno.readTextFile(file)),
    );
    for (const text of texts) assert(text === "" || text.endsWith("\n"));
    const lines = texts.join("").trimEnd().split("\n");
    const targets = lines.map((line) => {
      const [, n] =
        /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/(\d+) HTTP\/1\.1" 200 5 .* cache=miss$/
          .exec(line) ?? [];
      assert(n !== undefined, line);
      return Number(n);
    });
    assertEquals(
      targets.sort((a, b) => a - b),
      Array.from({ length: REQUESTS }, (_, n) => n),
    );
    assertEquals([rotations, logging.told], [4, []]);
    await Deno.remove(folder, { recursive: true });
  });

  Deno.test({
    name: `${workers} worker(s): a full disk costs lines, not requests`,
    ignore: Deno.build.os !== "linux",
  }, async () => {
    await using origin = Origin.answering(() => ok("hello"));
    await using logging = await Logging.start("/dev/full", origin, workers);
    await logging.load();
    await logging.stop();
    assertEquals(logging.told.length, 1);
    assertMatch(logging.told[0]!, /No space left on device/);
  });

  Deno.test({
    name: `${workers} worker(s): a folder that goes costs lines, not requests`,
    ignore: Deno.build.os === "windows",
  }, async () => {
    const folder = await Deno.makeTempDir();
    await using origin = Origin.answering(() => ok("hello"));
    await using logging = await Logging.start(
      `${folder}/a.log`,
      origin,
      workers,
    );
    await logging.load(async (n) => {
      if (n !== 100) return;
      await Deno.remove(folder, { recursive: true });
      await logging.output.reopen();
    });
    await logging.stop();
    assertEquals(logging.told.length, 1);
    assertMatch(
      logging.told[0]!,
      /again: No such file or directory; its lines are/,
    );
  });
}
