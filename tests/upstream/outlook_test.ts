/** What is said about servers agrees with how they are chosen. */

import {
  leastRequests,
  leastRequestsOdds,
} from "../../lib/upstream/balance/least_requests.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { random } from "../support/random.ts";

const DRAWS = 20_000;

/** Weights and loads. */
const ROWS: readonly (readonly (readonly [weight: number, load: number])[])[] =
  [
    [[1, 0]],
    [[1, 0], [1, 0]],
    [[1, 3], [1, 0]],
    [[1, 0], [2, 0], [5, 0]],
    [[1, 4], [2, 1], [5, 9]],
    [[1, 1], [1, 1], [1, 1], [1, 0]],
    [[0.1, 0], [1, 2]],
  ];

for (const row of ROWS) {
  Deno.test(`the odds of least requests: ${JSON.stringify(row)}`, () => {
    const candidates = row.map(([weight, load], id) => ({ id, weight, load }));
    const odds = leastRequestsOdds(candidates);
    const sum = odds.reduce((total, each) => total + each, 0);
    assert(Math.abs(sum - 1) < 1e-9);
    const chance = random(5);
    const counts = candidates.map(() => 0);
    for (let i = 0; i < DRAWS; i++) {
      counts[leastRequests(candidates, chance).id]!++;
    }
    for (const [id, count] of counts.entries()) {
      const off = Math.abs(count / DRAWS - odds[id]!);
      assert(off < 0.02, `${id}: ${count / DRAWS}, said ${odds[id]}`);
    }
  });
}

Deno.test("one server is certain", () => {
  assertEquals(leastRequestsOdds([{ id: 1, weight: 3, load: 9 }]), [1]);
});
