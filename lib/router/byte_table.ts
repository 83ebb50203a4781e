/**
 * A hash table from runs of bytes to small numbers, made once and asked often (pure).
 *
 * The caller brings the hash: it is computed while the bytes are read anyway. What
 * is in the table is the operator's, so that no peer can make its chains long. Numbers
 * and bytes lie in few arrays: a look that finds nothing touches one line of memory.
 */

/** One step of the hash of a run of bytes. */
export function hashByte(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** A key of the table. */
export interface ByteKey {
  /** Whose key it is: keys of different owners are different. */
  readonly owner: number;
  readonly bytes: Uint8Array;
  /** Of owner and bytes, as it will be asked for. */
  readonly hash: number;
}

/** Of each slot: the hash, and the index of the key plus one; 0 for none. */
const SLOT = 2;
/** Of each key: the owner, where its bytes start and end. */
const RECORD = 3;

/** See the module's comment. */
export class ByteTable {
  readonly #bytes: Uint8Array;
  readonly #records: Int32Array;
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #fold: Uint8Array;

  /**
   * Makes the table.
   *
   * @param keys What can be found, each at most once.
   * @param fold What each byte that is asked for counts as; the keys are in that form.
   */
  constructor(keys: readonly ByteKey[], fold: Uint8Array) {
    this.#fold = fold;
    this.#bytes = new Uint8Array(
      keys.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    this.#records = new Int32Array(keys.length * RECORD);
    let size = 4;
    while (size < 2 * keys.length) size *= 2;
    this.#mask = size - 1;
    const slots = this.#slots = new Int32Array(size * SLOT);
    let offset = 0;
    for (const [index, { owner, bytes, hash }] of keys.entries()) {
      this.#bytes.set(bytes, offset);
      this.#records.set(
        [owner, offset, offset += bytes.length],
        index * RECORD,
      );
      let slot = slotOf(hash, this.#mask);
      while (slots[slot * SLOT + 1] !== 0) slot = (slot + 1) & this.#mask;
      slots[slot * SLOT] = hash;
      slots[slot * SLOT + 1] = index + 1;
    }
  }

  /** The index of the owner's key that `bytes[start, end)` is, whose hash is `hash`; -1 if it is none. */
  find(
    hash: number,
    owner: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    const slots = this.#slots;
    const mask = this.#mask;
    for (let slot = slotOf(hash, mask);; slot = (slot + 1) & mask) {
      const index = slots[slot * SLOT + 1]! - 1;
      if (index < 0) return -1;
      if (
        slots[slot * SLOT] === hash &&
        this.#isKey(index, owner, bytes, start, end)
      ) return index;
    }
  }

  #isKey(
    index: number,
    owner: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const records = this.#records;
    const keyStart = records[index * RECORD + 1]!;
    const length = records[index * RECORD + 2]! - keyStart;
    if (records[index * RECORD] !== owner || length !== end - start) {
      return false;
    }
    const keys = this.#bytes;
    const fold = this.#fold;
    for (let i = 0; i < length; i++) {
      if (fold[bytes[start + i]!] !== keys[keyStart + i]) return false;
    }
    return true;
  }
}

function slotOf(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}
