/** The program's modules, as `deno info --json` tells of them. */

import { assert } from "./assert.ts";

/** The project's folder. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** One module of a graph. */
export interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    /** Undefined if it is imported for its types alone: then it is not there at run time. */
    readonly code?: { readonly specifier: string };
    readonly type?: { readonly specifier: string };
    /** Whether it is imported when the program comes to it, not at the start. */
    readonly isDynamic?: boolean;
  }[];
}

/** What has been asked before: it takes a third of a second. */
const known = new Map<string, Promise<readonly Module[]>>();

/** The modules that are reached from a file, those of others among them. */
export function modulesFrom(entry: string): Promise<readonly Module[]> {
  return known.getOrInsertComputed(entry, readModules);
}

async function readModules(entry: string): Promise<readonly Module[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  assert(success);
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}
