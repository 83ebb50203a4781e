/** What systemd is told, and what it tells: a test that plays its part. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { commandLine, Program } from "../support/program.ts";
import { rows } from "../support/tries.ts";

const IS_LINUX = Deno.build.os === "linux";

/** The socket of a service manager. */
class Manager {
  readonly #socket: Deno.DatagramConn;
  readonly #messages: string[] = [];

  constructor(path: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
  }

  /** The next message of which a line is `line`; those before it are passed over, but for the watchdog's they are counted. */
  async until(line: string): Promise<string[]> {
    for (;;) {
      const [bytes] = await this.#socket.receive();
      const lines = new TextDecoder().decode(bytes).split("\n");
      this.#messages.push(lines[0]!);
      if (lines.includes(line)) return lines;
    }
  }

  /** The first lines of all messages so far. */
  get messages(): readonly string[] {
    return this.#messages;
  }

  close(): void {
    this.#socket.close();
  }
}

/** How the socket is named. */
const KINDS = ["a file", "an abstract name"];

for (const kind of rows(KINDS, KINDS[1]!)) {
  for (const workers of rows(["1", "2"], "1")) {
    Deno.test({
      name: `ready, reloading, stopping: by ${kind}, ${workers} worker(s)`,
      ignore: !IS_LINUX,
      async fn(): Promise<void> {
        await using origin = Origin.answering(() => ok("hello"));
        const folder = await Deno.makeTempDir();
        const name = `sluice-test-${crypto.randomUUID()}`;
        const path = kind === "a file" ? `${folder}/notify` : `\0${name}`;
        const manager = new Manager(path);
        const file = `${folder}/sluice.json`;
        const config = (proxy: string): Promise<void> =>
          Deno.writeTextFile(
            file,
            JSON.stringify({ hosts: { "*": { proxy } } }),
          );
        await config(origin.url);
        const program = Program.among(
          { NOTIFY_SOCKET: path.replace("\0", "@") },
          ...["--config", file, "--listen", "127.0.0.1:0"],
          ...["--workers", workers],
        );
        try {
          const [, status] = await manager.until("READY=1");
          const port =
            /^STATUS=serving on 127\.0\.0\.1:(\d+)$/.exec(status!)![1];
          const response = await fetch(`http://127.0.0.1:${port}/`);
          assertEquals(await response.text(), "hello");

          const beforeMicros = Math.floor(Deno.osUptime() - 1) * 1e6;
          program.signal("SIGHUP");
          const [, began] = await manager.until("RELOADING=1");
          assertMatch(began!, /^MONOTONIC_USEC=\d+$/);
          assert(Number(began!.split("=")[1]) > beforeMicros);
          assert((await manager.until("READY=1")).includes("STATUS=reloaded"));

          await Deno.writeTextFile(file, "{");
          program.signal("SIGHUP");
          await manager.until("RELOADING=1");
          assertEquals(await manager.until("READY=1"), [
            "READY=1",
            "STATUS=not reloaded",
          ]);

          program.signal("SIGTERM");
          await manager.until("STOPPING=1");
          assertEquals((await program.ended()).code, 0);
        } finally {
          manager.close();
          await Deno.remove(folder, { recursive: true });
        }
      },
    });
  }
}

Deno.test({
  name: "the watchdog hears from the program, unless it is another's",
  ignore: !IS_LINUX,
  async fn(): Promise<void> {
    const name = `sluice-test-${crypto.randomUUID()}`;
    const manager = new Manager(`\0${name}`);
    const variables = { NOTIFY_SOCKET: `@${name}`, WATCHDOG_USEC: "100000" };
    const flags = [
      "--listen",
      "127.0.0.1:0",
      "--upstream",
      "http://127.0.0.1:1",
    ];
    const program = Program.among(variables, ...flags);
    await manager.until("READY=1");
    for (let i = 0; i < 3; i++) await manager.until("WATCHDOG=1");
    program.signal("SIGTERM");
    await manager.until("STOPPING=1");
    await program.ended();

    const before = manager.messages.length;
    const other = Program.among({ ...variables, WATCHDOG_PID: "1" }, ...flags);
    await manager.until("READY=1");
    other.signal("SIGTERM");
    await manager.until("STOPPING=1");
    assertEquals((await other.ended()).code, 0);
    assertEquals(manager.messages.slice(before), ["READY=1", "STOPPING=1"]);
    manager.close();
  },
});

Deno.test({
  name: "a manager that is gone is told of once, and holds nothing up",
  ignore: !IS_LINUX,
  async fn(): Promise<void> {
    const program = Program.among(
      {
        NOTIFY_SOCKET: `@sluice-test-${crypto.randomUUID()}`,
        WATCHDOG_USEC: "20000",
      },
      ...["--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:1"],
    );
    await program.until(/cannot notify systemd: /);
    await program.port();
    program.signal("SIGTERM");
    const { code, err } = await program.ended();
    assertEquals(code, 0);
    assertEquals(err.split("cannot notify systemd").length, 2);
  },
});

Deno.test({
  name:
    "lines have priorities if standard error leads to the journal, and only then",
  ignore: !IS_LINUX,
  async fn(): Promise<void> {
    for (
      const [journal, priority] of [
        ["$(stat -L -c %d:%i /proc/self/fd/2)", "<3>"],
        ["1:2", ""],
        ["", ""],
      ]
    ) {
      const script = `export JOURNAL_STREAM=${journal}; exec "$@"`;
      const { stderr } = await new Deno.Command("sh", {
        args: ["-c", script, "sh", ...commandLine(["--nope"])],
        stdin: "null",
        stderr: "piped",
      }).output();
      const text = new TextDecoder().decode(stderr);
      assert(text.startsWith(`${priority}sluice: error: `), text);
    }
  },
});
