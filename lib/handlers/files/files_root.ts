/**
 * The folder that files are sent from, and the one place that opens them: nothing
 * outside of it is sent, whatever links say and however names change meanwhile.
 *
 * The runtime follows links out of what it may read, and it drops `O_NOFOLLOW`. So a
 * file is opened first, then its name is resolved: it must lie in the resolved root and
 * be the very file that is open. That alone can be deceived by somebody who puts a link
 * and a folder in each other's place thousands of times a second. It is a proof if the
 * folders on the way have not changed since before: their times of change, which nobody
 * can set, tell. Where they have, the name has to stand many looks in a row.
 *
 * Links within the root are followed, also to names with a dot: whoever made them meant
 * that (`..data` of a Kubernetes volume). The root may be a link, too, that is put on
 * another folder with each release.
 */

import { problemOf, RegularFile } from "../../files/regular_file.ts";
import { HttpError } from "../../http/error.ts";
import type { Clock } from "../../net/clock.ts";

const SEPARATOR = Deno.build.os === "windows" ? "\\" : "/";
/** Looks at a name whose folders are changing: to deceive them, two swaps have to fall into each. */
const LOOKS = 12;
/** Times of change are told in whole seconds, and a little late. */
const SETTLED_MS = 1100;
/** A release may put another folder in the root's place between two calls. */
const TRIES = 2;

/** Where something is; `likely inside` if nothing else has been seen for a while. */
type Place = "inside" | "likely inside" | "elsewhere";

/** The names in a folder. */
export interface FolderNames {
  readonly names: readonly string[];
  /** If not, it is possible that they are those of another folder: each has to be looked for. */
  readonly isCertain: boolean;
}

/** See the module's comment. */
export class FilesRoot {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #hidden: readonly string[];

  /** @param hidden Files that are elsewhere wherever they are. */
  constructor(root: string, clock: Clock, hidden: readonly string[] = []) {
    this.#hidden = hidden;
    this.#root = root === "" ? "." : withoutSlash(root);
    this.#clock = clock;
  }

  /** The name of a path below the root for the system. */
  nameOf(path: string): string {
    return this.#root === "/" ? path : this.#root + path;
  }

  /**
   * What a path leads to, be it outside of the root; undefined for nothing.
   *
   * @throws {HttpError} `forbidden`, `overloaded`, `file_unreadable`.
   */
  async stat(path: string): Promise<Deno.FileInfo | undefined> {
    return await orMissing(path, () => Deno.stat(this.nameOf(path)));
  }

  /**
   * Opens a file; undefined if there is no regular one, or it lies outside.
   *
   * @throws {HttpError} `forbidden`, `overloaded`, `file_unreadable`.
   */
  async open(path: string): Promise<RegularFile | undefined> {
    for (let i = 0; i < TRIES; i++) {
      const sinceMs = this.#clock.now();
      const file = await orMissing(
        path,
        () => RegularFile.open(this.nameOf(path)),
      );
      if (file === undefined) return undefined;
      let place: Place = "elsewhere";
      try {
        const { device, inode } = file.identity;
        place = await this.#locate(path, device, inode, sinceMs);
      } finally {
        if (place === "elsewhere") file.close();
      }
      if (place !== "elsewhere") return file;
    }
    return undefined;
  }

  /** Whether a path leads to something inside of the root, which is this. */
  async holds(path: string, { dev, ino }: Deno.FileInfo): Promise<boolean> {
    const place = await this.#locate(path, dev, ino ?? 0, this.#clock.now());
    return place !== "elsewhere";
  }

  /** The names in a folder, no more than `max`; undefined if it lies outside. */
  async namesIn(
    path: string,
    { dev, ino }: Deno.FileInfo,
    max: number,
  ): Promise<FolderNames | undefined> {
    const sinceMs = this.#clock.now();
    const names: string[] = [];
    await orMissing(path, async () => {
      for await (const { name } of Deno.readDir(this.nameOf(path))) {
        names.push(name);
        if (names.length === max) break;
      }
    });
    const place = await this.#locate(path, dev, ino ?? 0, sinceMs);
    return place === "elsewhere"
      ? undefined
      : { names, isCertain: place === "inside" };
  }

  /** Where the file or folder with these numbers is, which the path has led to since a time. */
  async #locate(
    path: string,
    device: number,
    inode: number,
    sinceMs: number,
  ): Promise<Place> {
    const place = await orMissing(path, async () => {
      for (let look = 0; look < LOOKS; look++) {
        const [root, real] = await Promise.all([
          Deno.realPath(this.#root),
          Deno.realPath(this.nameOf(path)),
        ]);
        if (!isBelow(real, root) || await this.#hides(real)) return "elsewhere";
        const { dev, ino } = await Deno.stat(real);
        if (dev !== device || (ino ?? 0) !== inode) return "elsewhere";
        if (look === 0 && await haveSettled(root, real, sinceMs)) {
          return "inside";
        }
      }
      return "likely inside";
    });
    return place ?? "elsewhere";
  }

  /** Whether a hidden file has this name, here or elsewhere. */
  hasHiddenName(name: string): boolean {
    return this.#hidden.some((hidden) => baseName(hidden) === name);
  }

  /** Whether a real path is that of a hidden file. */
  async #hides(real: string): Promise<boolean> {
    for (const hidden of this.#hidden) {
      if (baseName(hidden) !== baseName(real)) continue;
      const path = await Deno.realPath(hidden).catch(() => hidden); // it may be gone
      if (path === real) return true;
    }
    return false;
  }
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf(SEPARATOR) + 1);
}

/** Whether no folder between the root and a path has changed since a time, or just before. */
async function haveSettled(
  root: string,
  path: string,
  sinceMs: number,
): Promise<boolean> {
  const folders: string[] = [];
  let end = path.length;
  while (end > root.length) {
    end = path.lastIndexOf(SEPARATOR, end - 1);
    folders.push(path.slice(0, Math.max(end, 1)));
  }
  const infos = await Promise.all(folders.map((name) => Deno.lstat(name)));
  return infos.every(({ ctime, isDirectory }) =>
    isDirectory && ctime !== null && ctime.getTime() + SETTLED_MS < sinceMs
  );
}

/** A path without a slash at its end, but for the root of everything. */
function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function isBelow(path: string, root: string): boolean {
  return path === root ||
    path.startsWith(root.endsWith(SEPARATOR) ? root : root + SEPARATOR);
}

/** What a call brings; undefined if there is no such file. */
async function orMissing<T>(
  path: string,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    switch (problemOf(error)) {
      case "missing":
        return undefined;
      case "denied":
        throw new HttpError("forbidden", `May not read ${path}`, error);
      case "exhausted":
        throw new HttpError("overloaded", "Too many open files", error);
      case "broken":
        throw new HttpError("file_unreadable", `Cannot read ${path}`, error);
    }
  }
}
