/** How long a response is fresh: targeted fields by their types, guesses by their bound. */

import { assertEquals } from "../../support/assert.ts";
import { headWith, metadataFor } from "../../support/metadata.ts";
import { parseTargeted } from "../../../lib/cache/policy/directives.ts";

Deno.test("a targeted field with a value of the wrong type is ignored whole (RFC 9213 §2.2)", async (t) => {
  const rows: [text: string, isRead: boolean][] = [
    ["max-age=600", true],
    ["max-age=0", true],
    ["max-age=600;x=1, foo=?0", true],
    ["foo=(a b), bar=1.5, max-age=1", true],
    ["no-store, max-age=600", true],
    ["no-store=?0, max-age=600", true],
    ['private="Set-Cookie", max-age=600', true],
    ["private=set-cookie, max-age=600", true],
    ["constructor=1, max-age=600", true],
    ['max-age="600"', false],
    ["max-age=1.5", false],
    ["max-age=?1", false],
    ["max-age=?0", false],
    ["max-age", false],
    ["max-age=-1", false],
    ["max-age=ten", false],
    ["max-age=:AA==:", false],
    ["max-age=@600", false],
    ["max-age=(600)", false],
    ['max-age=600, s-maxage="9"', false],
    ['max-age=600, stale-while-revalidate="9"', false],
    ["max-age=600, stale-if-error=9.5", false],
    ["max-age=600, no-store=5", false],
    ['max-age=600, must-revalidate="x"', false],
    ["max-age=600, public=yes", false],
    ["max-age=600, private=5", false],
    ["max-age=600, no-cache=(set-cookie)", false],
    ["", false],
  ];
  for (const [text, isRead] of rows) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(parseTargeted(text) !== undefined, isRead);
      // What is ignored gives way to the next field.
      const response = headWith(
        `CDN-Cache-Control: ${text}`,
        "Cache-Control: max-age=7",
      );
      const { isTargeted } = metadataFor(response);
      assertEquals(isTargeted, isRead);
    });
  }
});

Deno.test("a lifetime is guessed from Last-Modified, up to a bound (RFC 9111 §4.2.2)", async (t) => {
  const rows: [
    agoS: number,
    maxMs: number,
    lifetimeMs: number,
    from: string,
  ][] = [
    [100, 60_000, 10_000, "heuristic"],
    [86_400, 60_000, 60_000, "heuristic"],
    [86_400, 3_600_000, 3_600_000, "heuristic"],
    [86_400, 0, 0, "none"],
  ];
  for (const [agoS, maxMs, lifetimeMs, from] of rows) {
    await t.step(`${agoS} s, at most ${maxMs} ms`, () => {
      const response = headWith(
        `Last-Modified: ${new Date(-agoS * 1000).toUTCString()}`,
      );
      const metadata = metadataFor(response, maxMs);
      assertEquals(metadata.lifetimeMs, lifetimeMs);
      assertEquals(metadata.lifetimeFrom, from);
    });
  }
});
