/** Keys that do not work yet say so, wherever they stand; and none of them is missing from the schema. */

import { assertEquals } from "../support/assert.ts";
import { linesOf } from "../support/memory_disk.ts";
import { NOT_YET } from "../../lib/config/not_yet.ts";
import { jsonSchema } from "../../lib/config/schema/json_schema.ts";

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
