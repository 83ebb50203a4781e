/** The failures of the cache's slower tiers in the event log. */

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

  /** It works again. */
  recovered(tier: string): void {
    this.#incidents.recovered(`cache tier ${tier}: works again`);
  }
}
