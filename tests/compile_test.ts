/**
 * The build embeds every module of the program, the worker's among them, and the
 * commit.
 *
 * It proves no more than that. The base of an executable has to be downloaded,
 * so the runtime itself stands in for it here, and what comes out cannot be run.
 * CI builds the real one, and runs the end-to-end suite against it.
 */

// deno-lint-ignore no-external-import -- a part of the runtime
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "./support/assert.ts";
import { modulesFrom, ROOT } from "./support/module_graph.ts";
import { costly } from "./support/tries.ts";

/** Where the program begins: on the main thread, and in other threads. */
const ENTRIES = [
  "main.ts",
  "lib/server/worker.ts",
  "lib/disk/module_thread.ts",
  "lib/access/basic/bcrypt_thread.ts",
  "lib/cache/disk/disk_thread.ts",
];

/** Paths of the program's modules that are there at run time. */
async function modulesAtRunTime(): Promise<Set<string>> {
  const reached = new Set<string>();
  for (const entry of ENTRIES) {
    const modules = new Map(
      (await modulesFrom(entry)).map((module) => [module.specifier, module]),
    );
    const visit = (specifier: string): void => {
      const path = specifier.slice(ROOT.href.length);
      if (!specifier.startsWith(ROOT.href) || reached.has(path)) return;
      reached.add(path);
      for (const { code } of modules.get(specifier)?.dependencies ?? []) {
        if (code !== undefined) visit(code.specifier);
      }
    };
    visit(new URL(entry, ROOT).href);
  }
  return reached;
}

/** Builds `output`, and returns what the build says. */
async function compile(output: string): Promise<string> {
  const { stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "deploy/compile.ts",
      `--output=${output}`,
      "--commit=abc1234",
    ],
    cwd: ROOT,
    env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert(success, said);
  return said;
}

/** Paths of the tree that the build prints; one that ends with a star stands for all that it holds. */
function embeddedPaths(said: string): string[] {
  const paths: string[] = [];
  const trail: string[] = [];
  for (const line of said.split("\n")) {
    const [, indent, name] = /^((?:│ | {2})*)[├└]─[─┬] (.+) \(/.exec(line) ??
      [];
    if (indent === undefined || name === undefined) continue;
    const depth = indent.length / 2;
    trail.splice(depth, trail.length, name);
    paths.push(trail.join("/"));
  }
  return paths;
}

function holds(embedded: readonly string[], path: string): boolean {
  return embedded.some((other) =>
    other === path ||
    (other.endsWith("/*") && path.startsWith(other.slice(0, -1)))
  );
}

Deno.test({
  ...costly(
    "the build embeds every module, the worker's too, and the commit",
    Deno.build.os !== "linux", // elsewhere the runtime is no base that can stand in
  ),
}, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const output = `${folder}/sluice`;
    const embedded = embeddedPaths(await compile(output));
    const modules = await modulesAtRunTime();
    for (const expected of [...ENTRIES, "lib/demo/demo.ts", "deno.json"]) {
      assert(modules.has(expected), expected);
    }
    const missing = [...modules].filter((path) => !holds(embedded, path));
    assertEquals(missing, []);
    // What is loaded only where it is used is there, too.
    for (
      const name of ["zod", "acme-client", "bcryptjs", "jose", "@redis/client"]
    ) {
      const isThere = embedded.some((path) => path.includes(`/${name}/`));
      assert(isThere, name);
    }
    const bytes = Buffer.from((await Deno.readFile(output)).buffer);
    assert(bytes.includes('+abc1234"'));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
