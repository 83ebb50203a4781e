/**
 * Watches the files of a configuration for changes, by looking at them every two
 * seconds: a notification of the system is lost when a link in the path is swapped,
 * as container platforms do, and comes in the middle of a write.
 *
 * A change counts when two looks in a row have seen the same: then the writer is
 * done. A file that is missing is no change, whether for a moment, as editors do it,
 * or for longer: what was read of it holds.
 */

import type { Clock } from "../net/clock.ts";

/** Between two looks, in ms. */
const LOOK_MS = 2000;
/** Names that are counted in one folder; it is one of configuration files, which has few. */
const NAMES_MAX = 10_000;
/** Files in a folder that matter: others are an editor's, or an archive. */
const NAME = /^[^.].*\.(?:jsonc?|[jt]s)$/;

/** What is watched. */
export interface WatchedPlaces {
  readonly files: readonly string[];
  /** Folders in which files of a configuration may appear and vanish. */
  readonly folders?: readonly string[];
}

/** What a file or folder was like, as a text to compare; undefined if it is not there. */
type Look = string | undefined;

/** See the module's comment. */
export class FileWatch {
  readonly #onChange: () => void;
  readonly #stop: () => void;
  /** By path: how to look at it. */
  #places: ReadonlyMap<string, (path: string) => Promise<Look>> = new Map();
  /** By path: what it was like when its content was last said to have changed. */
  #known = new Map<string, Look>();
  /** By path: what it was like at the last look; undefined if nothing had changed. */
  #seen: Map<string, Look> | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  /**
   * Begins to watch nothing.
   *
   * @param onChange Is told of a change, after the write; several at a time are one.
   */
  constructor(clock: Clock, onChange: () => void) {
    this.#onChange = onChange;
    this.#stop = clock.every(LOOK_MS, () => {
      // One that waits for a slow disk is not overtaken by another.
      this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    });
  }

  /**
   * Watches these places from now on. Those that it knows already are compared with
   * what they were at the last change, so that no change is lost while a
   * configuration is being read. So watch a file before you read it at first.
   */
  async watch({ files, folders = [] }: WatchedPlaces): Promise<void> {
    this.#places = new Map([
      ...files.map((path) => [path, lookAtFile] as const),
      ...folders.map((path) => [path, lookAtFolder] as const),
    ]);
    const places = [...this.#places].filter(([path]) => !this.#known.has(path));
    await Promise.all(places.map(async ([path, look]) => {
      this.#known.set(path, await look(path));
    }));
    this.#seen = undefined;
  }

  /** Settles when the look that is under way is done. */
  async looked(): Promise<void> {
    await this.#looking;
  }

  /** Stops: nobody is told of anything any more. */
  stop(): void {
    this.#isStopped = true;
    this.#stop();
  }

  async #look(): Promise<void> {
    const places = this.#places;
    const now = new Map<string, Look>();
    await Promise.all([...places].map(async ([path, look]) => {
      now.set(path, await look(path) ?? this.#known.get(path));
    }));
    if (this.#isStopped || places !== this.#places) return;
    const isStill = this.#seen !== undefined && isSame(now, this.#seen);
    this.#seen = isSame(now, this.#known) ? undefined : now;
    if (this.#seen === undefined || !isStill) return;
    this.#known = now;
    this.#seen = undefined;
    this.#onChange();
  }
}

/** Whether what the first one has is the same in the second one. */
function isSame(
  looks: ReadonlyMap<string, Look>,
  others: ReadonlyMap<string, Look>,
): boolean {
  return [...looks].every(([path, look]) => others.get(path) === look);
}

/** Follows links: what counts is the file that is read in the end. */
async function lookAtFile(path: string): Promise<Look> {
  try {
    const { mtime, size, dev, ino } = await Deno.stat(path);
    return `${mtime?.getTime()} ${size} ${dev} ${ino}`;
  } catch {
    return undefined; // it is not there, or out of reach: reading it would tell why
  }
}

async function lookAtFolder(path: string): Promise<Look> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) {
      if (NAME.test(name)) names.push(name);
      if (names.length === NAMES_MAX) break;
    }
  } catch {
    return undefined;
  }
  return names.sort().join("/");
}
