/** The files of a configuration are watched: what counts as a change, and when it is told. */

import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { FileWatch } from "../../lib/server/file_watch.ts";

/** A folder of configuration files, and how often a change was told. */
class Place implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly folder: string = Deno.makeTempDirSync();
  readonly main: string = `${this.folder}/sluice.json`;
  changes = 0;
  readonly watch = new FileWatch(this.clock, () => this.changes++);

  constructor() {
    Deno.writeTextFileSync(this.main, "{}");
  }

  /** Lets the time for some looks pass, and tells how many changes were told. */
  async look(times: number): Promise<number> {
    const before = this.changes;
    for (let i = 0; i < times; i++) {
      this.clock.pass(2000);
      await this.watch.looked();
    }
    return this.changes - before;
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${name}`, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.watch.stop();
    await this.watch.looked();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("a change is told once, one look after it is over", async () => {
  await using place = new Place();
  await place.watch.watch({ files: [place.main] });
  assertEquals(await place.look(3), 0);
  await place.write("sluice.json", "{ }");
  assertEquals(await place.look(1), 0);
  assertEquals(await place.look(1), 1);
  assertEquals(await place.look(3), 0);
});

Deno.test("a file that is still being written is not read", async () => {
  await using place = new Place();
  await place.watch.watch({ files: [place.main] });
  for (let i = 0; i < 5; i++) {
    await place.write("sluice.json", `{ ${" ".repeat(i)}`);
    assertEquals(await place.look(1), 0);
  }
  assertEquals(await place.look(1), 1);
});

Deno.test("a file that is missing for a moment, or for longer, is no change", async () => {
  await using place = new Place();
  await place.watch.watch({ files: [place.main] });
  await Deno.rename(place.main, `${place.main}~`);
  assertEquals(await place.look(3), 0);
  await Deno.rename(`${place.main}~`, place.main);
  assertEquals(await place.look(3), 0);
  await Deno.remove(place.main);
  assertEquals(await place.look(3), 0);
  await place.write("sluice.json", "{ }");
  assertEquals(await place.look(2), 1);
});

Deno.test({
  name: "a link that is swapped is a change, with the same size and time",
  ignore: Deno.build.os === "windows", // links need a privilege there
}, async () => {
  await using place = new Place();
  const time = new Date(1_000_000);
  for (const version of ["v1", "v2"]) {
    await Deno.mkdir(`${place.folder}/${version}`);
    await place.write(`${version}/sluice.json`, version);
    await Deno.utime(`${place.folder}/${version}/sluice.json`, time, time);
  }
  await Deno.symlink("v1", `${place.folder}/data`);
  await place.watch.watch({ files: [`${place.folder}/data/sluice.json`] });
  assertEquals(await place.look(2), 0);
  await Deno.symlink("v2", `${place.folder}/new`);
  await Deno.rename(`${place.folder}/new`, `${place.folder}/data`);
  assertEquals(await place.look(2), 1);
});

Deno.test("files that appear in a folder count, unless they are no configuration", async () => {
  await using place = new Place();
  await place.watch.watch({ files: [place.main], folders: [place.folder] });
  for (const name of [".sluice.json.swp", ".a.json", "notes.txt", "a.json~"]) {
    await place.write(name, "");
  }
  assertEquals(await place.look(3), 0);
  await place.write("a.json", "{}");
  assertEquals(await place.look(2), 1);
  await Deno.remove(`${place.folder}/a.json`);
  assertEquals(await place.look(2), 1);
});

Deno.test("what changes while a configuration is read is not lost", async () => {
  await using place = new Place();
  await place.watch.watch({ files: [place.main] });
  await place.write("sluice.json", "{ }"); // after it was read
  await place.write("site.json", "{}");
  await place.watch.watch({
    files: [place.main, `${place.folder}/site.json`],
  });
  assertEquals(await place.look(2), 1);
  await place.write("site.json", "{ }");
  assertEquals(await place.look(2), 1);
  await place.watch.watch({ files: [place.main] });
  await place.write("site.json", "{  }");
  assertEquals(await place.look(3), 0);
});

Deno.test("nothing is told after the end", async () => {
  await using place = new Place();
  await place.watch.watch({ files: [place.main] });
  await place.write("sluice.json", "{ }");
  await place.look(1);
  place.clock.pass(2000); // it looks, and is stopped meanwhile
  place.watch.stop();
  await place.watch.looked();
  assertEquals([place.changes, place.clock.timerCount], [0, 0]);
});
