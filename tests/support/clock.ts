/**
 * A clock that a test moves: lifetimes and deadlines pass when the test says so,
 * and at no other time.
 *
 * A proxy that is not in this thread (`SLUICE_BIN`, `--workers`) keeps the system's
 * time: then {@linkcode TestClock.advance} really waits.
 */

import { type Clock, nextTurn, SystemClock } from "../../lib/net/clock.ts";

/** When every test clock begins, in ms since the epoch: a whole second, just now. */
export const START_MS = Math.floor(Date.now() / 1000) * 1000;

/** The `HTTP-date` that is `ms` behind {@linkcode START_MS}; before it if negative. */
export function dateAt(ms: number): string {
  return new Date(START_MS + ms).toUTCString();
}

/** While the time runs by itself: how much passes at once, and how often in real time. */
const PACE_MS = 10;
const PACE_EVERY_MS = 2;

const SYSTEM = new SystemClock();

/** How much of it passes at a time while something is awaited. */
const STEP_MS = 100;

/** Really waits, in ms: for sockets, which no clock of ours moves. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Turns of the event loop in which the proxy has seen what has arrived. */
const TURNS = 5;

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}

interface Timer {
  dueMs: number;
  /** Undefined if it is due only once. */
  readonly everyMs: number | undefined;
  readonly task: () => void;
}

/** See the module's comment. */
export class TestClock implements Clock {
  #ms = START_MS;
  /** What the time of day has been set on since the beginning. */
  #setMs = 0;
  readonly #timers = new Set<Timer>();
  #isSystems = false;

  now(): number {
    return this.#isSystems ? Date.now() : this.#ms + this.#setMs;
  }

  /** Somebody sets the time of day, so many ms on, or back if negative. */
  set(ms: number): void {
    this.#setMs += ms;
  }

  monotonic(): number {
    return this.#ms - START_MS;
  }

  after(ms: number, task: () => void): () => void {
    if (this.#isSystems) return SYSTEM.after(ms, task);
    return this.#add({ dueMs: this.#ms + ms, everyMs: undefined, task });
  }

  every(ms: number, task: () => void): () => void {
    if (this.#isSystems) return SYSTEM.every(ms, task);
    return this.#add({ dueMs: this.#ms + ms, everyMs: ms, task });
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are set. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Whether time passes only when it is told to. */
  get stands(): boolean {
    return !this.#isSystems;
  }

  /** What is tested has the system's clock: from here on this one shows the same. */
  becomeSystems(): void {
    this.#isSystems = true;
  }

  /**
   * Lets time pass, in ms, with all that is due in it, in order. Before and after,
   * what runs in this thread gets some turns to come to where it waits.
   */
  async advance(ms: number): Promise<void> {
    if (this.#isSystems) return await pause(ms);
    await settle();
    this.pass(ms);
    await settle();
  }

  /**
   * Lets time pass until `awaited` settles, some turns of the event loop for each step
   * of it, and returns what it resolves to.
   *
   * @throws {Error} If it has not settled when `ms` have passed.
   */
  async within<T>(ms: number, awaited: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = (): void => {
      isSettled = true;
    };
    awaited.then(settled, settled);
    const endMs = this.#ms + ms;
    for (await settle(); !isSettled && this.stands; await settle()) {
      if (this.#ms >= endMs) throw new Error(`It takes more than ${ms} ms`);
      this.pass(STEP_MS);
    }
    return await awaited;
  }

  /** Does at once what `advance` does; only for what is in this thread. */
  pass(ms: number): void {
    const endMs = this.#ms + ms;
    for (;;) {
      const timer = this.#next();
      if (timer === undefined || timer.dueMs > endMs) break;
      this.#ms = timer.dueMs;
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.dueMs += timer.everyMs;
      timer.task();
    }
    this.#ms = endMs;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    }
    return next;
  }

  /** Lets time pass by itself until the returned value is disposed of. */
  run(): Disposable {
    const timer = setInterval(() => this.pass(PACE_MS), PACE_EVERY_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** The current `HTTP-date`, or that of `ms` from now. */
  date(ms = 0): string {
    return new Date(this.now() + ms).toUTCString();
  }
}

/** How much sooner the timers of a log are due. */
const LOG_HASTE = 20;

/**
 * A clock with the time of another whose timers are the system's, and soon due: a log
 * is written whatever the time, and who awaits its next line does not wait for a batch.
 */
export function logClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, task) => SYSTEM.after(ms / LOG_HASTE, task),
    every: (ms, task) => SYSTEM.every(ms / LOG_HASTE, task),
  };
}
