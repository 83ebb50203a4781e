/**
 * What every place promises in which responses are kept: memory, memory that workers
 * share, and disk pass the same rows. What only a store promises, which answers at once,
 * is in `store_contract.ts`.
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { random } from "../../support/random.ts";
import { keyOf } from "../../support/shared_store.ts";
import {
  type Bounds,
  type Found,
  type Place,
  type PlaceMaker,
  PLACES,
  type Shelf,
} from "../../support/shelves.ts";
import { isFilledWith } from "../../support/stored.ts";
import type { Purge } from "../../../lib/cache/store/purge.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

/** Around the lengths at which content gets a file of its own, and more than a block. */
const LENGTHS = [0, 1, 4096, 32_767, 32_768, 32_769, 300_000];
/** Operations at random. */
const STEPS = 300;

type Promises = Readonly<
  Record<string, (place: Place, bounds: Bounds) => Promise<void>>
>;

function purgeOf(path: string): Purge {
  const key = keyOf(path);
  return { kind: "key", key: key.written.view().slice(), hash: key.hash };
}

/** What the content that is found is filled with; with a mark if it is stale. */
function markOf(found: Found | undefined): string | undefined {
  if (found === undefined) return undefined;
  const { content, isMarkedStale } = found;
  const mark = content[0] ?? 0;
  assert(isFilledWith(content, mark), "the content is mixed up");
  return `${mark}${isMarkedStale ? " stale" : ""}`;
}

async function marks(
  shelf: Shelf,
  paths: readonly string[],
): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for (const path of paths) found.push(markOf(await shelf.look(path)));
  return found;
}

/** All that is stored by those who try purges: what is before the slash belongs to the host. */
const PATHS = ["/a", "/a/1", "/b", ":80/a", "x/a"];

function tagsFor(path: string): string[] {
  return path === "/a" ? ["t", "x"] : ["tt", "x"];
}

/** Purges of every kind, and what each names. */
const PURGES: readonly (readonly [Purge, readonly string[]])[] = [
  [purgeOf("/a"), ["/a"]],
  [purgeOf("/"), []],
  [{ kind: "prefix", prefix: bytesOf("h /a") }, ["/a", "/a/1"]],
  [{ kind: "prefix", prefix: bytesOf("h") }, PATHS],
  [{ kind: "host", host: bytesOf("h") }, ["/a", "/a/1", "/b", ":80/a"]],
  [{ kind: "host", host: bytesOf("h:80") }, [":80/a"]],
  [{ kind: "tag", tag: "t" }, ["/a"]],
  [{ kind: "tag", tag: "x" }, PATHS],
  [{ kind: "tag", tag: "xx" }, []],
  [{ kind: "all" }, PATHS],
];

/** What is promised by a place that has room. */
const ROOMY: Promises = {
  "what is put there is found, byte by byte, and nothing else": async (
    place,
  ) => {
    const { here, there } = place;
    for (const [index, length] of LENGTHS.entries()) {
      await here.put(`/${length}`, { length, mark: index + 1 });
    }
    await place.restart();
    for (const shelf of [here, there]) {
      for (const [index, length] of LENGTHS.entries()) {
        const found = await shelf.look(`/${length}`);
        assertEquals(found?.content.length, length);
        assert(isFilledWith(found!.content, index + 1), `${length}`);
      }
      assertEquals(
        await marks(shelf, ["/", "/4096/", "/4096?", "/409", "/40960"]),
        [undefined, undefined, undefined, undefined, undefined],
      );
    }
  },

  "it is described as it was": async ({ here, there }) => {
    const tags = ["x", "é y"];
    await here.put("/", { tags, extraKey: "p\n", etag: '"v"' });
    for (const shelf of [here, there]) {
      const found = await shelf.look("/", "p\n");
      assertEquals(found?.traits, {
        status: 200,
        selecting: [],
        extraKey: "p\n",
        tags,
      });
      assertEquals(found?.etag, '"v"');
      assertEquals(await shelf.look("/"), undefined);
    }
  },

  "one takes the place of another that the same requests select": async (
    { here, there },
  ) => {
    await here.put("/", { mark: 1, length: 50_000 });
    await there.put("/", { mark: 2, extraKey: "p" });
    await there.put("/", { mark: 3 });
    await here.put("/", { mark: 4, extraKey: "q", length: 50_000 });
    for (const shelf of [here, there]) {
      const found = [];
      for (const extraKey of ["", "p", "q", "r"]) {
        found.push(markOf(await shelf.look("/", extraKey)));
      }
      assertEquals(found, ["3", "2", "4", undefined]);
    }
  },

  "one with a new head has the same content": async ({ here, there }) => {
    await here.put("/", { mark: 1, tags: ["t"], etag: '"1"' });
    await here.purge({ kind: "all", isSoft: true });
    assertEquals(await marks(there, ["/"]), ["1 stale"]);
    await there.freshen("/", '"2"');
    for (const shelf of [here, there]) {
      const found = await shelf.look("/");
      assertEquals([markOf(found), found?.etag], ["1", '"2"']);
    }
    assertEquals(await here.purge({ kind: "tag", tag: "t" }), 1);
  },

  "a purge takes out what it names and nothing else, and tells how much":
    async (
      { here, there },
    ) => {
      for (const [index, [purge, named]] of PURGES.entries()) {
        const mark = index + 1;
        for (const path of PATHS) {
          await here.put(path, { mark, tags: tagsFor(path) });
        }
        const left = PATHS.map((path) =>
          named.includes(path) ? undefined : `${mark}`
        );
        assertEquals(await there.purge(purge), named.length, `${index}`);
        assertEquals(await marks(here, PATHS), left, `${index}`);
        assertEquals(await marks(there, PATHS), left, `${index}`);
        assertEquals(await here.purge(purge), 0, `${index}`);
      }
    },

  "a soft purge marks what it names and nothing else, and tells how much":
    async ({ here, there }) => {
      for (const [index, [purge, named]] of PURGES.entries()) {
        const mark = index + 1;
        for (const path of PATHS) {
          await here.put(path, { mark, tags: tagsFor(path) });
        }
        const left = PATHS.map((path) =>
          named.includes(path) ? `${mark} stale` : `${mark}`
        );
        const soft = { ...purge, isSoft: true };
        assertEquals(await there.purge(soft), named.length, `${index}`);
        assertEquals(await marks(here, PATHS), left, `${index}`);
        assertEquals(await marks(there, PATHS), left, `${index}`);
        // What takes their place is not meant; what stays can still be taken out.
        await there.put("/a", { mark: 99, tags: ["t"] });
        assertEquals(await marks(here, ["/a"]), ["99"], `${index}`);
        assertEquals(await here.purge({ kind: "all" }), PATHS.length);
      }
    },

  "a purge takes all variants": async ({ here, there }) => {
    for (const extraKey of ["", "p", "q"]) {
      await here.put("/", { extraKey, length: 50_000 });
    }
    await here.put("/1", {});
    assertEquals(await there.purge(purgeOf("/")), 3);
    for (const extraKey of ["", "p", "q"]) {
      assertEquals(await here.look("/", extraKey), undefined);
    }
    assertEquals(await marks(there, ["/1"]), ["0"]);
  },

  "what is put there later than a purge stays": async ({ here }) => {
    const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
    const before = paths.map((path) => here.put(path, { mark: 1 }));
    const purged = here.purge({ kind: "all" });
    const after = paths.slice(0, 20).map((path) => here.put(path, { mark: 2 }));
    await Promise.all([...before, purged, ...after]);
    assertEquals(
      await marks(here, paths),
      paths.map((_, i) => i < 20 ? "2" : undefined),
    );
  },

  "at random, it has what it should have": async (place) => {
    const { here, there } = place;
    const next = random(20);
    const model = new Map<string, string>();
    for (let step = 0; step < STEPS; step++) {
      const [one, other] = next() < 0.5 ? [here, there] : [there, here];
      const number = Math.floor(next() * 20);
      const path = `/${number % 4}/${number}`;
      const chance = next();
      if (chance < 0.5) {
        const mark = step % 251;
        const length = 1 + Math.floor(next() ** 4 * 60_000);
        const tags = [`${number % 3}`];
        await one.put(path, { mark, length, tags });
        model.set(path, `${mark}`);
      } else if (chance < 0.65) {
        const isSoft = next() < 0.5;
        const [purge, isNamed] = purgeAtRandom(number, Math.floor(next() * 4));
        const hit = [...model.keys()].filter(isNamed);
        assertEquals(await one.purge({ ...purge, isSoft }), hit.length);
        for (const key of hit) {
          if (!isSoft) model.delete(key);
          else model.set(key, `${parseInt(model.get(key)!)} stale`);
        }
      }
      assertEquals(markOf(await other.look(path)), model.get(path), `${step}`);
    }
    await place.restart();
    const paths = Array.from({ length: 20 }, (_, i) => `/${i % 4}/${i}`);
    assertEquals(
      await marks(here, paths),
      paths.map((path) => model.get(path)),
    );
  },
};

/** A purge, and which of the paths above it names. */
function purgeAtRandom(
  number: number,
  kind: number,
): readonly [Purge, (path: string) => boolean] {
  const path = `/${number % 4}/${number}`;
  const folder = `/${number % 4}/`;
  const rest = number % 3;
  switch (kind) {
    case 0:
      return [purgeOf(path), (other) => other === path];
    case 1:
      return [
        { kind: "prefix", prefix: bytesOf(`h ${folder}`) },
        (other) => other.startsWith(folder),
      ];
    case 2:
      return [
        { kind: "tag", tag: `${rest}` },
        (other) => Number(other.split("/")[2]) % 3 === rest,
      ];
    default:
      return [{ kind: "host", host: bytesOf("h") }, () => true];
  }
}

/** What is promised by a place that has little room. */
const CROWDED: Promises = {
  "what is too large is not kept, and takes out nothing": async (
    { here, there },
    { objectBytesMax },
  ) => {
    await here.put("/1", { mark: 1, length: objectBytesMax });
    await here.put("/2", { length: objectBytesMax + 1 });
    for (const shelf of [here, there]) {
      assertEquals(await marks(shelf, ["/1", "/2"]), ["1", undefined]);
    }
  },

  "what nobody asks for goes, what is asked for stays": async (
    { here, there },
    { bytesMax, objectBytesMax: length },
  ) => {
    await here.put("/used", { mark: 7, length });
    const count = Math.ceil(2 * bytesMax / length);
    for (let i = 0; i < count; i++) {
      await here.put(`/${i}`, { mark: i % 251, length });
      assertEquals(await marks(there, ["/used"]), ["7"], `${i}`);
    }
    const last = (count - 1) % 251;
    assertEquals(await marks(there, ["/0", `/${count - 1}`]), [
      undefined,
      `${last}`,
    ]);
  },
};

function testPlace(
  { name, make }: PlaceMaker,
  promises: Promises,
  bounds: Bounds,
): void {
  for (const [promise, test] of Object.entries(promises)) {
    Deno.test(`${name}: ${promise}`, async () => {
      await using place = await make(bounds);
      await test(place, bounds);
    });
  }
}

for (const maker of PLACES) {
  testPlace(maker, ROOMY, maker.ample);
  testPlace(maker, CROWDED, maker.tight);
}
