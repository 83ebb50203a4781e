/** How a server is chosen: shares, and what moves when a server goes. No times, and chance from a seed. */

import type { Candidate } from "../../../lib/upstream/balance/candidate.ts";
import {
  consistentHash,
  hashOfText,
  LOAD_FACTOR,
} from "../../../lib/upstream/balance/consistent_hash.ts";
import { leastRequests } from "../../../lib/upstream/balance/least_requests.ts";
import {
  RoundRobin,
  smoothRound,
} from "../../../lib/upstream/balance/round_robin.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { random as seeded } from "../../support/random.ts";

const DRAWS = 20_000;
/** How far a share may be from what it should be: five deviations of a fair draw, and more. */
const NEAR = 0.02;

function servers(...weights: number[]): (Candidate & { load: number })[] {
  return weights.map((weight, index) => ({
    id: hashOfText(`10.0.0.${index}:80`) | 1,
    weight,
    load: 0,
  }));
}

/** By server: which part of the draws it gets. */
function shares(
  list: readonly Candidate[],
  draw: (index: number) => Candidate,
): number[] {
  const counts = list.map(() => 0);
  for (let i = 0; i < DRAWS; i++) counts[list.indexOf(draw(i))]!++;
  return counts.map((count) => count / DRAWS);
}

function assertNear(
  actual: readonly number[],
  expected: readonly number[],
  near = NEAR,
): void {
  for (const [i, share] of actual.entries()) {
    assert(
      Math.abs(share - expected[i]!) < near,
      `${actual} is not near ${expected}`,
    );
  }
}

const WEIGHTS: readonly (readonly number[])[] = [
  [1],
  [1, 1],
  [1, 1, 1],
  [2, 1],
  [5, 3, 2],
  [10, 1, 1, 1],
];

for (const weights of WEIGHTS) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const expected = weights.map((weight) => weight / total);

  Deno.test(`idle servers get what their weights say: ${weights}`, () => {
    const random = seeded(1);
    const list = servers(...weights);
    assertNear(shares(list, () => leastRequests(list, random)), expected);
    assertNear(
      shares(list, () => consistentHash(list, Math.floor(random() * 2 ** 32))),
      expected,
    );
    const robin = new RoundRobin();
    assertNear(
      shares(list, (turn) => robin.choose(list, turn)),
      expected,
      1e-3,
    );
  });
}

Deno.test("least-requests never takes the fuller one of two", () => {
  const random = seeded(2);
  const list = servers(1, 1);
  list[0]!.load = 1;
  for (let i = 0; i < 1000; i++) {
    assertEquals(leastRequests(list, random), list[1]);
  }
});

Deno.test("least-requests weighs: twice the weight bears twice the load", () => {
  const random = seeded(3);
  const list = servers(2, 1);
  list[0]!.load = 3;
  list[1]!.load = 2;
  for (let i = 0; i < 1000; i++) {
    assertEquals(leastRequests(list, random), list[0]);
  }
});

Deno.test("least-requests keeps the loads of many servers close together", () => {
  const random = seeded(4);
  const list = servers(...new Array(20).fill(1));
  for (let i = 0; i < 2000; i++) leastRequests(list, random).load++;
  const loads = list.map(({ load }) => load);
  assert(Math.max(...loads) - Math.min(...loads) <= 6, String(loads));
});

Deno.test("round-robin is smooth: no server has two turns while another waits for its own", () => {
  assertEquals([...smoothRound([1, 1, 1])], [0, 1, 2]);
  assertEquals([...smoothRound([5, 1, 1])], [0, 0, 1, 0, 2, 0, 0]);
  assertEquals([...smoothRound([4, 2])], [0, 1, 0]);
  assertEquals(
    smoothRound([1000, 999, 998, 997, 996]).length <= 4096 + 5,
    true,
  );
});

Deno.test("two who count turns together go round together", () => {
  const list = servers(2, 1, 1);
  const [one, two] = [new RoundRobin(), new RoundRobin()];
  const together = Array.from(
    { length: 8 },
    (_, turn) => list.indexOf((turn % 3 === 0 ? two : one).choose(list, turn)),
  );
  assertEquals(together, [
    ...smoothRound([2, 1, 1]),
    ...smoothRound([2, 1, 1]),
  ]);
});

Deno.test("when a server goes, only its keys move, and all others get some", () => {
  const list = servers(1, 1, 1, 1, 1);
  const [gone, ...left] = list;
  const moved = left.map(() => 0);
  let count = 0;
  for (let key = 0; key < DRAWS; key++) {
    const hash = hashOfText(`/item/${key}`);
    const before = consistentHash(list, hash);
    const after = consistentHash(left, hash);
    if (before === gone) {
      count++;
      moved[left.indexOf(after)]!++;
    } else assertEquals(after, before);
  }
  assertNear([count / DRAWS], [1 / 5]);
  assertNear(
    moved.map((part) => part / count),
    [1 / 4, 1 / 4, 1 / 4, 1 / 4],
    0.05,
  );
});

Deno.test("the same key has the same server whatever the order of servers", () => {
  const list = servers(1, 2, 3);
  const reversed = list.toReversed();
  for (let key = 0; key < 1000; key++) {
    const hash = hashOfText(String(key));
    assertEquals(consistentHash(reversed, hash), consistentHash(list, hash));
  }
});

Deno.test("one hot key is spread once its server has more than its share", () => {
  const list = servers(1, 1, 1, 1);
  const hash = hashOfText("/hot");
  for (let i = 0; i < 400; i++) consistentHash(list, hash).load++;
  const loads = list.map(({ load }) => load);
  const bound = Math.ceil(LOAD_FACTOR * 401 / 4);
  assert(Math.max(...loads) <= bound, String(loads));
});
