/** Keys that do not work yet say so, wherever they stand; and none of them is missing from the schema. */

import { assert, assertEquals } from "../support/assert.ts";
import { linesOf, loadText } from "../support/memory_disk.ts";
import { fatal } from "../../lib/config/load.ts";
import { NOT_YET } from "../../lib/config/not_yet.ts";
import { jsonSchema } from "../../lib/config/schema/json_schema.ts";

Deno.test("a key that does not work yet is an error at each place where it stands", async () => {
  const config = {
    cache: { shared: { url: "redis://h" } },
    hosts: { a: { respond: 200, limit: { rate: "1/s", shared: true } } },
  };
  const lines = (await linesOf(config)).map((line) =>
    line.replace(/^.*?: /, "")
  );
  assertEquals(lines, [
    "hosts.a.limit.shared: not yet: limits across machines",
  ]);
  const { problems, config: resolved } = await loadText(config);
  assertEquals(fatal(problems).length, lines.length);
  assert(
    resolved !== undefined,
    "it is right all the same, and can be printed",
  );
});

Deno.test("what asks for nothing is no error", async () => {
  const config = {
    admin: "off",
    security: false,
    limit: "off",
    allow: "off",
    auth: "off",
    upstreams: {
      u: {
        servers: ["http://a"],
        health: "off",
        retry: "off",
        proxyProtocol: false,
      },
    },
    hosts: { a: { proxy: "u" } },
  };
  assertEquals(await linesOf(config), []);
});

Deno.test("every key that does not work yet is one of the schema", () => {
  const { $defs = {}, ...top } = jsonSchema();
  const named = new Set<string>();
  for (const schema of [top, ...Object.values($defs)]) {
    for (const name of Object.keys(schema.properties ?? {})) named.add(name);
  }
  const unknown = Object.keys(NOT_YET).filter((key) =>
    !named.has(key.split(".").at(-1)!)
  );
  assertEquals(unknown, []);
});
