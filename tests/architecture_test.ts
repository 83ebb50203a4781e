/** The house: which room may know of which, as the module graph has it. */

import { assert, assertEquals } from "./support/assert.ts";

const ROOT = new URL("../", import.meta.url);

/** By room: the rooms that its files may import from, besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  http: [],
  net: ["http"],
  coding: ["http"],
  cache: ["http"],
  config: ["http", "net", "coding"],
  observe: ["http", "config"],
  upstream: ["http", "net", "config"],
  proxy: [
    "http",
    "net",
    "coding",
    "cache",
    "config",
    "observe",
    "upstream",
  ],
  demo: ["http", "net"],
  messages: ["config", "cache", "net"],
  worker: ["observe", "server", "messages"],
  workers: ["cache", "config", "net", "observe", "messages"],
  server: ["http", "net", "cache", "config", "observe", "upstream", "proxy"],
  main: ["http", "net", "config", "observe", "server", "workers", "demo"],
};

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
  }[];
}

/** Where the program begins: on the main thread, and in a worker. */
const ENTRIES = ["main.ts", "lib/worker.ts"];

async function graph(): Promise<Map<string, string[]>> {
  return new Map((await Promise.all(ENTRIES.map(graphOf))).flat());
}

async function graphOf(entry: string): Promise<[string, string[]][]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  assert(success);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: readonly Module[];
  };
  return modules.filter(({ specifier }) => isOurs(specifier)).map((module) => [
    pathOf(module.specifier),
    (module.dependencies ?? [])
      .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
      .filter((specifier) => specifier !== undefined)
      .filter(isOurs)
      .map(pathOf),
  ]);
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith(ROOT.href) && specifier.endsWith(".ts");
}

function pathOf(specifier: string): string {
  return specifier.slice(ROOT.href.length);
}

/** `lib/http/date.ts` is in `http`, `lib/server.ts` in `server`, `main.ts` in `main`. */
function roomOf(path: string): string {
  return path.replace(/^lib\//, "").split(/[/.]/)[0]!;
}

Deno.test("imports point one way", async () => {
  const wrong: string[] = [];
  for (const [path, imports] of await graph()) {
    const room = roomOf(path);
    const allowed = MAY_IMPORT[room];
    assert(allowed !== undefined, `${path} is in a room that the map lacks`);
    for (const imported of imports) {
      const other = roomOf(imported);
      if (other !== room && !allowed.includes(other)) {
        wrong.push(`${path} imports ${imported}`);
      }
    }
  }
  assertEquals(wrong, []);
});

Deno.test("no module imports itself by a detour", async () => {
  const modules = await graph();
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail, path].join(" → "));
    if (trail.includes(path) || done.has(path)) return;
    for (const next of modules.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of modules.keys()) visit(path, []);
  assertEquals(cycles, []);
});
Deno.test("every file of the program can be reached from where it begins", async () => {
  const modules = await graph();
  const unreachable: string[] = [];
  const walk = (directory: string): void => {
    for (const entry of Deno.readDirSync(new URL(directory, ROOT))) {
      const path = directory + entry.name;
      if (entry.isDirectory) walk(`${path}/`);
      else if (path.endsWith(".ts") && !modules.has(path)) {
        unreachable.push(path);
      }
    }
  };
  walk("lib/");
  assertEquals(unreachable, []);
});
