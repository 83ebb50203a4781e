/** A configuration file, from its path to what is in force: or everything that is wrong with it. */

import {
  guardWarnings,
  reportRoutes,
  secretWarnings,
  tokenWarnings,
  unusedUpstreams,
} from "./check.ts";
import type { Disk } from "./file/disk.ts";
import type { Node } from "./file/node.ts";
import { type Problem, sortedProblems } from "./file/place.ts";
import { type ReadConfig, readConfig } from "./file/read.ts";
import { fileProblems, startProblems } from "./named_files.ts";
import { notYetProblems } from "./not_yet.ts";
import { resolve } from "./resolve/resolve.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { routesOf, unreachableRoutes } from "./routes.ts";
import { unknownUpstreams } from "./upstream_names.ts";

/** What came of loading. */
export interface Loaded extends Omit<ReadConfig, "config"> {
  /** Undefined if there is an error; what does not work yet is none here. */
  readonly config: ResolvedConfig | undefined;
}

/** Loads a configuration file. What is wrong with it is in the result; nothing is thrown. */
export async function loadConfig(path: string, disk: Disk): Promise<Loaded> {
  const { config: valid, root, problems, ...places } = await readConfig(
    path,
    disk,
  );
  if (valid === undefined || root === undefined) {
    const all = root === undefined
      ? problems
      : [...problems, ...unknownUpstreams(root), ...notYetProblems(root)];
    return {
      config: undefined,
      root,
      problems: sortedProblems(all),
      ...places,
    };
  }
  const resolution = resolve(root, places.files);
  const errors = [
    ...resolution.problems,
    ...unknownUpstreams(root),
    ...reportRoutes(
      root,
      resolution.config,
      routesOf(resolution.config).faults,
    ),
  ];
  const all = [...errors, ...notYetProblems(root)];
  return {
    config: errors.length > 0 ? undefined : resolution.config,
    root,
    problems: sortedProblems(all),
    ...places,
  };
}

/**
 * Loads a configuration file and looks at everything that can be looked at without
 * listening: `--check`.
 */
export async function checkConfig(path: string, disk: Disk): Promise<Loaded> {
  const loaded = await loadConfig(path, disk);
  const { root, config } = loaded;
  if (root === undefined) return loaded;
  const problems = [
    ...loaded.problems,
    ...await fileProblems(root, disk),
    ...guardWarnings(root),
    ...secretWarnings(root),
    ...(config === undefined ? [] : warningsOf(root, config)),
    ...(config === undefined ? [] : await tokenWarnings(root, config, disk)),
  ];
  return { ...loaded, problems: sortedProblems(problems) };
}

/** Loads a configuration file that is to be gone by, with its start's look at files. */
export async function loadToRun(path: string, disk: Disk): Promise<Loaded> {
  const loaded = await loadConfig(path, disk);
  const { root, config } = loaded;
  if (root === undefined || config === undefined) return loaded;
  const problems = [...loaded.problems, ...await startProblems(root, disk)];
  return { ...loaded, problems: sortedProblems(problems) };
}

function warningsOf(root: Node, config: ResolvedConfig): Problem[] {
  const { router } = routesOf(config);
  const reports = router === undefined ? [] : unreachableRoutes(config, router);
  return [
    ...unusedUpstreams(root, config),
    ...reportRoutes(root, config, reports),
  ];
}

/** The problems that keep a configuration from being used. */
export function fatal(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ kind }) => kind !== "warning");
}
