import { assertEquals } from "../support/assert.ts";
import { formatHttpDate, parseHttpDate } from "../../lib/http/date.ts";

const NOW = Date.UTC(2026, 10, 24);
const EXAMPLE = Date.UTC(1994, 10, 6, 8, 49, 37);

Deno.test("HTTP-date in its three formats (RFC 9110 §5.6.7)", async (t) => {
  const rows: [text: string, ms: number | undefined][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE],
    ["Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE],
    ["Sun Nov  6 08:49:37 1994", EXAMPLE],
    ["Sun Nov 16 08:49:37 1994", EXAMPLE + 10 * 86_400_000],
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
    // More than 50 years ahead is in the past.
    ["Tuesday, 24-Nov-76 00:00:00 GMT", Date.UTC(2076, 10, 24)],
    ["Wednesday, 25-Nov-76 00:00:00 GMT", Date.UTC(1976, 10, 25)],
    ["", undefined],
    ["0", undefined],
    ["-1", undefined],
    ["now", undefined],
    ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:37 UTC", undefined],
    ["Sun, 06 Nov 1994 08:49:37", undefined],
    // Case means nothing to a cache (RFC 9111 §4.2).
    ["sun, 06 nov 1994 08:49:37 gmt", EXAMPLE],
    ["SUN, 06 NOV 1994 08:49:37 GMT", EXAMPLE],
    ["Sun, 06 Nov 1994 08:49:37 gMT", EXAMPLE],
    ["sUNDAY, 06-nOV-94 08:49:37 gmt", EXAMPLE],
    ["sun nov  6 08:49:37 1994", EXAMPLE],
    ["SUN NOV 16 08:49:37 1994", EXAMPLE + 10 * 86_400_000],
    // A wrong day of the week changes nothing.
    ["Mon, 06 Nov 1994 08:49:37 GMT", EXAMPLE],
    ["xun, 06 nov 1994 08:49:37 gmt", undefined],
    ["sun, 06 nox 1994 08:49:37 gmt", undefined],
    ["sun, 06 nov 1994 08:49:37 utc", undefined],
    ["sun, 6 nov 1994 08:49:37 gmt", undefined],
    ["Sun, 06 Nov 1994 24:00:00 GMT", undefined],
    ["Sun, 06 Nov 1994 08:60:00 GMT", undefined],
    ["Sun, 31 Feb 1994 08:49:37 GMT", undefined],
    ["Sun, 00 Nov 1994 08:49:37 GMT", undefined],
    ["Sun,  06 Nov 1994 08:49:37 GMT", undefined],
    ["Sun, 06 Nov 1994 08:49:37 GMT ", undefined],
  ];
  for (const [text, ms] of rows) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(parseHttpDate(text, NOW), ms);
    });
  }
});

Deno.test("what is written can be read", () => {
  assertEquals(formatHttpDate(EXAMPLE + 999), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (
    const ms of [0, EXAMPLE, Date.UTC(2000, 1, 29), Date.UTC(9999, 11, 31)]
  ) {
    assertEquals(parseHttpDate(formatHttpDate(ms), NOW), ms);
  }
});
