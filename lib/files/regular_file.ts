/**
 * Regular files, opened so that nothing else is ever read in their place.
 *
 * A FIFO blocks whoever opens it, a device does what it likes, and a name may lead to
 * something else from one call to the next. So a file is opened without blocking, and
 * is what its descriptor says that it is, not its name. All calls but that to close it are
 * asynchronous: a slow disk, or one on the network, holds up only who reads from it.
 */

import { isExhaustion } from "../net/exhaustion.ts";

/** What is used of `node:fs`: `Deno.open` cannot open without blocking, nor read at an offset. */
type FileCalls = Pick<
  typeof import("node:fs"),
  "closeSync" | "constants" | "fstat" | "open" | "read"
>;
type Stats = import("node:fs").Stats;

let calls: Promise<FileCalls> | undefined;

/** It takes a while to load: only who sends files waits for it. */
async function loadCalls(): Promise<FileCalls> {
  return await import("node:fs");
}

/** Which file it is, and in which state: it is the same as long as all of this is. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
  /** Bytes. */
  readonly size: number;
  /** When it was changed, in ms since the epoch. */
  readonly changedMs: number;
}

/** Why a file cannot be had: it is not there, may not be read, there are too many, or its disk fails. */
export type FileProblem = "missing" | "denied" | "exhausted" | "broken";

const MISSING: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "ENAMETOOLONG",
  "EINVAL",
  "ENXIO", // a socket, or a FIFO that nobody reads
  "ENODEV",
  "EISDIR",
]);
const DENIED: ReadonlySet<unknown> = new Set(["EACCES", "EPERM"]);

/** What the failure of a call about a file means. */
export function problemOf(error: unknown): FileProblem {
  if (isExhaustion(error)) return "exhausted";
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (MISSING.has(code) || error instanceof Deno.errors.NotFound) {
    return "missing";
  }
  const isDenied = DENIED.has(code) ||
    error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.PermissionDenied;
  return isDenied ? "denied" : "broken";
}

/** Whether both are the same file in the same state. */
export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.inode === b.inode && a.changedMs === b.changedMs &&
    a.size === b.size && a.device === b.device;
}

/** The identity of what a path leads to. */
export function identityOf(
  { dev, ino, size, mtime }: Deno.FileInfo,
): FileIdentity {
  return {
    device: dev,
    inode: ino ?? 0,
    size,
    changedMs: mtime?.getTime() ?? 0,
  };
}

function identityOfStats({ dev, ino, size, mtimeMs }: Stats): FileIdentity {
  return {
    device: dev,
    inode: ino,
    size,
    changedMs: Math.floor(mtimeMs),
  };
}

/** An open regular file; see the module's comment. */
export class RegularFile {
  /** Of when it was opened. */
  readonly identity: FileIdentity;
  readonly #calls: FileCalls;
  readonly #descriptor: number;

  private constructor(
    calls: FileCalls,
    descriptor: number,
    identity: FileIdentity,
  ) {
    this.#calls = calls;
    this.#descriptor = descriptor;
    this.identity = identity;
  }

  /**
   * Opens a file to read it.
   *
   * @returns Undefined if it is no regular file.
   * @throws An error of the system: see {@linkcode problemOf}.
   */
  static async open(path: string): Promise<RegularFile | undefined> {
    const used = await (calls ??= loadCalls());
    const { O_RDONLY, O_NONBLOCK } = used.constants;
    const flags = O_RDONLY | (O_NONBLOCK ?? 0);
    const descriptor = await new Promise<number>((resolve, reject) =>
      used.open(
        path,
        flags,
        (error, opened) => error === null ? resolve(opened!) : reject(error),
      )
    );
    try {
      const stats = await statsOf(used, descriptor);
      if (stats.isFile()) {
        return new RegularFile(used, descriptor, identityOfStats(stats));
      }
    } catch (error) {
      closeNow(used, descriptor);
      throw error;
    }
    closeNow(used, descriptor);
    return undefined;
  }

  /** What it is by now. */
  async currentIdentity(): Promise<FileIdentity> {
    return identityOfStats(await statsOf(this.#calls, this.#descriptor));
  }

  /**
   * Reads at an offset, whoever else reads from the same file.
   *
   * @param buffer Filled from its start; it must not be used until the promise settles.
   * @returns Bytes; 0 at the end.
   */
  read(buffer: Uint8Array, length: number, offset: number): Promise<number> {
    return new Promise((resolve, reject) =>
      this.#calls.read(
        this.#descriptor,
        buffer,
        0,
        length,
        offset,
        (error, count) => error === null ? resolve(count) : reject(error),
      )
    );
  }

  /**
   * Reads from the start until there is no more.
   *
   * @param bytesMax Bytes that are read at most.
   */
  async readAll(bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(Math.min(this.identity.size, bytesMax));
    let length = 0;
    while (length < bytes.length) {
      const rest = bytes.subarray(length);
      const count = await this.read(rest, rest.length, length);
      if (count === 0) break;
      length += count;
    }
    return length === bytes.length ? bytes : bytes.slice(0, length);
  }

  /** Gives it back; no read may be outstanding. */
  close(): void {
    closeNow(this.#calls, this.#descriptor);
  }
}

function statsOf(
  { fstat }: FileCalls,
  descriptor: number,
): Promise<Stats> {
  return new Promise((resolve, reject) =>
    fstat(
      descriptor,
      (error, stats) => error === null ? resolve(stats) : reject(error),
    )
  );
}

function closeNow({ closeSync }: FileCalls, descriptor: number): void {
  closeSync(descriptor); // nothing was written: it waits for nothing
}
