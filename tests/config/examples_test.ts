/** The examples are right. */

import { assert, assertEquals } from "../support/assert.ts";
import { ConfigDisk } from "../../lib/disk/config_disk.ts";
import { fatal, loadConfig } from "../../lib/config/load.ts";
import { checkConfig } from "../../lib/config/load.ts";
import { jsonSchema } from "../../lib/config/schema/json_schema.ts";
import type { ResolvedConfig } from "../../lib/config/resolved.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import * as z from "zod";

const FOLDER_URL = new URL("../../examples/", import.meta.url);
const FOLDER = FOLDER_URL.pathname;
/** `deno test` checks the types of what a thread runs, the first time. */
const MODULE_MS = 120_000;
const disk = new ConfigDisk(new SystemClock(), MODULE_MS);

const NAMES = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).toSorted();

for (const name of NAMES) {
  for (const { name: file } of Deno.readDirSync(FOLDER + name)) {
    if (!/^sluice\./.test(file)) continue;
    Deno.test(`examples/${name}/${file}`, async () => {
      const { config, problems } = await loadConfig(
        `${FOLDER}${name}/${file}`,
        disk,
      );
      assert(config !== undefined);
      assertEquals(fatal(problems), []);
      if (name === "acme") return; // its files are on another machine
      const checked = await checkConfig(`${FOLDER}${name}/${file}`, disk);
      assertEquals(checked.problems, []);
    });
  }
}

Deno.test("sluice is the library and the types, not the program", async () => {
  const text = await Deno.readTextFile(new URL("../deno.json", FOLDER_URL));
  const { exports, imports } = JSON.parse(text);
  assertEquals(exports["."], imports.sluice);
  assertEquals(exports, { ".": "./lib/mod.ts", "./main": "./main.ts" });
  const { route } = await import("sluice");
  const { default: config } = await import(
    "../../examples/nextjs/sluice.config.ts"
  );
  const found = await route(config, "GET", "http://app.example/api/x");
  assertEquals([found.pattern, found.handler], ["/api/*", "proxy"]);
});

Deno.test("every example has its recipe", async () => {
  const url = new URL("../docs/recipes.md", FOLDER_URL);
  const recipes = await Deno.readTextFile(url);
  const named = recipes.match(/(?<=`examples\/)[\w-]+(?=`)/g) ?? [];
  assertEquals([...new Set(named)].toSorted(), NAMES);
});

/** Without where things stand. */
function without(
  { files: _, from: _from, hosts, ...rest }: ResolvedConfig,
): unknown {
  return {
    ...rest,
    hosts: hosts.map(({ routes, ...host }) => ({
      ...host,
      routes: routes.map(({ place: _, from: _from, ...route }) => route),
    })),
  };
}

Deno.test("a module and JSON say the same", async () => {
  const load = async (file: string): Promise<unknown> => {
    const { config } = await loadConfig(`${FOLDER}acme/${file}`, disk);
    return without(config!);
  };
  assertEquals(await load("sluice.config.ts"), await load("sluice.json"));
});

Deno.test("the JSON Schema takes the examples, and no unknown key", async () => {
  const schema = z.fromJSONSchema(
    jsonSchema() as Parameters<typeof z.fromJSONSchema>[0],
  );
  const { root } = await loadConfig(`${FOLDER}acme/sluice.json`, disk);
  const { plainOf } = await import("../../lib/config/file/node.ts");
  const plain = plainOf(root!) as Record<string, unknown>;
  assertEquals(schema.safeParse(plain).error?.issues, undefined);
  const wrong = (more: Record<string, unknown>): boolean =>
    schema.safeParse({ ...plain, ...more }).success;
  assertEquals(wrong({ lisen: ":80" }), false);
  assertEquals(wrong({ hosts: { a: { "/": { prox: "http://a" } } } }), false);
  assertEquals(wrong({ hosts: { a: { prox: "http://a" } } }), false);
  assertEquals(wrong({ drain: 5 }), false);
});
