/**
 * Turns of requests that wait for the same thing, so that each route gets its share:
 * one of each in turn, in order of arrival within a route (pure).
 *
 * A request has the turn after the last one of its route, but not one that has passed.
 * Whoever has the lowest turn is next. So a route that floods the queue waits for
 * itself, and one with a request now and then waits for one request of each other.
 */

/** See the module's comment. */
export class FairTurns {
  /** The highest turn that has been served. */
  #now = 0;
  readonly #last = new Map<object | undefined, number>();

  /** The turn of one more request of a route; undefined stands for all that have none. */
  take(route: object | undefined): number {
    const last = this.#last.get(route);
    const turn = last === undefined ? this.#now : Math.max(this.#now, last + 1);
    this.#last.set(route, turn);
    return turn;
  }

  /** A request with this turn has been served. */
  served(turn: number): void {
    if (turn > this.#now) this.#now = turn;
  }

  /** Nobody waits any more: all begins anew. */
  reset(): void {
    this.#now = 0;
    this.#last.clear();
  }
}
