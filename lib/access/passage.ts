/** What the steps of access have in common. */

import type { Exchange } from "../exchange/exchange_state.ts";

/** Whether a request goes on, or has been answered. */
export type Passage = void | "answered";

/**
 * One thing that a route demands of requests: it lets one through, answers it, or
 * throws why not, at once or later.
 */
export type AccessPhase = (x: Exchange) => Promise<Passage> | Passage;
