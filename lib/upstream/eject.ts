/**
 * Putting out a server that fails request after request, and taking it back.
 *
 * It counts failures in a row: connections that cannot be opened, resets, timeouts,
 * and 502, 503 and 504. The server is out for a while, twice as long each time. When it
 * is back, the next failure puts it out again, and the next answer counts as a success.
 */

import type { Server } from "./server.ts";
import { SERVER, SharedState } from "./shared_state.ts";

/** How much longer a time may seem than it is: it is shared in whole ticks. */
const ROUNDED_MS = 1000;

/** When a server is put out, and for how long. */
export interface EjectOptions {
  /** Failures in a row. */
  readonly failures: number;
  readonly forMs: number;
  /** The longest, doubled or not. */
  readonly maxMs: number;
}

/** Tells the operator of what has changed. */
export type StateSink = (server: Server, text: string, isGood: boolean) => void;

/**
 * How long a server is out.
 *
 * @param times How often in a row it has been before.
 */
function ejectionMs(
  { forMs, maxMs }: EjectOptions,
  times: number,
): number {
  return Math.min(forMs * 2 ** Math.min(times, 30), maxMs);
}

/** The ejections of one upstream. */
export class Ejections {
  readonly #options: EjectOptions;
  readonly #state: SharedState;
  readonly #tell: StateSink;

  constructor(options: EjectOptions, state: SharedState, tell: StateSink) {
    this.#options = options;
    this.#state = state;
    this.#tell = tell;
  }

  /** A request has been answered. */
  succeeded({ slot }: Server): void {
    const state = this.#state;
    if (state.get(slot, SERVER.Failures) !== 0) {
      state.set(slot, SERVER.Failures, 0);
    }
    if (state.get(slot, SERVER.Ejections) === 0) return;
    const since = state.get(slot, SERVER.BackSince);
    const backMs = SharedState.between(since, state.ticks());
    // It has been good for as long as it was out at first: it begins anew.
    if (backMs >= this.#options.forMs) state.set(slot, SERVER.Ejections, 0);
  }

  /**
   * A request has failed through the server's fault.
   *
   * @param reason Why, in words.
   * @param others The other servers of the upstream.
   */
  failed(server: Server, reason: string, others: readonly Server[]): void {
    const state = this.#state;
    const { slot } = server;
    if (server.isEjected) return; // it was under way when the server was put out
    const failures = state.add(slot, SERVER.Failures, 1);
    if (failures < this.#options.failures) return;
    const isNeeded = !server.isBackup &&
      !others.some((other) =>
        other !== server && !other.isOut && !other.isBackup &&
        !other.isDraining
      );
    if (isNeeded) return; // the last one
    const times = state.get(slot, SERVER.Ejections);
    const forMs = ejectionMs(this.#options, times);
    const until = state.get(slot, SERVER.EjectedUntil);
    const next = state.ticks(forMs) || 1;
    if (!state.change(slot, SERVER.EjectedUntil, until, next)) return; // another worker did
    state.add(slot, SERVER.Ejections, 1);
    state.setText(slot, SERVER.Reason, reason);
    const why = failures === 1
      ? "1 failure"
      : `${failures} failures in a row, the last`;
    this.#tell(
      server,
      `out for ${forMs / 1000} s: ${why}: ${reason}`,
      false,
    );
  }

  /** Takes back servers whose time is over; call it now and then. */
  review(servers: readonly Server[]): void {
    const state = this.#state;
    for (const server of servers) {
      const until = state.get(server.slot, SERVER.EjectedUntil);
      if (until === 0) continue;
      if (!server.isEjected) this.takeBack(server, until, "its time is over");
      else if (this.#isTooLong(SharedState.between(state.ticks(), until))) {
        this.takeBack(server, until, "it would be out for longer than it may");
      }
    }
  }

  /** Whether the time of day has been set back since a server was put out, by its time left. */
  #isTooLong(leftMs: number): boolean {
    const { forMs, maxMs } = this.#options;
    return leftMs > Math.max(forMs, maxMs) + ROUNDED_MS;
  }

  /** Takes a server back; of several workers who do, one tells so. */
  takeBack(server: Server, until: number, why: string): void {
    const state = this.#state;
    const { slot } = server;
    if (!state.change(slot, SERVER.EjectedUntil, until, 0)) return;
    state.set(slot, SERVER.BackSince, state.ticks() || 1);
    state.set(slot, SERVER.Failures, this.#options.failures - 1);
    this.#tell(server, `back: ${why}`, true);
  }
}
