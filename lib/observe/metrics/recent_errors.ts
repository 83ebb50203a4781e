/** What went wrong lately, in words: a few events, each with how often it happened. */

import type { Clock } from "../../net/clock.ts";
import type { Level } from "../event_log.ts";
import type { RecentError } from "./snapshot.ts";

/** Events that are kept. */
const KEPT_MAX = 50;
/** Characters of a text. */
const TEXT_LENGTH_MAX = 400;

/** See the module's comment. */
export class RecentErrors {
  readonly #clock: Clock;
  /** By text, the latest last. */
  readonly #known = new Map<string, RecentError>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The latest first. */
  get all(): readonly RecentError[] {
    return [...this.#known.values()].toReversed();
  }

  /** Notes an event; those without trouble are forgotten. Bound, to be passed on. */
  readonly note = (level: Level, text: string): void => {
    if (level === "info") return;
    const shown = text.length > TEXT_LENGTH_MAX
      ? `${text.slice(0, TEXT_LENGTH_MAX)}...`
      : text;
    const count = (this.#known.get(shown)?.count ?? 0) + 1;
    this.#known.delete(shown); // it is the latest now
    const atMs = this.#clock.now();
    this.#known.set(shown, { atMs, level, text: shown, count });
    if (this.#known.size <= KEPT_MAX) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
  };
}
