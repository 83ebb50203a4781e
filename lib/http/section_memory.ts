/**
 * The field section that came before on a connection.
 *
 * Clients send the same lines again and again: a browser that loads the pictures of a
 * page, a program that polls, a proxy that looks whether we are there. Bytes that are
 * the same mean the same, so they are compared in place of being read again: that takes
 * a quarter of the time.
 */

import { KeptSection } from "./kept_section.ts";
import type { FieldSection } from "./section.ts";

/** A shorter section is read as fast as it is compared. */
const BYTES_MIN = 128;
/** A longer one is not kept: many connections may each keep one. */
const BYTES_MAX = 4096;

/** See the module's comment. */
export class SectionMemory {
  #kept: KeptSection | undefined;
  /** Bytes of the section that came last. */
  #length = 0;

  /**
   * Reads a section that has just begun, if it is the kept one.
   *
   * @returns Whether it is.
   */
  recall(section: FieldSection, bytes: Uint8Array, end: number): boolean {
    return this.#kept !== undefined &&
      section.parseRepeated(this.#kept, bytes, end);
  }

  /** Keeps a section that has been read, if it is as long as the one before: it may be the same. */
  note(section: FieldSection): void {
    const length = section.end - section.start;
    if (
      length === this.#length && length >= BYTES_MIN && length <= BYTES_MAX
    ) {
      this.#kept ??= new KeptSection();
      this.#kept.keep(section);
    }
    this.#length = length;
  }
}
