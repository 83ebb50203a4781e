/**
 * The connections of a server that are open.
 *
 * Not a `Set`: the engine makes a new table for one as soon as so many have been added
 * and taken out as there is room for, and an old table that leads to the next keeps
 * those that were open then until the whole heap is collected.
 */

/** A connection among them. */
export interface OpenConnection {
  /** Its place; theirs alone. */
  openIndex: number;
}

/** See the module's comment. */
export class OpenConnections<Connection extends OpenConnection> {
  /** In no order. */
  readonly #all: Connection[] = [];

  /** How many there are. */
  get count(): number {
    return this.#all.length;
  }

  /** Adds one that is not among them. */
  add(connection: Connection): void {
    connection.openIndex = this.#all.length;
    this.#all.push(connection);
  }

  /** Takes out one that is among them. */
  remove(connection: Connection): void {
    const last = this.#all.pop()!;
    if (last === connection) return;
    this.#all[connection.openIndex] = last;
    last.openIndex = connection.openIndex;
  }

  /** Those that are open now, whatever becomes of them meanwhile. */
  all(): Connection[] {
    return this.#all.slice();
  }
}
