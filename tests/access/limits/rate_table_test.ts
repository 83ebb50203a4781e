/** GCRA in shared memory: what is let through, when, and in which memory. */

import { assert, assertEquals } from "../../support/assert.ts";
import { RateTable } from "../../../lib/access/limits/rate_table.ts";
import {
  countsIn,
  createLimitMemory,
} from "../../../lib/access/limits/limit_memory.ts";
import {
  addTo,
  ClientTexts,
  keyOfLimit,
} from "../../../lib/access/limits/limit_key.ts";
import { random } from "../../support/random.ts";

const START = 1_700_000_000_000;

function tableOf(): RateTable {
  return countsIn(createLimitMemory(1), 1, 0).rates;
}

function key(number: number): { low: number; high: number } {
  return { low: number | 0, high: Math.imul(number, 0x9e3779b1) | 0 };
}

/** Ten a minute, five at once. */
const TEN = { intervalMs: 6000, burst: 5 };

Deno.test("a burst at once, then one each interval", () => {
  const table = tableOf();
  const rows: [atMs: number, waitMs: number, remaining: number][] = [
    [0, 0, 4],
    [0, 0, 3],
    [0, 0, 2],
    [0, 0, 1],
    [0, 0, 0],
    [0, 6000, 0],
    [0, 6000, 0],
    [5999, 1, 0],
    [6000, 0, 0],
    [6001, 5999, 0],
    [17_999, 0, 0],
    [18_000, 0, 0],
    [18_000, 6000, 0],
    [1_000_000, 0, 4],
  ];
  const got = rows.map(([atMs]) => {
    const wait = table.take(key(1), TEN, START + atMs);
    return [atMs, wait, table.remaining];
  });
  assertEquals(got, rows);
});

Deno.test("keys have counts of their own; a look counts nothing", () => {
  const table = tableOf();
  const one = { intervalMs: 1000, burst: 1 };
  for (let i = 0; i < 3; i++) {
    assertEquals(table.take(key(7), one, START, false), 0);
  }
  assertEquals(table.take(key(7), one, START), 0);
  assertEquals(table.take(key(8), one, START), 0);
  assertEquals(table.take(key(7), one, START), 1000);
});

Deno.test("over a long time, no more than the rate and a burst, at any pace", () => {
  const next = random(5);
  for (const perSecond of [1, 3, 7, 100, 999, 3000]) {
    const table = tableOf();
    const allowance = { intervalMs: 1000 / perSecond, burst: 10 };
    let taken = 0;
    let nowMs = START;
    while (nowMs < START + 20_000) {
      if (table.take(key(1), allowance, nowMs) === 0) taken++;
      if (next() < 0.7) nowMs += Math.floor(next() * 3);
    }
    assert(taken <= 20 * perSecond + 11, `${perSecond}/s: ${taken}`);
    if (perSecond < 100) assert(taken >= 20 * perSecond, `${taken}`);
  }
});

Deno.test("a clock that is set back keeps nobody waiting for longer than the burst lasts", () => {
  const table = tableOf();
  assertEquals(table.take(key(1), TEN, START), 0);
  const waitMs = table.take(key(1), TEN, START - 3_600_000);
  assert(waitMs <= 6000, `${waitMs}`);
});

Deno.test("a flood of new keys neither frees who was refused nor gets more than the slots allow", () => {
  const table = tableOf();
  const slow = { intervalMs: 60_000, burst: 3 };
  for (let i = 0; i < 3; i++) assertEquals(table.take(key(1), slow, START), 0);
  assert(table.take(key(1), slow, START) > 0);
  let taken = 0;
  const next = random(9);
  for (let i = 0; i < 2_000_000; i++) {
    const flooding = { low: next() * 2 ** 32 | 0, high: next() * 2 ** 32 | 0 };
    if (table.take(flooding, slow, START) === 0) taken++;
  }
  const slots = 131_072;
  assert(taken <= slots * 3, `${taken} of a flood`);
  assert(
    taken > slots,
    `${taken}: new clients are served as long as there is room`,
  );
  assert(table.take(key(1), slow, START) > 0, "it is refused still");
});

Deno.test("two threads see one count", () => {
  const memory = createLimitMemory(2);
  const [one, other] = [0, 1].map((worker) => countsIn(memory, 2, worker));
  const two = { intervalMs: 1000, burst: 2 };
  assertEquals(one!.rates.take(key(1), two, START), 0);
  assertEquals(other!.rates.take(key(1), two, START), 0);
  assertEquals(one!.rates.take(key(1), two, START), 1000);
  const slot = one!.inFlight.enter(key(2), 2);
  assert(slot >= 0 && other!.inFlight.enter(key(2), 2) >= 0);
  assertEquals(other!.inFlight.enter(key(2), 2), -1);
  one!.inFlight.clear(); // it has crashed
  assert(other!.inFlight.enter(key(2), 2) >= 0);
  assertEquals(one!.inFlight.enter(key(2), 2), -1);
});

Deno.test("a thread that died with a lock does not stop the others", () => {
  const memory = createLimitMemory(1);
  const { rates } = countsIn(memory, 1, 0);
  new Int32Array(memory).fill(1); // every lock is taken
  assertEquals(typeof rates.take(key(1), TEN, START), "number");
  assertEquals(typeof rates.take(key(1), TEN, START), "number");
});

Deno.test("more keys in flight than there are slots are counted together, never less", () => {
  const { inFlight } = countsIn(createLimitMemory(1), 1, 0);
  const next = random(3);
  const slots: number[] = [];
  for (let i = 0; i < 100_000; i++) {
    const one = { low: next() * 2 ** 32 | 0, high: next() * 2 ** 32 | 0 };
    const slot = inFlight.enter(one, 2);
    if (slot >= 0) slots.push(slot);
  }
  assert(slots.length <= 2 * 16_384, `${slots.length}`);
  for (const slot of slots) inFlight.leave(slot);
  assert(inFlight.enter(key(1), 1) >= 0);
});

Deno.test("the clients that addresses stand for", () => {
  const texts = new ClientTexts();
  const same = (a: string, b: string): boolean => texts.of(a) === texts.of(b);
  const rows: [a: string, b: string, isSame: boolean][] = [
    ["192.0.2.1", "192.0.2.2", false],
    ["192.0.2.1", "::ffff:192.0.2.1", true],
    ["192.0.2.1", "::ffff:c000:201", true],
    ["2001:db8::1", "2001:DB8::ffff:1", true],
    ["2001:db8::1", "2001:db8:0:0:ffff::", true],
    ["2001:db8::1", "2001:db8:0:1::1", false],
    ["unknown", "", true],
  ];
  assertEquals(rows.map(([a, b]) => [a, b, same(a, b)]), rows);
});

Deno.test("the key depends on seed, limit and text", () => {
  const base = keyOfLimit([1, 2], "limit");
  const made = (from: typeof base, text: string): string => {
    const one = key(0);
    addTo(one, from, text);
    return `${one.low} ${one.high}`;
  };
  const keys = [
    made(base, "a"),
    made(base, "b"),
    made(base, ""),
    made(keyOfLimit([1, 2], "limi"), "ta"),
    made(keyOfLimit([3, 2], "limit"), "a"),
    made(keyOfLimit([1, 4], "limit"), "a"),
  ];
  assertEquals(new Set(keys).size, keys.length);
  assertEquals(made(base, "a"), keys[0]);
});
