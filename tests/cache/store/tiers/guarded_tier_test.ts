/** A tier that misbehaves: nobody waits for it, it is told what it missed, and nothing piles up. */

import { assert, assertEquals } from "../../../support/assert.ts";
import { TestClock } from "../../../support/clock.ts";
import { TestTier } from "../../../support/test_tier.ts";
import type { StoredRecord } from "../../../../lib/cache/store/stored_record.ts";
import { GuardedTier } from "../../../../lib/cache/store/tiers/guarded_tier.ts";
import type {
  Tier,
  TierPurge as Purge,
  TierQuery,
} from "../../../../lib/cache/store/tiers/tier.ts";
import { Tiers } from "../../../../lib/cache/store/tiers/tiers.ts";
import { bytesOf } from "../../../../lib/http/bytes.ts";

const HASH = 1;
const WANTED = new AbortController().signal;

function recordOf(name: string, tags = ""): StoredRecord {
  return {
    key: bytesOf(name),
    variant: bytesOf("v"),
    tags: bytesOf(tags),
    description: bytesOf("{}"),
    head: bytesOf("head"),
    content: bytesOf(`content of ${name}`),
  };
}

function queryOf(name: string, isMeant = (): boolean => true): TierQuery {
  return { key: bytesOf(name), hash: HASH, isMeant };
}

function keyPurge(name: string): Purge {
  return { kind: "key", key: bytesOf(name), hash: HASH };
}

/** A guarded tier, and what its watcher was told. */
function scene<Inner extends Tier = TestTier>(
  tier = new TestTier() as Tier as Inner,
): { tier: Inner; guard: GuardedTier; clock: TestClock; told: string[] } {
  const clock = new TestClock();
  const told: string[] = [];
  const guard = new GuardedTier(tier, clock, {
    failed: (name, why) => told.push(`${name}: ${why}`),
    failedToKeep: (name, why) => told.push(`${name} keeps: ${why}`),
    recovered: (name) => told.push(`${name}: recovered`),
  });
  return { tier, guard, clock, told };
}

Deno.test("what is put is found, until it is purged", async () => {
  const purges: Purge[] = [
    keyPurge("a"),
    { kind: "variant", key: bytesOf("a"), hash: HASH, variant: bytesOf("v") },
    { kind: "prefix", prefix: bytesOf("a") },
    { kind: "tag", tag: "t" },
  ];
  for (const purge of purges) {
    const { guard, clock, told } = scene();
    await guard.put(recordOf("a", "\nt\n"), HASH);
    await guard.put(recordOf("b"), HASH);
    const found = await guard.get(queryOf("a"), WANTED);
    assertEquals(found?.content, bytesOf("content of a"));
    assertEquals(await guard.purge(purge), 1);
    assertEquals(await guard.get(queryOf("a"), WANTED), undefined);
    assert(await guard.get(queryOf("b"), WANTED) !== undefined);
    assertEquals([told, clock.timerCount], [[], 0]);
  }
});

Deno.test("what a tier brings is what was asked for, or nothing", async () => {
  const { guard, tier, told } = scene();
  await guard.put(recordOf("a"), HASH);
  tier.get = () => Promise.resolve(recordOf("b")); // another key, whose hash is the same
  assertEquals(await guard.get(queryOf("a"), WANTED), undefined);
  tier.get = () => Promise.resolve(recordOf("a"));
  assertEquals(await guard.get(queryOf("a", () => false), WANTED), undefined);
  const unreadable = (): boolean => {
    throw new SyntaxError("Unexpected end");
  };
  assertEquals(await guard.get(queryOf("a", unreadable), WANTED), undefined);
  assertEquals(told, ["test: a record that cannot be read: Unexpected end"]);
});

Deno.test("an operation that fails at once is a failure like any other", async () => {
  const fail = (): never => {
    throw new Error("not open");
  };
  const tier: Tier = {
    name: "test",
    timeoutMs: 20,
    get: fail,
    put: fail,
    purge: fail,
    close: fail,
  };
  const { guard, told } = scene<Tier>(tier);
  assertEquals(await guard.get(queryOf("a"), WANTED), undefined);
  assertEquals(told, ["test: not open"]);
  assert(!guard.mayLookUp && !guard.mayPut);
  await guard.close();
});

Deno.test("a tier that can keep nothing more is still looked up in", async () => {
  const { guard, tier, clock, told } = scene();
  await guard.put(recordOf("a"), HASH);
  tier.manner = "rejects";
  await guard.put(recordOf("b"), HASH);
  tier.manner = "hangs";
  assert(guard.mayLookUp && !guard.mayPut);
  tier.manner = "works";
  assert(await guard.get(queryOf("a"), WANTED) !== undefined);
  assertEquals(told, ["test keeps: no space left"]); // nothing has been kept again yet
  clock.pass(1000);
  assert(guard.mayPut);
  await guard.put(recordOf("b"), HASH);
  assertEquals(told.slice(1), ["test: recovered"]);
});

Deno.test("a tier that does not answer is left alone for a second", async () => {
  const { guard, tier, clock, told } = scene();
  await guard.put(recordOf("a"), HASH);
  tier.manner = "hangs";
  const answer = guard.get(queryOf("a"), WANTED);
  const { signal } = tier;
  clock.pass(19);
  assertEquals([told, signal!.aborted], [[], false]);
  clock.pass(1);
  assertEquals(await answer, undefined);
  assertEquals([told, signal!.aborted], [
    ["test: no answer within 20 ms"],
    true,
  ]);
  tier.manner = "works";
  clock.pass(999);
  assert(!guard.mayLookUp && !guard.mayPut);
  assertEquals(await guard.get(queryOf("a"), WANTED), undefined);
  clock.pass(1);
  assert(guard.mayLookUp && guard.mayPut);
  assert(await guard.get(queryOf("a"), WANTED) !== undefined);
  assertEquals(told.slice(1), ["test: recovered"]);
});

Deno.test("what nobody wants any more ends, and is no failure; whoever asked is asked nothing then", async () => {
  const { guard, tier, told } = scene();
  await guard.put(recordOf("a"), HASH);
  tier.manner = "gated";
  const wanted = new AbortController();
  let comparisons = 0;
  const isMeant = (): boolean => ++comparisons > 0;
  const answer = guard.get(queryOf("a", isMeant), wanted.signal);
  wanted.abort();
  assertEquals(await answer, undefined);
  tier.open();
  await Promise.resolve();
  assertEquals([comparisons, told, tier.signal!.aborted], [0, [], true]);
  assertEquals(await guard.get(queryOf("a"), wanted.signal), undefined);
  assertEquals(tier.countOf("get"), 1);
});

Deno.test("lookups and writes that never end do not pile up", async () => {
  const { guard, tier, clock } = scene();
  tier.manner = "hangs";
  tier.timeoutMs = 60_000;
  const gets = Array.from(
    { length: 300 },
    () => guard.get(queryOf("a"), WANTED),
  );
  const puts = Array.from({ length: 100 }, () => guard.put(recordOf("a"), 1));
  assertEquals([tier.countOf("get"), tier.countOf("put")], [256, 64]);
  assert(!guard.mayLookUp && !guard.mayPut);
  clock.pass(60_000);
  await Promise.all([...gets, ...puts]);
  clock.pass(2000);
  assert(!guard.mayLookUp && !guard.mayPut, "they have still not ended");
  assertEquals(clock.timerCount, 0);
});

Deno.test("a key is not looked up while its purge is under way: that may yet fail", async () => {
  const rows: [purge: Purge, mayLookUpA: boolean, mayLookUpB: boolean][] = [
    [keyPurge("a"), false, true],
    [{ kind: "prefix", prefix: bytesOf("a") }, false, true],
    [{ kind: "prefix", prefix: bytesOf("") }, false, false],
    [{ kind: "tag", tag: "t" }, false, false],
  ];
  for (const [purge, mayLookUpA, mayLookUpB] of rows) {
    const { guard, tier } = scene();
    await guard.put(recordOf("b"), HASH);
    tier.manner = "gated";
    const purged = guard.purge(purge);
    tier.manner = "works";
    await guard.get(queryOf("a"), WANTED);
    assertEquals(tier.countOf("get") === 1, mayLookUpA);
    await guard.get(queryOf("b"), WANTED);
    assertEquals(tier.countOf("get") - Number(mayLookUpA) === 1, mayLookUpB);
    tier.open();
    await purged;
    await guard.get(queryOf("a"), WANTED);
    assertEquals(tier.asked.at(-1), "get");
  }
});

Deno.test("a purge that failed is made up for before anything is looked up", async () => {
  const { guard, tier, clock } = scene();
  for (const name of ["a", "b", "c"]) await guard.put(recordOf(name), HASH);
  tier.manner = "rejects";
  assertEquals(await guard.purge(keyPurge("a")), 0);
  assertEquals(await guard.purge(keyPurge("b")), 0);
  assertEquals(tier.countOf("purge"), 1); // the second waits with the first
  clock.pass(1000);
  assert(!guard.mayLookUp, "it fails once more");
  await clock.advance(0);
  tier.manner = "works";
  await clock.advance(1000);
  assert(!guard.mayLookUp);
  await clock.advance(0);
  assert(guard.mayLookUp);
  assertEquals(tier.count, 1);
  assert(await guard.get(queryOf("c"), WANTED) !== undefined);
});

Deno.test("of too many purges that a tier missed, all is purged", async () => {
  const { guard, tier, clock } = scene();
  await guard.put(recordOf("z"), HASH);
  tier.manner = "rejects";
  for (let i = 0; i < 1002; i++) await guard.purge(keyPurge(`${i}`));
  tier.manner = "works";
  clock.pass(1000);
  assert(!guard.mayLookUp);
  await clock.advance(0);
  assertEquals([tier.count, guard.mayLookUp], [0, true]);
  assert(tier.countOf("purge") < 10);
});

Deno.test("closing ends what is under way, and does not wait for long", async () => {
  const { guard, tier, clock, told } = scene();
  tier.manner = "hangs";
  const answers = [
    guard.get(queryOf("a"), WANTED),
    guard.put(recordOf("a"), HASH),
    guard.purge(keyPurge("a")),
  ];
  const closed = guard.close();
  await Promise.all(answers);
  clock.pass(5000);
  await closed;
  assertEquals(told, ["test: no answer within 5000 ms"]);
  await guard.purge(keyPurge("a"));
  assert(!guard.mayLookUp && !guard.mayPut);
  assertEquals(tier.asked, ["get", "put", "purge", "close"]);
});

Deno.test("a tier is told of the purges that it missed at the latest when it is closed", async () => {
  const { guard, tier } = scene();
  await guard.put(recordOf("a"), HASH);
  tier.manner = "rejects";
  await guard.purge(keyPurge("a"));
  tier.manner = "works";
  await guard.close();
  assertEquals([tier.count, tier.asked.at(-1)], [0, "close"]);
});

Deno.test("several tiers are looked up in order, and all of them told", async () => {
  const first = scene();
  const second = scene();
  const tiers = new Tiers([first.guard, second.guard]);
  await second.guard.put(recordOf("a"), HASH);
  const found = await tiers.get(queryOf("a"), WANTED);
  assertEquals(found?.content, bytesOf("content of a"));
  await tiers.put(recordOf("b"), HASH);
  assertEquals([first.tier.count, second.tier.count], [1, 2]);
  await tiers.get(queryOf("b"), WANTED);
  assertEquals([first.tier.countOf("get"), second.tier.countOf("get")], [2, 1]);
  assertEquals(
    await tiers.purge({ kind: "prefix", prefix: bytesOf("") }),
    2,
  );
  await tiers.close();
  assert(!tiers.mayLookUp && !tiers.mayPut);
});
