/** What a pool of connections goes by, and whom it tells of what happens. */

import type { HttpError } from "../http/error.ts";
import type { DeadlineWheel } from "../net/deadline.ts";
import type { LoopClock } from "../net/loop_clock.ts";

/** The bounds of the connections to one server, and of those who wait for one. */
export interface PoolLimits {
  /** Connections, idle ones included, of all workers. */
  readonly connectionsMax: number;
  /** Idle connections. */
  readonly idleMax: number;
  /** How long a connection may be idle, unless the origin says less. */
  readonly idleMs: number;
  /** Requests that wait for a connection. */
  readonly queueMax: number;
  /** How long a request waits for a connection. */
  readonly queueMs: number;
  /** Connections that have become tunnels, which are counted apart from the others; Infinity for no limit. */
  readonly tunnelsMax: number;
  /** Whether a connection carries one request only: it begins with whose it is. */
  readonly isUnshared?: boolean;
}

/** What the pools of one worker share. */
export interface PoolPlace {
  readonly wheel: DeadlineWheel;
  readonly clock: LoopClock;
}

/** Is told how opening connections goes. */
export interface DialWatcher {
  /** @param ms How long it took. */
  dialed(ms: number): void;
  dialFailed(error: HttpError): void;
}

/** Gets what pools have to give: the queue of an upstream. */
export interface PoolOwner {
  /** Connections are free, or there is room for others. */
  onRoom(): void;
  /** Whether requests wait here for a connection. */
  readonly isAwaited: boolean;
  /** Whether requests wait in another worker, or under another configuration. */
  readonly isAwaitedElsewhere: boolean;
  /** Counts a connection that requests here are to have while others wait elsewhere; tells whether it is for those instead. */
  isTurnOver(): boolean;
  /** There is room for another connection, for whoever is the first to open it. */
  passTurn(): void;
  /** Whether requests wait under another configuration, in this worker. */
  readonly hasWaitingKin: boolean;
}
