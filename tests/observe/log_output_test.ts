import { assertEquals, assertRejects } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { LogOutput } from "../../lib/observe/log_output.ts";

/** Takes a few bytes at a time, like a pipe, and later. */
class Pipe {
  text = "";
  async write(bytes: Uint8Array): Promise<number> {
    await Promise.resolve();
    const count = Math.min(bytes.length, 3);
    this.text += textOf(bytes, 0, count);
    return count;
  }
}

Deno.test("the log changes its place between two batches, or not at all", async () => {
  const folder = await Deno.makeTempDir();
  const [a, b] = [`${folder}/a.log`, `${folder}/b.log`];
  const pipe = new Pipe();
  const output = new LogOutput(pipe, new TestClock(), () => {});
  const text = (path: string): Promise<string> => Deno.readTextFile(path);

  const first = output.write(bytesOf("to the pipe\n"));
  (await output.prepare(a)).commit();
  await Promise.all([first, output.write(bytesOf("to a\n"))]);
  assertEquals(pipe.text, "to the pipe\n");

  (await output.prepare(b)).discard();
  await assertRejects(() => output.prepare(`${folder}/none/c.log`), Error);
  (await output.prepare(a)).commit(); // the same
  await output.write(bytesOf("still to a\n"));
  await Deno.rename(a, `${a}.1`);
  await output.reopen();
  await output.write(bytesOf("to the new a\n"));
  assertEquals(await text(`${a}.1`), "to a\nstill to a\n");

  const last = output.write(bytesOf("to the new a, too\n"));
  (await output.prepare(undefined)).commit();
  await Promise.all([last, output.write(bytesOf("back\n"))]);
  await output.reopen();
  assertEquals(await text(a), "to the new a\nto the new a, too\n");
  assertEquals(await text(b), "");
  assertEquals(pipe.text, "to the pipe\nback\n");
  await output.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("that standard output takes no lines is told once, and lines go there again", async () => {
  const failure = new Error("No space left on device (os error 28)");
  const pipe = new Pipe();
  let isFull = true;
  const sink = {
    write: (bytes: Uint8Array): Promise<number> =>
      isFull ? Promise.reject(failure) : pipe.write(bytes),
  };
  const told: string[] = [];
  const output = new LogOutput(
    sink,
    new TestClock(),
    (level, text) => told.push(`${level}: ${text}`),
  );
  const loss =
    "error: cannot write the log to standard output: No space left on device; " +
    "its lines are dropped until that is possible";
  assertEquals(await output.write(bytesOf("lost\n")), 5);
  await output.write(bytesOf("lost, too\n"));
  assertEquals(told, [loss]);
  isFull = false;
  await output.write(bytesOf("here\n"));
  assertEquals([told, pipe.text], [[loss], "here\n"]);
  isFull = true;
  await output.write(bytesOf("lost again\n"));
  assertEquals(told, [loss, loss]);
});
