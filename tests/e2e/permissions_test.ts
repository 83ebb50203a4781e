/**
 * The program needs no more than the permissions of the documentation, which is
 * what every `Program` of the tests gets; and all places that name them agree.
 */

import denoConfig from "../../deno.json" with { type: "json" };
import { ENGINE_FLAGS } from "../../deploy/engine.ts";
import { PERMISSIONS } from "../../deploy/permissions.ts";
import {
  assertEquals,
  assertMatch,
  assertNotMatch,
} from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";
import { documents } from "../support/docs.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

/** What the runtime says of a permission that is not there. */
const DENIAL = /NotCapable|Requires [^\n]* access|--allow-/;

/** The answers to three requests, and what the program said besides. */
async function visit(
  ...flags: readonly string[]
): Promise<{ statuses: number[]; hits: number; err: string }> {
  const program = new Program(
    "--listen=127.0.0.1:0",
    ...flags,
  );
  const port = await program.port();
  const statuses: number[] = [];
  let hits = 0;
  for (let i = 0; i < 3; i++) {
    using client = await Peer.connect(port);
    await client.send(get("/", "Accept-Encoding: gzip"));
    const response = await client.readMessage();
    statuses.push(response.status);
    if (/hit/.test(response.field("cache-status") ?? "")) hits++;
  }
  program.signal("SIGINT");
  return { statuses, hits, err: (await program.ended()).err };
}

function cacheableText(): string {
  return ok(
    "a ".repeat(2000),
    "Content-Type: text/plain",
    "Cache-Control: max-age=60",
  );
}

/** By one thread, and by several. */
const THREADS = [[], ["--workers=2"], ["--workers=auto"]];

for (const flags of rows(THREADS, THREADS[0]!)) {
  Deno.test(`nothing is denied over TCP, with the cache and ${flags[0] ?? "one thread"}`, async () => {
    await using origin = Origin.answering(cacheableText);
    const { statuses, hits, err } = await visit(
      `--upstream=${origin.url}`,
      ...flags,
    );
    assertEquals([statuses, hits], [[200, 200, 200], 2]);
    assertNotMatch(err, DENIAL);
  });
}

Deno.test("nothing is denied with the demo", async () => {
  const { statuses, err } = await visit("--demo");
  assertEquals(statuses, [200, 200, 200]);
  assertNotMatch(err, DENIAL);
});

/** One exchange between a client and an origin that accepts by hand. */
async function relayOnce(
  to: number | string,
  listener: Deno.Listener,
): Promise<void> {
  using client = await Peer.connect(to);
  await client.send(get("/"));
  using peer = new Peer(await listener.accept());
  await peer.readHead();
  await peer.send(ok("hello"));
  assertEquals((await client.readMessage()).content, "hello");
}

Deno.test("nothing is denied with TLS and certificates", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/ca.pem`, AUTHORITY_PEM);
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE_PEM,
    key: KEY_PEM,
  });
  const program = new Program(
    "--listen=127.0.0.1:0",
    `--upstream=https://127.0.0.1:${listener.addr.port}`,
    `--upstream-ca=${folder}/ca.pem`,
  );
  await relayOnce(await program.port(), listener);
  program.signal("SIGINT");
  assertNotMatch((await program.ended()).err, DENIAL);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "nothing is denied with Unix sockets on both sides",
  ignore: Deno.build.os === "windows", // the runtime has none there
}, async () => {
  const folder = await Deno.makeTempDir();
  using listener = Deno.listen({
    transport: "unix",
    path: `${folder}/origin.sock`,
  });
  const program = new Program(
    `--listen=unix:${folder}/sluice.sock`,
    `--upstream=unix:${folder}/origin.sock`,
  );
  await program.until(/listening on/);
  await relayOnce(`${folder}/sluice.sock`, listener);
  program.signal("SIGINT");
  assertNotMatch((await program.ended()).err, DENIAL);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("nothing is denied with ACME: what fails is the authority, which is not there", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/sluice.json`;
  const acme = {
    directory: "https://127.0.0.1:1/directory",
    storage: `${folder}/acme`,
  };
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" },
      tls: { acme },
      hosts: { "example.com": { respond: 204 } },
    }),
  );
  const program = new Program("--config", path);
  await program.until(/acme: no certificate for example\.com \(.*\n/);
  program.signal("SIGINT");
  const { err } = await program.ended();
  assertMatch(err, /ECONNREFUSED|[Cc]onnection refused/);
  assertNotMatch(err, DENIAL);
  await Deno.remove(folder, { recursive: true });
});

/** Commands that run, install or compile the program with some permissions, each on a line of its own. */
function grantsOf(text: string): string[] {
  return text.replaceAll(/\\\n\s*/g, "").split("\n").filter((line) =>
    /\bdeno (?:run|install|compile)\b.* --allow-.*\bmain\.ts\b/.test(line)
  );
}

Deno.test("tasks and documents grant what the list says, in its order", () => {
  const shown = [...documents().values()].flatMap(grantsOf);
  assertEquals(shown.length, 2);
  const { start, demo } = denoConfig.tasks;
  for (const command of [start.command, demo.command, ...shown]) {
    const granted = command.match(/--(?:allow-|no-prompt)\S*/g) ?? [];
    assertEquals(granted, PERMISSIONS, command);
  }
});

Deno.test("the engine is told from source what the executable tells it", () => {
  const { command } = denoConfig.tasks.start;
  const told = command.match(/--v8-flags\S*/g) ?? [];
  assertEquals(told, ENGINE_FLAGS);
});
