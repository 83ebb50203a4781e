/** A tier that others use, too, asked whether they have fetched something anew: nobody waits for it for long. */

import { assertEquals } from "../../../support/assert.ts";
import { TestClock } from "../../../support/clock.ts";
import { TestTier } from "../../../support/test_tier.ts";
import type { StoredRecord } from "../../../../lib/cache/store/stored_record.ts";
import { GuardedTier } from "../../../../lib/cache/store/tiers/guarded_tier.ts";
import type {
  AwaitedFrom,
  Renewal,
  Tier,
} from "../../../../lib/cache/store/tiers/tier.ts";
import { bytesOf } from "../../../../lib/http/bytes.ts";

const WANTED = new AbortController().signal;
const KEY = bytesOf("a");

function recordOf(key: Uint8Array): StoredRecord {
  const nothing = bytesOf("");
  const sections = { variant: nothing, tags: nothing, description: nothing };
  return { key, ...sections, head: nothing, content: bytesOf("new") };
}

/** A tier that answers so, when it does; what it is told of its failures. */
class RenewingTier extends TestTier {
  readonly failures: string[] = [];
  answer: () => Promise<Renewal | AwaitedFrom<Renewal>>;

  constructor(answer: RenewingTier["answer"]) {
    super();
    this.answer = answer;
  }

  renew(): Promise<Renewal | AwaitedFrom<Renewal>> {
    return this.answer();
  }

  failed(isLate: boolean, pauseMs: number): void {
    this.failures.push(`${isLate ? "late" : "wrong"}, ${pauseMs} ms`);
  }
}

const never = (): Promise<never> => new Promise(() => {});

const ROWS: readonly [
  what: string,
  answer: RenewingTier["answer"],
  renewal: string,
  failures: readonly string[],
][] = [
  ["is to be fetched", () => Promise.resolve("fetch"), "fetch", []],
  ["is others' business", () => Promise.resolve("leave"), "leave", []],
  ["is there", () => Promise.resolve(recordOf(KEY)), "new", []],
  [
    "is another key's",
    () => Promise.resolve(recordOf(bytesOf("b"))),
    "fetch",
    [],
  ],
  ["cannot be told", () => Promise.reject(new Error("no")), "fetch", [
    "wrong, 1000 ms",
  ]],
  ["is not told in time", never, "fetch", ["late, 1000 ms"]],
  [
    "is waited for",
    () =>
      Promise.resolve({
        isAwaited: true,
        withinMs: 5000,
        record: () => Promise.resolve(recordOf(KEY)),
      }),
    "new",
    [],
  ],
  [
    "is waited for, and not for ever",
    () => Promise.resolve({ isAwaited: true, withinMs: 5000, record: never }),
    "fetch",
    ["late, 1000 ms"],
  ],
];

const NOBODY = {
  failed(): void {},
  failedToKeep(): void {},
  recovered(): void {},
};

async function shown(renewal: Promise<Renewal>): Promise<string> {
  const value = await renewal;
  return typeof value === "string"
    ? value
    : new TextDecoder().decode(value.content);
}

for (const [what, answer, renewal, failures] of ROWS) {
  Deno.test(`what is stale here ${what}`, async () => {
    const clock = new TestClock();
    const tier = new RenewingTier(answer);
    const guard = new GuardedTier(tier, clock, NOBODY);
    const query = { key: KEY, hash: 1, isMeant: () => true };
    const asked = shown(guard.renew(query, WANTED));
    assertEquals(await clock.within(6000, asked), renewal);
    assertEquals(tier.failures, failures);
    assertEquals(guard.mayRenew, failures.length === 0);
    await guard.close();
  });
}

Deno.test("nothing is fetched anew when all ends", async () => {
  const guard = new GuardedTier(
    new RenewingTier(never),
    new TestClock(),
    NOBODY,
  );
  const query = { key: KEY, hash: 1, isMeant: () => true };
  const asked = guard.renew(query, WANTED);
  await guard.close();
  assertEquals(await asked, "leave");
});

Deno.test("a tier of this machine alone is not asked", async () => {
  const tier: Tier = new TestTier();
  const guard = new GuardedTier(tier, new TestClock(), NOBODY);
  assertEquals(guard.mayRenew, false);
  const query = { key: KEY, hash: 1, isMeant: () => true };
  assertEquals(await guard.renew(query, WANTED), "fetch");
});
