/**
 * Content that is too large for memory, in a tier that can keep it: it is written as it
 * arrives and read in pieces. Its head is a record like any other, without content.
 */

import type { Large } from "../large.ts";
import type { StoredRecord } from "../stored_record.ts";

/** Bytes of a piece; the last one may have less. */
export const PIECE_BYTES: number = 1024 * 1024;

/** See the module's comment. */
export interface LargeContents {
  /**
   * Whether content is to be written, should it come; takes note that it was asked for.
   *
   * @param length Bytes of it; -1 if nobody knows.
   */
  wants(hash: number, length: number): boolean;

  /**
   * Begins to write; undefined if too much is being written already.
   *
   * @param announced What is going to be there: it is found from now on, if nothing goes
   *   wrong, and its pieces are read as they come. Its number is filled in. Undefined if
   *   nobody knows yet how long it is.
   */
  begin(announced?: StoredRecord): Promise<LargeWriter | undefined>;

  /**
   * A piece; undefined if it is gone, or damaged.
   *
   * @param waits Whether to wait for one that has not been written yet; not for long.
   */
  read(large: Large, index: number, waits?: boolean): Promise<LargePiece>;
}

/** What a reader gets: a piece, nothing, or the word that it has not been written yet. */
export type LargePiece = Uint8Array | "coming" | undefined;

/** Writes one content, from its beginning to its end. */
export interface LargeWriter {
  /** Its number in the tier. */
  readonly record: number;
  /** Whether somebody has read from it already. */
  readonly isFollowed: boolean;

  /**
   * Writes the next piece: {@linkcode PIECE_BYTES} of content, or what is left of it. It is
   * not used any more then.
   *
   * @returns Whether there is room for it; if not, nothing comes of it.
   * @throws {Error} It cannot be written; what was written is removed.
   */
  write(piece: Uint8Array<ArrayBuffer>): Promise<boolean>;

  /** All is written, and found from now on by its record. */
  finish(record: StoredRecord): Promise<void>;

  /** All is written, but nobody is to find it; those who read it already read on. */
  retire(): void;

  /** Nothing comes of it: what was written is removed. */
  abort(): void;
}
