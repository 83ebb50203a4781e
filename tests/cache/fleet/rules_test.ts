/** Each rule of the model in `docs/fleet.md` is needed: without it, a schedule ends with what must not be. */

import { assert } from "../../support/assert.ts";
import { type Change, FaultyCopy } from "../../support/faulty_copy.ts";
import type { ScheduleName } from "../../support/fleet_schedules.ts";
import { rows } from "../../support/tries.ts";

type Schedules = Pick<
  typeof import("../../support/fleet_schedules.ts"),
  "carryOut"
>;

interface Rule {
  /** Its number in `docs/fleet.md`, and what it says. */
  readonly name: string;
  /** What happens that shows it. */
  readonly schedule: ScheduleName;
  /** What the program is like without it. */
  readonly without: Change;
}

const STATE = "lib/cache/fleet/fleet_state.ts";
const FOLLOWER = "lib/cache/fleet/follower.ts";
const TIER = "lib/cache/fleet/fleet_tier.ts";
const GUARD = "lib/cache/store/tiers/guarded_tier.ts";
const MODEL = "tests/support/store_model.ts";

function rule(
  schedule: ScheduleName,
  name: string,
  path: string,
  before: string,
  after: string,
): Rule {
  return { name, schedule, without: { path, before, after } };
}

const RULES: readonly Rule[] = [
  rule(
    "unheard",
    "1: an order is answered when it has come back, and has been carried out here once more",
    TIER,
    `const isDone = number > 0 &&
      await this.#state.reached({ generation, position: number }, signal);`,
    "const isDone = number > 0 || generation === 0n;",
  ),
  rule(
    "untold",
    "2: a purge is noted before it is carried out",
    FOLLOWER,
    `for (const { number, purge } of entries) this.#state.note(purge, number);
    await this.#carryOut(entries.map(({ purge }) => purge));`,
    `await this.#carryOut(entries.map(({ purge }) => purge));
    for (const { number, purge } of entries) this.#state.note(purge, number);`,
  ),
  rule(
    "elsewhere",
    "2: it is carried out in memory",
    FOLLOWER,
    "await this.#carryOut(entries.map(({ purge }) => purge));",
    "",
  ),
  rule(
    "between",
    "2: it is the position after that",
    FOLLOWER,
    `await this.#carryOut(entries.map(({ purge }) => purge));`,
    `this.#state.advance(entries.at(-1)!.number);
    await this.#carryOut(entries.map(({ purge }) => purge));`,
  ),
  rule(
    "queued",
    "3: a record gets the position of the turn in which nothing has named it",
    TIER,
    "const bytes = writeWire(record, place, content, name);",
    "const bytes = writeWire(record, this.#state.place ?? place, content, name);",
  ),
  rule(
    "late",
    "3, 4: what a purge has named meanwhile is not stored",
    "lib/handlers/cache/recall.ts",
    "if (store.isOutdated(since, { key, hash, tags: traits.tags })) {",
    "if (store.isOutdated(Infinity, { key, hash, tags: traits.tags })) {",
  ),
  rule(
    "forgotten",
    "4: a record of another generation is no good",
    STATE,
    `if (this.place?.generation !== stored.generation) return "gone";`,
    "",
  ),
  rule(
    "hard",
    "4: nor is one that a later hard purge names",
    STATE,
    "const isGone = this.#hard.hasNamed(stored.position, named);",
    "const isGone = false;",
  ),
  rule(
    "soft",
    "4: one that a later soft purge names is stale",
    STATE,
    "const isStale = this.#soft.hasNamed(stored.position, named);",
    "const isStale = false;",
  ),
  rule(
    "beside",
    "4: nothing is looked up that a purge names which may yet fail",
    GUARD,
    "if (this.#isBeingPurged(query.key)) return undefined;",
    "",
  ),
  rule(
    "renewed",
    "4: nor is it taken from others to refresh what is stale",
    GUARD,
    `if (!this.mayRenew || this.#isBeingPurged(query.key)) return "fetch";`,
    `if (!this.mayRenew) return "fetch";`,
  ),
  rule(
    "hole",
    "5: a hole in the numbers is seen",
    "lib/cache/fleet/purge_entries.ts",
    "if (number !== before + 1) unknown = number - 1;",
    "",
  ),
  rule(
    "gone",
    "5: a stream that is gone is seen",
    "lib/cache/fleet/purge_entries.ts",
    "if (entries.length === 0) return last > position ? last : undefined;",
    "if (entries.length === 0) return undefined;",
  ),
  rule(
    "hole",
    "5: a node that finds a hole forgets all that it has",
    FOLLOWER,
    `this.#state.note(EVERYTHING, unknown);
    await this.#forgetAll();`,
    "this.#state.note(EVERYTHING, unknown);",
  ),
  rule(
    "hole",
    "5: and notes a purge of everything up to it",
    FOLLOWER,
    `this.#state.note(EVERYTHING, unknown);
    await this.#forgetAll();`,
    "await this.#forgetAll();",
  ),
  rule(
    "newcomer",
    "5: so does a node that joins",
    FOLLOWER,
    "if (unknown !== undefined) this.#state.note(EVERYTHING, unknown);",
    "",
  ),
  rule(
    "restart",
    "6: a store with another process begins another generation",
    MODEL,
    "if (this.#control?.run !== this.#run) {",
    "if (this.#control === undefined) {",
  ),
  rule(
    "wiped",
    "6: a node that sees another generation forgets all that it has",
    FOLLOWER,
    `this.#leave();
    this.#generation = undefined; // until it has heard of all, whatever fails
    await this.#forgetAll();`,
    "this.#leave(); this.#generation = undefined;",
  ),
  rule(
    "joining",
    "6: it is out of step until it has begun there",
    FOLLOWER,
    `this.#leave();
    this.#generation = undefined; // until it has heard of all, whatever fails
    await this.#forgetAll();`,
    "this.#generation = undefined; await this.#forgetAll();",
  ),
  rule(
    "latecomer",
    "6: it reads what the stream has",
    FOLLOWER,
    "while (at < last) {",
    "while (at > last) {",
  ),
  rule(
    "interrupted",
    "6: all of it, or it begins once more",
    FOLLOWER,
    `this.#generation = undefined; // until it has heard of all, whatever fails`,
    `this.#generation = generation;
    this.#position = last;`,
  ),
  rule(
    "owed",
    "7: what is owed is numbered before anything is looked up",
    GUARD,
    "if (this.#owed.length === 0) return true;",
    "return true;",
  ),
  rule(
    "deaf",
    "7: a node that does not hear of purges looks nothing up",
    FOLLOWER,
    "if (this.#isInStep && silentMs >= SILENT_MS) this.#leave();",
    "if (this.#isInStep && silentMs < 0) this.#leave();",
  ),
];

/** The first of each number. */
const FIRST = RULES.filter(({ name }, at) =>
  RULES.findIndex((rule) => rule.name[0] === name[0]) === at
);

for (const { name, schedule, without } of rows(RULES, ...FIRST)) {
  Deno.test(`it is seen if this does not hold: ${name}`, async () => {
    await using copy = await FaultyCopy.of([without]);
    const faulty = await copy.import<Schedules>(
      "tests/support/fleet_schedules.ts",
    );
    assert((await faulty.carryOut(schedule)).length > 0, `not by ${schedule}`);
  });
}
