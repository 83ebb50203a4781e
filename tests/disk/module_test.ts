/** Configurations that are modules: from source, and as the executable reads them. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { evaluateModule, selfContained } from "../../lib/disk/module.ts";
import { nextTurn, SystemClock } from "../../lib/net/clock.ts";

const clock = new SystemClock();

/** Evaluates a module with this text. */
async function evaluated(
  text: string,
  name = "c.ts",
  more: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(more)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return await evaluateModule(`${folder}/${name}`, clock);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the default export, with types and with what it imports", async () => {
  assertEquals(
    await evaluated(
      'import type { Config } from "sluice";\nimport { port } from "./port.ts";\n' +
        "export default { listen: `:${port}` } satisfies Config;",
      "a b%#.ts",
      { "port.ts": "export const port: number = 80;" },
    ),
    { listen: ":80" },
  );
  assertEquals(await evaluated("export default { a: [1] }", "c.js"), {
    a: [1],
  });
  assertEquals(
    await evaluated("export default await Promise.resolve({})", "c.mjs"),
    {},
  );
});

Deno.test("a file that has changed is read anew, and so is what it imports", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/c.ts`;
    const seen: unknown[] = [];
    for (const value of [1, 2]) {
      await Deno.writeTextFile(`${folder}/v.ts`, `export const v = ${value};`);
      await Deno.writeTextFile(
        path,
        `import { v } from "./v.ts"; export default [v, ${value}];`,
      );
      seen.push(await evaluateModule(path, clock));
    }
    assertEquals(seen, [[1, 1], [2, 2]]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Modules that give nothing, and what is said of them. */
const WRONG: readonly (readonly [text: string, message: RegExp])[] = [
  [
    "export const a = 1;",
    /^it has no default export: write export default \{ … \}$/,
  ],
  [
    "export default { a: { b: () => 1 } };",
    /^a\.b: is a function: a configuration is plain data$/,
  ],
  [
    "const a: unknown[] = []; a.push(a); export default a;",
    /is nested more than 32 deep$/,
  ],
  ["export default { a: 1n };", /^a: is a bigint/],
  ["export default {,};", /Unexpected token/],
  ["throw new Error('boom');", /^Error: boom \(line 1, column 7\)$/],
  ["throw 'boom';", /^it threw boom$/],
  ["throw null;", /^it threw null$/],
  ["await Promise.reject();", /^it threw undefined$/],
  ["throw Object.create(null);", /^it threw something that is no error$/],
  ['export default Deno.env.get("HOME");', /NotCapable: Requires env access/],
  [
    "export default await Deno.connect({ port: 9 });",
    /NotCapable: Requires net access/,
  ],
  [
    'Deno.writeTextFileSync("/tmp/x", ""); export default {};',
    /NotCapable: Requires write access/,
  ],
  [
    'new Deno.Command("true").outputSync(); export default {};',
    /NotCapable: Requires run access/,
  ],
  ['import "./none.ts"; export default {};', /^Module not found .*none\.ts/],
  [
    'import { a } from "nothing"; export default a;',
    /^it imports "nothing": which cannot be found; import types with "import type"$/,
  ],
];

for (const [text, message] of WRONG) {
  Deno.test(`a module that gives nothing: ${text.slice(0, 50)}`, async () => {
    const error = await assertRejects(() => evaluated(text), Error);
    assert(message.test(error.message), error.message);
  });
}

Deno.test("a module that does not end has a deadline", async () => {
  const manual = new TestClock();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/c.ts`,
      "await new Promise(() => {}); export default {};",
    );
    const evaluating = evaluateModule(`${folder}/c.ts`, manual);
    const rejected = assertRejects(() => evaluating, Error);
    while (manual.timerCount === 0) await nextTurn();
    await manual.advance(10_000);
    const { message } = await rejected;
    assertEquals(
      message,
      "it has not ended after 10s: a configuration is plain data",
    );
    assertEquals(manual.timerCount, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the executable reads one file: types go, its text is the whole module", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/c.ts`;
    await Deno.writeTextFile(
      path,
      'import type { Config } from "sluice";\nexport default { a: "ä%#" as string } satisfies Config;',
    );
    const { default: value } = await import(await selfContained(path));
    assertEquals(value, { a: "ä%#" });
    await Deno.writeTextFile(path, "export default { a: <string>b: };");
    const error = await assertRejects(() => selfContained(path), Error);
    assert(error.message.startsWith("this is not TypeScript: "), error.message);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
