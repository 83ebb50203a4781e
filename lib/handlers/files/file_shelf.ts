/**
 * The files of a folder, by the path that is asked for: found, read and kept until they
 * change. Several requests for what is not there yet wait for the same search.
 */

import type { Coding } from "../../coding/negotiate.ts";
import {
  type FileIdentity,
  identityOf,
  type RegularFile,
} from "../../files/regular_file.ts";
import { SharedFile } from "../../files/shared_file.ts";
import { fallbackPaths, filePathOf, type NameRules } from "./file_path.ts";
import { FilesRoot } from "./files_root.ts";
import {
  CHECK_MS,
  KeptFile,
  type Neighbour,
  type ReadFile,
} from "./kept_file.ts";
import { mediaTypeOf } from "../../files/media_type.ts";
import type { FilesOptions, FilesPlace } from "./options.ts";

/** The ending of a neighbour's name. */
const ENDINGS: Readonly<Record<Coding, string>> = { gzip: ".gz", br: ".br" };

/** A folder, where no file stands for it. */
export interface FoundFolder {
  readonly kind: "folder";
  /** Below the root. */
  readonly path: string;
  readonly info: Deno.FileInfo;
}

/** What a path leads to; undefined for nothing. */
export type Found = KeptFile | FoundFolder | undefined;

/** See the module's comment. */
export class FileShelf {
  readonly root: FilesRoot;
  readonly rules: NameRules;
  readonly #options: FilesOptions;
  readonly #place: FilesPlace;
  readonly #files: Map<string, KeptFile> = new Map();
  readonly #searches: Map<string, Promise<Found>> = new Map();

  constructor(options: FilesOptions, place: FilesPlace) {
    this.#options = options;
    this.#place = place;
    this.root = new FilesRoot(options.root, place.clock, options.hidden);
    this.rules = {
      dotfiles: options.dotfiles,
      isWindows: Deno.build.os === "windows",
    };
  }

  /** The file for a path that has been looked at within the last second; undefined if there is none. */
  fresh(path: string): KeptFile | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const age = this.#place.clock.monotonic() - file.checkedMs;
    if (age >= CHECK_MS) return undefined;
    file.visited = true;
    return file;
  }

  /**
   * Finds what a path leads to.
   *
   * @param path Canonical.
   * @throws {HttpError} `forbidden`, `overloaded`, `file_unreadable`.
   */
  find(path: string): Promise<Found> {
    return this.#once(path, () => this.#find(path));
  }

  /** Searches once for all who ask meanwhile. */
  #once(key: string, search: () => Promise<Found>): Promise<Found> {
    let found = this.#searches.get(key);
    if (found === undefined) {
      found = search().finally(() => this.#searches.delete(key));
      this.#searches.set(key, found);
    }
    return found;
  }

  async #find(path: string): Promise<Found> {
    const file = filePathOf(path, this.rules);
    if (file === undefined) return undefined;
    const known = await this.#unchanged(path);
    if (known !== undefined) return known;
    const info = await this.root.stat(file);
    if (info?.isFile) {
      const read = await this.#read(path, file);
      if (read !== undefined) return read;
    } else if (info?.isDirectory) {
      const found = await this.#findInFolder(path, file, info);
      if (found !== undefined) return found;
    }
    for (
      const other of fallbackPaths(this.#options.fallback, file, this.rules)
    ) {
      const found = await this.#fallback(other);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #findInFolder(
    path: string,
    file: string,
    info: Deno.FileInfo,
  ): Promise<Found> {
    const hasSlash = file.endsWith("/");
    if (hasSlash) {
      for (const name of this.#options.index) {
        const found = await this.#read(path, file + name);
        if (found !== undefined) return found;
      }
    }
    if (hasSlash && !this.#options.browse) return undefined;
    return await this.root.holds(file, info)
      ? { kind: "folder", path: file, info }
      : undefined;
  }

  /** A file that stands in for others is kept once, by a name that no path has. */
  #fallback(file: string): Promise<Found> {
    const key = `fallback ${file}`;
    return this.#once(
      key,
      async () =>
        this.fresh(key) ?? await this.#unchanged(key) ??
          await this.#read(key, file),
    );
  }

  /** The file that is kept, if it is still as it was; else it is kept no longer. */
  async #unchanged(key: string): Promise<KeptFile | undefined> {
    const file = this.#files.get(key);
    if (file === undefined) return undefined;
    const nowMs = this.#place.clock.monotonic();
    if (await file.isUnchanged()) {
      file.checkedMs = nowMs;
      file.visited = true;
      return file;
    }
    this.#place.memory.remove(file);
    return undefined;
  }

  /** Reads a file and keeps it; undefined if there is none. */
  async #read(key: string, path: string): Promise<KeptFile | undefined> {
    const { clock, memory, sizes } = this.#place;
    const type = await mediaTypeOf(path, this.#options.types);
    const monotonicMs = clock.monotonic();
    const nowMs = clock.now();
    const file = await this.#open(path);
    if (file === undefined) return undefined;
    const neighbours = await Promise.all(
      this.#options.precompressed.map((coding) =>
        this.#neighbour(path + ENDINGS[coding], coding, file.source.identity)
      ),
    );
    const kept = new KeptFile(
      file,
      neighbours,
      type,
      sizes,
      nowMs,
      monotonicMs,
      (gone) => {
        if (this.#files.get(key) === gone) this.#files.delete(key);
      },
    );
    const old = this.#files.get(key);
    if (old !== undefined) memory.remove(old);
    this.#files.set(key, kept);
    memory.add(kept);
    return kept;
  }

  /** Opens a file in the root and reads it if it is small; undefined if there is none. */
  async #open(path: string): Promise<ReadFile | undefined> {
    const { slots } = this.#place;
    await slots.take();
    try {
      const file = await this.root.open(path);
      if (file === undefined) return undefined;
      try {
        return await this.#take(path, file);
      } finally {
        file.close();
      }
    } finally {
      slots.give();
    }
  }

  async #take(path: string, file: RegularFile): Promise<ReadFile> {
    const { memory, slots } = this.#place;
    const { size } = file.identity;
    let { identity } = file;
    let bytes: Uint8Array | undefined;
    if (memory.claim(size)) {
      try {
        bytes = await file.readAll(size);
      } finally {
        memory.unclaim(size);
      }
      identity = stateAfter(identity, await file.currentIdentity(), bytes);
    }
    const name = this.root.nameOf(path);
    return { source: new SharedFile(name, identity, slots), bytes };
  }

  /** Looks for a neighbour in a coding, which must not be older than the file. */
  async #neighbour(
    path: string,
    coding: Coding,
    of: FileIdentity,
  ): Promise<Neighbour> {
    const name = this.root.nameOf(path);
    const info = await this.root.stat(path).catch(() => undefined); // the file itself does
    if (info === undefined) {
      return { coding, name, identity: undefined, file: undefined };
    }
    const identity = identityOf(info);
    const isUsable = info.isFile && identity.changedMs >= of.changedMs;
    const file = isUsable
      ? await this.#open(path).catch(() => undefined)
      : undefined;
    return { coding, name, identity, file };
  }
}

/** What a file was that has been read: what changed meanwhile is not what its time said. */
function stateAfter(
  before: FileIdentity,
  after: FileIdentity,
  { length }: Uint8Array,
): FileIdentity {
  const changedMs = Math.max(before.changedMs, after.changedMs);
  return { ...before, changedMs, size: length };
}
