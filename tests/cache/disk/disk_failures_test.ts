/** A disk that fails: nobody waits for it, it is told, and what it has comes back once it works. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../../support/assert.ts";
import { pause, TestClock } from "../../support/clock.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { DiskFolder, diskTier } from "../../../lib/cache/disk/disk_folder.ts";
import { GuardedTier } from "../../../lib/cache/store/tiers/guarded_tier.ts";
import type { StoredRecord } from "../../../lib/cache/store/stored_record.ts";

const MIB = 2 ** 20;
const NEVER = new AbortController().signal;
const SCRIPT = new URL("../../support/slow_disk_thread.ts", import.meta.url);

/** A folder whose disk hangs and whose thread ends when a test wants that. */
class Scene implements AsyncDisposable {
  readonly path: string;
  readonly clock = new TestClock();
  /** What the operator is told. */
  readonly told: string[] = [];
  /** How a worker gets on with it. */
  readonly failures: string[] = [];
  #told = Promise.withResolvers<void>();
  #folder: DiskFolder | undefined;
  /** As a worker has it. */
  tier!: GuardedTier;

  private constructor(path: string) {
    this.path = path;
  }

  static async open(): Promise<Scene> {
    const scene = new Scene(`${await Deno.makeTempDir()}/cache`);
    const { path, clock } = scene;
    const folder = await DiskFolder.open(
      { path, bytesMax: 64 * MIB, objectBytesMax: 4 * MIB, admit: 1 },
      { clock, script: SCRIPT, tell: (text) => scene.#take(text) },
    );
    scene.#folder = folder;
    const tier = diskTier(folder.link(), clock);
    scene.tier = new GuardedTier(tier, clock, {
      failed: (_, why) => void scene.failures.push(`fails: ${why}`),
      failedToKeep: (_, why) => void scene.failures.push(`keeps not: ${why}`),
      recovered: () => void scene.failures.push("works"),
    });
    return scene;
  }

  get folder(): DiskFolder {
    return this.#folder!;
  }

  #take(text: string): void {
    this.told.push(text);
    this.#told.resolve();
    this.#told = Promise.withResolvers();
  }

  async untilTold(count: number): Promise<void> {
    while (this.told.length < count) await this.#told.promise;
  }

  async put(key: string, length: number): Promise<void> {
    await this.tier.put(recordOf(key, length), 1);
  }

  /** How much is found under a key; undefined for nothing. */
  async get(key: string): Promise<number | undefined> {
    const query = { key: bytesOf(key), hash: 1, isMeant: () => true };
    const record = await this.tier.get(query, NEVER);
    return record?.content.length;
  }

  /** From now on, the disk does not answer for what is in files. */
  async hang(): Promise<void> {
    await Deno.writeTextFile(`${this.path}.hangs`, "");
  }

  async answer(): Promise<void> {
    await Deno.remove(`${this.path}.hangs`);
  }

  /** The thread ends, and it is told. */
  async endThread(): Promise<void> {
    const count = this.told.length;
    const ends = new BroadcastChannel("disk thread ends");
    ends.postMessage("now");
    await this.untilTold(count + 1);
    ends.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tier.close();
    await this.folder.close();
    await Deno.remove(new URL(".", `file://${this.path}`), { recursive: true });
  }
}

function recordOf(key: string, length: number): StoredRecord {
  const content = new Uint8Array(length);
  return {
    key: bytesOf(key),
    variant: bytesOf(""),
    tags: new Uint8Array(0),
    description: bytesOf('{"tags":[]}'),
    head: bytesOf("head"),
    content,
  };
}

/** Content that has a file of its own, and content that has not. */
const [LONG, SHORT] = [100_000, 100];

Deno.test("a disk that hangs is waited for by nobody, and told once; it works again when it does", async () => {
  await using scene = await Scene.open();
  await scene.put("h /long", LONG);
  await scene.hang();
  const looked = scene.get("h /long");
  await scene.clock.advance(999);
  assertEquals(scene.failures, []);
  await scene.clock.advance(1);
  assertEquals(await looked, undefined);
  assertEquals(scene.failures, ["fails: no answer within 1000 ms"]);
  assert(!scene.tier.mayLookUp && !scene.tier.mayPut);
  // What is purged meanwhile is not found any more once it works.
  assertEquals(await scene.tier.purge({ kind: "all" }), 0);
  await scene.answer();
  await scene.clock.advance(1000);
  while (!scene.tier.mayLookUp) await pause(1); // it is told of the purge first
  assertEquals(await scene.get("h /long"), undefined);
  await scene.put("h /long", LONG);
  assertEquals(await scene.get("h /long"), LONG);
  assertEquals(scene.failures, ["fails: no answer within 1000 ms", "works"]);
});

Deno.test("what a disk that hangs does not take is counted, and bounded", async () => {
  await using scene = await Scene.open();
  await scene.hang();
  const puts = Array.from(
    { length: 200 },
    (_, i) => scene.put(`h /${i}`, LONG),
  );
  const { dropped } = scene.folder;
  assert(dropped > 0 && dropped < 200, `${dropped}`);
  await scene.answer();
  await Promise.all(puts);
  assertEquals(scene.folder.dropped, dropped);
  let kept = 0;
  for (let i = 0; i < 200; i++) {
    if (await scene.get(`h /${i}`) === LONG) kept++;
  }
  assertEquals(kept + dropped, 200);
});

Deno.test("a thread that ends is started again, later each time; what was there is found again", async () => {
  await using scene = await Scene.open();
  await scene.put("h /long", LONG);
  for (const seconds of [0.5, 1, 2]) {
    scene.told.length = scene.failures.length = 0;
    await scene.endThread();
    assertEquals(scene.told.length, 1);
    assertMatch(
      scene.told[0]!,
      new RegExp(
        `requests go on without it, and it is tried again in ${seconds} s$`,
      ),
    );
    assertEquals(await scene.get("h /long"), undefined);
    assertEquals(scene.failures, ["fails: its thread has ended"]);
    await scene.clock.advance(1000 * seconds - 1);
    assertEquals(scene.told.length, 1);
    await scene.clock.advance(1);
    await scene.untilTold(2);
    assertEquals(scene.told[1], "it works now");
    await scene.clock.advance(1000);
    assertEquals(await scene.get("h /long"), LONG);
    assertEquals(scene.failures.at(-1), "works");
    await scene.put(`h /${seconds}`, SHORT);
    assertEquals(await scene.get(`h /${seconds}`), SHORT);
  }
});

Deno.test("what is under way when the thread ends is given up, and nothing of another's is mixed in", async () => {
  await using scene = await Scene.open();
  const contents = scene.tier.large!.contents;
  const writer = (await contents.begin())!;
  assert(await writer.write(new Uint8Array(MIB)));
  await scene.hang();
  const looked = scene.get("h /1");
  const put = scene.put("h /2", LONG);
  await scene.answer();
  await scene.endThread();
  await Promise.all([looked, put]);
  await assertRejects(() => writer.write(new Uint8Array(10)), Error);
  writer.abort();
  await scene.clock.advance(500);
  await scene.untilTold(2);
  await assertRejects(() => writer.write(new Uint8Array(10)), Error);
  const other = (await contents.begin())!;
  assert(other.record > writer.record);
  assert(await other.write(new Uint8Array(10)));
  other.abort();
});

Deno.test("a folder that is another program's is refused, and left as it is", async () => {
  const path = await Deno.makeTempDir();
  const { DatabaseSync } = await import("node:sqlite");
  const index = new DatabaseSync(`${path}/index.sqlite`);
  index.exec("CREATE TABLE records (id INTEGER, key TEXT, variant TEXT)");
  index.close();
  const before = await Deno.readFile(`${path}/index.sqlite`);
  const refused = await assertRejects(() => openFolder(path), Error);
  assertEquals(
    refused.message,
    "its index.sqlite is not sluice's: choose another folder",
  );
  assertEquals(await Deno.readFile(`${path}/index.sqlite`), before);
  await Deno.writeTextFile(`${path}/index.sqlite`, "not SQLite's".repeat(999));
  await assertRejects(() => openFolder(path), Error, "not a database");
  assertEquals(namesIn(path), [
    "index.sqlite",
  ]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("an index of sluice's of another version is forgotten, with its files", async () => {
  const path = await Deno.makeTempDir();
  const told: string[] = [];
  const first = await openFolder(path);
  const earlier = diskTier(first.link(), new TestClock());
  await earlier.put(recordOf("h /", LONG), 1, NEVER);
  await earlier.close();
  await first.close();
  const { DatabaseSync } = await import("node:sqlite");
  const index = new DatabaseSync(`${path}/index.sqlite`);
  index.exec("PRAGMA user_version = 9; ALTER TABLE records RENAME TO others");
  index.close();
  const folder = await openFolder(path, told);
  await folder.swept;
  assertEquals(told, [
    "its index has version 9, and this sluice reads 3; what was in it is forgotten",
  ]);
  assertEquals(namesIn(`${path}/bodies/01`), []);
  const tier = diskTier(folder.link(), new TestClock());
  await tier.put(recordOf("h /", LONG), 1, NEVER);
  const query = { key: bytesOf("h /"), hash: 1, isMeant: () => true };
  assertEquals((await tier.get(query, NEVER))?.content.length, LONG);
  await tier.close();
  await folder.close();
  await Deno.remove(path, { recursive: true });
});

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name);
}

function openFolder(path: string, told: string[] = []): Promise<DiskFolder> {
  return DiskFolder.open(
    { path, bytesMax: 64 * MIB, objectBytesMax: MIB, admit: 1 },
    { tell: (text) => void told.push(text) },
  );
}
