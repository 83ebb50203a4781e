/**
 * TLS beside nginx, with the same key: processor time of requests and of new
 * connections on one core, and how long a new connection waits for its response. The
 * bare loops of `loops.ts` show what is the runtime's. They take turns, and what was
 * least disturbed counts.
 *
 * `deno task bench:tls`; needs Linux, two cores, wrk, curl, openssl and nginx. In the
 * environment: SECONDS of each load, TRIES of new connections, ROUNDS.
 */

import { CERTIFICATE_PEM, KEY_PEM } from "../../support/certificate.ts";
import { isInstalled } from "../load/machine.ts";
import { cpuSeconds } from "../load/process_tree.ts";
import { percentile } from "../load/statistics.ts";
import { parseWrk } from "../load/wrk.ts";

const SECONDS = Number(Deno.env.get("SECONDS") ?? 2);
const TRIES = Number(Deno.env.get("TRIES") ?? 20);
const ROUNDS = Number(Deno.env.get("ROUNDS") ?? 3);
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

/** One run of wrk: processor time of the server for each request, in µs. */
async function load(
  { port }: Subject,
  pid: number,
  path: string,
): Promise<number> {
  const run = async (seconds: number): Promise<string> => {
    const { stdout } = await new Deno.Command("taskset", {
      args: [
        ...["-c", "1", "wrk", "-t1", "-c16", `-d${seconds}s`],
        `https://127.0.0.1:${port}${path}`,
      ],
    }).output();
    return new TextDecoder().decode(stdout);
  };
  await run(1); // the engine compiles what is hot
  const before = cpuSeconds(pid);
  const { requests, errors } = parseWrk(await run(SECONDS));
  if (errors !== "") throw new Error(`${port}${path}: ${errors}`);
  return (cpuSeconds(pid) - before) * 1e6 / requests;
}

/** The same for new connections with a request each: handshakes as a whole, or of clients that were there before. */
async function handshakes(
  { port }: Subject,
  pid: number,
  version: string,
  kind: "-new" | "-reuse",
): Promise<number> {
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
  await run(1);
  const before = cpuSeconds(pid);
  const count = await run(SECONDS);
  return (cpuSeconds(pid) - before) * 1e6 / count;
}

/** New connections, one after the other: to the first byte and to the last, in ms; the fastest tenth. */
async function times(
  { port }: Subject,
  path: string,
  version: string,
): Promise<readonly [first: number, last: number]> {
  const firsts: number[] = [];
  const lasts: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    const { stdout } = await new Deno.Command("taskset", {
      args: [
        ...["-c", "1", "curl", "-sk", "-o", "/dev/null", `--tlsv${version}`],
        ...["--tls-max", version, "-w"],
        "%{time_starttransfer} %{time_total}",
        `https://127.0.0.1:${port}${path}`,
      ],
    }).output();
    const [first, last] = new TextDecoder().decode(stdout).split(" ");
    firsts.push(Number(first) * 1000);
    lasts.push(Number(last) * 1000);
  }
  return [percentile(firsts, 0.1), percentile(lasts, 0.1)];
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

/** What was measured, by row and subject: each keeps what was least disturbed. */
class Table {
  readonly #rows = new Map<string, Map<string, number>>();

  note(row: string, subject: string, value: number): void {
    const cells = this.#rows.get(row) ?? new Map<string, number>();
    cells.set(subject, Math.min(cells.get(subject) ?? Infinity, value));
    this.#rows.set(row, cells);
  }

  print(): void {
    const names = SUBJECTS.map(({ name }) => name);
    say(`| | ${names.join(" | ")} |`);
    say(`| --- |${" ---: |".repeat(names.length)}`);
    for (const [row, cells] of this.#rows) {
      const values = names.map((name) => cells.get(name)?.toFixed(1) ?? "");
      say(`| ${row} | ${values.join(" | ")} |`);
    }
  }
}

async function measure(
  subject: Subject,
  pid: number,
  table: Table,
): Promise<void> {
  const { name, isProxy } = subject;
  for (const path of isProxy ? ["/hit", "/pass"] : ["/hit"]) {
    table.note(`${path}, CPU µs`, name, await load(subject, pid, path));
  }
  for (const version of VERSIONS) {
    for (const kind of ["-new", "-reuse"] as const) {
      const micros = await handshakes(subject, pid, version, kind);
      table.note(`handshake ${kind}, TLS ${version}, CPU µs`, name, micros);
    }
    for (const path of isProxy ? ["/hit", "/two"] : ["/hit"]) {
      const [first, last] = await times(subject, path, version);
      table.note(`first byte of ${path}, TLS ${version}, ms`, name, first);
      table.note(`last byte of ${path}, TLS ${version}, ms`, name, last);
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
  const children: Deno.ChildProcess[] = [];
  const table = new Table();
  try {
    await listens(ORIGIN_PORT);
    for (const subject of SUBJECTS) {
      children.push(start("0", subject.command(folder)));
      await listens(subject.port);
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, subject] of SUBJECTS.entries()) {
        await measure(subject, children[at]!.pid, table);
      }
    }
    table.print();
  } finally {
    for (const child of [...children, origin]) {
      child.kill("SIGTERM");
      await child.status;
    }
    await Deno.remove(folder, { recursive: true });
  }
}
