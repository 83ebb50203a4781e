/**
 * TLS beside nginx, with the same key: processor time of requests and of new
 * connections on one core, and how long a new connection waits for its response. The
 * bare loops of `loops.ts` show what is the runtime's.
 *
 * `deno task bench:tls`; needs Linux, two cores, wrk, curl, openssl and nginx. SECONDS in the
 * environment says how long each load takes, TRIES how many new connections are timed.
 */

import { CERTIFICATE_PEM, KEY_PEM } from "../../support/certificate.ts";
import { isInstalled } from "../load/machine.ts";
import { cpuSeconds } from "../load/process_tree.ts";
import { median, percentile } from "../load/statistics.ts";
import { parseWrk } from "../load/wrk.ts";

const SECONDS = Number(Deno.env.get("SECONDS") ?? 3);
const TRIES = Number(Deno.env.get("TRIES") ?? 40);
const LOOPS = new URL("./loops.ts", import.meta.url).pathname;
const PROGRAM = new URL("../../../main.ts", import.meta.url).pathname;
const ORIGIN_PORT = 7700;
const VERSIONS = ["1.2", "1.3"] as const;

interface Subject {
  readonly name: string;
  readonly port: number;
  /** Whether it is a proxy, and so has `/pass` and `/two`. */
  readonly isProxy: boolean;
  command(folder: string): string[];
}

/** Processor time of the server, and how many there were, or could be, in a second. */
interface Cost {
  readonly micros: number;
  readonly perSecond: number;
}

function loop(kind: string, port: number): string[] {
  return ["deno", "run", "-A", "--no-check", LOOPS, kind, String(port)];
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "nginx",
    port: 7701,
    isProxy: true,
    command: (folder) => ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`],
  },
  {
    name: "sluice",
    port: 7702,
    isProxy: true,
    command: (folder) => [
      ...["deno", "run", "-A", "--no-check", PROGRAM],
      ...["--config", `${folder}/sluice.json`],
    ],
  },
  {
    name: "Deno.listenTls",
    port: 7703,
    isProxy: false,
    command: () => loop("listenTls", 7703),
  },
  {
    name: "sluice's TLS alone",
    port: 7704,
    isProxy: false,
    command: () => loop("engine", 7704),
  },
];

/** Proxies that store `/hit`, and pass on `/pass` and `/two`. */
function writeConfigurations(folder: string): void {
  Deno.writeTextFileSync(`${folder}/cert.pem`, CERTIFICATE_PEM + KEY_PEM);
  const origin = `http://127.0.0.1:${ORIGIN_PORT}`;
  Deno.writeTextFileSync(
    `${folder}/sluice.json`,
    JSON.stringify({
      listen: { http: "127.0.0.1:7712", https: "127.0.0.1:7702" },
      workers: 1,
      tls: { certificates: `${folder}/cert.pem`, redirect: false },
      log: { format: "off" },
      hosts: {
        "*": {
          "/": { proxy: origin, cache: "off" },
          "/hit": { proxy: origin },
        },
      },
    }),
  );
  Deno.writeTextFileSync(
    `${folder}/nginx.conf`,
    `${
      Deno.uid() === 0 ? "user root; " : ""
    }daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; client_body_temp_path ${folder}/b;
  proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u;
  scgi_temp_path ${folder}/s;
  proxy_cache_path ${folder}/cache keys_zone=c:1m;
  upstream origin { server 127.0.0.1:${ORIGIN_PORT}; keepalive 64; }
  server {
    listen 127.0.0.1:7701 ssl backlog=4096; ssl_certificate ${folder}/cert.pem;
    ssl_certificate_key ${folder}/cert.pem; ssl_protocols TLSv1.2 TLSv1.3;
    proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
    location / { proxy_pass http://origin; }
    location /hit { proxy_buffering on; proxy_cache c; proxy_pass http://origin; }
  }
}
`,
  );
}

/** One run of wrk: what the server used for each request, in µs, and requests a second. */
async function load(
  { port }: Subject,
  pid: number,
  path: string,
): Promise<Cost> {
  const run = async (seconds: number): Promise<string> => {
    const { stdout } = await new Deno.Command("taskset", {
      args: [
        ...["-c", "1", "wrk", "-t1", "-c16", `-d${seconds}s`],
        `https://127.0.0.1:${port}${path}`,
      ],
    }).output();
    return new TextDecoder().decode(stdout);
  };
  await run(2); // the engine compiles what is hot
  const before = cpuSeconds(pid);
  const { requests, perSecond, errors } = parseWrk(await run(SECONDS));
  if (errors !== "") throw new Error(`${port}${path}: ${errors}`);
  const micros = (cpuSeconds(pid) - before) * 1e6 / requests;
  return { micros, perSecond };
}

/** The same for new connections with a request each: handshakes as a whole, or of clients that were there before. */
async function handshakes(
  { port }: Subject,
  pid: number,
  version: string,
  kind: "-new" | "-reuse",
): Promise<Cost> {
  const run = async (seconds: number): Promise<number> => {
    const { stdout } = await new Deno.Command("taskset", {
      args: [
        ...["-c", "1", "openssl", "s_time", "-connect", `127.0.0.1:${port}`],
        ...["-www", "/hit", kind, "-time", String(seconds)],
        `-tls${version.replace(".", "_")}`,
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    return Number(/(\d+) connections in [\d.]+ real/.exec(text)![1]);
  };
  await run(2);
  const before = cpuSeconds(pid);
  const count = await run(SECONDS);
  const micros = (cpuSeconds(pid) - before) * 1e6 / count;
  return { micros, perSecond: 1e6 / micros };
}

/** New connections: to the end of the handshake, to the first byte, to the last, in ms: the fastest tenth, and the median. */
async function times(
  { port }: Subject,
  path: string,
  version: string,
): Promise<string> {
  const rows: number[][] = [];
  for (let i = 0; i < TRIES; i++) {
    const { stdout } = await new Deno.Command("taskset", {
      args: [
        ...["-c", "1", "curl", "-sk", "-o", "/dev/null", `--tlsv${version}`],
        ...["--tls-max", version, "-w"],
        "%{time_appconnect} %{time_starttransfer} %{time_total}",
        `https://127.0.0.1:${port}${path}`,
      ],
    }).output();
    const text = new TextDecoder().decode(stdout);
    rows.push(text.split(" ").map((second) => Number(second) * 1000));
  }
  return [0, 1, 2].map((at) => {
    const column = rows.map((row) => row[at]!);
    return `${percentile(column, 0.1).toFixed(1)} (${
      median(column).toFixed(1)
    })`;
  }).join(" / ");
}

async function listens(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`nobody listens on ${port}`);
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function measure(
  subject: Subject,
  pid: number,
): Promise<void> {
  const { name, isProxy } = subject;
  const figure = ({ micros, perSecond }: Cost): string =>
    `${micros.toFixed(1)} µs of CPU, ${perSecond.toFixed(0)}/s`;
  for (const path of isProxy ? ["/hit", "/pass"] : ["/hit"]) {
    say(`${name}: ${path}: ${figure(await load(subject, pid, path))}`);
  }
  for (const version of VERSIONS) {
    for (const kind of ["-new", "-reuse"] as const) {
      const made = await handshakes(subject, pid, version, kind);
      say(`${name}: handshakes${kind}, TLS ${version}: ${figure(made)} a core`);
    }
  }
  for (const version of VERSIONS) {
    for (const path of isProxy ? ["/hit", "/two"] : ["/hit"]) {
      const row = await times(subject, path, version);
      say(`${name}: ${path}, TLS ${version}: ${row} ms`);
    }
  }
}

const missing = ["wrk", "curl", "openssl", "nginx", "taskset"].filter((name) =>
  !isInstalled(name)
);
if (missing.length > 0) say(`skipped: this needs ${missing.join(", ")}`);
else {
  const folder = await Deno.makeTempDir();
  writeConfigurations(folder);
  const quiet = { stdout: "null", stderr: "null", stdin: "null" } as const;
  const start = (core: string, command: readonly string[]): Deno.ChildProcess =>
    new Deno.Command("taskset", { args: ["-c", core, ...command], ...quiet })
      .spawn();
  const origin = start("1", loop("origin", ORIGIN_PORT));
  try {
    await listens(ORIGIN_PORT);
    for (const subject of SUBJECTS) {
      const child = start("0", subject.command(folder));
      try {
        await listens(subject.port);
        await measure(subject, child.pid);
      } finally {
        child.kill("SIGTERM");
        await child.status;
      }
    }
  } finally {
    origin.kill("SIGKILL");
    await origin.status;
    await Deno.remove(folder, { recursive: true });
  }
}
