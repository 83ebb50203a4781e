/** What commands do with a configuration file before anything runs: read it, and say what is wrong with it. */

import type { FileCommand } from "../config/command.ts";
import type { Disk } from "../config/file/disk.ts";
import { formatProblem, type Problem } from "../config/file/place.ts";
import {
  checkConfig,
  fatal,
  loadConfig,
  type Loaded,
  loadToRun,
} from "../config/load.ts";
import { overrideProblem, withOverrides } from "../config/overrides.ts";
import { readingHint } from "../config/pages.ts";
import type { ResolvedConfig } from "../config/resolved.ts";

/** Where a configuration has been read. */
export type ConfigPlaces = Pick<Loaded, "files" | "folders">;

/** The most problems that are shown. */
const SHOWN_MAX = 1000;

/**
 * The configuration of a command.
 *
 * @param say Gets one line for each problem, and whether it is only a warning.
 * @param onRead Is told which files have been read, and in which folders there may be more.
 * @param saysPage Whether the last line names a page of the documents: for those who see the
 *   lines one below the other.
 * @returns Undefined if there is an error, which has been said.
 */
export async function configOf(
  { action, path, overrides }: FileCommand,
  disk: Disk,
  say: (line: string, isWarning?: boolean) => void,
  onRead?: (places: ConfigPlaces) => void,
  saysPage = true,
): Promise<ResolvedConfig | undefined> {
  const load = action === "check"
    ? checkConfig
    : action === "run"
    ? loadToRun
    : loadConfig;
  const { config, problems, files, folders } = await load(path, disk);
  onRead?.({ files, folders });
  sayAll(problems, say);
  if (saysPage) sayPage(problems, say);
  const keeps = action === "print-config"
    ? problems.filter(({ kind }) => kind === "error")
    : fatal(problems);
  if (config === undefined || keeps.length > 0) return undefined;
  const overridden = withOverrides(config, overrides);
  const problem = overrideProblem(overridden);
  if (problem === undefined) return overridden;
  say(problem);
  return undefined;
}

function sayAll(
  problems: readonly Problem[],
  say: (line: string, isWarning?: boolean) => void,
): void {
  for (const problem of problems.slice(0, SHOWN_MAX)) {
    say(formatProblem(problem), problem.kind === "warning");
  }
  if (problems.length > SHOWN_MAX) {
    say(`and ${problems.length - SHOWN_MAX} more`);
  }
}

function sayPage(
  problems: readonly Problem[],
  say: (line: string) => void,
): void {
  const errors = problems.filter(({ kind }) => kind === "error");
  if (errors.length > 0) say(readingHint(errors.map(({ path }) => path)));
}

/** The text of `sluice schema`. */
export async function schemaText(): Promise<string> {
  const { jsonSchema } = await import("../config/schema/json_schema.ts");
  return JSON.stringify(jsonSchema(), undefined, 2);
}

/** The text of `sluice types`. */
export async function typesText(): Promise<string> {
  const { jsonSchema } = await import("../config/schema/json_schema.ts");
  const { declarations } = await import("../config/schema/declarations.ts");
  return declarations(jsonSchema());
}
