/**
 * Where time comes from: the one file that asks the system for it.
 *
 * The program makes one clock for each thread and hands it to what needs time, so
 * that a test can bring a clock that passes when the test says so.
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
   * @returns Keeps it from being called; without effect afterwards.
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

/** The system's clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(ms: number, task: () => void): () => void {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  }

  every(ms: number, task: () => void): () => void {
    const timer = setInterval(task, ms);
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
