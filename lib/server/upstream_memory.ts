/**
 * What the workers share of each upstream, and the probes of its servers: both outlast
 * a reload that leaves the upstream as it is.
 */

import type { Config } from "../config/config.ts";
import type { Clock } from "../net/clock.ts";
import { DeadlineWheel } from "../net/deadline.ts";
import {
  reportServers,
  type ServerState,
  setServerState,
  setWeight,
  type UpstreamReport,
} from "../upstream/administration.ts";
import { HealthWatch } from "../upstream/health/health_watch.ts";
import { createUpstreamMemory, SharedState } from "../upstream/shared_state.ts";
import { textOf, type UpstreamOptions } from "../upstream/upstream_options.ts";

/** What is known of one upstream. */
interface Known {
  readonly text: string;
  readonly memory: SharedArrayBuffer;
  watch: HealthWatch | undefined;
}

/** A configuration whose upstreams have their memory; one of the two ends it. */
export interface Equipped {
  readonly config: Config;
  /** It holds from now on: servers that are new in it are watched, those that are gone no more. */
  commit(): void;
}

/** See the module's comment. */
export class UpstreamMemories {
  readonly #workers: number;
  readonly #clock: Clock;
  readonly #wheel: DeadlineWheel;
  #known = new Map<string, Known>();
  #upstreams: readonly UpstreamOptions[] = [];
  #isClosed = false;

  /** @param workers How many share each memory. */
  constructor(workers: number, clock: Clock) {
    this.#workers = workers;
    this.#clock = clock;
    this.#wheel = new DeadlineWheel(clock);
  }

  /** Gives the upstreams of a configuration their memory: those that stay the same keep theirs. */
  equip(config: Config): Equipped {
    const next = new Map<string, Known>();
    const upstreams = config.upstreams.map((options) => {
      const text = textOf({ ...options, memory: undefined });
      const old = this.#known.get(options.name);
      const known = old?.text === text ? old : {
        text,
        memory: createUpstreamMemory(this.#workers),
        watch: undefined,
      };
      next.set(options.name, known);
      return { ...options, memory: known.memory };
    });
    return {
      config: { ...config, upstreams },
      commit: (): void => this.#commit(next, upstreams),
    };
  }

  #commit(
    next: Map<string, Known>,
    upstreams: readonly UpstreamOptions[],
  ): void {
    for (const [name, known] of this.#known) {
      if (next.get(name) !== known) known.watch?.close();
    }
    this.#known = next;
    this.#upstreams = upstreams;
    if (this.#isClosed) return;
    for (const options of upstreams) {
      const known = next.get(options.name)!;
      if (options.health === undefined || known.watch !== undefined) continue;
      known.watch = new HealthWatch(options, options.health, known.memory, {
        clock: this.#clock,
        wheel: this.#wheel,
        random: Math.random,
        place: this.#workers,
      });
    }
  }

  /** How the servers of each upstream stand. */
  report(): UpstreamReport[] {
    return this.#upstreams.map((options) => ({
      name: options.name,
      servers: reportServers(options, this.#clock),
    }));
  }

  /** As {@linkcode setServerState}; 0 also if there is no such upstream. */
  setServerState(upstream: string, server: string, state: ServerState): number {
    const options = this.#optionsOf(upstream);
    return options === undefined
      ? 0
      : setServerState(options, server, state, this.#clock);
  }

  /** As {@linkcode setWeight}; 0 also if there is no such upstream. */
  setWeight(upstream: string, server: string, weight: number): number {
    const options = this.#optionsOf(upstream);
    return options === undefined
      ? 0
      : setWeight(options, server, weight, this.#clock);
  }

  #optionsOf(upstream: string): UpstreamOptions | undefined {
    return this.#upstreams.find(({ name }) => name === upstream);
  }

  /** A worker has crashed: its connections are gone. */
  forgetWorker(index: number): void {
    for (const { memory } of this.#known.values()) {
      SharedState.forget(memory, index, this.#clock);
    }
  }

  /** Ends the probes. */
  close(): void {
    this.#isClosed = true;
    for (const { watch } of this.#known.values()) watch?.close();
  }
}
