import { assert, assertEquals } from "../support/assert.ts";
import { groups, LONG } from "./groups.ts";

const FILES = [
  "tests/tidy_test.ts",
  ...Array.from({ length: 25 }, (_, i) => `tests/e2e/a${i}_test.ts`),
  "tests/cache/disk/disk_tier_test.ts",
  "tests/cache/store/store_test.ts",
  "tests/e2e/disk_test.ts",
];

Deno.test("each file is in one group, and no group is like another", () => {
  const all = groups(FILES);
  assertEquals(all.flatMap(({ files }) => files).toSorted(), FILES.toSorted());
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length);
});

Deno.test("those that take longest begin first, alone; the others are with their folder's, or with other small folders'", () => {
  const [first, second, ...others] = groups(FILES);
  assertEquals([first!.files, second!.files], [
    ["tests/e2e/disk_test.ts"],
    ["tests/cache/disk/disk_tier_test.ts"],
  ]);
  assertEquals(
    others.map(({ name, files }) => [name, files.length]),
    [["rooms", 2], ["e2e_1", 9], ["e2e_2", 8], ["e2e_3", 8]],
  );
});

Deno.test("what takes longest is there", () => {
  for (const file of LONG) {
    assert(Deno.statSync(new URL(`../../${file}`, import.meta.url)).isFile);
  }
});
