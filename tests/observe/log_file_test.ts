/** The access log in a real file: rotated, on a full disk, in a folder that goes. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { LogFile } from "../../lib/observe/log_file.ts";

const isWindows = Deno.build.os === "windows";

/** A folder of its own, and a log in it. */
class Place implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly told: string[] = [];
  readonly folder: string = Deno.makeTempDirSync();
  readonly path: string = `${this.folder}/access.log`;
  #log: LogFile | undefined;

  async open(path = this.path): Promise<LogFile> {
    return this.#log = await LogFile.open(
      path,
      this.clock,
      (level, text) => this.told.push(`${level}: ${text}`),
    );
  }

  text(name = "access.log"): string {
    return Deno.readTextFileSync(`${this.folder}/${name}`);
  }

  rename(): void {
    Deno.renameSync(this.path, `${this.path}.1`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#log?.close();
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }
}

/** Lets so much time pass that the file is looked for, and writes a line. */
async function writeLater(
  { clock }: Place,
  log: LogFile,
  line: string,
): Promise<void> {
  clock.pass(5000);
  await log.write(bytesOf(line));
}

Deno.test("lines are appended to what is there; a new file is for its group at most", async () => {
  await using place = new Place();
  const first = await place.open();
  await first.write(bytesOf("1\n"));
  await first.close();
  const second = await place.open();
  await second.write(bytesOf("2\n3\n"));
  assertEquals(place.text(), "1\n2\n3\n");
  if (!isWindows) {
    assertEquals((await Deno.stat(place.path)).mode! & 0o777 & ~0o640, 0);
  }
  assertEquals(place.told, []);
});

Deno.test("a log that cannot be opened is a line for the operator", async () => {
  await using place = new Place();
  const rows: [path: string, reason: RegExp][] = [
    [`${place.folder}/none/a.log`, /^cannot write the log .*a\.log: No such/],
    [place.folder, /: Is a directory/],
  ];
  // Its owner may not write there either.
  if (Deno.build.os === "linux") {
    rows.push(["/sys/a.log", /: Permission denied/]);
  }
  if (!isWindows) {
    await new Deno.Command("mkfifo", { args: [`${place.folder}/pipe`] })
      .output();
    rows.push([`${place.folder}/pipe`, /: it is a pipe/]);
  }
  for (const [path, reason] of rows) {
    const error = await assertRejects(() => place.open(path), Error);
    assertMatch(error.message, reason);
  }
});

Deno.test({
  name: "a rotation in the middle of a load loses no line and mixes none",
  ignore: isWindows,
}, async () => {
  await using place = new Place();
  const log = await place.open();
  const line = (n: number): string => `${n} ${"x".repeat(n % 300)} end\n`;
  const written: Promise<unknown>[] = [];
  for (let n = 0; n < 3000; n++) {
    written.push(log.write(bytesOf(line(n))));
    if (n % 1000 === 500) {
      await written.at(-1);
      await Deno.rename(place.path, `${place.path}.${n}`);
    }
    if (n % 1000 === 600) written.push(log.reopen());
  }
  await Promise.all(written);
  const files = [".500", ".1500", ".2500", ""].map((end) =>
    place.text(`access.log${end}`)
  );
  const all = Array.from({ length: 3000 }, (_, n) => line(n)).join("");
  assertEquals(files.join(""), all);
  for (const text of files) assert(text.endsWith(" end\n"));
  assertEquals(place.told, []);
});

Deno.test({
  name: "what cannot be opened again is written on where it is",
  ignore: isWindows,
}, async () => {
  await using place = new Place();
  const log = await place.open();
  place.rename();
  await Deno.mkdir(place.path); // in the way
  await log.reopen();
  await log.write(bytesOf("1\n"));
  assertEquals(place.text("access.log.1"), "1\n");
  assertMatch(
    place.told.join(),
    /^error: cannot open the log .* again: Is a directory; lines go to the file as/,
  );
  await Deno.remove(place.path);
  await writeLater(place, log, "2\n");
  assertEquals(place.text(), "2\n");
  assertMatch(place.told[1]!, /written again; 0 lines were dropped$/);
  assertEquals(place.told.length, 2);
});

Deno.test({
  name:
    "a folder that goes costs lines, which are counted; when it is back, so is the log",
  ignore: isWindows,
}, async () => {
  await using place = new Place();
  const log = await place.open();
  await log.write(bytesOf("1\n"));
  await Deno.remove(place.folder, { recursive: true });
  await writeLater(place, log, "seen the second time\n");
  await writeLater(place, log, "2\n3\n");
  await writeLater(place, log, "4\n");
  assertMatch(
    place.told.join(),
    /^error: cannot open the log .* again: No such file [^;]*; its lines are dropped/,
  );
  await Deno.mkdir(place.folder);
  await writeLater(place, log, "5\n");
  assertEquals(place.text(), "5\n");
  assertMatch(place.told[1]!, /^info: .* again; 3 lines were dropped$/);
  assertEquals(place.told.length, 2);
});

Deno.test({
  name: "a file that is renamed without a signal is missed, but not at once",
  ignore: isWindows,
}, async () => {
  await using place = new Place();
  const log = await place.open();
  place.rename();
  await writeLater(place, log, "1\n");
  await writeLater(place, log, "2\n");
  assertEquals(place.text("access.log.1"), "1\n");
  assertEquals(place.text(), "2\n");
  assertEquals(place.told, []);
});

Deno.test({
  name: "a full disk costs lines, which are counted, and slows nothing down",
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using place = new Place();
  const log = await place.open("/dev/full");
  for (let n = 0; n < 100; n++) {
    assertEquals(await log.write(bytesOf("1\n2\n")), 4);
  }
  assertEquals(place.told, [
    "error: cannot write the log /dev/full: No space left on device; " +
    "its lines are dropped until that is possible",
  ]);
});

Deno.test({
  name: "a line that broke off on a full disk is ended before the next one",
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using place = new Place();
  const log = await place.open();
  // A file may not grow: like a disk that is full in the middle of a line.
  const { write } = Deno.FsFile.prototype;
  let room = 7;
  Deno.FsFile.prototype.write = async function (bytes): Promise<number> {
    if (room === 0) throw new Error("No space left on device (os error 28)");
    const count = await write.call(this, bytes.subarray(0, room));
    room -= count;
    return count;
  };
  try {
    await log.write(bytesOf("first\nsecond\nthird\n"));
    await log.write(bytesOf("fourth\n"));
    room = 100;
    await log.write(bytesOf("fifth\n"));
  } finally {
    Deno.FsFile.prototype.write = write;
  }
  assertEquals(place.text(), "first\ns\nfifth\n");
  assertMatch(place.told.join("\n"), /No space left[^\n]*\n.* 3 lines were/);
});

Deno.test("what comes behind the end is thrown away", async () => {
  await using place = new Place();
  const log = await place.open();
  await log.write(bytesOf("1\n"));
  await log.close();
  assertEquals(await log.write(bytesOf("2\n")), 2);
  await log.reopen();
  assertEquals(place.text(), "1\n");
});
