/** The system's clock, with times that no timer of the runtime can have. */

import { SystemClock } from "../../lib/net/clock.ts";
import { assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";

Deno.test("a time beyond 25 days is not over at once, and can be cancelled", async () => {
  const clock = new SystemClock();
  let count = 0;
  const task = (): void => {
    count++;
  };
  const year = 365 * 86_400_000;
  const cancels = [clock.after(year, task), clock.every(year, task)];
  await pause(20);
  for (const cancel of cancels) cancel();
  assertEquals(count, 0);
});
