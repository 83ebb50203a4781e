/** A lock in memory that threads share: held for microseconds, never across a wait. */

const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps until it is free. */
const CONTENDED = 2;
/** Tries before a thread goes to sleep: about as long as the lock is usually held. */
const SPINS = 200;
/** A sleeper looks again after this, in ms. */
const SLEEP_MS = 10;

/** See the module's comment. It is not reentrant. */
export class Lock {
  readonly #words: Int32Array;
  readonly #at: number;

  /** @param at Which of the words is the lock's. */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
  }

  /** Does something while no other thread holds the lock. */
  with<Result>(action: () => Result): Result {
    this.#acquire();
    try {
      return action();
    } finally {
      this.#release();
    }
  }

  #acquire(): void {
    const words = this.#words;
    const at = this.#at;
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(words, at, FREE, HELD) === FREE) return;
    }
    while (Atomics.exchange(words, at, CONTENDED) !== FREE) {
      Atomics.wait(words, at, CONTENDED, SLEEP_MS);
    }
  }

  #release(): void {
    if (Atomics.exchange(this.#words, this.#at, FREE) === CONTENDED) {
      Atomics.notify(this.#words, this.#at, 1);
    }
  }
}
