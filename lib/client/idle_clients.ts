/**
 * The client connections that could be closed without cutting off a request: they
 * wait for one, or for the rest of its head, or for the client to close. The one
 * that has waited the longest is the first.
 *
 * When there is no room for another connection, it makes room: whoever connects and
 * asks for nothing must not keep others out. Entering, leaving and finding who has
 * to go take the same short time however many there are.
 */

/** A connection that may be asked to go. */
export interface IdleClient {
  /** Closes the connection, which is idle. */
  evict(): void;
}

/** A connection's place in the list, or beside it. */
export class IdlePlace {
  readonly client: IdleClient;
  /** The list's own. */
  isListed = false;
  turn = 0;
  older: IdlePlace | undefined = undefined;
  newer: IdlePlace | undefined = undefined;

  constructor(client: IdleClient) {
    this.client = client;
  }
}

/** See the module's comment. */
export class IdleClients {
  #oldest: IdlePlace | undefined = undefined;
  #newest: IdlePlace | undefined = undefined;
  /** Counts turns of the event loop, but only those that somebody waited for. */
  #turn = 0;

  /** Adds a connection that waits from now on, also if it was in the list before. */
  add(place: IdlePlace): void {
    this.remove(place);
    const before = this.#newest;
    place.isListed = true;
    place.turn = this.#turn;
    place.older = before;
    if (before === undefined) this.#oldest = place;
    else before.newer = place;
    this.#newest = place;
  }

  /** Removes a connection that does not wait any more, if it is in the list. */
  remove(place: IdlePlace): void {
    if (!place.isListed) return;
    const { older, newer } = place;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    place.isListed = false;
    place.older = place.newer = undefined;
  }

  /**
   * Whether all of them have come since `passTurn`: then one of them may have sent a
   * request that has not been read yet.
   */
  get areAllNew(): boolean {
    return this.#oldest !== undefined && this.#oldest.turn === this.#turn;
  }

  /** Notes that the event loop has gone round: what had been sent has been read. */
  passTurn(): void {
    this.#turn++;
  }

  /**
   * Closes the connection that has been idle for the longest.
   *
   * @returns Whether there was one.
   */
  evict(): boolean {
    const place = this.#oldest;
    if (place === undefined) return false;
    this.remove(place);
    place.client.evict();
    return true;
  }
}
