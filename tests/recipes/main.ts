/**
 * Tries the recipes of `docs/recipes.md`: the program of each, sluice in front of it by
 * the file in `examples/`, and what is expected. `deno task recipes [NAME…]`; with
 * `--write`, what was seen goes into the document.
 *
 * It installs packages from npm, and uses the ports that the files name.
 */

import { express } from "./express.ts";
import { git } from "./git.ts";
import { nextjs } from "./nextjs.ts";
import { npmRegistry } from "./npm_registry.ts";
import { dockerRegistry } from "./docker_registry.ts";
import { php } from "./php.ts";
import { socketio } from "./socketio.ts";
import { spa } from "./spa.ts";
import { streams } from "./streams.ts";
import { type Recipe, Trial } from "./trial.ts";
import { video } from "./video.ts";
import { vite } from "./vite.ts";
import { webdav } from "./webdav.ts";
import { wordpress } from "./wordpress.ts";

const DOCUMENT = new URL("../../docs/recipes.md", import.meta.url);
const RECIPES: readonly Recipe[] = [
  vite,
  nextjs,
  git,
  php,
  wordpress,
  spa,
  express,
  npmRegistry,
  dockerRegistry,
  webdav,
  video,
  streams,
  socketio,
];

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** The first program that is not on this machine. */
async function missing(recipe: Recipe): Promise<string | undefined> {
  for (const program of recipe.programs) {
    const { success } = await new Deno.Command("sh", {
      args: ["-c", `command -v ${program}`],
      stdout: "null",
    }).output();
    if (!success) return program;
  }
  return undefined;
}

/** Puts what was seen into the document, between the marks of the recipe. */
async function write(recipe: Recipe, trial: Trial): Promise<void> {
  const text = await Deno.readTextFile(DOCUMENT);
  const mark = `<!-- seen ${recipe.name} -->`;
  const end = `<!-- /seen ${recipe.name} -->`;
  const [before, rest] = text.split(mark);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${mark} is not in the document`);
  const day = new Date().toISOString().slice(0, 10);
  const block = `_Run on ${day}: ${
    trial.versions.join(", ")
  }._\n\n\`\`\`text\n${
    trial.lines.map((line) => line.trimEnd()).join("\n")
  }\n\`\`\``;
  await Deno.writeTextFile(
    DOCUMENT,
    `${before}${mark}\n\n${block}\n\n${end}${after}`,
  );
}

/** Tries one; false if it failed. */
async function attempt(recipe: Recipe, writes: boolean): Promise<boolean> {
  const program = await missing(recipe);
  if (program !== undefined) {
    say(`${recipe.name}: skipped, ${program} is not installed`);
    return true;
  }
  say(`${recipe.name}:`);
  await using trial = await Trial.begin(say);
  try {
    await recipe.try(trial);
    say(`    ok: ${trial.versions.join(", ")}`);
    if (writes) await write(recipe, trial);
    return true;
  } catch (error) {
    say(`    FAILED: ${error instanceof Error ? error.stack : String(error)}`);
    say(`    ${trial.said.slice(-2000)}`);
    return false;
  }
}

const names = Deno.args.filter((arg) => arg !== "--write");
const unknown = names.filter((name) =>
  !RECIPES.some((recipe) => recipe.name === name)
);
if (unknown.length > 0) {
  const known = RECIPES.map(({ name }) => name).join(", ");
  say(`There is no recipe ${unknown.join(", ")}: ${known}`);
  Deno.exit(2);
}
let isGood = true;
for (const recipe of RECIPES) {
  if (names.length > 0 && !names.includes(recipe.name)) continue;
  isGood = await attempt(recipe, Deno.args.includes("--write")) && isGood;
}
if (!isGood) Deno.exit(1);
