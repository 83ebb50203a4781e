/** What has arrived is in the buffer, and nothing is once there is none. */

import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { Reader } from "../../lib/net/reader.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("what a read brings after the reader's release is nobody's", async () => {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const reader = new Reader({ read: () => promise }, 1024);
  const more = reader.more();
  reader.release(); // the socket is closed at the moment at which bytes arrive
  resolve(5);
  await more;
  assertEquals([reader.available, reader.ended], [0, true]);
});

Deno.test("each read is behind what has arrived, however little that is", async () => {
  const runs = ["a", "bc", "d"];
  const reader = new Reader({
    read: (free) => {
      const run = bytesOf(runs.shift()!);
      free.set(run);
      return Promise.resolve(run.length);
    },
  }, 1024);
  for (const arrived of ["a", "abc", "abcd"]) {
    await reader.more();
    assertEquals(textOf(reader.bytes, reader.start, reader.end), arrived);
  }
});
