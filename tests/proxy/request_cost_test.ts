/**
 * What a request costs in promises, and in jobs that go on after them: whoever makes
 * it more finds out here. Sockets are stand-ins, which make one promise for each read
 * and each write, as the runtime does.
 */

// deno-lint-ignore no-external-import -- only the engine can count promises
import v8 from "node:v8";
import { assert, assertEquals } from "../support/assert.ts";
import { get, Proxy, speakPlainHttp } from "../support/proxy.ts";
import { SilentListener, SilentSocket } from "../support/silent_socket.ts";

speakPlainHttp("stand-ins are no TLS clients");

const { promiseHooks } = v8;
const REQUEST = get("/");
const UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" +
  "x".repeat(65536);
const encoder = new TextEncoder();
const WARM_UP = 20;
const COUNTED = 50;

interface Row extends Cost {
  readonly name: string;
  readonly cacheControl: string;
  /** Bytes of content; 5 unless given. */
  readonly size?: number;
  /** A GET unless given. */
  readonly request?: string;
}

const ROWS: readonly Row[] = [
  {
    name: "a hit",
    cacheControl: "max-age=600",
    promises: 4,
    jobs: 2,
  },
  {
    name: "a hit of more content than is copied",
    cacheControl: "max-age=600",
    size: 50_000,
    promises: 7,
    jobs: 4,
  },
  {
    name: "a small response that passes",
    cacheControl: "no-store",
    promises: 15,
    jobs: 9,
  },
  {
    name: "an upload of more content than is copied",
    cacheControl: "no-store",
    request: UPLOAD,
    promises: 22,
    jobs: 12,
  },
];

/** Lets all jobs run that there are, and a turn of the event loop. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** What is counted. */
interface Cost {
  readonly promises: number;
  readonly jobs: number;
}

/** As `ask`, without a request. */
async function pass(client: SilentSocket): Promise<void> {
  await turn();
  await turn();
  assert(client.isRead);
}

/** Sends a request and, if the origin is asked, its response. */
async function ask(
  client: SilentSocket,
  origin: SilentSocket,
  request: Uint8Array,
  response: Uint8Array,
): Promise<void> {
  client.written =
    client.writes =
    origin.written =
    origin.writes =
      0;
  client.send(request);
  await turn();
  if (origin.written > 0) origin.send(response);
  await turn();
  assert(client.written > 0);
  assert(origin.writes <= 1);
}

for (const row of ROWS) {
  Deno.test(`${row.name} has its price`, async () => {
    const client = new SilentSocket();
    const origin = new SilentSocket();
    const { size = 5, request: text = REQUEST } = row;
    const { listen, connect } = Deno;
    const clients = [client];
    stand("listen", () => new SilentListener(clients));
    stand("connect", () => Promise.resolve(origin));
    try {
      await using _proxy = await Proxy.start("http://127.0.0.1:1");
      const request = encoder.encode(text);
      const response = encoder.encode(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" +
          `Cache-Control: ${row.cacheControl}\r\nContent-Length: ${size}\r\n\r\n${
            "x".repeat(size)
          }`,
      );
      while (!client.isRead) await turn();
      for (let i = 0; i < WARM_UP; i++) {
        await ask(client, origin, request, response);
      }
      const asked = await leastOf(() => ask(client, origin, request, response));
      const idle = await leastOf(() => pass(client));
      assertEquals(
        {
          promises: asked.promises - idle.promises,
          jobs: asked.jobs - idle.jobs,
        },
        { promises: row.promises, jobs: row.jobs },
      );
      client.close();
    } finally {
      stand("listen", listen);
      stand("connect", connect);
    }
  });
}

/** Puts something in the place of a function of the runtime. */
function stand(name: "listen" | "connect", value: unknown): void {
  Object.defineProperty(Deno, name, {
    value,
    configurable: true,
    writable: true,
  });
}

/** What one call of `work` costs; timers may come in between, so the least of several. */
async function leastOf(work: () => Promise<void>): Promise<Cost> {
  let least: Cost = { promises: Infinity, jobs: Infinity };
  for (let i = 0; i < COUNTED; i++) {
    const cost = await costOf(work);
    if (cost.promises < least.promises) least = cost;
  }
  return least;
}

async function costOf(work: () => Promise<void>): Promise<Cost> {
  const cost = { promises: 0, jobs: 0 };
  const stopInit = promiseHooks.onInit(() => cost.promises++);
  const stopBefore = promiseHooks.onBefore(() => cost.jobs++);
  await work();
  stopInit();
  stopBefore();
  return cost;
}
