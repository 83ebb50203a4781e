/**
 * What the workers share of each upstream, and the probes of its servers: both outlast
 * a reload that leaves the upstream as it is.
 */

import type { Config } from "../config/config.ts";
import type { Clock } from "../net/clock.ts";
import { DeadlineWheel } from "../net/deadline.ts";
import {
  forgetWeights,
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
  readonly options: UpstreamOptions;
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
  #isClosed = false;

  /** @param workers How many share each memory. */
  constructor(workers: number, clock: Clock) {
    this.#workers = workers;
    this.#clock = clock;
    this.#wheel = new DeadlineWheel(clock);
  }

  /** Gives the upstreams of a configuration their memory: those that stay keep theirs. */
  equip(config: Config): Equipped {
    const next = new Map<string, Known>();
    const upstreams = config.upstreams.map((options) => {
      const text = textOf({ ...options, memory: undefined });
      const old = this.#known.get(options.name);
      const memory = old?.memory ?? createUpstreamMemory(this.#workers);
      const equipped = { ...options, memory };
      const known = old?.text === text
        ? old
        : { options: equipped, text, memory, watch: undefined };
      next.set(options.name, known);
      return equipped;
    });
    return {
      config: { ...config, upstreams },
      commit: (): void => this.#commit(next),
    };
  }

  #commit(next: Map<string, Known>): void {
    const before = this.#known;
    this.#known = next;
    for (const { options } of next.values()) {
      forgetWeights(options, this.#clock);
    }
    if (!this.#isClosed) {
      for (const known of next.values()) this.#watch(known);
    }
    // After the new ones have begun: they keep what is known of servers.
    for (const [name, { watch, memory }] of before) {
      const successor = next.get(name)?.watch;
      if (successor === watch) continue;
      watch?.close();
      if (successor === undefined) {
        SharedState.forgetProbes(memory, this.#clock);
      }
    }
  }

  #watch(known: Known): void {
    const { options, memory } = known;
    if (options.health === undefined || known.watch !== undefined) return;
    known.watch = new HealthWatch(options, options.health, memory, {
      clock: this.#clock,
      wheel: this.#wheel,
      random: Math.random,
      place: this.#workers,
    });
  }

  /** The state of the servers of each upstream. */
  report(): UpstreamReport[] {
    return [...this.#known.values()].map(({ options }) => ({
      name: options.name,
      servers: reportServers(options, this.#clock),
    }));
  }

  /** As {@linkcode setServerState}; 0 also if there is no such upstream. */
  setServerState(upstream: string, server: string, state: ServerState): number {
    const options = this.#known.get(upstream)?.options;
    return options === undefined
      ? 0
      : setServerState(options, server, state, this.#clock);
  }

  /** As {@linkcode setWeight}; 0 also if there is no such upstream. */
  setWeight(upstream: string, server: string, weight: number): number {
    const options = this.#known.get(upstream)?.options;
    return options === undefined
      ? 0
      : setWeight(options, server, weight, this.#clock);
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
