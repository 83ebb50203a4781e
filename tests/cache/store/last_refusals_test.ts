/** Why what was not stored was not. */

import {
  createRefusalMemory,
  LastRefusals,
} from "../../../lib/cache/store/last_refusals.ts";
import { REASON_CODES } from "../../../lib/reasons/reason.ts";
import { assertEquals } from "../../support/assert.ts";

/** Keys beyond which slots are used again. */
const SLOTS = 4096;

Deno.test("the last reason of a key is remembered, until something is stored", () => {
  const memory = createRefusalMemory();
  const refusals = new LastRefusals(memory);
  const other = new LastRefusals(memory); // another thread's
  assertEquals(refusals.last(7), undefined);
  refusals.note(7, "authorization", 1000);
  assertEquals(other.last(7), { reason: "authorization", atMs: 1000 });
  other.note(7, "status", 2000);
  assertEquals(refusals.last(7), { reason: "status", atMs: 2000 });
  refusals.forget(8);
  assertEquals(other.last(7), { reason: "status", atMs: 2000 });
  refusals.forget(7);
  assertEquals(other.last(7), undefined);
});

Deno.test("a later key takes the place of an earlier one, and is never taken for it", () => {
  const refusals = new LastRefusals(createRefusalMemory());
  refusals.note(7, "authorization", 1000);
  refusals.note(7 + SLOTS, "cookie", 2000);
  assertEquals(refusals.last(7), undefined);
  refusals.forget(7);
  assertEquals(refusals.last(7 + SLOTS)?.reason, "cookie");
  assertEquals(refusals.last(0), undefined); // the hash of an empty slot
});

Deno.test("every reason can be remembered", () => {
  const refusals = new LastRefusals(createRefusalMemory());
  for (const [hash, reason] of REASON_CODES.entries()) {
    refusals.note(hash, reason, hash);
    assertEquals(refusals.last(hash), { reason, atMs: hash });
  }
});
