/** The disk as a configuration sees it: texts, patterns, kinds, the environment. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { ConfigDisk } from "../../lib/disk/config_disk.ts";
import { SystemClock } from "../../lib/net/clock.ts";

const disk = new ConfigDisk(new SystemClock());

/** Runs a test in a folder with these files; those that end with a slash are folders. */
async function withFiles(
  files: readonly string[],
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const file of files) {
      const path = `${folder}/${file}`;
      await Deno.mkdir(path.replace(/[^/]*$/, ""), { recursive: true });
      if (!file.endsWith("/")) await Deno.writeTextFile(path, file);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("patterns find files, in order, without hidden ones", async (t) => {
  const files = [
    "a.json",
    "b.json",
    "c.txt",
    ".d.json",
    "s/e.json",
    "t/f.json",
    "t/g.json/",
    "u.json/x",
  ];
  await withFiles(files, async (folder) => {
    const rows: [pattern: string, found: string[]][] = [
      ["*.json", ["a.json", "b.json"]],
      ["a.json", ["a.json"]],
      ["*/*.json", ["s/e.json", "t/f.json"]],
      ["s/*", ["s/e.json"]],
      ["*", ["a.json", "b.json", "c.txt"]],
      [".*", [".d.json"]],
      ["*a*j*n", ["a.json"]],
      ["*a*x*n", []],
      ["*x*j*n", []],
      ["a*a.json", []],
      ["x/*.json", []],
      ["a.json/*", []],
      ["*.none", []],
    ];
    for (const [pattern, found] of rows) {
      await t.step(pattern, async () => {
        assertEquals(
          await disk.expand(`${folder}/${pattern}`),
          found.map((path) => `${folder}/${path}`),
        );
      });
    }
    const error = await assertRejects(
      () => disk.expand(`${folder}/none`),
      Error,
    );
    assertEquals(error.message, `there is no file "${folder}/none"`);
  });
});

Deno.test("a text is a file of UTF-8 that is not too long", async () => {
  await withFiles(["a", "b/"], async (folder) => {
    assertEquals(await disk.readText(`${folder}/a`, 1), "a");
    await Deno.writeFile(`${folder}/c`, Uint8Array.of(0x61, 0xff));
    const rows: [path: string, message: string][] = [
      ["none", `cannot read "${folder}/none": there is no such file`],
      ["b", `cannot read "${folder}/b": this is not a file`],
      ["a/b", `cannot read "${folder}/a/b": there is no such file`],
      ["c", `"${folder}/c" is not UTF-8`],
    ];
    for (const [path, message] of rows) {
      const error = await assertRejects(
        () => disk.readText(`${folder}/${path}`, 10),
        Error,
      );
      assertEquals(error.message, message);
    }
    const error = await assertRejects(
      () => disk.readText(`${folder}/c`, 1),
      Error,
    );
    assertEquals(error.message, `cannot read "${folder}/c": more than 1 bytes`);
  });
});

Deno.test("what stands at a path", async () => {
  await withFiles(["a", "b/"], async (folder) => {
    const kinds = await Promise.all(
      ["a", "b", "none", "a/b"].map((path) => disk.kindOf(`${folder}/${path}`)),
    );
    assertEquals(kinds, ["file", "folder", "missing", "missing"]);
    assertEquals(await disk.kindOf("/dev/null"), "other");
    assertEquals(await disk.kindOf(""), "folder");
  });
});

Deno.test("the environment", () => {
  assertEquals(disk.environment("SLUICE_TEST_NONE"), undefined);
  assert(disk.environment("PATH") !== undefined);
});
