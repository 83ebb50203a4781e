/** What is kept of files that were found, and for how long. */

import { FileMemory } from "../../../lib/handlers/files/file_memory.ts";
import { FileShelf } from "../../../lib/handlers/files/file_shelf.ts";
import { FilesPlace } from "../../../lib/handlers/files/options.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { DEFAULTS, Folder } from "../../support/file_site.ts";

const KIB = 1024;

Deno.test("of files that were found, those that memory has room for are kept", async () => {
  const names = ["/a", "/b", "/c", "/d"];
  await using folder = await Folder.with(
    Object.fromEntries(
      names.map((name) => [name.slice(1), "x".repeat(40_000)]),
    ),
  );
  const memory = new FileMemory(100 * KIB);
  const place = new FilesPlace(new TestClock(), memory);
  const shelf = new FileShelf({ ...DEFAULTS, root: folder.path }, place);
  for (const name of names) {
    assert(await shelf.find(name) !== undefined);
    assert(memory.bytes > 40_000 && memory.bytes <= 100 * KIB);
  }
  const kept = names.filter((name) => shelf.fresh(name) !== undefined);
  assertEquals(kept.length, 2);
});

Deno.test("a file that is found again takes the place of the one before", async () => {
  await using folder = await Folder.with({ a: "x".repeat(40_000) });
  const memory = new FileMemory(1000 * KIB);
  const clock = new TestClock();
  const place = new FilesPlace(clock, memory);
  const shelf = new FileShelf({ ...DEFAULTS, root: folder.path }, place);
  await shelf.find("/a");
  const { bytes } = memory;
  for (const length of [50_000, 40_000]) {
    await Deno.writeTextFile(`${folder.path}/a`, "y".repeat(length));
    await clock.advance(60_000);
    assertEquals(shelf.fresh("/a"), undefined);
    await shelf.find("/a");
    assertEquals(memory.bytes, bytes + length - 40_000);
  }
});
