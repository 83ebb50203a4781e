/** What has arrived is in the buffer, and nothing is once there is none. */

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
