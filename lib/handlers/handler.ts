/** What a route does with its requests. */

import type { Exchange } from "../exchange/exchange_state.ts";
import type { ForwardingPlan } from "../head/forwarding.ts";

/**
 * Answers a request that has been let through, to the end of its response.
 *
 * @param plan How the request goes on, if it does.
 * @throws {HttpError} Whatever went wrong, at once or later.
 */
export type Handler = (x: Exchange, plan: ForwardingPlan) => Promise<void>;

/** A text with values of the request in it, compiled. */
export type Template = (x: Exchange) => string;
