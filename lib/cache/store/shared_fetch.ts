/**
 * Collapsed forwarding: one request is under way for an entry, and others that
 * would ask the same wait for what it brings.
 */

import { Signal } from "./signal.ts";

/**
 * What those who waited are to do: look again, since something has been stored or
 * freshened; or go on by themselves, all at once, since what came is not for them.
 */
export type SharedOutcome = "look" | "alone";

/** Is told when nobody waits for a shared fetch any more that is still under way. */
export interface SharedFetchOwner {
  onNoWaiters(): void;
}

/** One request to the origin that others may share. */
export class SharedFetch extends Signal {
  /** Undefined as long as it is under way. */
  outcome: SharedOutcome | undefined;
  /** Who asks the origin; undefined if that is another worker. */
  readonly owner: SharedFetchOwner | undefined;
  /** How many wait for it. */
  waiting = 0;

  constructor(owner?: SharedFetchOwner) {
    super();
    this.owner = owner;
  }

  /** One of those who waited has what it waited for, or has given up. */
  leave(): void {
    this.waiting--;
    if (this.waiting === 0 && this.outcome === undefined) {
      this.owner?.onNoWaiters();
    }
  }

  /** Ends it; only the first outcome counts. */
  settle(outcome: SharedOutcome): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.notify();
  }
}
