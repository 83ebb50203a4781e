/**
 * The events of the live page: one each second, with everything that it shows. A new
 * viewer gets the points of the last minutes first. Nothing is done while nobody looks.
 */

import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import type { LivePoint, LiveView } from "../observe/metrics/live.ts";
import { LiveWindow } from "../observe/metrics/live_window.ts";
import type { Administered, Readiness } from "./administered.ts";
import { eventBytes, type EventSource } from "./event_streams.ts";

/** Between two events, in ms. */
const TICK_MS = 1000;

/** An event. */
export interface LiveUpdate {
  readonly readiness: Readiness;
  /** Whether every request is told that maintenance is on. */
  readonly isInMaintenance: boolean;
  readonly view: LiveView;
  /** The newest last: in a client's first event all that are known, later those that are new. */
  readonly points: readonly LivePoint[];
}

/** See the module's comment. */
export class LiveSource implements EventSource {
  readonly #administered: Administered;
  readonly #clock: Clock;
  readonly #window = new LiveWindow();
  /** What a client gets first; undefined before the first tick. */
  #latest: LiveUpdate | undefined;
  #isLooking = false;

  constructor(administered: Administered, clock: Clock) {
    this.#administered = administered;
    this.#clock = clock;
  }

  start(publish: (event: Uint8Array) => void): () => void {
    this.#latest = undefined;
    let hasStopped = false;
    const tick = async (): Promise<void> => {
      const update = await this.#look();
      if (!hasStopped && update !== undefined) publish(eventOf(update));
    };
    tick();
    const stop = this.#clock.every(TICK_MS, tick);
    return () => {
      hasStopped = true;
      stop();
    };
  }

  first(): Uint8Array | undefined {
    return this.#latest === undefined
      ? undefined
      : eventOf({ ...this.#latest, points: this.#window.points });
  }

  /** Undefined while another look is under way, or if it failed. */
  async #look(): Promise<LiveUpdate | undefined> {
    if (this.#isLooking) return undefined;
    this.#isLooking = true;
    try {
      const isFirst = this.#latest === undefined;
      const view = this.#window.add(await this.#administered.metrics());
      const { points } = this.#window;
      return this.#latest = {
        readiness: this.#administered.readiness(),
        isInMaintenance: this.#administered.isInMaintenance,
        view,
        points: isFirst ? points : points.slice(-1),
      };
    } catch (error) {
      logEvent("error", `the live page: ${(error as Error).message}`);
      return undefined;
    } finally {
      this.#isLooking = false;
    }
  }
}

function eventOf(update: LiveUpdate): Uint8Array {
  return eventBytes("live", JSON.stringify(update));
}
