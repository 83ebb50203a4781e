/** House rules that no formatter checks. */

import { assertEquals } from "./support/assert.ts";
import { documents } from "./support/docs.ts";

const ROOT = new URL("../", import.meta.url);
const FILE_LINES_MAX = 400;
/** It is made from the schema, and read by editors. */
const GENERATED = "lib/config/types.ts";
const FUNCTION_LINES_MAX = 70;

/** Rooms whose files are pure: they get time and limits as arguments. */
const PURE_ROOM =
  /^lib\/(?:http|cache\/policy|cache\/store|coding|config|router)\//;
/** Elsewhere, files that call themselves so in their module's comment. */
const CALLED_PURE = /^\/\*\*(?:(?!\*\/)[^])*\bpure\b/;
const IMPURE = /\bDeno\.|\bMath\.random\(|\bfetch\(|\bClock\b/;
/** The one file that asks the system for the time; others are handed a clock. */
const CLOCK = "lib/net/clock.ts";
const TIME =
  /\b(?:set|clear)(?:Timeout|Interval|Immediate)\b|\bDate\.now\b|\bperformance\.(?!md\b)|\bDate\(\)|\bnew Date\b(?!\()|\bAbortSignal\.timeout\b|\bDeno\.unrefTimer\b|["']node:(?:timers|perf_hooks)|\bTemporal\.Now\b/;
/** Never in the data path: see docs/contributing.md. */
const SHORTCUTS = /\bDeno\.serve\(|\bfetch\(|["']node:http["']/;
const VAGUE_NAME =
  /(?:^|[/_])(?:utils?|helpers?|common|managers?|misc)(?:[_.]|$)/;
const UNSEEN =
  // deno-lint-ignore no-control-regex -- it is what no source may hold
  /[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

function* sources(directory: string): Generator<[path: string, text: string]> {
  for (const entry of Deno.readDirSync(new URL(directory, ROOT))) {
    const path = `${directory}${entry.name}`;
    if (entry.isDirectory) yield* sources(`${path}/`);
    else if (/\.(?:ts|md)$/.test(path)) {
      yield [path, Deno.readTextFileSync(new URL(path, ROOT))];
    }
  }
}

function program(): [path: string, text: string][] {
  return [...sources("lib/"), ["main.ts", read("main.ts")]];
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

/** The first lines of functions and methods, as the formatter leaves them. */
const OPENING =
  /^( *)(?:(?:export |async |static |override |get )*(?:function\*? )?[#\w]+(?:<.*>)?)\((.*)$/;
const STATEMENT = /^ *(?:if|for|while|switch|return|throw|super|catch)\b/;

/** The functions of a formatted file that are too long. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split("\n");
  const long: string[] = [];
  for (const [start, line] of lines.entries()) {
    const opening = OPENING.exec(line);
    if (opening === null || STATEMENT.test(line)) continue;
    const indent = opening[1]!;
    const below = (mark: string): number =>
      lines.findIndex((other, at) =>
        at > start && other.startsWith(indent + mark)
      );
    const head = opening[2] === "" ? below(")") : start;
    if (!lines[head]?.endsWith("{")) continue; // a call, not a function
    const count = below("}") - start + 1;
    if (count > FUNCTION_LINES_MAX) {
      long.push(`${path}:${start + 1} has ${count} lines`);
    }
  }
  return long;
}

Deno.test("a file is one concept, a function fits on a screen", () => {
  const long: string[] = [];
  for (const [path, text] of program()) {
    const count = text.split("\n").length - 1;
    if (count > FILE_LINES_MAX && path !== GENERATED) {
      long.push(`${path} has ${count} lines`);
    }
    long.push(...longFunctions(path, text));
  }
  assertEquals(long, []);
});

Deno.test("a file of tests has one subject", () => {
  const long = [...sources("tests/")]
    .filter(([path]) => !path.startsWith("tests/fuzz/corpus/")) // data alone
    .map(([path, text]) => [path, text.split("\n").length - 1] as const)
    .filter(([, count]) => count > FILE_LINES_MAX)
    .map(([path, count]) => `${path} has ${count} lines`);
  assertEquals(long, []);
});

Deno.test("names say what a file is", () => {
  const vague = [...program(), ...sources("tests/")]
    .map(([path]) => path).filter((path) => VAGUE_NAME.test(path));
  assertEquals(vague, []);
});

Deno.test("a test of a file stands where the file does", () => {
  const files = program().map(([path]) => path.slice("lib/".length));
  const tested = [...sources("tests/")]
    .filter(([path]) => path.endsWith("_test.ts"))
    .map(([path]) => path.slice("tests/".length).replace("_test.ts", ".ts"));
  const lost = tested.flatMap((path) => {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    if (folder === "" || files.includes(path)) return [];
    // A test of a subject, and not of one file, has a name of its own.
    const name = `/${path.slice(folder.length)}`;
    return files.filter((file) =>
      file.startsWith(folder) && file.endsWith(name)
    ).map((file) => `${path}: the file is ${file}`);
  });
  assertEquals(lost, []);
});

/** Lines of a file that are code and match. */
function linesWith(pattern: RegExp, path: string, text: string): string[] {
  return [...text.split("\n").entries()]
    .filter(([, line]) =>
      !/^\s*(?:\*|\/\/|\/\*)/.test(line) && pattern.test(line)
    )
    .map(([index, line]) => `${path}:${index + 1}: ${line.trim()}`);
}

Deno.test("pure files have no clock, no socket and no chance", () => {
  const impure = program()
    .filter(([path, text]) => PURE_ROOM.test(path) || CALLED_PURE.test(text))
    .flatMap(([path, text]) => linesWith(IMPURE, path, text));
  assertEquals(impure, []);
});

Deno.test("time comes from the clock that is handed in", () => {
  const found = program().filter(([path]) => path !== CLOCK)
    .flatMap(([path, text]) => linesWith(TIME, path, text));
  assertEquals(found, []);
});

Deno.test("the data path takes no shortcut", () => {
  const found = program().filter(([path, text]) =>
    !path.startsWith("lib/demo/") && SHORTCUTS.test(text)
  );
  assertEquals(found.map(([path]) => path), []);
});

Deno.test("no source holds characters that cannot be seen", () => {
  const files = [...program(), ...sources("tests/"), ...documents()];
  const found = files.filter(([, text]) => UNSEEN.test(text));
  assertEquals(found.map(([path]) => path), []);
});
