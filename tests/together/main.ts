/**
 * Every test, in less time than file by file: what `deno task ok` runs.
 *
 * `deno test` gives each file a runtime of its own, which loads the library once more and
 * runs it cold; for most files that takes longer than their tests. Here the files of a
 * folder share a runtime, several at a time. What a file leaves behind, the next may see:
 * `deno task test`, which CI runs, keeps them apart, and runs the examples of the
 * documents. What is costly is tried less here (`tests/support/tries.ts`).
 */

import { groups } from "./groups.ts";

const ROOT = new URL("../../", import.meta.url);
/** Many tests wait: so many groups run at a time for each core. */
const GROUPS_PER_CORE = 2;
/** Garbage of tests that last a moment is collected less often: a twentieth of the processor time. */
const ENGINE = "--v8-flags=--min-semi-space-size=16";

function* testFiles(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(new URL(folder, ROOT))];
  for (const { name, isDirectory } of entries) {
    if (isDirectory) yield* testFiles(`${folder}${name}/`);
    else if (name.endsWith("_test.ts")) yield `${folder}${name}`;
  }
}

/** Writes a module for each group that imports its files; returns their paths. */
async function writeModules(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const { name, files } of groups([...testFiles("tests/")])) {
    const path = `${folder}/${name}_test.ts`;
    const imports = files.map((file) =>
      `import ${JSON.stringify(new URL(file, ROOT).href)};\n`
    );
    await Deno.writeTextFile(path, imports.join(""));
    paths.push(path);
  }
  return paths;
}

const folder = await Deno.makeTempDir({ prefix: "together_" });
try {
  const jobs = Deno.env.get("DENO_JOBS") ??
    String(navigator.hardwareConcurrency * GROUPS_PER_CORE);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", ENGINE, "-A", "--no-check", "--parallel"],
      ...Deno.args,
      ...await writeModules(folder),
    ],
    cwd: ROOT,
    env: { DENO_JOBS: jobs, SLUICE_QUICK: "1" },
  }).spawn().status;
  Deno.exitCode = code;
} finally {
  await Deno.remove(folder, { recursive: true });
}
