/** `sluice init` asks, writes, and never replaces a file without being told to. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { type Conversation, initialize } from "../../lib/commands/init.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { linesOf } from "../support/memory_disk.ts";

/** Runs it in a folder of its own, with a user who gives these answers. */
async function run(
  answers: readonly string[],
  test: (
    init: (...args: readonly string[]) => Promise<string>,
    shown: string[],
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const rest = [...answers];
  const shown: string[] = [];
  const conversation: Conversation = {
    show: (text) => Promise.resolve(void shown.push(text)),
    answer: () => Promise.resolve(rest.shift()),
  };
  const init = async (...args: readonly string[]): Promise<string> => {
    const path = `${folder}/sluice.json`;
    const command = parseCommand(["init", ...args, path], String);
    assert(command.kind === "init");
    let said = "";
    await initialize(command, conversation, (text) => said += text);
    assert(said.includes(`sluice: wrote ${path}`), said);
    return await Deno.readTextFile(path);
  };
  try {
    await test(init, shown, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("three answers make a file", () =>
  run(["example.com", "3000, 10.0.0.2:80", "me@example.com"], async (init) => {
    const text = await init();
    assertEquals(await linesOf(text), []);
    for (
      const part of [
        '"example.com": {',
        '"http://127.0.0.1:3000",',
        '"10.0.0.2:80"',
        '"acme": { "email": "me@example.com" }',
      ]
    ) assert(text.includes(part), text);
  }));

Deno.test("for this machine only, two answers are enough", () =>
  run(["", " ./dist "], async (init, shown, folder) => {
    const text = await init();
    // It stands elsewhere: the folder is that of whoever asked.
    const root = JSON.stringify(`${Deno.cwd()}/./dist`);
    assert(text.includes(root), text);
    assertEquals(shown.length, 2);
    assert(folder !== Deno.cwd());
  }));

Deno.test("a server by its bare name is one, and no upstream's name", () =>
  run([], async (init) => {
    const text = await init("--upstream", "app");
    assertEquals(await linesOf(text), []);
  }));

Deno.test("a wrong answer is explained, and asked for again", () =>
  run(["a b", "", "ftp://x", "", "3000"], async (init, shown) => {
    await init();
    assertEquals(shown.filter((text) => text.endsWith("\n")).length, 3);
  }));

Deno.test("without an answer, nothing is written, and flags are named", () =>
  run([""], async (init, _, folder) => {
    const { message } = await assertRejects(() => init(), UsageError);
    assert(message.includes("--upstream URL"), message);
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  }));

Deno.test("who answers wrongly for ever is not asked for ever", () =>
  run(Array(100).fill("a b"), async (init, shown) => {
    await assertRejects(() => init(), UsageError);
    assertEquals(shown.length, 10);
  }));

Deno.test("a file that is there stays, unless --force says otherwise", () =>
  run([], async (init, _, folder) => {
    const path = `${folder}/sluice.json`;
    await Deno.writeTextFile(path, "mine");
    const again = (): Promise<string> => init("--upstream", "3000");
    const { message } = await assertRejects(again, UsageError);
    assert(message.includes("--force"), message);
    assertEquals(await Deno.readTextFile(path), "mine");
    assert((await init("--force", "-u", "3000")).startsWith("//"));
    // A link to nowhere is something that is there, too.
    await Deno.remove(path);
    await Deno.symlink(`${folder}/nowhere`, path);
    await assertRejects(again, UsageError);
  }));

Deno.test("a folder that is not there is named", () =>
  run([], async (_init, _, folder) => {
    const path = `${folder}/none/sluice.json`;
    const command = parseCommand(["init", "-u", "3000", path], String);
    assert(command.kind === "init");
    const conversation: Conversation = {
      show: () => Promise.resolve(),
      answer: () => Promise.resolve(undefined),
    };
    const { message } = await assertRejects(
      () => initialize(command, conversation, () => {}),
      UsageError,
    );
    assert(message.includes(path), message);
  }));
