/** What several workers share, made before the first of them, and what remains when one crashes. */

import { countsIn, createLimitMemory } from "../access/limits/limit_memory.ts";
import {
  createSharedMemory,
  type SharedMemory,
} from "../cache/store/shared/shared_memory.ts";
import {
  forgetWorker,
  initialise,
} from "../cache/store/shared/shared_state.ts";
import { WEAKENED_TAGS_BYTES } from "../cache/store/weakened_tags.ts";
import type { Config } from "../config/config.ts";
import { ClientCounts, createClientCounts } from "../net/client_counts.ts";
import type { Clock } from "../net/clock.ts";
import { createTraceMemory, LiveTraces } from "../observe/live_traces.ts";
import { Metrics } from "./metrics.ts";
import { type Equipped, UpstreamMemories } from "./upstream_memory.ts";

/** What each of them gets. */
export interface WorkersPlace {
  /** How many connections each client address has. */
  readonly clientCounts: SharedArrayBuffer;
  /** How many requests there were: what limits share. */
  readonly limits: SharedArrayBuffer;
  /** What is counted of requests. */
  readonly metrics: SharedArrayBuffer;
  /** Undefined if nothing is stored. */
  readonly memory: SharedMemory | undefined;
  /** What `WeakenedTags` shares. */
  readonly weakenedTags: SharedArrayBuffer;
  /** What `LiveTraces` shares. */
  readonly traces: SharedArrayBuffer;
}

/** See the module's comment. */
export class WorkersMemory {
  readonly place: WorkersPlace;
  readonly upstreams: UpstreamMemories;
  readonly metrics: Metrics;
  readonly traces: LiveTraces;
  readonly #workers: number;

  constructor({ workers, store }: Config, clock: Clock) {
    this.#workers = workers;
    this.upstreams = new UpstreamMemories(workers, clock);
    this.metrics = new Metrics(workers, clock);
    const seed = Math.random() * 2 ** 32 | 0;
    this.place = {
      clientCounts: createClientCounts(workers),
      limits: createLimitMemory(workers),
      metrics: this.metrics.memory,
      memory: store && createSharedMemory(store, workers, seed),
      weakenedTags: new SharedArrayBuffer(WEAKENED_TAGS_BYTES),
      traces: createTraceMemory(),
    };
    this.traces = new LiveTraces(this.place.traces, clock);
    if (this.place.memory !== undefined) initialise(this.place.memory);
  }

  /** Gives a configuration what its upstreams and routes need. */
  equip(config: Config): Equipped {
    const equipped = this.upstreams.equip(config);
    return {
      config: this.metrics.equip(equipped.config),
      commit: (): void => {
        equipped.commit();
        this.metrics.use(config);
      },
    };
  }

  /** A worker has crashed: what it has counted stays, what it had open is gone. */
  forgetWorker(index: number): void {
    const { clientCounts, limits, memory } = this.place;
    new ClientCounts(clientCounts, index).clear();
    this.upstreams.forgetWorker(index);
    this.metrics.forgetWorker(index);
    countsIn(limits, this.#workers, index).inFlight.clear();
    if (memory !== undefined) forgetWorker(memory, index);
  }
}
