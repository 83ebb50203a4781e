/**
 * The requests that wait for a connection to one of an upstream's servers: routes take
 * turns, and those of one route are in order of arrival. Nobody waits while a server
 * that may be asked is free.
 */

import type { DeadlineWheel } from "../net/deadline.ts";
import { EventLoop } from "../net/event_loop.ts";
import type { LoopClock } from "../net/loop_clock.ts";
import { Acquisition, overloaded, type Wish } from "./acquisition.ts";
import { partsOf } from "./balance/split.ts";
import type { Pool } from "./pool.ts";
import type { PoolLimits, PoolOwner } from "./pool_terms.ts";
import { FairTurns } from "./fair_turns.ts";
import type { SharedState } from "./shared_state.ts";
import type { UpstreamOptions, UpstreamPlace } from "./upstream_options.ts";

/** The pools of the servers, for those who wait. */
export interface PoolChoice {
  /** All of them. */
  readonly all: Iterable<Pool>;
  /** Those of the servers that a request may go to, the best first. */
  orderFor(wish: Wish): Iterable<Pool>;
}

/** Connections that a worker gives to its own requests before one is for those of others. */
const TURN = 16;

/** See the module's comment. */
export class ConnectionQueue implements PoolOwner {
  readonly #pools: PoolChoice;
  readonly #limits: PoolLimits;
  /** Into how many parts the servers are split: each request has servers of one. */
  readonly #partCount: number;
  readonly #wheel: DeadlineWheel;
  readonly #clock: LoopClock;
  readonly #state: SharedState;
  readonly #countWaiting: (more: 1 | -1) => void;
  readonly #loop = new EventLoop();
  /** By turn; some may have settled. */
  #waiting: Acquisition[] = [];
  readonly #turns = new FairTurns();
  /** Whether the loop looks at fresh connections already. */
  #isSettling = false;
  /** Whether connections are being handed out. */
  #isServing = false;
  /** Whether the other workers know that somebody waits here. */
  #isKnown = false;
  /**
   * This queue, and those of the same upstream under other configurations that are
   * still in use: bounds of servers hold for all of them. Undefined if there are none.
   */
  #kin: Set<ConnectionQueue> | undefined;
  /** Takes those who wait in place of this queue, if it can. */
  #successor: ((acquisition: Acquisition) => boolean) | undefined;
  #closed = false;
  /** Connections that were given to requests here, while others waited, since the last turn of those. */
  #taken = 0;

  constructor(
    pools: PoolChoice,
    { pool, name, servers }: UpstreamOptions,
    { wheel, loop, meter }: UpstreamPlace,
    state: SharedState,
  ) {
    this.#pools = pools;
    this.#limits = pool;
    this.#partCount = partsOf(servers).names.length;
    this.#wheel = wheel;
    this.#clock = loop;
    this.#state = state;
    const row = meter.upstreamRow(name);
    this.#countWaiting = (more) => meter.waiting(row, more);
    if (state.isShared) state.listen(() => this.#onRing());
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  get isAwaitedElsewhere(): boolean {
    return this.hasWaitingKin ||
      this.#state.isShared && this.#state.othersWait;
  }

  get hasWaitingKin(): boolean {
    if (this.#kin === undefined) return false;
    for (const queue of this.#kin) {
      if (queue !== this && queue.isAwaited) return true;
    }
    return false;
  }

  /**
   * Waits for a connection: a new one while the limits allow, else the next that comes
   * free.
   *
   * It fails as `dial` does, or with `overloaded` if the queue is full or takes too
   * long.
   */
  acquire(wish: Wish): Acquisition {
    const acquisition = new Acquisition(wish, this.#wheel);
    this.begin(acquisition);
    return acquisition;
  }

  /** The same, from some time on: there was no connection to be had just now. */
  acquireLater(wish: Wish, afterMs: number): Acquisition {
    const acquisition = new Acquisition(wish, this.#wheel);
    acquisition.onTime = () => this.begin(acquisition);
    acquisition.deadline.set(afterMs);
    return acquisition;
  }

  /**
   * From now on, another queue has those who wait: that of the same upstream under a
   * newer configuration. Those that it cannot take go on waiting here.
   *
   * @param successor Returns whether it has taken one.
   */
  handOver(
    heir: ConnectionQueue,
    successor: (acquisition: Acquisition) => boolean,
  ): void {
    this.#successor = successor;
    heir.#kin = this.#kin ??= new Set([this]);
    // With a bound of their own, those who wait here would wait for others to have less.
    for (const queue of heir.#kin) {
      for (const pool of queue.#pools.all) {
        pool.goBy(heir.#limits.connectionsMax);
      }
    }
    heir.#kin.add(heir);
    const waiting = this.#waiting.splice(0);
    this.#tellOthers();
    for (const acquisition of waiting) {
      if (!acquisition.settled) this.begin(acquisition);
    }
  }

  /** Has a request wait that has not begun to. */
  begin(acquisition: Acquisition): void {
    if (this.#successor?.(acquisition) === true) return;
    if (this.#waiting.length >= this.#limits.queueMax) {
      this.#waiting = this.#waiting.filter(({ settled }) => !settled);
    }
    this.#insert(acquisition);
    this.#serve();
    if (!this.#waiting.includes(acquisition)) return;
    const isOver = this.#waiting.length > this.#limits.queueMax;
    if (isOver && !acquisition.isPromised) {
      const refused = this.#leaveOut(acquisition);
      refused.fail(overloaded("Every connection is busy, the queue is full"));
      if (refused === acquisition) return;
    }
    acquisition.waitFor(this.#limits.queueMs);
    acquisition.enterQueue(this.#countWaiting);
    this.#settleSoon();
  }

  #insert(acquisition: Acquisition): void {
    const turn = this.#turns.take(acquisition.wish.route);
    acquisition.turn = turn;
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.turn > turn) at--;
    this.#waiting.splice(at, 0, acquisition);
  }

  /** The youngest of the route that has most requests in the queue leaves it. */
  #leaveOut(acquisition: Acquisition): Acquisition {
    const counts = new Map<object | undefined, number>();
    for (const { wish: { route } } of this.#waiting) {
      counts.set(route, (counts.get(route) ?? 0) + 1);
    }
    const most = Math.max(...counts.values());
    const isOwn = counts.get(acquisition.wish.route) === most;
    const left = isOwn
      ? acquisition
      : this.#waiting.findLast((one) =>
        !one.isPromised && counts.get(one.wish.route) === most
      ) ?? acquisition;
    this.#waiting.splice(this.#waiting.indexOf(left), 1);
    return left;
  }

  isTurnOver(): boolean {
    if (this.hasWaitingKin) return false; // those are looked after at once
    this.#taken = (this.#taken + 1) % TURN;
    return this.#taken === 0;
  }

  passTurn(): void {
    this.#ring(); // this worker hears it as well, in a moment
  }

  onRoom(): void {
    if (this.#kin !== undefined) this.#letOlderLook();
    this.#serve();
    if (this.#waiting.length > 0) {
      this.#settleSoon();
      const isSplit = this.#partCount > 1 || this.#kin !== undefined;
      if (!isSplit) return; // whatever is free is taken here
    }
    if (!this.isAwaitedElsewhere) return;
    this.#yieldIdle();
    this.#ring();
  }

  /** Gives free connections, or room for new ones, to the requests that have waited longest. */
  #serve(): void {
    if (this.#isServing) return; // closing a surplus connection tells of room
    this.#isServing = true;
    for (const pool of this.#pools.all) pool.promised = 0;
    /** Parts that have nothing now: not for those behind, either. */
    let exhausted: Set<number> | undefined;
    for (let at = 0; at < this.#waiting.length;) {
      const acquisition = this.#waiting[at]!;
      const { settled, tried, wish: { part = 0 } } = acquisition;
      const isOrdinary = !settled && tried.size === 0;
      if (isOrdinary && exhausted?.has(part) === true) {
        at++;
        continue;
      }
      const place = settled ? "taken" : this.#place(acquisition);
      if (place === "taken") {
        this.#waiting.splice(at, 1);
        this.#turns.served(acquisition.turn);
        continue;
      }
      at++;
      if (place === "promised" || !isOrdinary) continue;
      if (this.#partCount === 1) break;
      exhausted ??= new Set();
      if (exhausted.add(part).size === this.#partCount) break;
    }
    this.#isServing = false;
    if (this.#waiting.length === 0) this.#turns.reset();
    this.#tellOthers();
  }

  #place(acquisition: Acquisition): "taken" | "promised" | "none" {
    const { isRepeatable, isRetry } = acquisition.wish;
    acquisition.isPromised = false;
    for (const pool of this.#pools.orderFor(acquisition.wish)) {
      // Where one connection has died, the idle ones beside it may be about to.
      const isDoubtful = isRetry && acquisition.tried.has(pool.server);
      if (isDoubtful && this.#opens(pool, acquisition)) return "taken";
      const connection = pool.takeOrClose(isRepeatable);
      if (connection !== undefined) {
        acquisition.deliver(connection);
        return "taken";
      }
      pool.makeRoom(isRetry);
      if (!isRetry && pool.unpromised > 0) {
        pool.promised++;
        acquisition.isPromised = true;
        return "promised"; // not for long
      }
      if (this.#opens(pool, acquisition)) return "taken";
    }
    return "none";
  }

  /** Opens a connection if there is room for one. */
  #opens(pool: Pool, acquisition: Acquisition): boolean {
    if (!pool.hasRoom) return false;
    if (pool.open(acquisition)) return true;
    // Another worker reached for the same room, and may have drawn back as well: all
    // who wait look again, or nobody has it.
    this.#ring();
    return false;
  }

  #tellOthers(): void {
    const waits = this.#waiting.length > 0;
    if (waits === this.#isKnown) return;
    this.#isKnown = waits;
    if (this.#state.isShared) this.#state.addWaiting(waits ? 1 : -1);
    if (waits) this.#ring();
  }

  /** Has all look again who share the bounds of the servers. */
  #ring(): void {
    if (this.#state.isShared) this.#state.ring();
    if (this.#kin !== undefined) this.#letKinLook();
  }

  /** Those who wait under older configurations have waited longest. */
  #letOlderLook(): void {
    for (const queue of [...this.#kin!]) {
      if (queue === this) return;
      queue.#onRing();
    }
  }

  #letKinLook(): void {
    for (const queue of [...this.#kin!]) if (queue !== this) queue.#onRing();
  }

  /** Somebody else waits, or has made room. */
  #onRing(): void {
    if (this.#closed) return;
    if (this.#waiting.length > 0) this.#serve();
    if (this.isAwaitedElsewhere && this.#yieldIdle()) this.#ring();
  }

  /** Closes idle connections that others could have in their place; returns whether there were any. */
  #yieldIdle(): boolean {
    let hasYielded = false;
    for (const pool of this.#pools.all) {
      if (pool.yieldIdle()) hasYielded = true;
    }
    return hasYielded;
  }

  /** Makes the loop look at the fresh connections, for requests that wait. */
  async #settleSoon(): Promise<void> {
    if (this.#isSettling) return;
    this.#isSettling = true;
    while (!this.#closed && this.#waiting.length > 0 && this.#hasFresh) {
      const { now } = this.#clock;
      await this.#loop.pass();
      if (this.#closed) break;
      await this.#loop.pass(); // what came in the turn of the first has been told by now
      this.#clock.noteEffect(now);
      for (const pool of this.#pools.all) pool.settle();
      this.#serve();
    }
    this.#isSettling = false;
  }

  get #hasFresh(): boolean {
    for (const pool of this.#pools.all) if (pool.hasFresh) return true;
    return false;
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    this.#loop.close();
    this.#state.close();
    this.#kin?.delete(this);
    if (this.#kin?.size === 1) {
      for (const last of this.#kin) last.#kin = undefined;
    }
  }
}
