/** What several workers share, made before the first of them, and what remains when one crashes. */

import { countsIn, createLimitMemory } from "../access/limits/limit_memory.ts";
import { createSharedMemory } from "../cache/store/shared/shared_memory.ts";
import {
  forgetWorker,
  initialise,
} from "../cache/store/shared/shared_state.ts";
import { WEAKENED_TAGS_BYTES } from "../cache/store/weakened_tags.ts";
import type { Config } from "../config/config.ts";
import { ClientCounts, createClientCounts } from "../net/client_counts.ts";
import type { Clock } from "../net/clock.ts";
import { createTraceMemory, LiveTraces } from "../observe/live_traces.ts";
import { hasPriorities } from "../observe/event_log.ts";
import { type Behind, portsOf } from "./behind.ts";
import type { ToWorker, WorkersPlace } from "./messages.ts";
import { Metrics } from "./metrics.ts";
import { type Equipped, UpstreamMemories } from "./upstream_memory.ts";

/** See the module's comment. */
export class WorkersMemory {
  readonly place: WorkersPlace;
  readonly upstreams: UpstreamMemories;
  readonly metrics: Metrics;
  readonly traces: LiveTraces;
  readonly #workers: number;
  readonly #behind: Behind | undefined;

  /** @param behind The caches behind the one in memory; undefined for none. */
  constructor(
    { workers, store }: Config,
    clock: Clock,
    behind: Behind | undefined,
  ) {
    this.#behind = behind;
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

  /** Has a worker start, with all that it shares. */
  start(thread: Worker, worker: number, config: Config): void {
    const behind = this.#behind?.link() ??
      { disk: undefined, fleet: undefined };
    const message: ToWorker = {
      kind: "start",
      config,
      worker,
      ...this.place,
      behind,
      hasPriorities: hasPriorities(),
    };
    thread.postMessage(message, portsOf(behind));
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
