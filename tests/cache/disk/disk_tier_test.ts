/** The cache on disk: what is put there comes back, whatever happens, until a purge names it. */

import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { DiskFolder, diskTier } from "../../../lib/cache/disk/disk_folder.ts";
import type { DiskTier } from "../../../lib/cache/disk/disk_tier.ts";
import type { StoredRecord } from "../../../lib/cache/store/stored_record.ts";
import type { TierPurge } from "../../../lib/cache/store/tiers/tier.ts";
import { SystemClock } from "../../../lib/net/clock.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";
import { tries } from "../../support/tries.ts";

const MIB = 2 ** 20;
const CLOCK = new SystemClock();
const NEVER = new AbortController().signal;

function openFolder(path: string, bytesMax: number): Promise<DiskFolder> {
  const objectBytesMax = 16 * MIB;
  return DiskFolder.open({ path, bytesMax, objectBytesMax, admit: 1 });
}

/** A folder with one worker's tier, closed and opened again at will. */
class Scene implements AsyncDisposable {
  readonly path: string;
  readonly #bytesMax: number;
  #folder: DiskFolder | undefined;
  tier!: DiskTier;

  private constructor(path: string, bytesMax: number) {
    this.path = path;
    this.#bytesMax = bytesMax;
  }

  static async open(bytesMax = 64 * MIB): Promise<Scene> {
    const scene = new Scene(await Deno.makeTempDir(), bytesMax);
    await scene.open();
    return scene;
  }

  async open(): Promise<void> {
    this.#folder = await openFolder(this.path, this.#bytesMax);
    this.tier = this.connect();
  }

  get folder(): DiskFolder {
    return this.#folder!;
  }

  /** The tier of another worker. */
  connect(admit = 1): DiskTier {
    return diskTier({ ...this.folder.link(), admit }, CLOCK);
  }

  async close(): Promise<void> {
    await this.tier.close();
    await this.folder.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await Deno.remove(this.path, { recursive: true });
  }
}

interface Wanted {
  readonly content?: string | Uint8Array;
  readonly variant?: string;
  readonly tags?: readonly string[];
}

function recordOf(
  key: string,
  { content = "content", variant = "", tags = [] }: Wanted = {},
): StoredRecord {
  return {
    key: bytesOf(key),
    variant: bytesOf(variant),
    tags: new Uint8Array(0),
    description: bytesOf(JSON.stringify({ tags })),
    head: bytesOf(`head of ${key} ${variant}`),
    content: typeof content === "string" ? bytesOf(content) : content,
  };
}

async function put(
  scene: Scene,
  key: string,
  wanted?: Wanted,
  tier = scene.tier,
): Promise<void> {
  await tier.put(recordOf(key, wanted), 1, NEVER);
}

/** What is found under a key, as text; with a mark if it is stale. */
async function get(
  scene: Scene,
  key: string,
  variant?: string,
  tier = scene.tier,
): Promise<string | undefined> {
  const record = await tier.get({
    key: bytesOf(key),
    hash: 1,
    isMeant: ({ head }) =>
      variant === undefined ||
      textOf(head, 0, head.length).endsWith(` ${variant}`),
  }, NEVER);
  if (record === undefined) return undefined;
  const { content, isMarkedStale } = record;
  return textOf(content, 0, content.length) + (isMarkedStale ? " stale" : "");
}

Deno.test("what is put there comes back, also after a restart, and the youngest first", async () => {
  await using scene = await Scene.open();
  const long = crypto.getRandomValues(new Uint8Array(65_536));
  await put(scene, "h /");
  await put(scene, "h /", { content: "newer" });
  await put(scene, "h /", { content: "english", variant: "en" });
  await put(scene, "h /long", { content: long });
  for (let round = 0; round < 2; round++) {
    assertEquals(await get(scene, "h /"), "english");
    assertEquals(await get(scene, "h /", "en"), "english");
    assertEquals(await get(scene, "h /", ""), "newer");
    assertEquals(await get(scene, "h /none"), undefined);
    const kept = await scene.tier.get(
      { key: bytesOf("h /long"), hash: 1, isMeant: () => true },
      NEVER,
    );
    assertEquals(kept?.content, long);
    await scene.close();
    await scene.open();
  }
  assertEquals(scene.folder.facts.records, 3);
});

const KEYS = ["h /", "h /a", "h /a/b", "H:81 /a", "h. /", "g /a https"];
const PURGES: readonly (readonly [TierPurge, readonly string[]])[] = [
  [{ kind: "key", key: bytesOf("h /a"), hash: 1 }, ["h /a"]],
  [{ kind: "prefix", prefix: bytesOf("h /a") }, ["h /a", "h /a/b"]],
  [{ kind: "host", host: bytesOf("h") }, [
    "h /",
    "h /a",
    "h /a/b",
    "H:81 /a",
    "h. /",
  ]],
  [{ kind: "host", host: bytesOf("h:81") }, ["H:81 /a"]],
  [{ kind: "tag", tag: "even" }, ["h /", "h /a/b", "h. /"]],
  [{ kind: "tag", tag: "eve" }, []],
  [{ kind: "all" }, KEYS],
];

for (const [purge, named] of PURGES) {
  for (const isSoft of [false, true]) {
    const kind = `${purge.kind}${isSoft ? ", soft" : ""}`;
    Deno.test(`a purge names what it says and nothing else: ${kind} (${named.length})`, async () => {
      await using scene = await Scene.open();
      for (const [index, key] of KEYS.entries()) {
        await put(scene, key, {
          tags: index % 2 === 0 ? ["even", "x"] : ["x"],
        });
      }
      const order = { ...purge, isSoft } as TierPurge;
      const count = await scene.tier.purge(order, NEVER);
      for (const key of KEYS) {
        const expected = !named.includes(key)
          ? "content"
          : isSoft
          ? "content stale"
          : undefined;
        assertEquals(await get(scene, key), expected, key);
      }
      assertEquals(count, named.length);
    });
  }
}

Deno.test("what is put there after a purge has begun stays; nobody finds what it names, while it goes on", async () => {
  await using scene = await Scene.open();
  const other = scene.connect();
  for (let i = 0; i < 3000; i++) put(scene, `h /${i}`);
  const purged = scene.tier.purge({ kind: "all" }, NEVER);
  const looked = get(scene, "h /2999");
  const stored = put(scene, "h /0", { content: "new" });
  assertEquals(await looked, undefined);
  await stored;
  assertEquals(await get(scene, "h /0", undefined, other), "new");
  assertEquals(await get(scene, "h /2999", undefined, other), undefined);
  assertEquals(await purged, 3000);
  assertEquals(await get(scene, "h /0"), "new");
  await other.close();
});

Deno.test("what it takes stays within its bound: the least recently used go", async () => {
  await using scene = await Scene.open(16 * MIB);
  const content = new Uint8Array(100_000);
  await put(scene, "h /used", { content });
  for (let i = 0; i < 200; i++) {
    await put(scene, `h /${i}`, { content });
    assert(await get(scene, "h /used") !== undefined, `at ${i}`);
  }
  assertEquals(await get(scene, "h /0"), undefined);
  assert(await get(scene, "h /199") !== undefined);
  const bytes = bytesIn(scene.path);
  assert(bytes <= 16 * MIB, `${bytes}`);
});

/** What a folder takes on disk, with all that is in it. */
function bytesIn(folder: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    const { size, blocks } = Deno.lstatSync(path);
    bytes += blocks === null ? size : blocks * 512;
    if (isDirectory) bytes += bytesIn(path);
  }
  return bytes;
}

Deno.test("what it takes stays within its bound as small content gives way to large, and back", async () => {
  await using scene = await Scene.open(16 * MIB);
  let number = 0;
  for (const length of [1000, 30_000, 3 * MIB, 10, 100_000, 1000]) {
    const count = Math.min(tries(600, 2000), Math.ceil(12 * MIB / length));
    const content = new Uint8Array(length);
    const tags = ["one", "two"];
    for (let left = count; left > 0; left -= 50) {
      const puts = Array.from(
        { length: Math.min(50, left) },
        () => put(scene, `h /${number++}`, { content, tags }),
      );
      await Promise.all(puts);
      const bytes = bytesIn(scene.path);
      assert(bytes <= 16 * MIB, `${bytes} with ${length}`);
    }
    assert(await get(scene, `h /${number - 1}`) !== undefined);
  }
});

Deno.test("what cannot be written is told, and what is there is still read", async () => {
  await using scene = await Scene.open();
  await put(scene, "h /short");
  await Deno.remove(`${scene.path}/bodies`, { recursive: true });
  await Deno.writeTextFile(`${scene.path}/bodies`, "no folder any more");
  const content = new Uint8Array(100_000);
  await assertRejects(() => put(scene, "h /long", { content }), Error);
  assertEquals(await get(scene, "h /short"), "content");
  assertEquals(await get(scene, "h /long"), undefined);
  await Deno.remove(`${scene.path}/bodies`);
  await put(scene, "h /long", { content });
  assert(await get(scene, "h /long") !== undefined);
});

Deno.test("a damaged index is begun anew, before anything is asked of it", async () => {
  const told: string[] = [];
  const path = await Deno.makeTempDir();
  await Deno.writeTextFile(`${path}/index.sqlite`, "no index".repeat(1000));
  const options = { path, bytesMax: 64 * MIB, objectBytesMax: MIB, admit: 1 };
  await Deno.mkdir(`${path}/bodies`);
  const folder = await DiskFolder.open(
    options,
    { tell: (text) => void told.push(text) },
  );
  const tier = diskTier(folder.link(), CLOCK);
  await tier.put(recordOf("h /"), 1, NEVER);
  await tier.close();
  await folder.close();
  assertEquals(told, [
    "the index was damaged; everything in it is forgotten",
  ]);
  await Deno.remove(path, { recursive: true });
});

Deno.test("content that is damaged is not served, and forgotten", async () => {
  await using scene = await Scene.open();
  await put(scene, "h /", { content: new Uint8Array(100_000) });
  await scene.close();
  await Deno.writeFile(
    `${scene.path}/bodies/01/1`,
    new Uint8Array(100_000).fill(1, 50_000),
  );
  await scene.open();
  assertEquals(await get(scene, "h /"), undefined);
  assertEquals(await get(scene, "h /"), undefined);
  await scene.close();
  await scene.open();
  assertEquals(scene.folder.facts.records, 0);
});

Deno.test("files that a crash has left go, others stay", async () => {
  await using scene = await Scene.open();
  await put(scene, "h /", { content: new Uint8Array(100_000) });
  await scene.close();
  await Deno.mkdir(`${scene.path}/bodies/07`);
  await Deno.writeTextFile(`${scene.path}/bodies/07/7`, "left");
  await Deno.writeTextFile(`${scene.path}/bodies/01/257`, "left");
  await scene.open();
  await scene.folder.swept;
  assert(await get(scene, "h /") !== undefined);
  await scene.close();
  const left: string[] = [];
  for (const folder of ["01", "07"]) {
    for await (
      const { name } of Deno.readDir(`${scene.path}/bodies/${folder}`)
    ) {
      left.push(name);
    }
  }
  await scene.open();
  assertEquals(left, ["1"]);
});

Deno.test("a folder has one user", async () => {
  await using scene = await Scene.open();
  await put(scene, "h /");
  await assertRejects(
    () => openFolder(scene.path, MIB),
    Error,
    "another process is using it",
  );
  assertEquals(await get(scene, "h /"), "content");
});

Deno.test("an index of another version is refused, and left as it is", async () => {
  const path = await Deno.makeTempDir();
  const { DatabaseSync } = await import("node:sqlite");
  const index = new DatabaseSync(`${path}/index.sqlite`);
  index.exec("PRAGMA user_version = 9");
  index.close();
  const error = await assertRejects(() => openFolder(path, MIB), Error);
  assertEquals(
    error.message,
    "its index has version 9, and this sluice reads 3: empty the folder, or choose another",
  );
  await Deno.remove(path, { recursive: true });
});

Deno.test("a response is kept once it has been asked for often enough", async () => {
  await using scene = await Scene.open();
  const tier = scene.connect(2);
  await put(scene, "h /", undefined, tier);
  assertEquals(await get(scene, "h /"), undefined);
  await put(scene, "h /", undefined, tier);
  assertEquals(await get(scene, "h /"), "content");
  await tier.close();
});

Deno.test("what nobody wants any more is given up", async () => {
  await using scene = await Scene.open();
  const wanted = new AbortController();
  const asked = scene.tier.get(
    { key: bytesOf("h /"), hash: 1, isMeant: () => true },
    wanted.signal,
  );
  wanted.abort();
  await assertRejects(() => asked, Error, "not wanted any more");
});
