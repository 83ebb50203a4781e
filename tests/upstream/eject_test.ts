/** Servers that failed requests put out come back in time, whatever the time of day does. */

import { flushEvents } from "../../lib/observe/event_log.ts";
import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { serverAt, upstreamAt, upstreamOptions } from "../support/upstreams.ts";

const CHOICE = {
  request: undefined as never, // nothing here looks at it
  client: "",
  part: 0,
  tried: new Set<never>(),
};
/** For how long a server is out by the options of these tests, at first and at most. */
const FIRST_MS = 10_000;
const MOST_MS = 20_000;

const HOUR_MS = 3_600_000;

const ROWS: readonly [
  name: string,
  setMs: number,
  passMs: number,
  isOut: boolean,
][] = [
  ["its time is not over", 0, FIRST_MS - 1, true],
  ["its time is over", 0, FIRST_MS, false],
  ["the time of day is set back by an hour", -HOUR_MS, 0, false],
  ["it is set back by less than a server may be out", -5000, FIRST_MS, true],
  ["… and that passes, too", -5000, FIRST_MS + 5000, false],
  ["it is set on by an hour", HOUR_MS, 0, false],
];

Deno.test("a server is out for as long as it may be", async (t) => {
  for (const [name, setMs, passMs, isOut] of ROWS) {
    await t.step(name, async () => {
      const clock = new TestClock();
      const urls = ["http://10.0.0.1:3000", "http://10.0.0.2:3000"];
      const options = upstreamOptions(urls.map((url) => serverAt(url)), {
        eject: { failures: 1, forMs: FIRST_MS, maxMs: MOST_MS },
      });
      using made = upstreamAt(options, { clock });
      const upstream = made.it;
      const [server] = upstream.servers;
      upstream.failed(server!, "status 503");
      assertEquals(server!.isOut, true);
      clock.set(setMs);
      clock.pass(passMs);
      upstream.choose(CHOICE);
      assertEquals(server!.isOut, isOut);
      await flushEvents(clock);
    });
  }
});
