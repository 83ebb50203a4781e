/** How much is encoded at the same time. */

import { assertEquals } from "../support/assert.ts";
import { CodingLoad } from "../../lib/exchange/coding_load.ts";

Deno.test("four forms are made at once, the others in their turn, 256 may wait", async () => {
  const load = new CodingLoad();
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const enter = (name: number): Promise<void> =>
    load.enter(() => {
      begun.push(name);
      return new Promise((resolve) => ends.push(resolve));
    });
  for (let i = 0; i < 4 + 255; i++) enter(i);
  assertEquals(begun, [0, 1, 2, 3]);
  assertEquals(load.takesForms, true);
  enter(259);
  assertEquals(load.takesForms, false);
  ends[2]!();
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(begun, [0, 1, 2, 3, 4]);
  assertEquals(load.takesForms, true);
  for (let i = 0; i < 260; i++) {
    ends[i]!();
    await Promise.resolve();
    await Promise.resolve();
  }
  assertEquals(begun.length, 260);
  enter(260); // there is room again
  assertEquals(begun.at(-1), 260);
  load.close();
});

Deno.test("so many responses are encoded on their way: 512 by gzip, 16 by brotli", () => {
  const load = new CodingLoad();
  for (const [coding, max] of [["gzip", 512], ["br", 16]] as const) {
    let count = 0;
    for (; load.hasEncoder(coding); count++) load.takeEncoder(coding);
    assertEquals(count, max);
    load.giveEncoder(coding);
    assertEquals(load.hasEncoder(coding), true);
  }
  load.close();
});
