/** Content that is written from where it is stored: each of its readers gets it whole, behind a head of its own. */

import { assertEquals } from "../support/assert.ts";
import { contentOf } from "../support/coded.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

/** Requests of a client that reads nothing for now: their responses fill every buffer on the way. */
const UNREAD = 60;

for (const size of [33_000, 200_000]) {
  for (const workers of rows(["1", "2"], "1")) {
    Deno.test(`${workers} worker(s): readers of ${size} bytes at the same time do not disturb each other`, async () => {
      const content = contentOf(size);
      await using origin = Origin.answering(() =>
        ok(content, "Cache-Control: max-age=60", 'ETag: "t"')
      );
      await using proxy = await Proxy.start(origin, "--workers", workers);
      await exchange(proxy, get("/"));
      using slow = await proxy.connect();
      const sending = slow.send(get("/").repeat(UNREAD));
      await slow.readHead(); // its responses are on their way
      for (const field of ["Connection: close", "X: 1", "Connection: close"]) {
        const { status, content: got } = await exchange(proxy, get("/", field));
        assertEquals([status, got === content], [200, true]);
      }
      const unchanged = await exchange(proxy, get("/", 'If-None-Match: "t"'));
      assertEquals(unchanged.status, 304);
      const part = await exchange(proxy, get("/", "Range: bytes=5-32999"));
      assertEquals(part.content === content.slice(5, 33_000), true);
      assertEquals(await slow.readExactly(size) === content, true);
      for (let i = 1; i < UNREAD; i++) {
        const { status, content: got } = await slow.readMessage();
        assertEquals([status, got === content], [200, true]);
      }
      await sending;
    });
  }
}
