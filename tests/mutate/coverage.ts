/** Which tests run which lines of the program: collected once for each state of the project. */

import type { Clone } from "./clone.ts";

/** What a file of tests runs. */
export interface Coverage {
  /** Undefined if it fails also without a fault: then it can see none. */
  readonly ms: number | undefined;
  /** How many tests are in it; undefined if that was not counted. */
  readonly count?: number | undefined;
  /** By the path of a file of the program: the numbers of its lines that run, as far as that is known. */
  readonly lines: Readonly<Record<string, readonly number[] | "any">>;
}

/** What is kept of it. */
interface Kept extends Coverage {
  readonly lines: Readonly<Record<string, readonly number[]>>;
  /** What the files of the program were then. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface CollectOptions {
  /** So many files of tests run at once. */
  readonly jobs: number;
  /** Whether what was collected counts only if nothing of what it ran has changed. */
  readonly fresh: boolean;
  /** Is told of each file before it runs, and of what else there is to say. */
  readonly report: (line: string) => void;
}

/** For the slowest file of tests, on a busy machine. */
const TEST_TIMEOUT_MS = 300_000;

/**
 * What every file of tests runs. What was collected before is used again as long as
 * the tests in the file are the same.
 */
export async function collectCoverage(
  clone: Clone,
  tests: readonly string[],
  { jobs, fresh, report }: CollectOptions,
): Promise<Map<string, Coverage>> {
  const cache = `${Deno.env.get("TMPDIR") ?? "/tmp"}/sluice-mutate-coverage`;
  await Deno.mkdir(cache, { recursive: true });
  const digests: Record<string, string> = {};
  for (const path of clone.files("lib", ".ts")) {
    digests[path] = await digest(clone.read(path));
  }
  const all = new Map<string, Coverage>();
  const rest = tests.entries();
  const collect = async (): Promise<void> => {
    for (const [index, test] of rest) {
      const name = await digest(`${test}\0${clone.read(test)}`);
      const path = `${cache}/${name}.json`;
      let kept = read(path);
      if (kept === undefined || (fresh && hasChanged(kept, digests))) {
        report(`coverage ${index + 1}/${tests.length}: ${test}`);
        kept = { ...await coverageOf(clone, test), digests };
        await Deno.writeTextFile(path, JSON.stringify(kept));
      }
      if (kept.ms === undefined) report(`fails without a fault: ${test}`);
      const { ms, count } = kept;
      all.set(test, { ms, count, lines: linesNow(kept, digests) });
    }
  };
  await Promise.all(Array.from({ length: jobs }, collect));
  return all;
}

/** Whether a file of the program has changed of which a line ran. */
function hasChanged(
  { lines, digests }: Kept,
  digestsNow: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(lines).some(([path, ran]) =>
    ran.length > 0 && digests[path] !== digestsNow[path]
  );
}

/**
 * What is known now of what ran then: any line of a file may run that has changed
 * since, if one of its lines did, or that was not there.
 */
export function linesNow(
  { lines, digests }: Pick<Kept, "lines" | "digests">,
  digestsNow: Readonly<Record<string, string>>,
): Record<string, readonly number[] | "any"> {
  const known: Record<string, readonly number[] | "any"> = {};
  for (const [path, now] of Object.entries(digestsNow)) {
    const ran = lines[path] ?? [];
    if (digests[path] === now) known[path] = ran;
    else if (digests[path] === undefined || ran.length > 0) known[path] = "any";
  }
  return known;
}

function read(path: string): Kept | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function digest(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return hash.toHex().slice(0, 32);
}

async function coverageOf(
  clone: Clone,
  test: string,
): Promise<Omit<Kept, "digests">> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-coverage-" });
  try {
    const run = await clone.deno(
      ["test", "-A", "--no-check", test],
      TEST_TIMEOUT_MS,
      TEST_TIMEOUT_MS,
      { DENO_COVERAGE_DIR: folder }, // so that programs that the test starts collect, too
    );
    const { output } = await clone.deno(
      ["coverage", "--lcov", "--include=/lib/", folder],
      TEST_TIMEOUT_MS,
      TEST_TIMEOUT_MS,
    );
    const lines = readLcov(output, `${clone.folder}/`);
    const counts = [...run.output.matchAll(/^running (\d+) tests? from/gm)];
    const count = counts.reduce((sum, [, tests]) => sum + Number(tests), 0);
    return { ms: run.code === 0 ? run.ms : undefined, count, lines };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The lines that run, by file, of a report in the format of lcov; paths begin behind `root`. */
export function readLcov(
  text: string,
  root: string,
): Record<string, number[]> {
  const lines: Record<string, number[]> = {};
  let current: number[] = [];
  for (const row of text.split("\n")) {
    if (row.startsWith("SF:")) {
      const path = row.slice("SF:".length);
      current = lines[path.replace(root, "")] ??= [];
    }
    const hit = /^DA:(\d+),([1-9]\d*)$/.exec(row);
    if (hit !== null) current.push(Number(hit[1]));
  }
  return lines;
}
