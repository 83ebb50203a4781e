/** Tags of a 304: a purge by a tag finds what carries it now. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const LATER = "Cache-Control: max-age=60";
const TAG = 'ETag: "a"';

Deno.test("a 304 with other tags makes it another response", async (t) => {
  const rows: [tags: string | undefined, content: "1" | "3"][] = [
    [undefined, "1"],
    ["Cache-Tag: b, a", "1"],
    ["Surrogate-Key: a b", "1"],
    ["Cache-Tag: a", "3"],
    ["Cache-Tag: a, c", "3"],
    ["Surrogate-Key: c", "3"],
  ];
  for (const [tags, content] of rows) {
    await t.step(tags ?? "none", async () => {
      const update = tags === undefined ? [LATER, TAG] : [LATER, TAG, tags];
      let count = 0;
      await using origin = Origin.answering((request) => {
        count++;
        return request.field("if-none-match") === undefined
          ? ok(`${count}`, "Cache-Control: max-age=0", TAG, "Cache-Tag: a, b")
          : `HTTP/1.1 304 x\r\n${update.join("\r\n")}\r\n\r\n`;
      });
      await using proxy = await Proxy.start(origin);
      await exchange(proxy, get("/"));
      const asked = await exchange(proxy, get("/"));
      assertEquals(asked.content, "1");
      const isKept = content === "1";
      const status = asked.field("cache-status")!;
      assertEquals(status.includes("detail=tags"), !isKept, status);
      assertEquals((await exchange(proxy, get("/"))).content, content);
    });
  }
});
