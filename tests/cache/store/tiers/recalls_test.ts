/** Lookups behind the store: who may wait for which. */

import { assert, assertEquals } from "../../../support/assert.ts";
import { Recalls } from "../../../../lib/cache/store/tiers/recalls.ts";
import { bytesOf } from "../../../../lib/http/bytes.ts";

Deno.test("a lookup is found by its key until it ends, and wakes those who wait", async () => {
  const recalls = new Recalls();
  const recall = recalls.begin(bytesOf("a"), 1);
  assert(recalls.find(bytesOf("a"), 1) === recall);
  assertEquals(recalls.find(bytesOf("b"), 1), undefined); // the same hash
  assertEquals(recalls.find(bytesOf("a"), 2), undefined);
  const woken = recall.wait();
  recalls.end(recall);
  await woken;
  assert(recall.isOver);
  assertEquals(recalls.find(bytesOf("a"), 1), undefined);
});

Deno.test("a second lookup under the same hash leaves the first one to be found", () => {
  const recalls = new Recalls();
  const first = recalls.begin(bytesOf("a"), 1);
  const second = recalls.begin(bytesOf("b"), 1);
  recalls.end(second);
  assert(recalls.find(bytesOf("a"), 1) === first);
  recalls.end(first);
  assertEquals(recalls.find(bytesOf("a"), 1), undefined);
});
