/** The validators of files. */

import {
  isUnsettled,
  validatorsOf,
} from "../../../lib/handlers/files/entity_tag.ts";
import { assertEquals, assertNotEquals } from "../../support/assert.ts";

const NOW_MS = 1_800_000_000_500;
const FILE = { device: 1, inode: 255, size: 4096, changedMs: NOW_MS - 60_000 };

Deno.test("an entity tag tells time, size and inode", () => {
  const { etag, lastModifiedMs } = validatorsOf(FILE, NOW_MS);
  assertEquals(etag, `"${(NOW_MS - 60_000).toString(16)}-1000-ff"`);
  assertEquals(lastModifiedMs, NOW_MS - 60_500); // whole seconds
  for (
    const other of [
      { ...FILE, inode: 256 },
      { ...FILE, size: 4097 },
      { ...FILE, changedMs: FILE.changedMs + 1 },
    ]
  ) assertNotEquals(validatorsOf(other, NOW_MS).etag, etag);
});

Deno.test("what may change again within the same time has a weak entity tag", () => {
  const rows: [ageMs: number, isWeak: boolean][] = [
    [0, true],
    [1999, true],
    [2000, false],
    [3_600_000, false],
    [-1, true], // not yet
  ];
  for (const [ageMs, isWeak] of rows) {
    const file = { ...FILE, changedMs: NOW_MS - ageMs };
    assertEquals(isUnsettled(file, NOW_MS), isWeak, `${ageMs}`);
    const { etag } = validatorsOf(file, NOW_MS);
    assertEquals(etag.startsWith('W/"'), isWeak, `${ageMs}`);
  }
});

Deno.test("a date that is yet to come is not told", () => {
  const file = { ...FILE, changedMs: NOW_MS + 1 };
  assertEquals(validatorsOf(file, NOW_MS).lastModifiedMs, undefined);
});
