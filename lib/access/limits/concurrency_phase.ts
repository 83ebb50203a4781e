/** Requests in flight at the same time: those that are too many wait, or are refused. */

import { type Exchange, resumeReading } from "../../exchange/exchange_state.ts";
import type { Clock } from "../../net/clock.ts";
import {
  type AccessFinding,
  type AccessPhase,
  explained,
  finding,
  type Passage,
  refusing,
} from "../passage.ts";
import { Refusal } from "../refusal.ts";
import { countedBy } from "./counted_by.ts";
import { addTo, keyOfLimit, type LimitKey } from "./limit_key.ts";
import type { Counts } from "./limit_memory.ts";
import type { LimitOptions } from "./limit_options.ts";
import { retryAfterLine } from "./rate_fields.ts";
import { seedOf } from "./slot_sets.ts";

/** How often those that wait look whether a request of another worker has ended, in ms. */
const LOOK_MS = 50;
/** How long a client that is refused is asked to wait: nobody knows when a request ends. */
const RETRY_AFTER_MS = 1000;

/** A request that waits. */
interface Waiting {
  readonly x: Exchange;
  readonly key: LimitKey;
  readonly untilMs: number;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * Compiles a limit of requests in flight, which throws `too_many_in_flight`. A request
 * is in flight until its response has ended, or its tunnel.
 */
export function concurrencyPhase(
  options: LimitOptions,
  max: number,
  counts: Counts,
  clock: Clock,
): AccessPhase {
  const concurrency = new Concurrency(options, max, counts, clock);
  return explained(
    (x) => concurrency.enter(x),
    (x) => concurrency.explain(x),
  );
}

class Concurrency {
  readonly #options: LimitOptions;
  readonly #max: number;
  readonly #counts: Counts;
  readonly #clock: Clock;
  readonly #base: LimitKey;
  readonly #queueBase: LimitKey;
  readonly #textOf: (x: Exchange) => string;
  /** In the order in which they came. */
  readonly #queue = new Set<Waiting>();
  #stopLooking: (() => void) | undefined;

  constructor(
    options: LimitOptions,
    max: number,
    counts: Counts,
    clock: Clock,
  ) {
    const seed = seedOf(counts.memory);
    this.#options = options;
    this.#max = max;
    this.#counts = counts;
    this.#clock = clock;
    this.#base = keyOfLimit(seed, `${options.id} in flight`);
    this.#queueBase = keyOfLimit(seed, `${options.id} queue`);
    this.#textOf = countedBy(options.by);
  }

  enter(x: Exchange): Promise<Passage> | undefined {
    const text = this.#textOf(x);
    const key = keyFor(this.#base, text);
    if (!this.#isAwaited(key) && this.#tryEnter(x, key)) return undefined;
    const { dryRun, id, queueMax } = this.#options;
    if (dryRun) {
      x.noteLimit(id, true);
      return undefined;
    }
    if (queueMax === 0) this.#refuse(x);
    return this.#wait(x, key, keyFor(this.#queueBase, text));
  }

  /** What it would do; nothing is counted. */
  explain(x: Exchange): AccessFinding {
    const text = this.#textOf(x);
    const key = keyFor(this.#base, text);
    const { inFlight } = this.#counts;
    const { dryRun, id, queueMax } = this.#options;
    const count = inFlight.count(key);
    const words = `${id}: ${count} of ${this.#max} in flight`;
    if (count < this.#max && !this.#isAwaited(key)) {
      return finding("concurrent", "pass", words);
    }
    if (dryRun) return finding("concurrent", "pass", `${words} (dry run)`);
    const waiting = inFlight.count(keyFor(this.#queueBase, text));
    return waiting < queueMax
      ? finding("concurrent", "wait", `${words}, ${waiting} before it wait`)
      : { ...refusing("concurrent", this.#error()), words };
  }

  #isAwaited({ low, high }: LimitKey): boolean {
    for (const { key } of this.#queue) {
      if (key.low === low && key.high === high) return true;
    }
    return false;
  }

  #tryEnter(x: Exchange, key: LimitKey): boolean {
    const { inFlight } = this.#counts;
    const slot = inFlight.enter(key, this.#max);
    if (slot < 0) return false;
    x.atEnd(() => {
      inFlight.leave(slot);
      if (this.#queue.size > 0) this.#look();
    });
    return true;
  }

  async #wait(x: Exchange, key: LimitKey, queueKey: LimitKey): Promise<void> {
    const { inFlight } = this.#counts;
    const { queueMax, queueMs } = this.#options;
    const place = inFlight.enter(queueKey, queueMax);
    if (place < 0) this.#refuse(x);
    const waiting = {
      x,
      key,
      untilMs: this.#clock.monotonic() + queueMs,
      settled: Promise.withResolvers<void>(),
    };
    if (x.requestBody.done) resumeReading(x); // to see the client leave
    x.waitOn({ notify: () => this.#look() });
    this.#queue.add(waiting);
    this.#stopLooking ??= this.#clock.every(LOOK_MS, () => this.#look());
    try {
      await waiting.settled.promise;
    } finally {
      inFlight.leave(place);
      x.waitOn();
    }
  }

  /** Lets those go on for whom there is room now, and those who have waited for too long. */
  #look(): void {
    const nowMs = this.#clock.monotonic();
    for (const waiting of this.#queue) {
      const { x, key, untilMs, settled } = waiting;
      if (x.failure !== undefined) settled.reject(x.failure);
      else if (this.#tryEnter(x, key)) settled.resolve();
      else if (nowMs >= untilMs) settled.reject(this.#refusal(x));
      else continue;
      this.#queue.delete(waiting);
    }
    if (this.#queue.size > 0) return;
    this.#stopLooking?.();
    this.#stopLooking = undefined;
  }

  #refuse(x: Exchange): never {
    throw this.#refusal(x);
  }

  #refusal(x: Exchange): Refusal {
    x.noteLimit(this.#options.id, false);
    return this.#error();
  }

  #error(): Refusal {
    const { id, status } = this.#options;
    const lines = retryAfterLine(RETRY_AFTER_MS);
    return new Refusal("concurrent-limit", {
      detail: id,
      response: { status, lines, content: undefined },
    });
  }
}

function keyFor(base: LimitKey, text: string): LimitKey {
  const key = { low: 0, high: 0 };
  addTo(key, base, text);
  return key;
}
