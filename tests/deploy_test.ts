/** The files of `deploy/` and the program agree: flags, times, permissions. */

import { assert, assertEquals, assertNotMatch } from "./support/assert.ts";
import { resolvedFrom } from "./support/memory_disk.ts";
import { Program } from "./support/program.ts";
import { type Command, parseCommand } from "../lib/config/command.ts";
import type { ResolvedConfig } from "../lib/config/resolved.ts";
import type { ResolvedUpstream } from "../lib/config/resolved_upstream.ts";
import { parseDuration } from "../lib/config/units.ts";

function read(name: string): string {
  return Deno.readTextFileSync(new URL(`../deploy/${name}`, import.meta.url));
}

const UNIT = read("sluice.service");
const DOCKERFILE = read("Dockerfile").replaceAll("\\\n", " ");
const COMPOSE = read("compose.yaml");

/** What the first match of the pattern's group is in the text. */
function find(text: string, pattern: RegExp): string {
  const match = pattern.exec(text);
  assert(match !== null, `nothing matches ${pattern}`);
  return match[1]!;
}

/** The words of a list in JSON, as Dockerfiles and compose files have it. */
function words(text: string, pattern: RegExp): string[] {
  return JSON.parse(find(text, pattern)) as string[];
}

const UNIT_FLAGS = find(UNIT, /^Environment="SLUICE_FLAGS=(.*)"$/m).split(" ");
const [ENTRY_PROGRAM, ...ENTRY_FLAGS] = words(DOCKERFILE, /^ENTRYPOINT (.*)$/m);
const [HEALTH_PROGRAM, ...HEALTH_FLAGS] = words(
  DOCKERFILE,
  /^HEALTHCHECK .* CMD (.*)$/m,
);
const CMD_FLAGS = words(DOCKERFILE, /^CMD (.*)$/m);
/** What each of them has at /etc/sluice/sluice.json. */
const FILES = {
  unit: "sluice.json",
  container: find(
    DOCKERFILE,
    /^COPY deploy\/(\S+) \/etc\/sluice\/sluice\.json$/m,
  ),
  compose: find(COMPOSE, /^ +- \.\/(\S+):\/etc\/sluice\/sluice\.json:ro$/m),
};
const CONTAINER_FLAGS = [...ENTRY_FLAGS, ...CMD_FLAGS];

const COMMAND_LINES: readonly (readonly [file: string, flags: string[]])[] = [
  ["sluice.service", UNIT_FLAGS.map((word) => installed(word, FILES.unit))],
  [
    "Dockerfile",
    CONTAINER_FLAGS.map((word) => installed(word, FILES.container)),
  ],
  [
    "compose.yaml",
    CONTAINER_FLAGS.map((word) => installed(word, FILES.compose)),
  ],
];

/** A word of a command line, with the file that is installed in place of where it is then. */
function installed(word: string, file: string): string {
  return word === "/etc/sluice/sluice.json"
    ? fromFileUrl(new URL(`../deploy/${file}`, import.meta.url))
    : word;
}

function fromFileUrl({ pathname }: URL): string {
  return decodeURIComponent(pathname);
}

/** What the unit runs by. */
async function unitConfig(): Promise<ResolvedConfig> {
  assertEquals(UNIT_FLAGS, ["--config", "/etc/sluice/sluice.json"]);
  return await resolvedFrom(read(FILES.unit));
}

function commandOf(flags: readonly string[]): Command {
  return parseCommand(flags, (path) => {
    throw new Error(`There is no ${path} here`);
  });
}

for (const [file, flags] of COMMAND_LINES) {
  Deno.test(`the program takes the flags of deploy/${file}`, async () => {
    const { code, err } = await new Program("--check", ...flags).ended();
    assertEquals([code, err], [0, ""]);
  });
}

Deno.test("the unit checks and starts one command line, and waits for longer than it drains", async () => {
  const program = find(
    UNIT,
    /^ExecStart=\/usr\/bin\/env --block-signal=USR1 (\S+) \$SLUICE_FLAGS$/m,
  );
  const check = find(UNIT, /^ExecStartPre=(\S+) --check \$SLUICE_FLAGS$/m);
  assertEquals(check, program);
  const stopMs = parseDuration(find(UNIT, /^TimeoutStopSec=(.*)$/m));
  assert(stopMs > (await unitConfig()).drainMs);
});

Deno.test("the unit lets the engine compile, and the program hold its connections", async () => {
  assertNotMatch(UNIT, /^MemoryDenyWriteExecute=/m);
  const descriptors = Number(find(UNIT, /^LimitNOFILE=(.*)$/m));
  const { limits, upstreams } = await unitConfig();
  const [{ connections }] = [...upstreams.values()] as [ResolvedUpstream];
  assert(descriptors > limits.connectionsMax + connections.connectionsMax);
});

Deno.test("the container's user is a number that is not root's: an orchestrator can check it", () => {
  const [user, group] = find(DOCKERFILE, /^USER (\d+:\d+)$/m).split(":");
  assert(Number(user) > 0 && Number(group) > 0);
});

Deno.test("the container is asked for its health where it listens", async () => {
  assertEquals(HEALTH_PROGRAM, ENTRY_PROGRAM);
  const command = commandOf(HEALTH_FLAGS);
  assert(command.kind === "file" && command.action === "health");
  const [, ...path] = CONTAINER_FLAGS;
  assertEquals([command.path], path);
  for (const file of [FILES.container, FILES.compose]) {
    const { listen } = await resolvedFrom(read(file));
    const exposed = Number(find(DOCKERFILE, /^EXPOSE (\d+)$/m));
    const { address } = listen[0]!;
    assertEquals(address.transport === "tcp" && address.port, exposed, file);
  }
});

Deno.test("the container is built from all that the build reads, and waits for longer than it drains", async () => {
  const compile = read("compile.ts");
  const sources = words(compile, /^const SOURCES = (\[.*\]);$/m);
  const copied = [...DOCKERFILE.matchAll(/^COPY (?!--)(.*) \S+$/gm)]
    .flatMap(([, names]) => names!.split(" "));
  const kept = read("Dockerfile.dockerignore").split("\n")
    .filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  assertEquals(copied.toSorted(), kept.toSorted());
  for (const source of sources) assert(copied.includes(source), source);
  const graceMs = parseDuration(find(COMPOSE, /^ +stop_grace_period: (.*)$/m));
  assert(graceMs > (await resolvedFrom(read(FILES.compose))).drainMs);
});

Deno.test("CI, the releases and the container use one version of Deno", () => {
  const version = find(read("../.ci/run"), /\bdeno@(\d+\.\d+\.\d+)/);
  assertEquals(find(DOCKERFILE, /^FROM denoland\/deno:(\S+) /m), version);
  for (const name of ["ci", "release"]) {
    const workflow = read(`../.github/workflows/${name}.yml`);
    assertEquals(find(workflow, /^ +deno-version: (.*)$/m), version);
  }
});

Deno.test("a release has an executable for every system that there is one for", () => {
  const target = /\b(?:x86_64|aarch64)(?:-[a-z]+)+\b/g;
  const loop = find(
    read("../.github/workflows/release.yml"),
    /\bfor target in ([^;]*?)\bdo\n/,
  );
  const known = find(read("compile.ts"), /\bTARGETS\b.* = (\[[^\]]*\])/);
  assertEquals(loop.match(target), known.match(target));
});

Deno.test("the fleet of the compose file has one store, and the service that it names", async () => {
  const compose = read("compose.fleet.yaml");
  const file = find(compose, /^ +- \.\/(\S+):\/etc\/sluice\/sluice\.json:ro$/m);
  const { cache, listen, drainMs } = await resolvedFrom(read(file));
  const { hostname, protocol } = new URL(cache.shared!.url);
  assertEquals(protocol, "redis:");
  assert(new RegExp(`^  ${hostname}:$`, "m").test(compose), hostname);
  const app = find(read(file), /"proxy": "http:\/\/([^:"]+)/);
  assert(new RegExp(`^  ${app}:$`, "m").test(compose), app);
  const { address } = listen[0]!;
  const ports = [...compose.matchAll(/ports: \["\d+:(\d+)"\]/g)].map((
    [, port],
  ) => Number(port));
  assertEquals(ports.length, 2);
  for (const port of ports) {
    assertEquals(address.transport === "tcp" && address.port, port);
  }
  const graceMs = parseDuration(
    find(compose, /^ +stop_grace_period: (.*)$/m),
  );
  assert(graceMs > drainMs);
});
