import { assertEquals } from "../support/assert.ts";
import type { AdminRequest } from "../../lib/admin/resource.ts";
import { stop } from "../../lib/admin/stop.ts";

Deno.test("POST /stop: what it takes, and what it is told to do", async () => {
  const rows: readonly (readonly [string, number, boolean | undefined])[] = [
    ["", 200, false],
    [" \n", 200, false],
    ["{}", 200, false],
    ['{"handOver":true}', 200, true],
    ['{"handOver":false}', 200, false],
    ['{"handOver":1}', 400, undefined],
    ['{"handover":true}', 400, undefined],
    ["null", 400, undefined],
    ["[1]", 400, undefined],
    ["{", 400, undefined],
  ];
  for (const [content, status, handsOver] of rows) {
    let asked: boolean | undefined;
    const administered = {
      stop: (handsOver: boolean): Promise<void> => {
        asked = handsOver;
        return Promise.resolve();
      },
    };
    const request = { administered, content } as unknown as AdminRequest;
    assertEquals((await stop(request)).status, status, content);
    assertEquals(asked, handsOver, content);
  }
});
