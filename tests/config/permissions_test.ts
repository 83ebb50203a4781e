/** The permissions that a configuration needs: no more than it names, and enough to run it. */

import { assert, assertEquals, assertNotMatch } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { Disk } from "../../lib/config/file/disk.ts";
import { loadConfig } from "../../lib/config/load.ts";
import {
  permissionsOf,
  permissionsText,
} from "../../lib/config/permissions.ts";
import type { ResolvedConfig } from "../../lib/config/resolved.ts";

type Plain = Record<string, unknown>;

const PLACE = { source: "/src", folder: "/run/here", variables: [] };

/** A configuration, as it is in force; files are found whatever they are called. */
async function configOf(plain: Plain): Promise<ResolvedConfig> {
  const disk: Disk = {
    readText: () => Promise.resolve(JSON.stringify(plain)),
    expand: (path) => Promise.resolve([path]),
    kindOf: () => Promise.resolve("file"),
    evaluate: () => Promise.reject(new Error("no modules")),
    environment: () => undefined,
  };
  const { config, problems } = await loadConfig("/etc/s.json", disk);
  assert(config !== undefined, JSON.stringify(problems));
  return config;
}

const ROWS: readonly [what: string, plain: Plain, flags: readonly string[]][] =
  [
    [
      "an origin",
      {
        listen: "127.0.0.1:8000",
        hosts: { "*": { proxy: "http://app:3000" } },
      },
      ["--allow-net=127.0.0.1,app:3000", "--allow-read=/etc/s.json"],
    ],
    [
      "all interfaces, in both families, and an origin of which the certificate is verified",
      { listen: ":443", hosts: { "*": { proxy: "https://app" } } },
      [
        "--allow-net=0.0.0.0:443,127.0.0.1,[::]:443,app:443",
        "--allow-read=/etc/s.json",
        "--allow-env=DENO_TLS_CA_STORE",
      ],
    ],
    [
      "workers, which read their modules",
      { listen: "[::1]:80", workers: 2, hosts: { "*": { respond: 200 } } },
      [
        "--allow-net=127.0.0.1,[::1]:80",
        "--allow-read=/etc/s.json,/src/deno.json,/src/lib",
      ],
    ],
    [
      "Unix sockets",
      {
        listen: "unix:/run/s.sock",
        hosts: { "*": { proxy: "unix:/run/app.sock" } },
      },
      [
        "--allow-net=127.0.0.1,unix:/run/app.sock,unix:/run/s.sock",
        "--allow-read=/etc/s.json,/run/app.sock,/run/s.sock",
        "--allow-write=/run/app.sock,/run/s.sock",
      ],
    ],
    [
      "files, pages and a log; what is below a folder is with it",
      {
        listen: "127.0.0.1:80",
        log: { file: "/var/log/a.log" },
        maintenance: { when: "/etc/maintenance", page: "/srv/sorry.html" },
        hosts: {
          "*": {
            "/": { files: "/srv" },
            "/x": {
              respond: 404,
              errors: { "404": "/srv/404.html", "5xx": "pages/5.html" },
            },
          },
        },
      },
      [
        "--allow-net=127.0.0.1",
        "--allow-read=/etc/maintenance,/etc/pages/5.html,/etc/s.json,/srv,/var/log/a.log",
        "--allow-write=/var/log/a.log",
      ],
    ],
    [
      "certificates of an authority, whose own is verified",
      {
        listen: { http: "127.0.0.1:80", https: "127.0.0.1:443" },
        tls: {
          acme: { directory: "https://ca.test/dir", storage: "/var/acme" },
        },
        hosts: { "a.test": { respond: 204 } },
      },
      [
        "--allow-net=127.0.0.1,ca.test:443",
        "--allow-read=/etc/s.json,/var/acme",
        "--allow-write=/var/acme",
        "--allow-env",
        "--allow-sys",
      ],
    ],
    [
      "certificates, by their folder",
      {
        listen: { https: "127.0.0.1:443" },
        tls: {
          certificates: ["/etc/ssl/acme/*.pem", {
            cert: "/c.pem",
            key: "/k.pem",
          }],
        },
        upstreams: { api: { servers: ["https://a"], tls: { ca: "/ca.pem" } } },
        hosts: { "*": { proxy: "api" } },
      },
      [
        "--allow-net=127.0.0.1,a:443",
        "--allow-read=/c.pem,/ca.pem,/etc/s.json,/etc/ssl/acme,/k.pem",
        "--allow-env=DENO_TLS_CA_STORE",
      ],
    ],
    [
      "access: files and services",
      {
        listen: "127.0.0.1:80",
        admin: { listen: "127.0.0.1:2020", token: { file: "/run/token" } },
        hosts: {
          a: { auth: { basic: "/etc/htpasswd" }, respond: 200 },
          b: { auth: { forward: "http://auth:9000/check" }, respond: 200 },
          c: {
            auth: { jwt: { jwks: "https://id.example/keys" } },
            respond: 200,
          },
          d: { auth: { jwt: { jwks: "/etc/keys.json" } }, respond: 200 },
        },
      },
      [
        "--allow-net=127.0.0.1,auth:9000,id.example:443",
        "--allow-read=/etc/htpasswd,/etc/keys.json,/etc/s.json,/run/token,/src/lib",
        "--allow-env=DENO_TLS_CA_STORE",
      ],
    ],
    [
      "a shared cache and one on disk",
      {
        listen: "127.0.0.1:80",
        cache: {
          disk: { path: "/var/c", size: "1GiB" },
          shared: { url: "redis://r" },
        },
        hosts: { "*": { respond: 200 } },
      },
      [
        "--allow-net=127.0.0.1,r:6379",
        "--allow-read=/etc/s.json,/src/lib,/var/c",
        "--allow-write=/var/c",
        "--allow-env",
      ],
    ],
    [
      "a shared cache behind a socket",
      {
        listen: "127.0.0.1:80",
        cache: { shared: { url: "unix://u:p@/run/valkey.sock" } },
        hosts: { "*": { respond: 200 } },
      },
      [
        "--allow-net=127.0.0.1,unix:/run/valkey.sock",
        "--allow-read=/etc/s.json,/run/valkey.sock",
        "--allow-write=/run/valkey.sock",
        "--allow-env",
      ],
    ],
    [
      "a shared cache over TLS",
      {
        listen: "127.0.0.1:80",
        cache: {
          shared: { url: "rediss://r", tls: { ca: "/etc/ca.pem" } },
        },
        hosts: { "*": { respond: 200 } },
      },
      [
        "--allow-net=127.0.0.1,r:6379",
        "--allow-read=/etc/ca.pem,/etc/s.json",
        "--allow-env",
        "--allow-sys",
      ],
    ],
    [
      "a comma in a name: there is no list",
      { listen: "127.0.0.1:80", hosts: { "*": { files: "/srv/a,b" } } },
      ["--allow-net=127.0.0.1", "--allow-read"],
    ],
  ];

for (const [what, plain, flags] of ROWS) {
  Deno.test(`permissions for ${what}`, async () => {
    const config = await configOf(plain);
    assertEquals(permissionsOf(config, PLACE), ["--no-prompt", ...flags]);
  });
}

Deno.test("variables and included files", async () => {
  const config = await configOf({
    listen: "127.0.0.1:80",
    hosts: { "*": { respond: 200 } },
  });
  const files = ["/etc/s.ts", "/etc/sites/a.json", "/etc/sites/b.json"];
  assertEquals(
    permissionsOf({ ...config, files }, { ...PLACE, variables: ["PORT"] }),
    [
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--allow-read=/etc/s.ts,/etc/sites,/src/lib",
      "--allow-env=PORT",
    ],
  );
});

Deno.test("flags are ready to paste", () => {
  assertEquals(
    permissionsText([
      "--no-prompt",
      "--allow-net=a:1,[::1]:2",
      "--allow-read=/srv/it's here",
    ]),
    `--no-prompt '--allow-net=a:1,[::1]:2' '--allow-read=/srv/it'\\''s here'`,
  );
});

const SOURCE = new URL("../../", import.meta.url);
const source = decodeURIComponent(SOURCE.pathname).replace(/\/$/, "");
/** What the runtime says of a permission that is not there. */
const DENIAL = /NotCapable|Requires [^\n]* access|--allow-/;

/** Runs a command line with exactly what it needs; requests are answered, and nothing is denied. */
async function runs(
  args: readonly string[],
  ask: (port: number) => Promise<void>,
): Promise<void> {
  const command = parseCommand(
    ["print-config", ...args],
    (path) => Deno.readTextFileSync(path),
  );
  assert(command.kind === "print-config");
  const flags = permissionsOf(command.resolved, {
    source,
    folder: Deno.cwd(),
    variables: [],
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, `${source}/main.ts`, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let told = "";
  let isAsked = false;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    told += text;
    const listens = /listening on (?:127\.0\.0\.1:(\d+)|unix)/.exec(told);
    if (listens === null || isAsked) continue;
    isAsked = true;
    try {
      await ask(Number(listens[1]));
    } finally {
      child.kill("SIGTERM");
    }
  }
  assertEquals((await child.status).code, 0, told);
  assertNotMatch(told, DENIAL);
}

/** Two requests, of which the second is a hit. */
async function askTwice(to: number | string): Promise<void> {
  for (let i = 0; i < 2; i++) {
    using client = await Peer.connect(to);
    await client.send(get("/", "Accept-Encoding: gzip"));
    assertEquals((await client.readMessage()).status, 200);
  }
}

function page(): string {
  return ok(
    "a ".repeat(2000),
    "Content-Type: text/plain",
    "Cache-Control: max-age=60",
  );
}

const isLinux = Deno.build.os === "linux";

for (const workers of isLinux ? ["1", "2"] : ["1"]) {
  Deno.test(`it runs with them: an origin, ${workers} worker(s)`, async () => {
    await using origin = Origin.answering(page);
    await runs(
      [
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        origin.url,
        "--workers",
        workers,
      ],
      askTwice,
    );
  });
}

Deno.test({
  name: "it runs with them: Unix sockets on both sides",
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/app.sock`;
  using listener = Deno.listen({ transport: "unix", path });
  const args = [
    "--listen",
    `unix:${folder}/s.sock`,
    "--upstream",
    `unix:${path}`,
  ];
  await runs(args, async () => {
    using client = await Peer.connect(`${folder}/s.sock`);
    await client.send(get("/"));
    using peer = new Peer(await listener.accept());
    await peer.readHead();
    await peer.send(ok("hello"));
    assertEquals((await client.readMessage()).content, "hello");
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("it runs with them: an origin with TLS and an authority of its own", async () => {
  const folder = await Deno.makeTempDir();
  const ca = `${folder}/ca.pem`;
  await Deno.writeTextFile(ca, AUTHORITY_PEM);
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE_PEM,
    key: KEY_PEM,
  });
  const upstream = `https://127.0.0.1:${listener.addr.port}`;
  const args = ["--listen", "127.0.0.1:0", "--upstream", upstream];
  await runs([...args, "--upstream-ca", ca], async (port) => {
    using client = await Peer.connect(port);
    await client.send(get("/"));
    using peer = new Peer(await listener.accept());
    await peer.readHead();
    await peer.send(ok("hello"));
    assertEquals((await client.readMessage()).content, "hello");
  });
  await Deno.remove(folder, { recursive: true });
});
