/** The program reads its configuration again, many times, while everything goes on. */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { rows, tries } from "../support/tries.ts";
import { pause } from "../support/clock.ts";

const RELOADS = tries(30, 100);
/** What the program has taken for good by then: it is compared with the end. */
const WARM = 25;
/** What code that gets hot, and garbage, may take. */
const GROWTH_BYTES_MAX = 64 * 1024 * 1024;

const WEBSOCKET = ["Connection: Upgrade", "Upgrade: websocket"];
const GRANT =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** An origin with tunnels that echo, streams of events, uploads and pages. */
class Application implements AsyncDisposable {
  readonly origin: Origin = Origin.serving((peer) => this.#serve(peer));
  readonly #listeners: Peer[] = [];

  async #serve(peer: Peer): Promise<void> {
    for (;;) {
      const { startLine, field } = await peer.readHead();
      const path = startLine.split(" ")[1]!;
      if (path === "/ws") {
        await peer.send(GRANT);
        for (;;) await peer.send(await peer.readExactly(1));
      }
      if (path === "/events") {
        const type = "Content-Type: text/event-stream";
        await peer.send(
          `HTTP/1.1 200 OK\r\n${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
        );
        this.#listeners.push(peer);
        await peer.readToEnd();
        return;
      }
      const length = Number(field("content-length") ?? 0);
      await peer.readExactly(length);
      await peer.send(ok(`${path} ${length}`, "Cache-Control: max-age=1"));
    }
  }

  /** Sends an event to all who listen. */
  async tell(event: string): Promise<void> {
    const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
    for (const peer of this.#listeners) await peer.send(chunk);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.origin[Symbol.asyncDispose]();
  }
}

/** The configuration of a time: its number is in every response, and much else differs from the one before. */
function configOf(time: number, origin: Origin, workers: number): string {
  const proxy = origin.url;
  const isOdd = time % 2 === 1;
  return JSON.stringify({
    listen: "127.0.0.1:0",
    workers,
    headers: { "X-Time": `${time}` },
    upstreams: {
      app: { servers: proxy, connections: { idle: isOdd ? 8 : 9 } },
    },
    hosts: {
      "*": {
        "/": { proxy: "app", cache: isOdd ? "off" : "1s" },
        ...(isOdd ? { "/page*": { proxy } } : {}),
      },
      ...(time % 3 === 0 ? { [`${time}.example`]: { respond: 200 } } : {}),
    },
  });
}

/** Asks for pages on one connection until it is told to stop; each is whole, and none goes by an older configuration than the one before. */
async function browse(
  port: number,
  { aborted }: { readonly aborted: () => boolean },
): Promise<number> {
  using peer = await Peer.connect(port);
  let [count, last] = [0, 0];
  for (; !aborted(); count++) {
    await peer.send(get(`/page${count}`));
    const { status, content, field } = await peer.readMessage();
    assertEquals([status, content], [200, `/page${count} 0`]);
    const time = Number(field("x-time"));
    assert(time >= last, `${time} after ${last}`);
    last = time;
    await pause(1);
  }
  return count;
}

function footprint(pid: number): { bytes: number; descriptors: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const [, kib = "0"] = /VmRSS:\s+(\d+)/.exec(status) ?? [];
  const descriptors = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return { bytes: Number(kib) * 1024, descriptors };
}

for (const workers of rows([1, 2], 2)) {
  Deno.test({
    name:
      `${workers} worker(s): ${RELOADS} reloads under load fail no request and cut no tunnel, upload or stream`,
    ignore: Deno.build.os !== "linux",
    async fn(): Promise<void> {
      await using application = new Application();
      const { origin } = application;
      const folder = await Deno.makeTempDir();
      const file = `${folder}/sluice.json`;
      await Deno.writeTextFile(file, configOf(0, origin, workers));
      const program = new Program("--config", file, "--log-format", "off");
      using clients = new DisposableStack();
      try {
        const port = await program.port();
        const connect = async (request: string): Promise<Peer> => {
          const peer = clients.use(await Peer.connect(port));
          await peer.send(request);
          return peer;
        };
        const times = [0, 1, 2, 3];
        const tunnels = await Promise.all(
          times.map(() => connect(get("/ws", ...WEBSOCKET))),
        );
        const streams = await Promise.all(
          times.map(() => connect(get("/events"))),
        );
        const uploads = await Promise.all(times.map(() =>
          connect(
            `POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: ${RELOADS}\r\n\r\n`,
          )
        ));
        for (const tunnel of tunnels) {
          assertEquals((await tunnel.readHead()).status, 101);
        }
        for (const stream of streams) {
          assertEquals((await stream.readHead()).status, 200);
        }
        let isOver = false;
        const browsing = times.map(() =>
          browse(port, { aborted: () => isOver })
        );
        let warm = footprint(program.pid);
        for (let time = 1; time <= RELOADS; time++) {
          await Deno.writeTextFile(file, configOf(time, origin, workers));
          program.signal("SIGHUP");
          await program.until(new RegExp(`\\+ X-Time: ${time}\\b`));
          for (const upload of uploads) await upload.send("u");
          for (const tunnel of tunnels) await tunnel.send("t");
          for (const tunnel of tunnels) {
            assertEquals(await tunnel.readExactly(1), "t");
          }
          await application.tell(`event ${time}.`);
          for (const stream of streams) {
            await stream.readThrough(`event ${time}.`);
          }
          using next = await Peer.connect(port);
          await next.send(get("/next", "Connection: close"));
          const { status, field } = await next.readMessage();
          assertEquals([status, field("x-time")], [200, `${time}`]);
          if (time === WARM) warm = footprint(program.pid);
        }
        for (const upload of uploads) {
          const { status, content } = await upload.readMessage();
          assertEquals([status, content], [200, `/up ${RELOADS}`]);
        }
        isOver = true;
        for (const count of await Promise.all(browsing)) assert(count > 0);
        const end = footprint(program.pid);
        const growth = end.bytes - warm.bytes;
        assert(growth < GROWTH_BYTES_MAX, `${growth} bytes more`);
        assert(
          end.descriptors <= warm.descriptors + 4,
          `${end.descriptors} descriptors, ${warm.descriptors} before`,
        );
      } finally {
        clients.dispose();
        program.signal("SIGTERM");
        assertEquals((await program.ended()).code, 0);
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
