/** The cache as the exchanges of one server share it: its store, and what goes on in the background. */

import { CacheKey } from "../cache/policy/cache_key.ts";
import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";
import { MemoryStore } from "../cache/store/memory/memory_store.ts";
import type { Store, StoreLimits } from "../cache/store/store.ts";
import { SharedStore } from "../cache/store/shared/shared_store.ts";
import type { Tiers } from "../cache/store/tiers/tiers.ts";
import { Body } from "./body.ts";
import { SentRequest } from "../head/sent_request.ts";

/** Stored responses that are refreshed in the background at the same time. */
const REFRESHES_MAX = 64;
/** Slices that are fetched at the same time before anybody has asked for them. */
const AHEAD_MAX = 32;
/** Readers of bodies that are kept to be used again. */
const BODIES_KEPT_MAX = 64;

/** Something that goes on without a client, and can be ended. */
export interface BackgroundTask {
  /** Whether its client has been answered already. */
  readonly isAnswered?: boolean;
  close(): void;
}

/** A worker among several. */
export interface WorkerPlace {
  /** Which it is, from 0. */
  readonly worker: number;
  readonly memory: SharedMemory;
}

/** See the module's comment. */
export class SharedCache {
  readonly store: Store;
  /** What is asked behind the store, after a miss; undefined if there is nothing. */
  readonly tiers: Tiers | undefined;
  /** The key of the request that is being looked up: valid until the next is. */
  readonly key: CacheKey;
  /** As the origin gets the request that is being looked up: valid until the next is. */
  readonly sent: SentRequest = new SentRequest();
  refreshCount = 0;
  /** Bytes of the pieces that larger content is kept in; 0 if it is not. */
  readonly sliceBytes: number;
  /** Slices that are fetched before anybody has asked for them. */
  aheadCount = 0;
  /** Readers of bodies that are not in use: they have buffers of their own. */
  readonly #bodies: Body[] = [];
  /** Settles when the last purge that has begun, or waits, has come to its end. */
  #purged: Promise<void> = Promise.resolve();
  readonly #tasks = new Map<BackgroundTask, Promise<void>>();

  /** @param place Which worker this is, and what it shares with the others; undefined if it is alone. */
  constructor(
    limits: StoreLimits,
    place: WorkerPlace | undefined,
    tiers?: Tiers,
  ) {
    this.tiers = tiers;
    const seed = place?.memory.seed ?? Math.random() * 2 ** 32 | 0;
    this.store = place === undefined
      ? new MemoryStore(limits, seed)
      : new SharedStore(place.memory, place.worker);
    this.sliceBytes = Math.min(
      limits.sliceBytes ?? 0,
      this.store.limits.objectBytesMax,
    );
    this.key = new CacheKey("keep", seed);
  }

  /**
   * Carries out a purge that goes through all that is stored, once those before it have
   * come to their end: the work of several at once would be too much for one turn.
   */
  async purgeInTurn(purge: () => Promise<number>): Promise<number> {
    const before = this.#purged;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#purged = promise;
    await before;
    try {
      return await purge();
    } finally {
      resolve();
    }
  }

  /** Whether one more response may be refreshed in the background. */
  get mayRefresh(): boolean {
    return this.refreshCount < REFRESHES_MAX;
  }

  /** Whether one more slice may be fetched before anybody has asked for it. */
  get mayFetchAhead(): boolean {
    return this.aheadCount < AHEAD_MAX;
  }

  /** A reader of bodies, in place of one that has gone with content on its way. */
  takeBody(): Body {
    return this.#bodies.pop() ?? new Body();
  }

  /** Takes back a reader of bodies. */
  keepBody(body: Body): void {
    if (this.#bodies.length < BODIES_KEPT_MAX) this.#bodies.push(body);
  }

  /** Keeps count of something that goes on without a client; `done` never rejects. */
  track(task: BackgroundTask, done: Promise<void>): void {
    this.#tasks.set(task, done);
    done.then(() => this.#tasks.delete(task));
  }

  /** Ends what no client waits for: connections are for those who do, as sluice stops. */
  drain(): void {
    for (const task of this.#tasks.keys()) {
      if (task.isAnswered === true) task.close();
    }
  }

  /** Ends what goes on without a client, and the tiers. */
  async stop(): Promise<void> {
    await this.tiers?.close();
    while (this.#tasks.size > 0) {
      const tasks = [...this.#tasks];
      for (const [task] of tasks) task.close();
      await Promise.all(tasks.map(([, done]) => done));
    }
  }
}
