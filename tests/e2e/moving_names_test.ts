/**
 * A name under load: it moves, it is not found, its name server says nothing. No
 * request fails for it.
 *
 * The program has a `resolv.conf` of its own, which takes root and `unshare`; without
 * them, the tests are skipped.
 */

import { assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { DnsStub } from "../support/dns_stub.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";
import { costly, rows, tries } from "../support/tries.ts";

/** Addresses of this run alone: the name server's port is 53 for everybody. */
const [A, B] = crypto.getRandomValues(new Uint8Array(2));
const NAME_SERVER = `127.${A}.${B}.53`;
const [HERE, THERE] = [`127.${A}.${B}.1`, `127.${A}.${B}.2`];
const CLIENTS = 6;
/** Between two requests of a client that does so for seconds, in ms. */
const BREATH_MS = 2;
/** Requests after which something has had its effect. */
const MANY = tries(100, 300);

async function canHaveNamesOfItsOwn(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  try {
    const { success } = await new Deno.Command("unshare", {
      args: ["--mount", "true"],
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** A server of the application, at one of its addresses. */
class Place {
  asked = 0;
  readonly #controller = new AbortController();
  readonly #server: Deno.HttpServer;

  constructor(hostname: string, port: number, isBrief: boolean) {
    const { signal } = this.#controller;
    this.#server = Deno.serve(
      { hostname, port, signal, onListen: () => {} },
      () => {
        this.asked++;
        const headers = new Headers({ "Cache-Control": "no-store" });
        if (isBrief) headers.set("Connection", "close");
        return new Response("ok", { headers });
      },
    );
  }

  /** It is gone, with all of its connections. */
  async close(): Promise<void> {
    this.#controller.abort();
    await this.#server.finished;
  }
}

/** The program, with clients without end. */
class Scene implements AsyncDisposable {
  readonly dns: DnsStub;
  readonly failed: string[] = [];
  /** What the log says of those. */
  readonly logged: string[] = [];
  readonly #port: number;
  readonly #isBrief: boolean;
  /** Between two requests of a client, in ms. */
  #breathMs = 0;
  readonly #program: Program;
  readonly #folder: string;
  #load: Promise<void>[] = [];
  #places: Place[] = [];
  #count = 0;
  #isOver = false;

  private constructor(
    dns: DnsStub,
    program: Program,
    folder: string,
    port: number,
    isBrief: boolean,
  ) {
    this.dns = dns;
    this.#program = program;
    this.#folder = folder;
    this.#port = port;
    this.#isBrief = isBrief;
  }

  /** @param isBrief Whether each connection to the application carries one request. */
  static async start(workers: number, isBrief: boolean): Promise<Scene> {
    const folder = await Deno.makeTempDir();
    const resolv = `${folder}/resolv.conf`;
    await Deno.writeTextFile(resolv, `nameserver ${NAME_SERVER}\n`);
    const dns = await DnsStub.listen(NAME_SERVER);
    dns.answer = [HERE];
    const port = freePort("0.0.0.0");
    const file = `${folder}/sluice.json`;
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        listen: "127.0.0.1:0",
        workers,
        hosts: { "*": { proxy: `http://app.test:${port}`, cache: "off" } },
      }),
    );
    const wrapper = [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount --bind ${resolv} /etc/resolv.conf && exec "$0" "$@"`,
    ];
    const program = Program.within(wrapper, "--config", file);
    const scene = new Scene(dns, program, folder, port, isBrief);
    program.onLine = (line) => {
      if (/"[A-Z]+ [^"]*" 5\d\d /.test(line)) scene.logged.push(line);
    };
    scene.open(HERE);
    const own = await program.port();
    scene.#load = Array.from({ length: CLIENTS }, () => scene.#ask(own));
    return scene;
  }

  open(hostname: string): Place {
    const place = new Place(hostname, this.#port, this.#isBrief);
    this.#places.push(place);
    return place;
  }

  /** Clients take a breath between requests from now on: what is waited for takes seconds. */
  slowDown(): void {
    this.#breathMs = BREATH_MS;
  }

  get here(): Place {
    return this.#places[0]!;
  }

  async #ask(port: number): Promise<void> {
    using peer = await Peer.connect(port);
    while (!this.#isOver) {
      await peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      const { status, content } = await peer.readMessage();
      if (status !== 200) this.failed.push(`${status} ${content}`);
      this.#count++;
      if (this.#breathMs > 0) await pause(this.#breathMs);
    }
  }

  /** Waits for so many more answers. */
  async answered(count = MANY): Promise<void> {
    const end = this.#count + count;
    await this.until(() => this.#count >= end);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#load);
    this.#program.signal("SIGTERM");
    await this.#program.ended();
    for (const place of this.#places) await place.close();
    await this.dns[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

const canRun = await canHaveNamesOfItsOwn();
const why = canRun ? "" : " (skipped: it takes root, and unshare)";

for (const workers of rows([1, 2], 1)) {
  Deno.test({
    name:
      `a container that comes back with another address is found without a failed request, with ${workers} workers${why}`,
    ignore: !canRun,
    async fn(): Promise<void> {
      await using scene = await Scene.start(workers, false);
      await scene.answered();
      const there = scene.open(THERE);
      scene.dns.answer = [THERE];
      await scene.here.close();
      await scene.until(() => there.asked > MANY);
      assertEquals(scene.failed, [], scene.logged.join("\n"));
    },
  });

  Deno.test({
    name:
      `connections go on while names are not found, and while nobody answers for them, with ${workers} workers${why}`,
    ignore: !canRun,
    async fn(): Promise<void> {
      await using scene = await Scene.start(workers, true);
      await scene.answered();
      for (const answer of ["fails", "is silent", [HERE]] as const) {
        scene.dns.answer = answer;
        await scene.answered();
        assertEquals(scene.failed, [], String(answer));
      }
    },
  });
}

Deno.test({
  ...costly(
    `requests go to another address soon after the name does, although the old one is alive${why}`,
    !canRun,
  ),
  async fn(): Promise<void> {
    await using scene = await Scene.start(1, false);
    await scene.answered();
    scene.slowDown();
    const there = scene.open(THERE);
    scene.dns.answer = [THERE];
    await scene.until(() => there.asked > 0);
    await scene.answered();
    const { asked } = scene.here;
    await scene.answered();
    assertEquals([scene.here.asked, scene.failed], [asked, []]);
    // And two of them, of which one goes.
    scene.dns.answer = [HERE, THERE];
    await scene.until(() => scene.here.asked > asked + MANY);
    scene.dns.answer = [THERE];
    await scene.here.close();
    await scene.answered();
    assertEquals(scene.failed, [], scene.logged.join("\n"));
  },
});
