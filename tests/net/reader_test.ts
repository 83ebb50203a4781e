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

Deno.test("a read that has filled its buffer may have left more behind", async () => {
  const sizes = [1024, 1, 1023];
  const reader = new Reader(
    { read: () => Promise.resolve(sizes.shift()!) },
    1024,
  );
  await reader.more();
  assertEquals(reader.hasFilled, true);
  reader.start = reader.end;
  await reader.more();
  assertEquals(reader.hasFilled, false);
  await reader.more(); // there is room for so many, behind the one that has arrived
  assertEquals(reader.hasFilled, true);
});
