/** The memory of all limits, which all workers share and which outlives every reload. */

import type { FleetCounts } from "./fleet_counts.ts";
import { InFlight } from "./in_flight.ts";
import { RateTable } from "./rate_table.ts";
import { SEED_BYTES } from "./slot_sets.ts";

/** Where requests are counted. */
export interface Counts {
  readonly memory: SharedArrayBuffer;
  readonly rates: RateTable;
  readonly inFlight: InFlight;
  /** What a fleet counts together; undefined if there is none. */
  readonly fleet?: FleetCounts | undefined;
}

/** The memory for that many workers: some 3 MiB, of which the system gives what is used. */
export function createLimitMemory(workers: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(
    SEED_BYTES + RateTable.bytes + InFlight.bytesOf(workers),
  );
  const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
  new Uint8Array(memory).set(seed);
  return memory;
}

/** The counts as one worker sees them. */
export function countsIn(
  memory: SharedArrayBuffer,
  workers: number,
  worker: number,
): Counts {
  const inFlightAt = SEED_BYTES + RateTable.bytes;
  return {
    memory,
    rates: new RateTable(memory, SEED_BYTES),
    inFlight: new InFlight(memory, inFlightAt, workers, worker),
  };
}
