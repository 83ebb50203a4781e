/** The failures of the cache's slower tiers in the event log. */

import { logEvent } from "./event_log.ts";
import type { IncidentSink } from "./incidents.ts";

/** Logs the failures of tiers, by their names. */
export class TierFailures {
  readonly #incidents: IncidentSink;

  constructor(incidents: IncidentSink) {
    this.#incidents = incidents;
  }

  /** A tier has failed: requests go on without it. */
  failed(tier: string, why: string): void {
    const text = `cache tier ${tier}: ${why}; requests go on without it`;
    const reason = `tier_${tier}`;
    this.#incidents.report({ reason, text, lasts: true, count: 1 });
  }

  /** A tier cannot keep more: what it has is still good. */
  failedToKeep(tier: string, why: string): void {
    const text =
      `cache tier ${tier}: ${why}; nothing more is kept there for now`;
    const reason = `tier_${tier}_keeps`;
    this.#incidents.report({ reason, text, lasts: true, count: 1 });
  }

  /** It works again. */
  recovered(tier: string): void {
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
