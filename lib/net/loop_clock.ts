/**
 * Moments in the life of an event loop, and up to which of them it has certainly
 * looked at its sockets again since.
 *
 * What runs in one turn of the loop knows nothing of what has arrived meanwhile. But
 * what a peer sends because of something that we have sent comes in a later turn:
 * the loop has looked in between. So each message that is answered is evidence, at
 * the cost of two stores.
 */
export class LoopClock {
  #now = 0;
  #looked = 0;

  /** The current moment, to be kept with what is sent. */
  get now(): number {
    return this.#now;
  }

  /** Begins another moment, and returns it. */
  advance(): number {
    return ++this.#now;
  }

  /** Something has arrived that was caused by what was sent at that moment. */
  noteEffect(sent: number): void {
    if (sent > this.#looked) this.#looked = sent;
  }

  /** Whether the loop has looked at the sockets since that moment. */
  hasLookedSince(moment: number): boolean {
    return this.#looked >= moment;
  }
}
