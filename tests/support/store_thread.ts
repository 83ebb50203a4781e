/** A thread that uses a worker's store at random, and looks at every byte that it finds. */

import { CacheKey } from "../../lib/cache/policy/cache_key.ts";
import type { SharedMemory } from "../../lib/cache/store/shared/shared_memory.ts";
import { SharedStore } from "../../lib/cache/store/shared/shared_store.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { random } from "./random.ts";
import { isFilledWith, purgeNow, putUnder } from "./stored.ts";

const KEYS = 60;

interface Task {
  readonly memory: SharedMemory;
  readonly worker: number;
  readonly rounds: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Task>) => void;
  postMessage(report: { found: number; wrong: number }): void;
};

scope.onmessage = ({ data: { memory, worker, rounds } }) => {
  const store = new SharedStore(memory, worker);
  const key = new CacheKey("keep", memory.seed);
  const next = random(worker + 1);
  const report = { found: 0, wrong: 0 };
  for (let i = 0; i < rounds; i++) {
    const number = Math.floor(next() * KEYS);
    const bytes = bytesOf(`h/${number}`);
    key.make(bytes, 0, 1, bytes, 1, bytes.length);
    const entry = store.find(key);
    const stored = entry?.variants[0];
    if (stored !== undefined && store.pin(stored)) {
      report.found++;
      if (!isFilledWith(stored.body, number)) report.wrong++;
      if (next() < 0.02) store.remove(stored);
      store.unpin(stored);
    } else {
      putUnder(store, key.written.view().slice(), key.hash, {
        length: Math.floor(next() * 8000),
        mark: number,
        tags: number % 10 === 0 ? ["ten"] : [],
      });
    }
    if (next() < 0.001) purgeNow(store, { kind: "tag", tag: "ten" });
  }
  scope.postMessage(report);
};
