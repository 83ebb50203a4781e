/** An order to stop that comes by the admin listener. */

/** See the module's comment. */
export class StopOrder {
  readonly #given = Promise.withResolvers<boolean>();
  readonly #done = Promise.withResolvers<void>();

  /** Resolves when it has been given, to whether another process takes over. */
  get given(): Promise<boolean> {
    return this.#given.promise;
  }

  /** Gives it; resolves when nobody listens any more. */
  async give(handsOver: boolean): Promise<void> {
    this.#given.resolve(handsOver);
    await this.#done.promise;
  }

  /** Nobody listens any more. */
  done(): void {
    this.#done.resolve();
  }
}
