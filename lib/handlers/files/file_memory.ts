/**
 * The files that are kept in memory, of all routes together: what is small with its
 * content, what is large with its head alone.
 */

import { type Evictable, Sieve } from "../../cache/store/sieve.ts";

/** Bytes of all files in memory, in one thread. */
const BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of a file whose content is kept; a larger one is read each time it is sent. */
export const KEPT_FILE_BYTES_MAX: number = 1024 * 1024;
/** Bytes of a file that leaves within a few writes: nobody keeps count of who is sent it. */
export const SMALL_FILE_BYTES_MAX: number = 64 * 1024;
/** What a file takes besides its content: names, head, and what clients get of it. */
const OVERHEAD_BYTES = 2048;

/** What is kept. */
export interface KeptItem extends Evictable {
  /** Bytes that it holds. */
  readonly bytesHeld: number;
  /** Clients that are sent it; changed by `hold` and `release`. */
  clients: number;
  /** Told that it is kept no longer. */
  onEvicted(): void;
}

/** See the module's comment; one for each thread. */
export class FileMemory {
  readonly #bytesMax: number;
  readonly #queue: Sieve<KeptItem> = new Sieve();
  readonly #items: Set<KeptItem> = new Set();
  #bytes = 0;
  /** Bytes that are kept no longer, and still sent. */
  #leavingBytes = 0;
  /** Bytes that are being read. */
  #claimedBytes = 0;

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes in memory. */
  get bytes(): number {
    return this.#bytes + this.#leavingBytes + this.#claimedBytes;
  }

  /**
   * Claims room for a file that is about to be read, until `unclaim`. There is none while
   * slow clients hold too much of what has been evicted since: then it has to be read as
   * it is sent.
   */
  claim(bytes: number): boolean {
    const held = this.#leavingBytes + this.#claimedBytes;
    const isRoom = bytes <= SMALL_FILE_BYTES_MAX ||
      bytes <= KEPT_FILE_BYTES_MAX && held + bytes <= this.#bytesMax / 2;
    if (isRoom) this.#claimedBytes += bytes;
    return isRoom;
  }

  /** Ends what `claim` allowed. */
  unclaim(bytes: number): void {
    this.#claimedBytes -= bytes;
  }

  /** Keeps an item; others may have to go for it. */
  add(item: KeptItem): void {
    this.#items.add(item);
    this.#bytes += OVERHEAD_BYTES + item.bytesHeld;
    this.#queue.add(item);
    this.#evict();
  }

  /** Keeps an item no longer. */
  remove(item: KeptItem): void {
    if (!this.#items.delete(item)) return;
    this.#bytes -= OVERHEAD_BYTES + item.bytesHeld;
    if (item.clients > 0) this.#leavingBytes += item.bytesHeld;
    this.#queue.remove(item);
    item.onEvicted();
  }

  /** One more client is sent an item that is not small, until `release`. */
  hold(item: KeptItem): void {
    item.clients++;
    if (item.clients === 1 && !this.#items.has(item)) {
      this.#leavingBytes += item.bytesHeld;
    }
  }

  /** Ends what `hold` began. */
  release(item: KeptItem): void {
    item.clients--;
    if (item.clients === 0 && !this.#items.has(item)) {
      this.#leavingBytes -= item.bytesHeld;
    }
  }

  /**
   * An item gets more content, which is kept if the item still is.
   *
   * @param add Adds it; `bytesHeld` counts it afterwards.
   */
  grow(item: KeptItem, add: () => void): void {
    if (!this.#items.has(item)) return;
    this.#bytes -= item.bytesHeld;
    add();
    this.#bytes += item.bytesHeld;
    this.#evict();
  }

  #evict(): void {
    while (this.#bytes > this.#bytesMax) {
      const victim = this.#queue.victim();
      if (victim === undefined) return;
      this.remove(victim);
    }
  }
}
