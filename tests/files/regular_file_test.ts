/** Files are opened so that nothing else is read in their place. */

import { DescriptorSlots } from "../../lib/files/descriptor_slots.ts";
import { PAGE_BYTES_MAX, PageFile } from "../../lib/files/page_file.ts";
import {
  type FileProblem,
  problemOf,
  RegularFile,
} from "../../lib/files/regular_file.ts";
import { SharedFile } from "../../lib/files/shared_file.ts";
import { HttpError } from "../../lib/http/error.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { Folder, OLD_MS } from "../support/file_site.ts";

const here = { ignore: Deno.build.os === "windows" };

async function problem(path: string): Promise<FileProblem | "none" | "other"> {
  try {
    const file = await RegularFile.open(path);
    file?.close();
    return file === undefined ? "other" : "none";
  } catch (error) {
    return problemOf(error);
  }
}

Deno.test(
  "only a regular file is one, and nothing blocks whoever opens it",
  here,
  async () => {
    await using folder = await Folder.with({ "a": "abc", "b/": "" });
    const { path } = folder;
    await new Deno.Command("mkfifo", { args: [`${path}/fifo`] }).output();
    await Deno.symlink("loop", `${path}/loop`);
    using _ = Deno.listen({ transport: "unix", path: `${path}/socket` });
    const rows: [string, string][] = [
      [`${path}/a`, "none"],
      [`${path}/b`, "other"],
      [`${path}/fifo`, "other"],
      ["/dev/null", "other"],
      [`${path}/socket`, "missing"],
      [`${path}/loop`, "missing"],
      [`${path}/none`, "missing"],
      [`${path}/a/b`, "missing"],
      [`${path}/${"x".repeat(256)}`, "missing"],
    ];
    for (const [name, expected] of rows) {
      assertEquals(await problem(name), expected, name);
    }
  },
);

Deno.test("what an error of the system means", () => {
  const withCode = (code: string): Error =>
    Object.assign(new Error(), { code });
  const rows: [unknown, FileProblem][] = [
    [withCode("ENOENT"), "missing"],
    [new Deno.errors.NotFound(), "missing"],
    [withCode("EACCES"), "denied"],
    [new Deno.errors.NotCapable(), "denied"],
    [withCode("EMFILE"), "exhausted"],
    [withCode("ENFILE"), "exhausted"],
    [withCode("EIO"), "broken"],
    [withCode("ESTALE"), "broken"],
    [new Error("anything"), "broken"],
    [undefined, "broken"],
  ];
  for (const [error, expected] of rows) {
    assertEquals(problemOf(error), expected);
  }
});

Deno.test("readers at offsets do not disturb each other", async () => {
  const bytes = new Uint8Array(100_000).map((_, i) => i % 251);
  await using folder = await Folder.with({ "a": bytes });
  const file = (await RegularFile.open(`${folder.path}/a`))!;
  await Promise.all(Array.from({ length: 200 }, async (_, i) => {
    const offset = i * 499;
    const buffer = new Uint8Array(300);
    const count = await file.read(buffer, 300, offset);
    assertEquals(count, 300);
    assertEquals(buffer, bytes.slice(offset, offset + 300));
  }));
  assertEquals(await file.readAll(100_000), bytes);
  assertEquals(await file.readAll(10), bytes.slice(0, 10));
  file.close();
});

Deno.test("a shared file is open as long as somebody reads it, and takes one place", async () => {
  await using folder = await Folder.with({ "a": "abc" });
  const path = `${folder.path}/a`;
  const opened = (await RegularFile.open(path))!;
  const { identity } = opened;
  opened.close();
  const slots = new DescriptorSlots(new SystemClock());
  const file = new SharedFile(path, identity, slots);
  const [one, two] = [file.acquire(), file.acquire()];
  assertEquals(await Promise.all([one, two]), [true, true]);
  assertEquals(file.acquire(), undefined);
  assertEquals(slots.taken, 1);
  file.release();
  file.release();
  assertEquals(await file.read(new Uint8Array(3), 3, 0), 3);
  file.release();
  assertEquals(slots.taken, 0);
  await folder.write("a", "abcd");
  assertEquals(await file.acquire(), false); // another one by now
  await Deno.remove(path);
  await assertRejects(async () => await file.acquire());
  assertEquals(slots.taken, 0);
});

Deno.test("who finds no place for a file waits, in order, and not for ever", async () => {
  const clock = new TestClock();
  const slots = new DescriptorSlots(clock, 2, 1000);
  assertEquals([slots.take(), slots.take()], [undefined, undefined]);
  const entered: number[] = [];
  const first = slots.take()!.then(() => entered.push(1));
  const second = slots.take()!.then(() => entered.push(2));
  const third = assertRejects(() => slots.take()!, HttpError);
  slots.give();
  await first;
  assertEquals([entered, slots.taken], [[1], 2]);
  slots.give();
  await second;
  await clock.advance(1000);
  await third;
  assertEquals(clock.timerCount, 0);
  slots.give();
  slots.give();
  assertEquals([entered, slots.taken], [[1, 2], 0]);
});

Deno.test("a page is read again when it has changed, and none is no error", async () => {
  const clock = new TestClock();
  await using folder = await Folder.with({ "a": "one" });
  const page = new PageFile(`${folder.path}/a`, clock);
  const text = async (): Promise<string | undefined> => {
    await clock.advance(1000);
    const bytes = await page.read();
    return bytes && new TextDecoder().decode(bytes);
  };
  assertEquals(await text(), "one");
  const same = await page.read();
  assert(await page.read() === same);
  await folder.write("a", "two", OLD_MS + 1);
  assertEquals(await text(), "two");
  await Deno.truncate(`${folder.path}/a`, PAGE_BYTES_MAX + 1);
  assertEquals(await text(), undefined);
  await Deno.remove(`${folder.path}/a`);
  assertEquals(await text(), undefined);
  await folder.write("a/b", "");
  assertEquals(await text(), undefined);
  await Deno.remove(`${folder.path}/a`, { recursive: true });
  await folder.write("a", "three");
  assertEquals(await text(), "three");
});
