/**
 * No regular expression of the program can take more than linear time, whatever a
 * peer sends: each is judged by its structure.
 */

import { assertEquals } from "./support/assert.ts";
import { growthOf } from "../lib/router/regex_growth.ts";

/** Where an operator's patterns are made: with the same judgement before they are used. */
const JUDGES = ["lib/router/rewrite.ts"];

const ROOT = new URL("../", import.meta.url);

/** What the judgement itself is judged by. */
const KNOWN: readonly { pattern: RegExp; growth: string | undefined }[] = [
  { pattern: /[\t ]*,[\t ]*/, growth: "polynomial" }, // each space begins a search
  { pattern: /[\t ]*,[\t ]*/y, growth: undefined },
  { pattern: /^[\t ]*,[\t ]*$/, growth: undefined },
  { pattern: /^ +| +$/g, growth: "polynomial" },
  { pattern: /[\s,]+/, growth: undefined }, // found as soon as it is begun
  { pattern: /^(.*?)[\t ]*$/, growth: "polynomial" },
  { pattern: /^[^:]+?(?::[\t ]*)?$/, growth: undefined },
  { pattern: /^\s*(\d+)\s*$/, growth: undefined },
  { pattern: /^\t*\n*\v*\f*\r*$/, growth: undefined }, // five characters, not one
  { pattern: /^a+a+$/, growth: "polynomial" },
  { pattern: /^(?:a+b?)+$/, growth: "exponential" },
  { pattern: /^(?:a|a)*$/, growth: "exponential" },
  { pattern: /^(?:a*)*$/, growth: "exponential" },
  { pattern: /^(?:a|b)*$/, growth: undefined },
  { pattern: /"[^"]*"/g, growth: undefined }, // no search begins within another
  { pattern: /(?:W\/)?"[^"]*"/g, growth: undefined },
  { pattern: /x[^,]*,/g, growth: "polynomial" },
  { pattern: /^"(?:[^"\\]|\\.)*"$/, growth: undefined },
  { pattern: /(?:^|[\s,])q\s*=\s*\d/i, growth: undefined },
];

for (const { pattern, growth } of KNOWN) {
  Deno.test(`the time of ${pattern} is judged: ${growth ?? "linear"}`, () => {
    assertEquals(growthOf(pattern), growth);
  });
}

function* sources(directory: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(directory, ROOT))) {
    const path = `${directory}${entry.name}`;
    if (entry.isDirectory) yield* sources(`${path}/`);
    else if (path.endsWith(".ts")) yield path;
  }
}

interface Found {
  readonly literals: RegExp[];
  /** Whether some are made while the program runs. */
  makes: boolean;
}

/** The regular expressions in a source. */
function patternsOf(path: string): Found {
  const found: Found = { literals: [], makes: false };
  const made = (node: Deno.lint.NewExpression | Deno.lint.CallExpression) => {
    const { callee } = node;
    if (callee.type === "Identifier" && callee.name === "RegExp") {
      found.makes = true;
    }
  };
  const plugin: Deno.lint.Plugin = {
    name: "patterns",
    rules: {
      find: {
        create: () => ({
          Literal(node): void {
            if (!("regex" in node) || node.regex === undefined) return;
            const { pattern, flags } = node.regex;
            found.literals.push(new RegExp(pattern, flags));
          },
          NewExpression: made,
          CallExpression: made,
        }),
      },
    },
  };
  Deno.lint.runPlugin(plugin, path, Deno.readTextFileSync(new URL(path, ROOT)));
  return found;
}

/** The patterns that a module makes when it is loaded. */
async function patternsMade(path: string): Promise<RegExp[]> {
  const made: RegExp[] = [];
  const { RegExp } = globalThis;
  globalThis.RegExp = new Proxy(RegExp, {
    construct(target, args): RegExp {
      const pattern = Reflect.construct(target, args);
      made.push(pattern);
      return pattern;
    },
  });
  try {
    await import(new URL(`${path}?patterns`, ROOT).href);
  } finally {
    globalThis.RegExp = RegExp;
  }
  return made;
}

Deno.test("no pattern of the program takes more than linear time", async () => {
  const faults: string[] = [];
  let count = 0;
  for (const path of [...sources("lib/"), "main.ts"]) {
    const { literals, makes } = patternsOf(path);
    const patterns = makes
      ? [...literals, ...await patternsMade(path)]
      : literals;
    if (
      makes && patterns.length === literals.length && !JUDGES.includes(path)
    ) {
      faults.push(`${path} makes patterns later than when it is loaded`);
    }
    for (const pattern of patterns) {
      const growth = growthOf(pattern);
      if (growth !== undefined) faults.push(`${path}: ${pattern} ${growth}`);
    }
    count += patterns.length;
  }
  assertEquals(faults, []);
  assertEquals(count > 20, true); // they were found
});
