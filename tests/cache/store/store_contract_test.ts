/** Every store keeps the same promises: in memory of its own, or in memory that workers share. */

import { memoryOf } from "../../support/shared_store.ts";
import { testStore } from "./store_contract.ts";
import { MemoryStore } from "../../../lib/cache/store/memory/memory_store.ts";
import { SharedStore } from "../../../lib/cache/store/shared/shared_store.ts";

testStore("one process", (bytesMax) => {
  const store = new MemoryStore({ bytesMax, objectBytesMax: bytesMax });
  return [store, store];
});

testStore("one worker", (bytesMax) => {
  const store = new SharedStore(memoryOf(bytesMax, 1), 0);
  return [store, store];
});

testStore("two workers", (bytesMax) => {
  const memory = memoryOf(bytesMax);
  return [new SharedStore(memory, 0), new SharedStore(memory, 1)];
});
