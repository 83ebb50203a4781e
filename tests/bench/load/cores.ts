/** Who runs on which cores (pure): lists as `taskset -c` takes them. */

/** See the module's comment. */
export interface Cores {
  /** What is measured. */
  readonly server: string;
  /** The load, the origin, and the benchmark itself. */
  readonly load: string;
  /** What is measured with two workers, and what makes the load for it. */
  readonly workers: string;
  readonly workersLoad: string;
}

/**
 * Divides a machine up.
 *
 * @returns Undefined if it has only one core: then load and server would measure each other.
 */
export function divide(count: number): Cores | undefined {
  if (count < 2) return undefined;
  return {
    server: "0",
    load: "1",
    workers: "0,1",
    workersLoad: count < 4 ? "0,1" : "2,3",
  };
}
