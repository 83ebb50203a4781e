/**
 * The clock: the one file that asks the system for the time.
 *
 * The program makes one clock for each thread and hands it to all code that needs
 * time, so that a test can bring a clock of its own and move it.
 */

/** See the module's comment. */
export interface Clock {
  /** The time of day, in ms since the epoch; it may be set back. */
  now(): number;
  /** Milliseconds on a clock that never goes back: for deadlines and durations. */
  monotonic(): number;
  /**
   * Calls `task` once.
   *
   * @param ms From now, in ms.
   * @returns Cancels the call; has no effect afterwards.
   */
  after(ms: number, task: () => void): () => void;
  /**
   * Calls `task` again and again.
   *
   * @param ms Between two calls, in ms.
   * @returns Ends it.
   */
  every(ms: number, task: () => void): () => void;
}

/** The longest time of a timer: beyond 25 days, the runtime takes it for none at all. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The system's clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(ms: number, task: () => void): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wait = (leftMs: number): void => {
      timer = leftMs > TIMER_MS_MAX
        ? setTimeout(() => wait(leftMs - TIMER_MS_MAX), TIMER_MS_MAX)
        : setTimeout(task, leftMs);
    };
    wait(ms);
    return () => clearTimeout(timer);
  }

  every(ms: number, task: () => void): () => void {
    const timer = setInterval(task, Math.min(ms, TIMER_MS_MAX));
    return () => clearInterval(timer);
  }
}

/**
 * Resolves in a later turn of the event loop: what has been closed is free by then,
 * and what has arrived may have been read. That takes no time on any clock.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
