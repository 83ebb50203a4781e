/** Which responses are worth a place on disk. */

import { assertEquals } from "../../support/assert.ts";
import {
  type Admission,
  ADMISSION_BYTES,
  admits,
  admitsUsed,
  noteKept,
} from "../../../lib/cache/disk/admission.ts";

function admissionAt(at: number): Admission {
  return { seen: new Int32Array(new SharedArrayBuffer(ADMISSION_BYTES)), at };
}

/** What a key goes through, each with whether it is stored then. */
type Step = "fetched" | "used" | "kept";

const STORIES: readonly (readonly [at: number, ...[Step, boolean?][]])[] = [
  [1, ["fetched", true], ["used", false], ["fetched", true]],
  [2, ["fetched", false], ["used", true], ["used", false], ["fetched", true]],
  [2, ["fetched", false], ["fetched", true], ["used", false]],
  [3, ["fetched", false], ["used", false], ["used", true], ["used", false]],
  [2, ["kept"], ["used", false], ["fetched", true]],
];

for (const [at, ...steps] of STORIES) {
  const story = steps.map(([step]) => step).join(", ");
  Deno.test(`admit ${at}: ${story}`, () => {
    const admission = admissionAt(at);
    const told = steps.map(([step]) =>
      step === "kept"
        ? noteKept(admission, 7)
        : (step === "used" ? admitsUsed : admits)(admission, 7)
    );
    assertEquals(told, steps.map(([, isStored]) => isStored));
  });
}

Deno.test("keys whose hashes meet in one place are told apart", () => {
  const admission = admissionAt(2);
  assertEquals(admits(admission, 7), false);
  assertEquals(admits(admission, 7 + 65_536), false);
  assertEquals(admits(admission, 7), false);
});
