/**
 * A small file that is sent as it is, such as an error page: kept in memory, and read
 * again when it has changed.
 */

import type { Clock } from "../net/clock.ts";
import {
  type FileIdentity,
  identityOf,
  isSameFile,
  RegularFile,
} from "./regular_file.ts";

/** Bytes of a page; a larger file is none. */
export const PAGE_BYTES_MAX: number = 1024 * 1024;
/** How long it is taken for unchanged, in ms. */
const CHECK_MS = 1000;

/** See the module's comment. */
export class PageFile {
  readonly path: string;
  readonly #clock: Clock;
  #checkedMs = -Infinity;
  #identity: FileIdentity | undefined;
  #bytes: Uint8Array | undefined;
  #checking: Promise<Uint8Array | undefined> | undefined;

  /** @param path It may lead anywhere: whoever runs sluice has named it. */
  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
  }

  /**
   * What it holds, as of a second ago at most; undefined if there is no such file, or
   * it cannot be read, or it is too large. Never rejects.
   */
  read(): Promise<Uint8Array | undefined> {
    if (this.#checking !== undefined) return this.#checking;
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#checkedMs < CHECK_MS) return Promise.resolve(this.#bytes);
    this.#checking = this.#check().finally(() => {
      this.#checkedMs = nowMs;
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check(): Promise<Uint8Array | undefined> {
    try {
      const found = identityOf(await Deno.stat(this.path));
      const known = this.#identity;
      if (known === undefined || !isSameFile(known, found)) await this.#load();
    } catch {
      // Whatever the reason is, there is no page: the plain one stands in for it.
      this.#identity = this.#bytes = undefined;
    }
    return this.#bytes;
  }

  async #load(): Promise<void> {
    this.#identity = this.#bytes = undefined;
    const file = await RegularFile.open(this.path);
    if (file === undefined) return;
    try {
      if (file.identity.size > PAGE_BYTES_MAX) return;
      this.#bytes = await file.readAll(PAGE_BYTES_MAX);
      this.#identity = file.identity;
    } finally {
      file.close();
    }
  }
}
