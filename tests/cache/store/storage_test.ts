/** Buffers for contents: their classes, and their way back. */

import { assert, assertEquals } from "../../support/assert.ts";
import { classSize, Storage } from "../../../lib/cache/store/storage.ts";

Deno.test("buffers come in classes that waste little, and come back", () => {
  for (let size = 1; size < 100_000; size += 7) {
    const bytes = classSize(size);
    assert(
      bytes >= size && (size <= 256 || bytes <= size * 1.126),
      `${size}: ${bytes}`,
    );
    assertEquals(classSize(bytes), bytes);
  }
  assertEquals(classSize(0), 0);
  const storage = new Storage();
  const buffer = storage.take(1000);
  storage.give(buffer);
  assertEquals(storage.freeBytes, buffer.length);
  assert(storage.take(buffer.length - 1) === buffer);
  storage.give(buffer);
  storage.trim(0);
  assertEquals(storage.freeBytes, 0);
});
