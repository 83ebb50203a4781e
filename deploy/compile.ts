/**
 * Builds sluice as one executable: `deno task compile`.
 *
 * The commit becomes the build metadata of the version, as in Semantic Versioning:
 * `0.1.0+abc1234`. It is written into a copy of the source. So the work tree does not
 * change, and the program needs no flag, variable or file at run time.
 */

// deno-lint-ignore-file no-external-import -- node: modules are part of the runtime

import { cp } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import denoConfig from "../deno.json" with { type: "json" };
import { ENGINE_FLAGS } from "./engine.ts";
import { PERMISSIONS } from "./permissions.ts";

const ROOT = resolve(import.meta.dirname!, "..");

/** The sources of the program; its documentation is what `sluice help` shows. */
const SOURCES = ["deno.json", "deno.lock", "main.ts", "lib", "docs"];

/** The systems that `deno compile` builds for. */
const TARGETS: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** The flags of `deno compile`, except target and output. */
const COMPILE_FLAGS: readonly string[] = [
  ...PERMISSIONS,
  ...ENGINE_FLAGS,
  "--frozen",
  "--no-check", // `deno task check` does that
  // Threads are started by the names of their files, which no import mentions.
  "--include=lib/server/worker.ts",
  "--include=lib/disk/module_thread.ts",
  "--include=lib/access/basic/bcrypt_thread.ts",
  "--include=lib/cache/disk/disk_thread.ts",
  "--exclude-unused-npm",
  // The code cache is a file with a known name in the temporary folder, which all users share.
  "--no-code-cache",
];

const HELP = `Build sluice as one executable.

Usage: deno task compile [--target TARGET] [--output FILE] [--commit ID]

  --target  The system to build for (default: this one):
            ${TARGETS.join("\n            ")}
  --output  The executable (default: sluice; for Windows sluice.exe)
  --commit  The commit that --version tells (default: what git says, if it can)
`;

/** What the command line asks for. */
interface Wish {
  readonly target: string;
  readonly output: string;
  /** Undefined: ask git. */
  readonly commit: string | undefined;
}

/** @returns Undefined if only the help text is wanted. */
function readWish(args: readonly string[]): Wish | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: "string", default: Deno.build.target },
      output: { type: "string", default: "sluice" },
      commit: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { target, output, commit, help } = values;
  if (help) return undefined;
  if (!TARGETS.includes(target)) {
    throw new TypeError(`"${target}" is none of ${TARGETS.join(", ")}`);
  }
  return { target, output: resolve(output), commit };
}

/** The commit that is checked out, with `-dirty` if a file differs from it; empty if git cannot tell. */
async function checkedOutCommit(): Promise<string> {
  try {
    const { success, stdout } = await new Deno.Command("git", {
      args: ["describe", "--always", "--dirty", "--exclude=*"],
      cwd: ROOT,
      // A source without history must not pass for a part of the repository around it.
      env: { GIT_CEILING_DIRECTORIES: resolve(ROOT, "..") },
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return ""; // git is not installed
  }
}

/** Copies the program's source into `folder`, with the commit in its version. */
async function stage(folder: string, commit: string): Promise<void> {
  for (const name of SOURCES) {
    await cp(resolve(ROOT, name), resolve(folder, name), { recursive: true });
  }
  if (commit === "") return;
  const version = `${denoConfig.version}+${commit}`;
  await Deno.writeTextFile(
    resolve(folder, "deno.json"),
    JSON.stringify({ ...denoConfig, version }, null, 2),
  );
}

/** Runs `deno compile` in `folder` and passes its output on. */
async function compile(
  folder: string,
  { target, output }: Wish,
): Promise<{ readonly success: boolean; readonly said: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      ...COMPILE_FLAGS,
      `--target=${target}`,
      `--output=${output}`,
      "main.ts",
    ],
    cwd: folder,
    stderr: "piped",
  }).spawn();
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    say(text);
    said += text;
  }
  const { success } = await child.status;
  return { success, said };
}

function adviceWithoutBase(target: string): string {
  const { deno } = Deno.version;
  return `
The base of the executable could not be downloaded. Where dl.deno.land is out of
reach, bring denort-${target}.zip by other means, from
https://github.com/denoland/deno/releases/tag/v${deno}, unpack it, and say where it is:

    DENORT_BIN=/path/to/denort deno task compile --target ${target}
`;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

async function main(): Promise<number> {
  let wish: Wish | undefined;
  try {
    wish = readWish(Deno.args);
  } catch (error) {
    say(`compile: error: ${(error as Error).message}\n`);
    return 2;
  }
  if (wish === undefined) {
    say(HELP);
    return 0;
  }
  return await build(wish);
}

async function build(wish: Wish): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-" });
  try {
    await stage(folder, wish.commit ?? await checkedOutCommit());
    const { success, said } = await compile(folder, wish);
    if (!success && /\bdl\.deno\.land\b/.test(said)) {
      say(adviceWithoutBase(wish.target));
    }
    return success ? 0 : 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.exit(await main());
