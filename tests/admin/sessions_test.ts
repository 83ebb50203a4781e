/** Logins of browsers: cookies, bounds, ends. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { isSameSecret, Sessions } from "../../lib/admin/sessions.ts";

const HOUR_MS = 60 * 60 * 1000;

function cookieIn(line: string): string {
  return /^Set-Cookie: ([^;]+);/.exec(line)![1]!;
}

Deno.test("a login has a cookie that no script and no other site gets", async () => {
  const sessions = new Sessions("127.0.0.1:2020", new TestClock());
  const line = await sessions.begin();
  assertMatch(
    line,
    /^Set-Cookie: sluice-127-0-0-1-2020=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict\r\n$/,
  );
  assert(await sessions.has(cookieIn(line)));
  assert(await sessions.has(`a=b; ${cookieIn(line)}; c=d`));
  assertEquals(await sessions.has(undefined), false);
  assertEquals(await sessions.has(`${cookieIn(line)}0`), false);
  assertEquals(await sessions.has(cookieIn(line).slice(0, -1)), false);
  assertEquals(await sessions.has(`x${cookieIn(line)}`), false);
});

Deno.test("a login ends with time, by logging out, with the token", async () => {
  const clock = new TestClock();
  const sessions = new Sessions("a", clock);
  const first = cookieIn(await sessions.begin());
  await clock.advance(11 * HOUR_MS);
  const second = cookieIn(await sessions.begin());
  const third = cookieIn(await sessions.begin());
  assert(await sessions.has(first));
  await clock.advance(HOUR_MS);
  assertEquals(await sessions.has(first), false);
  assert(await sessions.has(second));
  assertMatch(
    await sessions.end(second),
    /^Set-Cookie: sluice-a=; .*Max-Age=0;/,
  );
  assertEquals(await sessions.has(second), false);
  assert(await sessions.has(third));
  sessions.clear();
  assertEquals(await sessions.has(third), false);
});

Deno.test("there are 64 logins at most: the oldest ends for one more", async () => {
  const sessions = new Sessions("a", new TestClock());
  const cookies: string[] = [];
  for (let i = 0; i < 65; i++) cookies.push(cookieIn(await sessions.begin()));
  assertEquals(await sessions.has(cookies[0]), false);
  assert(await sessions.has(cookies[1]));
  assert(await sessions.has(cookies[64]));
});

Deno.test("of many cookies, two are looked at", async () => {
  const sessions = new Sessions("a", new TestClock());
  const good = cookieIn(await sessions.begin());
  const bad = good.replace(/=.*/, `=${"0".repeat(64)}`);
  assert(await sessions.has(`${bad}; ${good}`));
  assertEquals(await sessions.has(`${bad}; ${bad}; ${good}`), false);
});

Deno.test("secrets are the same or not", async () => {
  assert(await isSameSecret("hush", "hush"));
  assertEquals(await isSameSecret("hush", "husk"), false);
  assertEquals(await isSameSecret("", "hush"), false);
  assertEquals(await isSameSecret("hush", "hush "), false);
});
