/** Which part of an upstream's servers a request is for: see `upstream/balance/split.ts`. */

import { clientOf } from "../exchange/forwarded.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { Condition } from "../router/when.ts";
import { drawPart } from "../upstream/balance/split.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Finds the part of a request. */
export type Splitter = (x: Exchange) => number;

/**
 * What finds the part of each request; undefined if there is only one.
 *
 * @param random Chance, for percentages.
 */
export function splitterOf(
  { options: { servers }, parts: { numbers, names } }: Upstream,
  random: () => number,
): Splitter | undefined {
  if (numbers.every((part) => part === 0)) return undefined;
  const percents = names.map(() => 0);
  const conditions = new Map<number, Condition>();
  let needsClient = false;
  for (const [index, { when, percent }] of servers.entries()) {
    const part = numbers[index]!;
    if (when !== undefined) {
      conditions.set(part, new Condition(when));
      needsClient ||= when.client !== undefined;
    } else if (percent !== undefined) percents[part] = percent;
  }
  return (x) => {
    const client = needsClient ? clientOf(x).address : "";
    for (const [part, condition] of conditions) {
      if (condition.holds(x.request, client)) return part;
    }
    return drawPart(percents, random);
  };
}
