/**
 * Records on their way to disk: they are written when nobody waits for something that
 * is read. A purge that comes later names those that still wait, too.
 */

import type { StoredRecord } from "../store/stored_record.ts";
import type { TierPurge } from "../store/tiers/tier.ts";
import { namesWaiting } from "./disk_purge.ts";

/** How long writing goes on at a time, in ms: readers wait for it. */
const TURN_MS = 5;

/** A record that waits. */
export interface WaitingRecord {
  readonly record: StoredRecord;
  readonly tags: readonly string[];
  /** The number of the record that gets another head, if its content is large. */
  readonly large: number | undefined;
  /** Whether a soft purge has named it since it was sent here. */
  isMarkedStale: boolean;
  /** Told when it is written, or is not to be any more; with what went wrong, if something did. */
  readonly done: (error?: Error) => void;
}

/** See the module's comment. */
export class WriteQueue {
  #waiting: WaitingRecord[] = [];
  readonly #write: (waiting: WaitingRecord) => void;
  readonly #now: () => number;

  /**
   * @param write Writes a record; throws if that cannot be done.
   * @param now The time, in ms.
   */
  constructor(write: (waiting: WaitingRecord) => void, now: () => number) {
    this.#write = write;
    this.#now = now;
  }

  /** @returns Whether it is the first that waits: then somebody has to write it. */
  add(waiting: WaitingRecord): boolean {
    return this.#waiting.push(waiting) === 1;
  }

  /** Carries out a purge on what waits; tells how many records it has hit. */
  purge(purge: TierPurge): number {
    const named = this.#waiting.filter(({ record, tags }) =>
      namesWaiting(purge, record, tags)
    );
    if (purge.isSoft) { for (const one of named) one.isMarkedStale = true; }
    else {
      this.#waiting = this.#waiting.filter((one) => !named.includes(one));
      for (const { done } of named) done();
    }
    return named.length;
  }

  /**
   * Writes what waits, for a while.
   *
   * @returns Whether more is left.
   */
  writeSome(forMs = TURN_MS): boolean {
    const endMs = this.#now() + forMs;
    let count = 0;
    while (count < this.#waiting.length) {
      const waiting = this.#waiting[count++]!;
      try {
        this.#write(waiting);
        waiting.done();
      } catch (error) {
        waiting.done(error as Error);
      }
      if (this.#now() >= endMs) break;
    }
    this.#waiting.splice(0, count);
    return this.#waiting.length > 0;
  }
}
