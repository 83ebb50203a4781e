/** The house: which room may know of which, as the map in docs/design.md and the module graph have it. */

import { assert, assertEquals } from "./support/assert.ts";
import { modulesFrom, ROOT } from "./support/module_graph.ts";

/** What stands above the rooms of the map, and may import so much of it: the program and the library. */
const ABOVE: Readonly<Record<string, readonly string[]>> = {
  mod: ["http", "cache/policy", "coding", "config", "router"],
  main: [
    "http",
    "net",
    "config",
    "observe",
    "disk",
    "commands",
    "server",
    "demo",
  ],
};

/** Where the graph begins: the program, on the main thread and in a worker, and the library. */
const ENTRIES = [
  "main.ts",
  "lib/server/worker.ts",
  "lib/disk/module_thread.ts",
  "lib/access/basic/bcrypt_thread.ts",
  "lib/cache/disk/disk_thread.ts",
  "lib/mod.ts",
];

/** Where the map is, and the heading of its table. */
const MAP = "docs/design.md";
const MAP_HEADING = /^\| *folder *\| *holds *\| *may import *\|$/;

/**
 * By room: the rooms that its files may import from, besides itself. The map says
 * it: `–` for none, names, or `all above`, which is the rows above its own, perhaps
 * but for some names.
 */
function readMap(markdown: string): Map<string, readonly string[]> {
  const lines = markdown.split("\n");
  const heading = lines.findIndex((line) => MAP_HEADING.test(line));
  assert(heading >= 0, `${MAP} has no map`);
  const map = new Map<string, readonly string[]>();
  for (const line of lines.slice(heading + 2)) { // behind the rule
    if (!line.startsWith("|")) break;
    const [, folder, , imports] = line.split("|").map((cell) => cell.trim());
    const room = roomOf(/^`(.+)`$/.exec(folder!)![1]!);
    assert(!map.has(room), `${MAP} has ${room} twice`);
    const names = [...imports!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    const isAll = imports!.startsWith("all above");
    map.set(
      room,
      isAll ? [...map.keys()].filter((name) => !names.includes(name)) : names,
    );
  }
  return map;
}

/** The map, and what stands above it. */
function wholeMap(): Map<string, readonly string[]> {
  const map = readMap(Deno.readTextFileSync(new URL(MAP, ROOT)));
  for (const [room, rooms] of Object.entries(ABOVE)) {
    assert(!map.has(room), `${room} is in ${MAP} and in this file`);
    map.set(room, rooms);
  }
  return map;
}

async function graph(): Promise<Map<string, string[]>> {
  return new Map((await Promise.all(ENTRIES.map(graphOf))).flat());
}

async function graphOf(entry: string): Promise<[string, string[]][]> {
  const modules = await modulesFrom(entry);
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

/** `lib/http/date.ts` is in `http`, `lib/cache/store/shared_log.ts` in `cache/store`, `main.ts` in `main`. */
function roomOf(path: string): string {
  const inner = path.replace(/^lib\//, "");
  return /^cache\/\w+/.exec(inner)?.[0] ?? inner.split(/[/.]/)[0]!;
}

Deno.test("imports point one way: as the map in docs/design.md has it", async () => {
  const map = wholeMap();
  const wrong: string[] = [];
  for (const [path, imports] of await graph()) {
    const room = roomOf(path);
    const allowed = map.get(room);
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

Deno.test("every room of the map is one of the program", async () => {
  const rooms = new Set([...(await graph()).keys()].map(roomOf));
  const imagined = [...wholeMap().keys()].filter((room) => !rooms.has(room));
  assertEquals(imagined, []);
});

Deno.test("the program imports the files that own a name, never the library's lists", async () => {
  const lists = /^lib\/(?:\w+\/)*mod\.ts$/;
  const wrong = [...await graph()].filter(([path, imports]) =>
    path !== "lib/mod.ts" && imports.some((imported) => lists.test(imported))
  );
  assertEquals(wrong.map(([path]) => path), []);
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

Deno.test("a field of what travels is written by one room, through its own writes.ts", async () => {
  const foreign: string[] = [];
  const fields = new Map<string, string>();
  for (const [path, imports] of await graph()) {
    for (const imported of imports) {
      if (!imported.endsWith("/writes.ts")) continue;
      if (roomOf(imported) !== roomOf(path)) foreign.push(path);
    }
    if (!path.endsWith("/writes.ts")) continue;
    const text = await Deno.readTextFile(new URL(path, ROOT));
    const written = [...text.matchAll(/Written<\s*(\w+),([^>]*)>/g)];
    assert(written.length > 0, `${path} names no field`);
    for (const [, value, names] of written) {
      for (const [, name] of names!.matchAll(/"(\w+)"/g)) {
        const other = fields.get(`${value}.${name}`);
        assertEquals(other, undefined, `${path}: ${value}.${name}`);
        fields.set(`${value}.${name}`, path);
      }
    }
  }
  assertEquals(foreign, []);
  assert(fields.size > 0);
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
