/** What is said of a folder that has only just changed: what is below it may be elsewhere by now. */

import { FilesRoot } from "../../../lib/handlers/files/files_root.ts";
import { assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { Folder } from "../../support/file_site.ts";

/** So long after the folder was made that it has settled, whenever this thread began. */
const HOURS_MS = 10 * 3_600_000;

Deno.test({
  name: "the names in a folder are certain once what is above it has settled",
  ignore: Deno.build.os === "windows", // it does not tell when a folder changed
}, async () => {
  await using folder = await Folder.with({ "s/a.txt": "a", "s/b.txt": "b" });
  const clock = new TestClock(); // it began before the folder was made, or just after
  const root = new FilesRoot(folder.path, clock, []);
  const names = async (max: number): Promise<unknown> => {
    const info = await Deno.stat(`${folder.path}/s`);
    const found = await root.namesIn("/s", info, max);
    return found && { ...found, names: found.names.toSorted() };
  };
  const all = ["a.txt", "b.txt"];
  assertEquals(await names(9), { names: all, isCertain: false });
  clock.pass(HOURS_MS);
  assertEquals(await names(9), { names: all, isCertain: true });
  assertEquals((await names(1) as { names: string[] }).names.length, 1);
});

Deno.test("a folder that is another one than was looked at is none", async () => {
  await using folder = await Folder.with({ "s/a.txt": "a", "t/b.txt": "b" });
  const clock = new TestClock();
  clock.pass(HOURS_MS);
  const root = new FilesRoot(folder.path, clock, []);
  const other = await Deno.stat(`${folder.path}/t`);
  assertEquals(await root.namesIn("/s", other, 9), undefined);
  assertEquals(await root.holds("/s", other), false);
  assertEquals(await root.holds("/t", other), true);
});
