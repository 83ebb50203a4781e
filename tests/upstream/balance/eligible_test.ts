/** Which servers a request may go to. */

import {
  eligible,
  startFraction,
} from "../../../lib/upstream/balance/eligible.ts";
import { drawPart, partsOf } from "../../../lib/upstream/balance/split.ts";
import { assertEquals } from "../../support/assert.ts";

/** A server by letters: `o` out, `d` draining, `b` backup, `t` has failed this request. */
function server(traits: string): {
  isOut: boolean;
  isDraining: boolean;
  isBackup: boolean;
} {
  return {
    isOut: traits.includes("o"),
    isDraining: traits.includes("d"),
    isBackup: traits.includes("b"),
  };
}

Deno.test("those that are in serve, then backups, then those that failed; and all if all are out", async (t) => {
  const rows: [servers: string[], numbers: number[], isUntried: boolean][] = [
    [["", ""], [0, 1], true],
    [["", "o"], [0], true],
    [["", "d"], [0], true],
    [["", "b"], [0], true],
    [["o", "b"], [1], true],
    [["d", "b"], [1], true],
    [["o", "o"], [0, 1], true],
    [["o", "ob"], [0], true],
    [["o", "d"], [0], true],
    [["d", "d"], [0, 1], true],
    [["t", ""], [1], true],
    [["t", "b"], [1], true],
    [["t", "o"], [0], false],
    [["t", "tb"], [0], false],
    [["t", "t"], [0, 1], false],
    [["to", "o"], [1], true],
    [["t", "d"], [0], false],
  ];
  for (const [traits, numbers, isUntried] of rows) {
    await t.step(`[${traits}]`, () => {
      const servers = traits.map(server);
      const tried = new Set(
        servers.filter((_, index) => traits[index]!.includes("t")),
      );
      const found = eligible(servers, tried);
      assertEquals(
        [found.servers.map((one) => servers.indexOf(one)), found.isUntried],
        [numbers, isUntried],
      );
    });
  }
});

Deno.test("a slow start grows from a tenth to the whole", () => {
  const rows: [sinceMs: number, slowStartMs: number, fraction: number][] = [
    [0, 0, 1],
    [0, 1000, 0.1],
    [50, 1000, 0.1],
    [500, 1000, 0.5],
    [1000, 1000, 1],
    [-1, 1000, 1], // the clock was set back
  ];
  for (const [sinceMs, slowStartMs, fraction] of rows) {
    assertEquals(startFraction(sinceMs, slowStartMs), fraction);
  }
});

Deno.test("servers with the same condition are one part, each percentage is one of its own", () => {
  const at = (authority: string, more: object = {}) => ({
    address: { authority },
    percent: undefined,
    when: undefined,
    ...more,
  });
  const beta = { when: { cookie: { beta: true } } };
  const { numbers, names } = partsOf([
    at("a"),
    at("b"),
    at("c", beta),
    at("d", { percent: 5 }),
    at("e", beta),
    at("f", { percent: 5 }),
  ]);
  assertEquals(numbers, [0, 0, 1, 2, 1, 3]);
  assertEquals(new Set(names).size, 4);
  assertEquals(names[0], "");
});

Deno.test("a part is drawn by percentages, what is left is the first one's", () => {
  const percents = [0, 0, 5, 10];
  const rows: [chance: number, part: number][] = [
    [0, 2],
    [0.0499, 2],
    [0.05, 3],
    [0.1499, 3],
    [0.15, 0],
    [0.99, 0],
  ];
  for (const [chance, part] of rows) {
    assertEquals(drawPart(percents, () => chance), part);
  }
});
