/** Every key of the schema takes what it should, and says of one wrong value what is wrong. */

import { assert, assertEquals } from "../../support/assert.ts";
import { loadText } from "../../support/memory_disk.ts";
import { jsonSchema } from "../../../lib/config/schema/json_schema.ts";
import { ACCESS } from "./access_rows.ts";
import { type ObjectRows, SITES } from "./key_rows.ts";
import { OPTIONS } from "./option_rows.ts";
import { UPSTREAMS } from "./upstream_rows.ts";

const ROWS: Readonly<Record<string, ObjectRows>> = {
  ...SITES,
  ...OPTIONS,
  ...ACCESS,
  ...UPSTREAMS,
};

/** A file that `include` finds. */
const FILES = { "a.json": "{}" };

Deno.test("the rows have every key of every object", () => {
  const { $defs = {}, ...config } = jsonSchema();
  const objects = Object.entries({ Config: config, ...$defs })
    .filter(([, { properties }]) => properties !== undefined)
    .map((
      [name, { properties }],
    ) => [name, Object.keys(properties!).toSorted()]);
  const rows = Object.entries(ROWS).map((
    [name, { keys }],
  ) => [name, Object.keys(keys).toSorted()]);
  assertEquals(
    Object.fromEntries(rows.toSorted()),
    Object.fromEntries(objects.toSorted()),
  );
});

for (const [name, { within, keys }] of Object.entries(ROWS)) {
  Deno.test(`${name}: good values`, async () => {
    for (const [key, { good }] of Object.entries(keys)) {
      for (const value of good) {
        const { config, problems } = await loadText(
          within({ [key]: value }),
          FILES,
        );
        const wrong = problems.filter(({ kind }) => kind === "error");
        assertEquals(wrong, [], `${key}: ${JSON.stringify(value)}`);
        assert(config !== undefined, key);
      }
    }
  });

  Deno.test(`${name}: a wrong value, by its key`, async () => {
    for (const [key, { bad: [value, message] }] of Object.entries(keys)) {
      const { config, problems } = await loadText(
        within({ [key]: value }),
        FILES,
      );
      const wrong = problems.filter(({ kind }) => kind === "error");
      assertEquals(wrong.map(({ message }) => message), [message], key);
      assert(wrong[0]!.path.includes(key), key);
      assertEquals(config, undefined, key);
    }
  });
}
