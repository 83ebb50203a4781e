/** The disk and the environment, for reading a configuration. */

import type { Disk, PathKind } from "../config/file/disk.ts";
import type { Clock } from "../net/clock.ts";
import { evaluateModule, MODULE_TIMEOUT_MS } from "./module.ts";

/** The most entries of a folder that a pattern looks at. */
const ENTRIES_MAX = 100_000;

/** See the module's comment. */
export class ConfigDisk implements Disk {
  readonly #clock: Clock;
  readonly #moduleMs: number;

  /** @param moduleMs How long a module may take to be evaluated. */
  constructor(clock: Clock, moduleMs: number = MODULE_TIMEOUT_MS) {
    this.#clock = clock;
    this.#moduleMs = moduleMs;
  }

  async readText(path: string, bytesMax: number): Promise<string> {
    let bytes: Uint8Array;
    try {
      const { size, isFile } = await Deno.stat(path);
      if (!isFile) throw new Error("this is not a file");
      if (size > bytesMax) throw new Error(`more than ${bytesMax} bytes`);
      bytes = await Deno.readFile(path);
    } catch (error) {
      throw new Error(`cannot read "${path}": ${reasonOf(error)}`, {
        cause: error,
      });
    }
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(bytes);
    } catch (cause) {
      throw new Error(`"${path}" is not UTF-8`, { cause });
    }
  }

  async expand(pattern: string): Promise<readonly string[]> {
    const parts = pattern.split("/");
    let found = [parts[0] === "" ? "/" : ""];
    for (const [index, part] of parts.entries()) {
      if (part === "") continue;
      const isLast = index === parts.length - 1;
      found = part.includes("*")
        ? (await Promise.all(
          found.map((folder) => matches(folder, part, isLast)),
        ))
          .flat()
        : found.map((folder) => joined(folder, part));
    }
    if (pattern.includes("*")) return found.toSorted();
    if (await this.kindOf(pattern) === "missing") {
      throw new Error(`there is no file "${pattern}"`);
    }
    return found;
  }

  async kindOf(path: string): Promise<PathKind> {
    try {
      const { isFile, isDirectory } = await Deno.stat(path === "" ? "." : path);
      return isFile ? "file" : isDirectory ? "folder" : "other";
    } catch (error) {
      if (isMissing(error)) return "missing";
      throw new Error(`cannot look at "${path}": ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Something that changes when a file does; undefined if it is not there. */
  async versionOf(path: string): Promise<string | undefined> {
    try {
      const { mtime, size, ino } = await Deno.stat(path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch {
      return undefined; // whoever reads it is told why
    }
  }

  evaluate(path: string): Promise<unknown> {
    return evaluateModule(path, this.#clock, this.#moduleMs);
  }

  /** The environment variables that were asked for. */
  readonly variables = new Set<string>();

  readonly environment = (name: string): string | undefined => {
    this.variables.add(name);
    try {
      return Deno.env.get(name);
    } catch (cause) {
      throw new Error(
        `the environment variable ${name} may not be read: run with --allow-env=${name}`,
        { cause },
      );
    }
  };
}

function joined(folder: string, name: string): string {
  return folder === "" || folder.endsWith("/")
    ? folder + name
    : `${folder}/${name}`;
}

/** The entries of a folder whose names match; a name that begins with a dot only if the pattern does. */
async function matches(
  folder: string,
  pattern: string,
  wantsFiles: boolean,
): Promise<string[]> {
  const parts = pattern.split("*");
  const names: string[] = [];
  let count = 0;
  try {
    for await (const entry of Deno.readDir(folder === "" ? "." : folder)) {
      if (++count > ENTRIES_MAX) throw new Error("it has too many entries");
      const isWanted = wantsFiles ? !entry.isDirectory : !entry.isFile;
      const isHidden = entry.name.startsWith(".") && !pattern.startsWith(".");
      if (isWanted && !isHidden && isMatch(entry.name, parts)) {
        names.push(joined(folder, entry.name));
      }
    }
  } catch (error) {
    if (isMissing(error)) return [];
    throw new Error(`cannot list "${folder}": ${reasonOf(error)}`, {
      cause: error,
    });
  }
  return names;
}

/** Whether a name is these parts with anything between them: each is looked for once, from the left. */
function isMatch(name: string, parts: readonly string[]): boolean {
  const first = parts[0]!;
  const last = parts.at(-1)!;
  if (
    name.length < first.length + last.length || !name.startsWith(first) ||
    !name.endsWith(last)
  ) {
    return false;
  }
  const end = name.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}

/** Why the system refuses, in a few words. */
function reasonOf(error: unknown): string {
  if (isMissing(error)) return "there is no such file";
  if (error instanceof Deno.errors.NotCapable) {
    return "sluice runs without the permission to; see --allow-read";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return (error as Error).message;
}
