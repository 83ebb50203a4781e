/**
 * The corpus, each input with what is made of it, and the fuzzer's short form, the
 * same in each run; `deno task fuzz` goes on without end.
 */

import { bytesOf } from "../../lib/http/bytes.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { random } from "../support/random.ts";
import { tries } from "../support/tries.ts";
import { formatFinding, fuzz } from "./fuzz.ts";
import { type Target, TARGETS } from "./targets.ts";

/** Mutations of each input in the corpus, on average. */
const MUTATIONS = tries(20, 60);
const SEED = 20261124;

for (const target of TARGETS) {
  for (const { name, input, expect } of target.corpus) {
    Deno.test(`${target.name}: ${name}`, () => {
      const bytes = bytesOf(input);
      assertEquals(target.describe(bytes), expect);
      target.attempt(bytes, random(SEED));
    });
  }

  Deno.test(`fuzz: ${target.name}, ${MUTATIONS} mutations of each input`, () => {
    const names = target.corpus.map(({ name }) => name);
    assertEquals(names.length, new Set(names).size, "two of one name");
    const finding = fuzz(target, SEED, MUTATIONS * target.corpus.length);
    assert(finding === undefined, finding && formatFinding(finding));
  });
}

Deno.test("fuzz() finds what is wrong, makes it small, and says how to see it again", () => {
  const broken: Target = {
    name: "a target",
    corpus: [{ name: "harmless", input: "a long harmless input", expect: "" }],
    describe: () => "",
    attempt(input): void {
      if (input.includes(0xff)) throw new TypeError("No room");
    },
  };
  const finding = fuzz(broken, SEED, 100_000);
  assert(finding !== undefined);
  assertEquals(finding.input, Uint8Array.of(0xff));
  assertEquals(fuzz(broken, finding.seed, 1), finding);
  assertMatch(formatFinding(finding), /TypeError: No room\n.*\n.*"seed \d+: /);
  assertMatch(formatFinding(finding), /input: "\\xff",\n/);
});
