/** What workers share, as a whole: how it begins, and what a worker that has died leaves in it. */

import { WorkerBudget } from "./worker_budget.ts";
import { SharedFetchTable } from "./shared_fetch_table.ts";
import { Lock } from "./lock.ts";
import { SharedLog } from "./shared_log.ts";
import { CONTROL, type SharedMemory } from "./shared_memory.ts";

/** Prepares memory for the stores of workers; once, before there are any. */
export function initialise(memory: SharedMemory): void {
  new SharedLog(memory).initialise();
  new SharedFetchTable(memory, 0).initialise();
}

/** Forgets what a worker that has died was doing, so that another can take its place. */
export function forgetWorker(memory: SharedMemory, worker: number): void {
  const lock = new Lock(new Int32Array(memory.control), CONTROL.Lock);
  lock.with(() => new SharedLog(memory).index.forgetWorker(worker));
  new SharedFetchTable(memory, worker).forgetWorker(worker);
  new WorkerBudget(memory, worker).forgetWorker(worker);
  Atomics.store(new Int32Array(memory.purging), worker, 0);
}
