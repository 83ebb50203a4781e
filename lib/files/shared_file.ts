/**
 * One file that several clients are sent at the same time, through one descriptor: it
 * is opened for the first of them and closed after the last.
 */

import type { DescriptorSlots } from "./descriptor_slots.ts";
import { type FileIdentity, isSameFile, RegularFile } from "./regular_file.ts";

/** See the module's comment. */
export class SharedFile {
  readonly path: string;
  readonly identity: FileIdentity;
  readonly #slots: DescriptorSlots;
  #file: RegularFile | undefined;
  #opening: Promise<boolean> | undefined;
  #users = 0;

  /**
   * @param path Leads to the file with this identity, which has been found to be one
   *   that may be sent.
   */
  constructor(path: string, identity: FileIdentity, slots: DescriptorSlots) {
    this.path = path;
    this.identity = identity;
    this.#slots = slots;
  }

  /**
   * One more reads it, until `release`.
   *
   * @returns Undefined if it is open; else whether the path still leads to it: if not,
   *   nothing has to be released.
   * @throws {HttpError} `overloaded`, or an error of the system: then neither.
   */
  acquire(): Promise<boolean> | undefined {
    this.#users++;
    if (this.#file !== undefined) return undefined;
    this.#opening ??= this.#open();
    return this.#opening.then((isOpen) => {
      if (!isOpen) this.#users--;
      return isOpen;
    }, (error) => {
      this.#users--;
      throw error;
    });
  }

  async #open(): Promise<boolean> {
    let file: RegularFile | undefined;
    try {
      await this.#slots.take();
      try {
        file = await RegularFile.open(this.path);
      } finally {
        if (file === undefined) this.#slots.give();
      }
      if (file === undefined || !isSameFile(file.identity, this.identity)) {
        if (file !== undefined) this.#closeFile(file);
        return false;
      }
      this.#file = file;
      return true;
    } finally {
      this.#opening = undefined;
    }
  }

  /** Reads at an offset into the start of a buffer; see `RegularFile.read`. */
  read(buffer: Uint8Array, length: number, offset: number): Promise<number> {
    return this.#file!.read(buffer, length, offset);
  }

  /** Ends what `acquire` began. */
  release(): void {
    if (--this.#users > 0 || this.#file === undefined) return;
    this.#closeFile(this.#file);
    this.#file = undefined;
  }

  #closeFile(file: RegularFile): void {
    file.close();
    this.#slots.give();
  }
}
