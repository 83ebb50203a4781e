/** One sluice takes the place of another, while clients come and go. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { canSwitchMigration, withMigration } from "../support/migration.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";
import { costly, rows } from "../support/tries.ts";
import { pause } from "../support/clock.ts";

const ignore = Deno.build.os !== "linux";
/** Clients that come for one request, and those that stay for more. */
const BRIEF_CLIENTS = 12;
const LASTING_CLIENTS = 4;
/** Between two requests of those that stay, in ms. */
const BREATH_MS = 2;

/** How to reach a listener. */
type Connect = () => Promise<Deno.Conn>;

/** Clients that ask again and again, until they are stopped. */
class Load {
  answered = 0;
  readonly failures: string[] = [];
  #isOver = false;
  readonly #running: Promise<void>[];

  constructor(connect: Connect) {
    this.#running = [
      ...Array.from({ length: BRIEF_CLIENTS }, () => this.#run(connect, 1)),
      ...Array.from(
        { length: LASTING_CLIENTS },
        () => this.#run(connect, Infinity),
      ),
    ];
  }

  async #run(connect: Connect, requestsMax: number): Promise<void> {
    while (!this.#isOver) {
      try {
        using peer = new Peer(await connect());
        const isLast = requestsMax === 1 ? "Connection: close\r\n" : "";
        for (let i = 0; i < requestsMax && !this.#isOver; i++) {
          await peer.send(`GET /${i} HTTP/1.1\r\nHost: h\r\n${isLast}\r\n`);
          const response = await peer.readMessage();
          assertEquals([response.status, response.content], [200, "hello"]);
          this.answered++;
          if (response.field("Connection") === "close") break;
          await pause(BREATH_MS); // those who connect are what is tested
        }
      } catch (error) {
        this.failures.push((error as Error).message);
      }
    }
  }

  /** Resolves when so many more have been answered. */
  async more(count: number): Promise<void> {
    const until = this.answered + count;
    while (this.answered < until && this.failures.length < 1000) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }
}

interface Places {
  readonly flags: readonly string[];
  readonly admin: string;
  readonly tcp: Connect;
  readonly unix: Connect;
}

async function placesOf(origin: Origin, workers: number): Promise<Places> {
  const port = freePort();
  const path = `${await Deno.makeTempDir()}/http.sock`;
  const admin = `127.0.0.1:${freePort()}`;
  return {
    flags: [
      ...["--listen", `127.0.0.1:${port}`, "--listen", `unix:${path}`],
      ...["--upstream", origin.url, "--no-cache", "--log-format", "off"],
      ...["--workers", String(workers), "--admin", admin],
    ],
    admin,
    tcp: () => Deno.connect({ hostname: "127.0.0.1", port }),
    unix: () => Deno.connect({ transport: "unix", path }),
  };
}

async function version(admin: string): Promise<unknown> {
  const response = await fetch(`http://${admin}/version`);
  return await response.json();
}

/** Replaces twice under load. */
async function replaceTwice(workers: number): Promise<{
  readonly tcp: Load;
  readonly unix: Load;
  readonly told: readonly string[];
}> {
  await using origin = Origin.answering(() => ok("hello"));
  const places = await placesOf(origin, workers);
  let running = new Program(...places.flags);
  await running.until(/listening on/);
  const tcp = new Load(places.tcp);
  const unix = new Load(places.unix);
  const told: string[] = [];
  await tcp.more(100);
  for (let i = 0; i < 2; i++) {
    const next = new Program(...places.flags, "--replace", places.admin);
    const [line] = await next.until(/^.* is replaced.*$/m);
    told.push(line!);
    await next.until(/admin on/);
    const { code, err } = await running.ended();
    assertEquals(code, 0);
    assertMatch(err, /stopping: in-flight/);
    assert(!err.includes("drain timeout"), err);
    await tcp.more(100);
    await unix.more(20);
    assert("version" in (await version(places.admin) as object));
    running = next;
  }
  await tcp.stop();
  await unix.stop();
  running.signal("SIGTERM");
  assertEquals((await running.ended()).code, 0);
  return { tcp, unix, told };
}

for (const workers of rows([1, 2], 1)) {
  Deno.test({
    name:
      `nothing is lost if the system keeps what waits, ${workers} worker(s) (root)`,
    ignore: ignore || !canSwitchMigration(),
    fn: () =>
      withMigration(true, async () => {
        const { tcp, unix, told } = await replaceTwice(workers);
        assertEquals([tcp.failures, unix.failures], [[], []]);
        for (const line of told) assertMatch(line, /connections lost: 0$/);
      }),
  });

  Deno.test({
    ...costly(
      `if it does not, that is told, and little is lost, ${workers} worker(s) (root)`,
      ignore || !canSwitchMigration(),
    ),
    fn: () =>
      withMigration(false, async () => {
        const { tcp, unix, told } = await replaceTwice(workers);
        assertEquals(unix.failures, [], "a Unix socket loses nothing");
        // At most what waited at either moment.
        const most = 2 * (BRIEF_CLIENTS + LASTING_CLIENTS);
        assert(tcp.failures.length <= most, `${tcp.failures.length}`);
        // The program of the tests may not read the system's counters.
        for (const line of told) {
          assertMatch(
            line,
            /lost: some, perhaps; with net\.ipv4\.tcp_migrate_req=1/,
          );
        }
      }),
  });
}

Deno.test({
  name: "what cannot be replaced: nobody, somebody else, and one that refuses",
  ignore,
}, async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(ok("hello")); // and closes
  });
  const nobody = `127.0.0.1:${freePort()}`;
  const rows = [
    [nobody, /nothing listens on 127\.0\.0\.1:\d+: is sluice running/],
    [origin.url.slice("http://".length), /cannot be replaced/],
  ] as const;
  for (const [address, message] of rows) {
    const program = new Program(
      ...["--listen", "127.0.0.1:0", "--upstream", origin.url],
      ...["--replace", address],
    );
    const { code, err } = await program.ended();
    assertEquals(code, 1);
    assertMatch(err, message);
  }
});

Deno.test({
  name:
    "the port of somebody else is refused, also beside the one to be replaced",
  ignore,
}, async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const { flags, admin, tcp } = await placesOf(origin, 1);
  const running = new Program(...flags);
  await running.until(/listening on/);
  const second = new Program(...flags.slice(0, 2), "--upstream", origin.url);
  const refused = await second.ended();
  assertEquals(refused.code, 1, "without --replace, as ever");
  assertMatch(refused.err, /the address is in use/);

  const third = new Program(
    ...["--listen", `127.0.0.1:${origin.port}`, "--upstream", origin.url],
    ...["--replace", admin],
  );
  const { code, err } = await third.ended();
  assertEquals(code, 1);
  assertMatch(err, /cannot listen on 127\.0\.0\.1:\d+: the address is in use/);
  using peer = new Peer(await tcp());
  await peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  assertEquals((await peer.readMessage()).status, 200, "the old one goes on");
  running.signal("SIGTERM");
  await running.ended();
});
