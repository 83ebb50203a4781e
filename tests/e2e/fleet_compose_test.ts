/** What the compose file of the fleet starts, on this machine: its store's command, its configuration twice, an application. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { freePort } from "../support/free_port.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { needingRedis, RedisServer } from "../support/redis_server.ts";
import { costly } from "../support/tries.ts";

function read(name: string): string {
  return Deno.readTextFileSync(
    new URL(`../../deploy/${name}`, import.meta.url),
  );
}

/** What the store is started with, but for its name: `valkey-server` takes what `redis-server` takes. */
function storeOptions(): readonly string[] {
  const [, list] = /command: (\[[^\]]*\])/.exec(read("compose.fleet.yaml"))!;
  const [program, ...options] = JSON.parse(
    list!.replace(/,\s*\]/, "]"),
  ) as string[];
  assertEquals(program, "valkey-server");
  return options;
}

/** Paths of which one must be shared. */
const TRIES = 200;

/** The head that a sluice answers with. */
async function ask(program: Program, path: string): Promise<string> {
  using peer = await Peer.connect(await program.port());
  await peer.send(get(path));
  return (await peer.readMessage()).head;
}

const needs = await needingRedis(
  "what the compose file of the fleet starts shares what it has stored",
);
Deno.test(costly(needs.name, needs.ignore), async () => {
  await using store = await RedisServer.start(...storeOptions());
  const asked: string[] = [];
  await using origin = Origin.answering(({ startLine }) => {
    asked.push(startLine.split(" ")[1]!);
    return Promise.resolve(ok("hello", "Cache-Control: max-age=600"));
  });
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sluice.json`;
  await Deno.writeTextFile(
    file,
    read("fleet.json").replace("redis://store:6379", store.url)
      .replace("http://app:80", origin.url),
  );
  const flags = ["--config", file, "--log-format", "off"];
  const programs = [freePort(), freePort()].map((port) =>
    new Program(...flags, "--listen", `127.0.0.1:${port}`)
  );
  const [first, second] = programs;
  for (const program of programs) {
    await program.until(/cache tier shared: in step with the fleet/);
  }
  // A worker that has no connection yet, on a slow machine, asks for itself.
  let path = "";
  for (let i = 0; i < TRIES; i++) {
    path = `/${i}`;
    assertMatch(await ask(first!, path), /^Cache-Status: .*fwd=uri-miss/im);
    await ask(second!, path);
    if (asked.filter((other) => other === path).length === 1) break;
  }
  assertMatch(await ask(second!, path), /^Cache-Status: .*hit/im);
  assertEquals(asked.filter((other) => other === path).length, 1);
  for (const program of programs) program.signal("SIGTERM");
  for (const program of programs) await program.ended();
  await Deno.remove(folder, { recursive: true });
});
