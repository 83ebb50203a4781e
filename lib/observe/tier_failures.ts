/** The failures of the cache's slower tiers in the event log. */

import { logEvent } from "./event_log.ts";
import type { IncidentSink } from "./incidents.ts";

/** How many times as many failures there are before one is told again. */
const RARER = 16;

/** How often something has failed since it worked. */
interface Failing {
  untold: number;
  /** How many more are not told. */
  left: number;
  /** How many were not, the last time. */
  quiet: number;
}

/** Logs the failures of tiers, by their names: as long as they last, ever more rarely. */
export class TierFailures {
  readonly #incidents: IncidentSink;
  /** By reason. */
  readonly #failing = new Map<string, Failing>();

  constructor(incidents: IncidentSink) {
    this.#incidents = incidents;
  }

  /** A tier has failed: requests go on without it. */
  failed(tier: string, why: string): void {
    const text = `cache tier ${tier}: ${why}; requests go on without it`;
    this.#tell(reasonOf(tier), text);
  }

  /** A tier cannot keep more: what it has is still good. */
  failedToKeep(tier: string, why: string): void {
    const text =
      `cache tier ${tier}: ${why}; nothing more is kept there for now`;
    this.#tell(keepsOf(tier), text);
  }

  #tell(reason: string, text: string): void {
    let failing = this.#failing.get(reason);
    if (failing === undefined) {
      failing = { untold: 0, left: 0, quiet: 1 };
      this.#failing.set(reason, failing);
    }
    failing.untold++;
    if (failing.left-- > 0) return;
    const { untold: count } = failing;
    failing.untold = 0;
    failing.left = failing.quiet *= RARER;
    this.#incidents.report({ reason, text, lasts: true, count });
  }

  /** It works again. */
  recovered(tier: string): void {
    this.#failing.delete(reasonOf(tier));
    this.#failing.delete(keepsOf(tier));
    this.#incidents.recovered(`cache tier ${tier}: works again`);
  }

  /** This node is in step with the others of its fleet; perhaps again, and what it had is forgotten. */
  joined(tier: string, again: boolean): void {
    const what = again
      ? "purges may have been missed: what was stored is forgotten; in step with the fleet again"
      : "in step with the fleet";
    logEvent(again ? "warn" : "info", `cache tier ${tier}: ${what}`);
  }
}

/** The reason of failures of a tier as a whole … */
function reasonOf(tier: string): string {
  return `tier_${tier}`;
}

/** … and of those in which it keeps nothing. */
function keepsOf(tier: string): string {
  return `${reasonOf(tier)}_keeps`;
}
