/** What reading a configuration needs of the system; the program hands it in, tests make their own. */

import type { Environment } from "./environment.ts";

/** What is at a path. */
export type PathKind = "file" | "folder" | "other" | "missing";

/** See the module's comment. Paths are absolute, or relative to where the program runs. */
export interface Disk {
  /**
   * The text of a file.
   *
   * @param bytesMax Throws if there is more.
   * @throws {Error} whose message says why it cannot be read: `no such file`.
   */
  readText(path: string, bytesMax: number): Promise<string>;
  /** The files of a pattern with `*` in names, in order of their names; of a path without, itself. */
  expand(pattern: string): Promise<readonly string[]>;
  /** @throws {Error} if the system does not let us look. */
  kindOf(path: string): Promise<PathKind>;
  /**
   * What a module exports by default.
   *
   * @throws {Error} whose message says why there is nothing.
   */
  evaluate(path: string): Promise<unknown>;
  readonly environment: Environment;
}

/** A path as the text of a configuration gives it, relative to the folder of its file. */
export function pathFrom(folder: string, path: string): string {
  if (folder === "" || path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) {
    return path;
  }
  const bare = path.replace(/^(?:\.\/)+/, "");
  return bare === "" || bare === "." ? folder : `${folder}/${bare}`;
}

/** The folder of a file; empty for the one where the program runs. */
export function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return end === 0 ? "/" : path.slice(0, Math.max(end, 0));
}
