/** A generation ends with its last user, and lets its upstreams go then. */

import { assertEquals } from "../support/assert.ts";
import { Generation } from "../../lib/exchange/generation.ts";
import type { Route } from "../../lib/exchange/route.ts";
import type { Upstream } from "../../lib/upstream/upstream.ts";

type Step = "enter" | "leave" | "retire";

const ROWS: readonly [steps: readonly Step[], holders: number][] = [
  [[], 1],
  [["enter", "leave"], 1],
  [["retire"], 0],
  [["enter", "retire"], 1],
  [["enter", "retire", "leave"], 0],
  [["enter", "enter", "retire", "leave"], 1],
  [["enter", "enter", "retire", "leave", "leave"], 0],
  [["enter", "retire", "enter", "leave"], 1], // what a user starts enters too
  [["enter", "retire", "enter", "leave", "leave"], 0],
  [["enter", "retire", "leave", "retire"], 0],
];

for (const [steps, holders] of ROWS) {
  Deno.test(`a generation: ${steps.join(", ") || "nothing happens"}`, () => {
    let count = 0;
    const upstream = {
      hold: (): number => count++,
      release: (): number => count--,
    } as unknown as Upstream;
    const generation = new Generation(
      1,
      {
        needsClient: false,
        cacheSpaces: [],
        take: () => ({ value: undefined }),
        fallbackOf: () => undefined,
      },
      {} as Route,
      new Map([["a", upstream]]),
    );
    for (const step of steps) generation[step]();
    assertEquals(count, holders);
  });
}
