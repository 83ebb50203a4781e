/** What is kept of files in memory is bounded, whoever is sent it. */

import {
  FileMemory,
  KEPT_FILE_BYTES_MAX,
  type KeptItem,
  SMALL_FILE_BYTES_MAX,
} from "../../../lib/handlers/files/file_memory.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const MIB = 1024 * 1024;

class Item implements KeptItem {
  visited = false;
  younger: KeptItem | undefined;
  older: KeptItem | undefined;
  clients = 0;
  isKept = true;
  bytesHeld: number;

  constructor(bytes: number) {
    this.bytesHeld = bytes;
  }

  onEvicted(): void {
    this.isKept = false;
  }
}

Deno.test("what is used stays, what is not goes, and the bound holds", () => {
  const memory = new FileMemory(10 * MIB);
  const used = new Item(MIB);
  memory.add(used);
  for (let i = 0; i < 100; i++) {
    used.visited = true;
    memory.add(new Item(MIB));
    assert(memory.bytes <= 10 * MIB);
  }
  assert(used.isKept);
  memory.remove(used);
  memory.remove(used);
  assertEquals(used.isKept, false);
});

Deno.test("a form counts once its file has it", () => {
  const memory = new FileMemory(2 * MIB);
  const [old, item] = [new Item(MIB), new Item(MIB / 2)];
  memory.add(old);
  memory.add(item);
  const before = memory.bytes;
  memory.grow(item, () => item.bytesHeld += 100);
  assertEquals(memory.bytes, before + 100);
  item.visited = true;
  memory.grow(item, () => item.bytesHeld += MIB);
  assertEquals([old.isKept, item.isKept], [false, true]);
  memory.grow(old, () => {
    throw new Error("It is kept no longer");
  });
});

Deno.test("what slow clients hold leaves no room for more that is large", () => {
  const memory = new FileMemory(4 * MIB);
  const items = [1, 2, 3, 4, 5, 6].map(() => new Item(MIB));
  for (const item of items) {
    memory.add(item);
    memory.hold(item);
    memory.hold(item);
  }
  const gone = items.filter(({ isKept }) => !isKept);
  assertEquals(gone.length, 3);
  assertEquals(memory.claim(KEPT_FILE_BYTES_MAX), false);
  assert(memory.claim(SMALL_FILE_BYTES_MAX));
  memory.unclaim(SMALL_FILE_BYTES_MAX);
  for (const item of gone) {
    memory.release(item);
    memory.release(item);
  }
  assert(memory.bytes <= 4 * MIB);
  assert(memory.claim(KEPT_FILE_BYTES_MAX));
  assert(memory.claim(KEPT_FILE_BYTES_MAX));
  assertEquals(memory.claim(KEPT_FILE_BYTES_MAX), false);
  assertEquals(memory.claim(KEPT_FILE_BYTES_MAX + 1), false);
});
