/** A disk in memory, for tests that read configurations. */

import type { Disk, PathKind } from "../../lib/config/file/disk.ts";
import { formatProblem } from "../../lib/config/file/place.ts";
import { loadConfig, type Loaded } from "../../lib/config/load.ts";
import type { ResolvedConfig } from "../../lib/config/resolved.ts";

/** Files by path: texts, and for modules what they export. */
export type Files = Readonly<Record<string, unknown>>;

/** See the module's comment. */
export class MemoryDisk implements Disk {
  readonly #files: ReadonlyMap<string, unknown>;
  readonly #variables: ReadonlyMap<string, string>;

  constructor(files: Files, variables: Readonly<Record<string, string>> = {}) {
    this.#files = new Map(Object.entries(files));
    this.#variables = new Map(Object.entries(variables));
  }

  readText(path: string): Promise<string> {
    const text = this.#files.get(path);
    return typeof text === "string" ? Promise.resolve(text) : Promise.reject(
      new Error(`cannot read "${path}": there is no such file`),
    );
  }

  expand(pattern: string): Promise<readonly string[]> {
    const parts = pattern.split("*");
    if (parts.length === 1) {
      return this.#files.has(pattern)
        ? Promise.resolve([pattern])
        : Promise.reject(new Error(`there is no file "${pattern}"`));
    }
    const found = [...this.#files.keys()].filter((path) =>
      path.startsWith(parts[0]!) && path.endsWith(parts.at(-1)!)
    );
    return Promise.resolve(found.toSorted());
  }

  kindOf(path: string): Promise<PathKind> {
    const isFolder = [...this.#files.keys()].some((name) =>
      name.startsWith(path.replace(/\/*$/, "/"))
    );
    return Promise.resolve(
      this.#files.has(path) ? "file" : isFolder ? "folder" : "missing",
    );
  }

  evaluate(path: string): Promise<unknown> {
    return Promise.resolve(this.#files.get(path));
  }

  readonly environment = (name: string): string | undefined => {
    if (name === "FORBIDDEN") throw new Error("FORBIDDEN may not be read");
    return this.#variables.get(name);
  };
}

/** Loads `sluice.json` with this text, or this value. */
export function loadText(
  config: unknown,
  files: Files = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const disk = new MemoryDisk({ ...files, "sluice.json": text }, variables);
  return loadConfig("sluice.json", disk);
}

/** The lines that a configuration gives rise to. */
export async function linesOf(
  config: unknown,
  files: Files = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const { problems } = await loadText(config, files, variables);
  return problems.map(formatProblem);
}

/** What is in force; throws if something is wrong. */
export async function resolvedFrom(
  config: unknown,
  files: Files = {},
): Promise<ResolvedConfig> {
  const { config: resolved, problems } = await loadText(config, files);
  const wrong = problems.filter(({ kind }) => kind === "error");
  if (resolved === undefined || wrong.length > 0) {
    throw new Error(problems.map(formatProblem).join("\n"));
  }
  return resolved;
}
