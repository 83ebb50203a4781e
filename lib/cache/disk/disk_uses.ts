/** When the records of the cache on disk were used last: noted in memory, and written many at a time. */

import type { DiskIndex } from "./disk_index.ts";

/** Uses that are noted together. */
const USES_AT_ONCE = 1024;

/** See the module's comment. */
export class DiskUses {
  readonly #index: DiskIndex;
  /** Uses since they were last written: by record, at which turn. */
  #uses = new Map<number, number>();
  #turn: number;

  constructor(index: DiskIndex) {
    this.#index = index;
    this.#turn = index.number("SELECT max(used) FROM records") + 1;
  }

  /** A turn that nothing else has: what was used later has a greater one. */
  next(): number {
    return this.#turn++;
  }

  note(record: number): void {
    this.#uses.set(record, this.next());
    if (this.#uses.size >= USES_AT_ONCE) this.write();
  }

  forget(record: number): void {
    this.#uses.delete(record);
  }

  /** Writes those since this was last done. */
  write(): void {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    this.#index.inTransaction(() => {
      for (const [record, turn] of uses) {
        this.#index.run(
          "UPDATE records SET used = ? WHERE id = ?",
          turn,
          record,
        );
      }
    });
  }
}
