/**
 * Events that a busy server would repeat thousands of times a second. There is one
 * line for each reason every ten seconds, with the number of events it stands for.
 */

import type { Clock } from "../net/clock.ts";
import { logEvent } from "./event_log.ts";

/** How long an incident is not logged again, in ms. */
const QUIET_MS = 10_000;
/** Characters of a text; a certificate can name thousands of hosts. */
const TEXT_LENGTH_MAX = 400;

/** Something that went wrong and is likely to go wrong again. */
export interface Incident {
  /** A stable word: incidents with the same one are logged as one. */
  readonly reason: string;
  /** For the operator. */
  readonly text: string;
  /** Whether it lasts until {@linkcode Incidents.recovered} ends it. */
  readonly lasts: boolean;
  /** How many incidents this one stands for, itself included. */
  readonly count: number;
}

/** Where incidents go. */
export interface IncidentSink {
  report(incident: Incident): void;
  recovered(text: string): void;
}

/** The state of the incidents with one reason. */
interface Known {
  toldMs: number;
  /** Incidents since then that were not logged. */
  untold: number;
}

/** See the module's comment. Reasons are code words, so that their number is bounded. */
export class Incidents implements IncidentSink {
  readonly #clock: Clock;
  readonly #sink: IncidentSink;
  readonly #known = new Map<string, Known>();
  /** Whether a lasting incident has been logged, and its end has not. */
  #isLasting = false;

  /**
   * @param sink What gets those that are told; the event log by default.
   */
  constructor(clock: Clock, sink: IncidentSink = EVENT_LOG) {
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Tells of an incident, unless one with the same reason has just been told. */
  report(incident: Incident): void {
    const { reason, count, lasts } = incident;
    const nowMs = this.#clock.monotonic();
    const known = this.#known.get(reason);
    if (known !== undefined && nowMs - known.toldMs < QUIET_MS) {
      known.untold += count;
      return;
    }
    this.#known.set(reason, { toldMs: nowMs, untold: 0 });
    this.#isLasting ||= lasts;
    this.#sink.report({ ...incident, count: count + (known?.untold ?? 0) });
  }

  /** Tells once that what lasted is over. */
  recovered(text: string): void {
    if (!this.#isLasting) return;
    this.#isLasting = false;
    this.#sink.recovered(text);
  }
}

const EVENT_LOG: IncidentSink = {
  report({ text, count }): void {
    const shown = text.length > TEXT_LENGTH_MAX
      ? `${text.slice(0, TEXT_LENGTH_MAX)}...`
      : text;
    logEvent("warn", count > 1 ? `${shown} (${count} times)` : shown);
  },
  recovered: (text): void => logEvent("info", text),
};
