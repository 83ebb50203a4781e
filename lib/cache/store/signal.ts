/** Something that others wait for a change of. */

/** Wakes all who wait, whenever there is something to see. */
export class Signal {
  #change: PromiseWithResolvers<void> | undefined;

  /** Wakes those who wait, so that each sees whether it still has reason to. */
  notify(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }

  /** Resolves when they are woken next. */
  wait(): Promise<void> {
    this.#change ??= Promise.withResolvers<void>();
    return this.#change.promise;
  }
}
