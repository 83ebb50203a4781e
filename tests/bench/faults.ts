/**
 * Faults of servers, one after another, behind sluice, nginx and HAProxy: which
 * requests fail, how long the slow ones take, and when the load is even again.
 *
 * `deno run -A tests/bench/faults.ts [NAME…]` with the names of some of them, and of
 * some faults; HAPROXY and NGINX in the environment say where their programs are, and
 * ROUNDS how often each fault comes. Each gets one thread, 12 clients, three servers in
 * processes of their own, a response timeout of 1 s, checks every 500 ms, and two tries.
 *
 * A POST that a server had read when it failed is lost, whoever sent it: nobody knows
 * whether it has run. One that no server had read need not have been lost: these are
 * counted apart.
 */

import { OriginProcess } from "../support/origin_process.ts";
import { Peer } from "../support/peer.ts";

const CLIENTS = 12;
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 1);
/** How long a fault lasts, and how long it is looked on after it, in ms. */
const FAULT_MS = 4000;
const AFTER_MS = 30_000;
/** Each pause of a client, in ms: the machine must not be what is measured. */
const PAUSE_MS = 4;
/** The load is even when each of three servers has this share of the answers of a second. */
const EVEN_SHARE = 0.25;

/** What is compared: how it is started, by a configuration in a folder. */
interface Subject {
  readonly name: string;
  start(folder: string, port: number, origins: readonly number[]): Promise<
    string[]
  >;
}

const SLUICE: Subject = {
  name: "sluice",
  async start(folder, port, origins): Promise<string[]> {
    const file = `${folder}/sluice.json`;
    const config = {
      listen: `127.0.0.1:${port}`,
      upstreams: {
        app: {
          servers: origins.map((port) => `http://127.0.0.1:${port}`),
          health: { path: "/", every: "500ms", timeout: "1s" },
        },
      },
      hosts: { "*": { proxy: "app", cache: "off", timeout: "1s" } },
    };
    await Deno.writeTextFile(file, JSON.stringify(config));
    const main = new URL("../../main.ts", import.meta.url).pathname;
    return [Deno.execPath(), "run", "-A", "--no-check", main, "-c", file];
  },
};

const NGINX: Subject = {
  name: "nginx",
  async start(folder, port, origins): Promise<string[]> {
    const file = `${folder}/nginx.conf`;
    await Deno.writeTextFile(
      file,
      `worker_processes 1; daemon off; pid ${folder}/pid; error_log /dev/null;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  upstream app { least_conn; keepalive 64;
${
        origins.map((port) =>
          `    server 127.0.0.1:${port} max_fails=5 fail_timeout=10s;`
        ).join("\n")
      } }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://app; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_connect_timeout 1s;
      proxy_read_timeout 1s; proxy_next_upstream error timeout;
      proxy_next_upstream_tries 2; } }
}`,
    );
    return [Deno.env.get("NGINX") ?? "nginx", "-c", file, "-p", folder];
  },
};

const HAPROXY: Subject = {
  name: "haproxy",
  async start(folder, port, origins): Promise<string[]> {
    const file = `${folder}/haproxy.cfg`;
    await Deno.writeTextFile(
      file,
      `global
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 1m
  timeout server 1s
  timeout queue 5s
  retries 1
  option redispatch 1
  retry-on conn-failure empty-response response-timeout
frontend clients
  bind 127.0.0.1:${port}
  default_backend app
backend app
  balance random(2)
  http-request disable-l7-retry unless METH_GET
  option httpchk GET /
  default-server check inter 500 fall 3 rise 2 observe layer7 error-limit 5 on-error mark-down
${origins.map((port, i) => `  server s${i} 127.0.0.1:${port}`).join("\n")}
`,
    );
    return [Deno.env.get("HAPROXY") ?? "haproxy", "-f", file];
  },
};

/** One answer, when it was there, and how long it took. */
interface Answer {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly from: string;
  readonly atMs: number;
  readonly tookMs: number;
}

/** Clients without end. */
class Load {
  readonly answers: Answer[] = [];
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(port: number) {
    this.#clients = Array.from(
      { length: CLIENTS },
      (_, client) => this.#run(port, client),
    );
  }

  async #run(port: number, client: number): Promise<void> {
    let peer: Peer | undefined;
    for (let i = 0; !this.#isOver; i++) {
      const method = i % 4 === 0 ? "POST" : "GET";
      const target = `/${client}/${i}`;
      const content = method === "POST"
        ? "Content-Length: 2\r\n\r\nab"
        : "\r\n";
      const startMs = performance.now();
      let status = 0;
      let from = "";
      try {
        peer ??= await Peer.connect(port);
        await peer.send(
          `${method} ${target} HTTP/1.1\r\nHost: h\r\n${content}`,
        );
        const response = await peer.readMessage();
        ({ status, content: from } = response);
        if (response.field("connection") === "close") {
          peer.close();
          peer = undefined;
        }
      } catch {
        peer?.close();
        peer = undefined;
      }
      const atMs = performance.now();
      const tookMs = atMs - startMs;
      this.answers.push({ method, target, status, from, atMs, tookMs });
      await pause(PAUSE_MS);
    }
    peer?.close();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A fault of a server, and its end. */
interface Fault {
  readonly name: string;
  begin(origin: OriginProcess): Promise<void> | void;
  end(origin: OriginProcess): Promise<void> | void;
}

const FAULTS: readonly Fault[] = [
  {
    name: "killed",
    begin: (origin) => origin.kill(),
    end: (origin) => origin.start(),
  },
  {
    name: "stopped",
    begin: (origin) => origin.halt(),
    end: (origin) => origin.goOn(),
  },
  {
    name: "slow",
    begin: (origin) => origin.become("slow"),
    end: (origin) => origin.become("ok"),
  },
  {
    name: "503",
    begin: (origin) => origin.become("503"),
    end: (origin) => origin.become("ok"),
  },
];

/** How long after `fromMs` it takes until a second of even load begins, in ms; -1 for never. */
async function untilEven(
  load: Load,
  fromMs: number,
  ports: readonly number[],
): Promise<number> {
  while (performance.now() - fromMs < AFTER_MS) {
    await pause(250);
    const endMs = performance.now();
    const recent = load.answers.filter(({ atMs, status }) =>
      atMs >= Math.max(fromMs, endMs - 1000) && status === 200
    );
    const least = Math.min(
      ...ports.map((port) =>
        recent.filter(({ from }) => from === String(port)).length
      ),
    );
    if (endMs - fromMs >= 1000 && least >= EVEN_SHARE * recent.length) {
      return endMs - 1000 - fromMs;
    }
  }
  return -1;
}

async function measure(subject: Subject, fault: Fault): Promise<string> {
  const folder = await Deno.makeTempDir();
  const [port, ...ports] = freePorts(4);
  const origins = ports.map((port) => new OriginProcess(port));
  await Promise.all(origins.map((origin) => origin.start()));
  const [program, ...args] = await subject.start(folder, port!, ports);
  const child = new Deno.Command(program!, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await pause(2500);
  const load = new Load(port!);
  await pause(3000);
  const beginMs = performance.now();
  const evenMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const origin = origins[round % origins.length]!;
    await fault.begin(origin);
    await pause(FAULT_MS);
    await fault.end(origin);
    evenMs.push(await untilEven(load, performance.now(), ports));
  }
  await load.stop();
  child.kill("SIGTERM");
  await child.status;
  await Promise.all(origins.map((origin) => origin.kill()));
  await Deno.remove(folder, { recursive: true });
  return lineOf(subject, fault, load.answers, { beginMs, evenMs, origins });
}

function lineOf(
  { name }: Subject,
  fault: Fault,
  answers: readonly Answer[],
  { beginMs, evenMs, origins }: {
    readonly beginMs: number;
    /** By round. */
    readonly evenMs: readonly number[];
    readonly origins: readonly OriginProcess[];
  },
): string {
  const during = answers.filter(({ atMs }) => atMs >= beginMs);
  const failed = (method: string): number =>
    during.filter((answer) => answer.method === method && answer.status !== 200)
      .length;
  const asked = new Set(origins.flatMap((origin) => origin.asked));
  const unread = during.filter(({ method, status, target }) =>
    method === "POST" && status !== 200 && !asked.has(`POST ${target}`)
  );
  const times = during.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
  const posts = origins.flatMap(({ asked }) => asked)
    .filter((line) => line.startsWith("POST"));
  return [
    fault.name.padEnd(8),
    name.padEnd(8),
    `${failed("GET")} GET`.padStart(8),
    `${failed("POST")} POST failed`.padStart(16),
    `(${unread.length} that no server read)`,
    `${posts.length - new Set(posts).size} POST twice`.padStart(14),
    `p99 ${p99.toFixed(0)} ms`.padStart(12),
    evenMs.includes(-1)
      ? "never even"
      : `even after ${(Math.max(...evenMs) / 1000).toFixed(1)} s`,
    `(${during.length} requests)`,
  ].join("  ");
}

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return (listener.addr as Deno.NetAddr).port;
  });
}

/** Those that the command line names; all if it names none of them. */
function named<T extends { readonly name: string }>(all: readonly T[]): T[] {
  const some = all.filter(({ name }) => Deno.args.includes(name));
  return some.length > 0 ? some : [...all];
}

for (const fault of named(FAULTS)) {
  for (const subject of named([SLUICE, NGINX, HAPROXY])) {
    // deno-lint-ignore no-console -- it is what this program is for
    console.log(await measure(subject, fault));
  }
}
