/**
 * Counts moments of an event loop, and knows for which of them the loop has certainly
 * looked at its sockets since.
 *
 * Code in one turn of the loop does not see bytes that have arrived meanwhile. But the
 * reaction of a peer to something that we sent comes in a later turn, so the loop has
 * looked in between. Each message that gets a reaction is evidence, at the cost of two
 * stores. So is the first message on a connection: the runtime does not read from a
 * socket that it has just accepted before the loop has found something there, behind
 * what had come on others before.
 */
export class LoopClock {
  #now = 0;
  #looked = 0;

  /** The current moment; keep it with the message that is sent. */
  get now(): number {
    return this.#now;
  }

  /** Begins another moment, and returns it. */
  advance(): number {
    return ++this.#now;
  }

  /** Call it when something arrives as a reaction to a message sent at that moment. */
  noteEffect(sent: number): void {
    if (sent > this.#looked) this.#looked = sent;
  }

  /** Whether the loop has looked at the sockets since that moment. */
  hasLookedSince(moment: number): boolean {
    return this.#looked >= moment;
  }
}
