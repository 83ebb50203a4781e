/** The fuzzer's short form, the same in each run; `deno task fuzz` goes on without end. */

import { random } from "../support/random.ts";
import { mutate, TARGETS } from "./targets.ts";

const ROUNDS = 4000;
const SEED = 20261124;

for (const target of TARGETS) {
  Deno.test(`fuzz: ${target.name}, ${ROUNDS} mutations`, () => {
    const next = random(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      target.attempt(mutate(target, next), next);
    }
  });
}
