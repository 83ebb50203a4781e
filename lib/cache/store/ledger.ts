/**
 * What the stored responses take, and which of them goes when that is too much: each
 * is entered with its cost, some are held (read, or on their way), and of the others
 * SIEVE names the next to go.
 */

import { Sieve } from "./sieve.ts";
import { Storage } from "./storage.ts";
import { COST_FACTOR, type StoredResponse } from "./stored_response.ts";

/** Part of the bound that may wait, free, for the next content, beside what is stored. */
const FREE_FRACTION = 1 / 16;

const EMPTY = new Uint8Array(0);

/** How much may be taken. */
export interface Budget {
  /** Bytes for all that is stored, as things stand now. */
  readonly bytesMax: number;
  /**
   * Whether so many more bytes may be taken that cannot be evicted.
   *
   * @param heldBytes What is taken so already.
   */
  mayHold(bytes: number, heldBytes: number): boolean;
  /** Is told how much more a response takes, where several ledgers share a bound. */
  noteCost?(stored: StoredResponse, bytes: number): void;
}

/** See the module's comment. */
export class Ledger {
  /** Bytes in use, by the stored responses' own count. */
  bytes = 0;
  /** Those of them that cannot be evicted: they are being read, or on their way, whether or not they can be found. */
  heldBytes = 0;
  /** How many responses are entered. */
  count = 0;
  /** How many went to make room. */
  evicted = 0;
  /** Where the buffers of contents come from. */
  readonly storage: Storage = new Storage();
  readonly #sieve = new Sieve<StoredResponse>();
  readonly #budget: Budget;
  readonly #evict: (stored: StoredResponse) => void;

  /** @param evict Takes out a response that has to go: it calls {@linkcode leave}. */
  constructor(budget: Budget, evict: (stored: StoredResponse) => void) {
    this.#budget = budget;
    this.#evict = evict;
  }

  /** Enters a response, which can be found from here on; {@linkcode makeRoom} for it then. */
  enter(stored: StoredResponse, costBytes: number): void {
    stored.isLinked = true;
    this.#setCost(stored, costBytes);
    if (stored.isArriving || stored.pins > 0) this.#hold(stored);
    this.count++;
    this.#sieve.add(stored);
  }

  /** Takes a response off, which nobody can find any more: as long as it is held, it counts. */
  leave(stored: StoredResponse): void {
    stored.isLinked = false;
    this.count--;
    this.#sieve.remove(stored);
    if (!stored.isHeld) this.#reclaim(stored);
  }

  /** Whether so much more may be taken that cannot be evicted. */
  mayHold(bytes: number): boolean {
    return this.#budget.mayHold(bytes, this.heldBytes);
  }

  /** Whether so many more bytes of content may be on their way. */
  mayGrow(bytes: number): boolean {
    return this.mayHold(Math.ceil(bytes * COST_FACTOR));
  }

  /**
   * Counts bytes that are taken for a while, beside what is stored, and makes room for
   * them; until {@linkcode unclaim}.
   *
   * @returns Whether there is room; if not, nothing is counted.
   */
  claim(bytes: number): boolean {
    if (this.heldBytes + bytes > this.#budget.bytesMax) return false;
    this.bytes += bytes;
    this.heldBytes += bytes;
    this.makeRoom(undefined);
    return true;
  }

  /** Ends what `claim` began. */
  unclaim(bytes: number): void {
    this.bytes -= bytes;
    this.heldBytes -= bytes;
  }

  /** Counts anew what a response takes, and makes room if it is more. */
  recount(stored: StoredResponse): void {
    if (!stored.isLinked && !stored.isHeld) return;
    this.#setCost(stored, stored.cost());
    this.makeRoom(stored);
  }

  #setCost(stored: StoredResponse, costBytes: number): void {
    const more = costBytes - stored.costBytes;
    if (more === 0) return;
    stored.costBytes = costBytes;
    this.bytes += more;
    if (stored.isHeld) this.heldBytes += more;
    this.#budget.noteCost?.(stored, more);
  }

  #hold(stored: StoredResponse): void {
    stored.isHeld = true;
    this.heldBytes += stored.costBytes;
  }

  /** Keeps the bytes of a response from being used for another one, until `unpin`. */
  pin(stored: StoredResponse): void {
    stored.pins++;
    if (!stored.isHeld) this.#hold(stored);
  }

  /** Ends what `pin` began. */
  unpin(stored: StoredResponse): void {
    stored.pins--;
    if (stored.pins > 0) return;
    stored.incoming?.notify(); // nobody begins to read any more
    this.settle(stored);
  }

  /** A response may have ceased to be held: if so, and nobody can find it any more, its buffer is used again. */
  settle(stored: StoredResponse): void {
    if (!stored.isHeld || stored.pins > 0 || stored.isArriving) return;
    stored.isHeld = false;
    this.heldBytes -= stored.costBytes;
    if (!stored.isLinked) this.#reclaim(stored);
  }

  /**
   * Evicts until everything is within the bound, or nothing is left that may go: what is
   * held stays. `kept`, which has just come, goes last.
   */
  makeRoom(kept: StoredResponse | undefined): void {
    const { bytesMax } = this.#budget;
    while (this.bytes > bytesMax && this.bytes > this.heldBytes) {
      const victim = this.#sieve.victim();
      if (victim === undefined) break;
      const isSpared = victim === kept &&
        this.bytes - this.heldBytes > victim.costBytes;
      if (victim.isHeld || isSpared) victim.visited = true;
      else {
        this.evicted++;
        this.#evict(victim);
      }
    }
    this.storage.trim(
      Math.max(bytesMax - this.bytes, bytesMax * FREE_FRACTION),
    );
  }

  /** Uses the buffer of a response again that nobody finds and nobody reads. */
  #reclaim(stored: StoredResponse): void {
    this.#setCost(stored, 0);
    const { buffer } = stored;
    if (buffer.buffer instanceof ArrayBuffer) {
      this.storage.give(buffer as Uint8Array<ArrayBuffer>);
    }
    stored.buffer = EMPTY;
    stored.length = 0;
  }
}
