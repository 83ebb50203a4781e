/** Snapshots one after another, and what follows from them: the last minute, and points for charts (pure). */

import { totalsSince } from "./difference.ts";
import {
  liveCounts,
  type LivePoint,
  livePoint,
  type LiveView,
  liveView,
} from "./live.ts";
import type { MetricsSnapshot } from "./snapshot.ts";
import { type Summary, summaryOf } from "./summary.ts";

/** How far back the window reaches, in ms. */
const WINDOW_MS = 60_000;
/** Between two snapshots that are kept as its possible beginnings, in ms. */
const MARK_MS = 5000;
/** How far back points are kept, in ms. */
const POINTS_MS = 5 * 60_000;
/** A longer time between two snapshots is a gap, in ms: nobody looked. */
const GAP_MS = 5000;

/** See the module's comment. */
export class LiveWindow {
  /** The earliest first. */
  #marks: MetricsSnapshot[] = [];
  #points: LivePoint[] = [];
  #last: Summary | undefined;

  /** The earliest first. */
  get points(): readonly LivePoint[] {
    return this.#points;
  }

  /** Takes a snapshot, later than the one before. */
  add(snapshot: MetricsSnapshot): LiveView {
    const { nowMs } = snapshot;
    const summary = summaryOf(snapshot);
    const last = this.#last;
    this.#last = summary;
    if (last !== undefined && isWithin(last.nowMs, nowMs, GAP_MS)) {
      this.#points.push(livePoint(last, summary));
    }
    this.#points = this.#points.filter(({ atMs }) =>
      isWithin(atMs, nowMs, POINTS_MS)
    );
    this.#marks = this.#marks.filter((mark) =>
      isWithin(mark.nowMs, nowMs, WINDOW_MS)
    );
    const latest = this.#marks.at(-1);
    if (latest === undefined || nowMs - latest.nowMs >= MARK_MS) {
      this.#marks.push(snapshot);
    }
    const start = this.#marks[0]!;
    const recent = summaryOf({
      ...snapshot,
      totals: totalsSince(start.totals, snapshot.totals),
    });
    return liveView(summary, liveCounts(recent, (nowMs - start.nowMs) / 1000));
  }
}

/** Whether a moment is that close before now; not if the clock was set back meanwhile. */
function isWithin(atMs: number, nowMs: number, ms: number): boolean {
  return atMs <= nowMs && nowMs - atMs <= ms;
}
