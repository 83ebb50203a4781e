/**
 * The model of `docs/fleet.md`, carried out: nodes with the code of the program and a
 * model of the store, in random interleavings, with crashes and losses of every kind.
 * In the end, nobody has anything that a purge has named since the origin was asked.
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { keyOf } from "../../support/shared_store.ts";
import { random } from "../../support/random.ts";
import { StoreModel } from "../../support/store_model.ts";
import { createFleetMemory } from "../../../lib/cache/fleet/fleet_state.ts";
import { FleetTier } from "../../../lib/cache/fleet/fleet_tier.ts";
import { FleetFollower } from "../../../lib/cache/fleet/follower.ts";
import {
  type FleetPurge,
  localPurge,
} from "../../../lib/cache/fleet/purge_text.ts";
import type { Purge } from "../../../lib/cache/store/purge.ts";
import type { StoredRecord } from "../../../lib/cache/store/stored_record.ts";
import { GuardedTier } from "../../../lib/cache/store/tiers/guarded_tier.ts";
import { Tiers } from "../../../lib/cache/store/tiers/tiers.ts";
import { SharedCache } from "../../../lib/exchange/shared_cache.ts";
import { addRecord } from "../../../lib/handlers/cache/recall.ts";
import { purgeAll } from "../../../lib/handlers/cache/take_out.ts";
import { writeBehind } from "../../../lib/handlers/cache/write_behind.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import { nextTurn } from "../../../lib/net/clock.ts";
import { tries } from "../../support/tries.ts";

/** Runs with losses and crashes; and short ones without, as what comes later hides what went wrong. */
const SEEDS = { wild: tries(3, 8), calm: tries(10, 30) };
const STEPS = { wild: 800, calm: 150 };
const PATHS = ["/a/1", "/a/2", "/b/1"] as const;
const NODES = 3;
const NOBODY = {
  failed(): void {},
  failedToKeep(): void {},
  recovered(): void {},
  joined(): void {},
};

interface Asked {
  readonly path: string;
  readonly epoch: number;
  readonly version: number;
}

/** What a purge has named: by path, the version that the origin had from then on. */
class Origin {
  #version = 1;
  readonly hard = new Map<string, number>();
  readonly soft = new Map<string, number>();

  get version(): number {
    return this.#version;
  }

  purged(paths: readonly string[], isSoft: boolean): void {
    this.#version++;
    for (const path of paths) {
      (isSoft ? this.soft : this.hard).set(path, this.#version);
    }
  }
}

class Node {
  readonly cache: SharedCache;
  readonly fetches: Asked[] = [];
  /** Purges of the fleet that it is about to carry out. */
  readonly due: (() => void)[] = [];
  readonly follower: FleetFollower;
  /** Purges that were ordered here and have not been answered. */
  ordered = 0;
  readonly #clock: TestClock;
  recalled = 0;

  constructor(store: StoreModel, clock: TestClock, name: string) {
    this.#clock = clock;
    const link = {
      url: "redis://model",
      prefix: "",
      timeoutMs: 20,
      node: name,
      memory: createFleetMemory(),
    };
    const tier = new FleetTier(link, clock, store.connect);
    const tiers = new Tiers([new GuardedTier(tier, clock, NOBODY)]);
    const limits = { bytesMax: 1e6, objectBytesMax: 1e5 };
    this.cache = new SharedCache(limits, undefined, tiers);
    const carryOut = async (purges: readonly FleetPurge[]): Promise<void> => {
      await new Promise<void>((resolve) => this.due.push(resolve));
      const hashOf = (key: Uint8Array): number => this.cache.key.hashOf(key);
      const local = purges.map((purge) => localPurge(purge, hashOf));
      await purgeAll(this.cache, local, "shared");
    };
    this.follower = new FleetFollower(
      link,
      clock,
      NOBODY,
      carryOut,
      store.connect,
    );
  }

  #keyOf(path: string): { readonly key: Uint8Array; readonly hash: number } {
    const key = keyOf(path).written.view().slice();
    return { key, hash: this.cache.key.hashOf(key) };
  }

  beginFetch(path: string, version: number): void {
    this.fetches.push({ path, version, epoch: this.cache.store.epoch });
  }

  endFetch({ path, version, epoch }: Asked): void {
    const { key, hash } = this.#keyOf(path);
    const record = recordFor(path, key, version, this.#clock.now());
    const { store } = this.cache;
    if (!addRecord(this.cache, record, { key, hash, epoch })) return;
    writeBehind(this.cache, store.get(key, hash)!.variants[0]!);
  }

  async recall(path: string): Promise<void> {
    const { key, hash } = this.#keyOf(path);
    const { tiers, store: { epoch } } = this.cache;
    const query = { key, hash, isMeant: () => true };
    const record = await tiers!.get(query, new AbortController().signal);
    if (record === undefined || this.versionOf(path) !== undefined) return;
    this.recalled++;
    addRecord(this.cache, record, { key, hash, epoch });
  }

  async purge(name: Purge): Promise<void> {
    const { hash } = name.kind === "key"
      ? { hash: this.cache.key.hashOf(name.key) }
      : { hash: 0 };
    this.ordered++;
    await purgeAll(this.cache, [{ ...name, hash } as Purge]);
    this.ordered--;
  }

  /** What it answers with: the version, and whether that is marked stale. */
  versionOf(
    path: string,
  ): { readonly version: number; readonly isStale: boolean } | undefined {
    const { key, hash } = this.#keyOf(path);
    const [stored] = this.cache.store.get(key, hash)?.variants ?? [];
    if (stored === undefined) return undefined;
    const text = new TextDecoder().decode(stored.body);
    return { version: Number(text), isStale: stored.isMarkedStale };
  }

  /** Whether nothing of it is on its way, and it owes nothing. */
  get isQuiet(): boolean {
    return this.ordered === 0 && this.due.length === 0 &&
      this.cache.tiers!.mayLookUp;
  }

  close(): void {
    this.follower.close();
    this.cache.tiers!.close();
  }
}

function recordFor(
  path: string,
  key: Uint8Array,
  version: number,
  responseMs: number,
): StoredRecord {
  const metadata = {
    isTargeted: false,
    lifetimeMs: 3e6,
    lifetimeFrom: "directive",
    ageMs: 0,
    initialAgeMs: 0,
    responseMs,
    dateMs: responseMs,
    noCache: false,
    mustRevalidate: false,
    hasSharedMaxAge: false,
    staleWhileRevalidateMs: 0,
    etag: "",
    lastModified: "",
  };
  const content = bytesOf(String(version));
  const tags = [path.startsWith("/a") ? "a" : "b"];
  const description = {
    status: 200,
    minorVersion: 1,
    extraKey: "",
    tags,
    selecting: [],
    metadata,
    directives: [],
    length: content.length,
  };
  return {
    key,
    variant: bytesOf('[""]'),
    tags: bytesOf(""),
    description: bytesOf(JSON.stringify(description)),
    head: bytesOf("HTTP/1.1 200 OK\r\n\r\n"),
    content,
  };
}

/** A run with one seed; tells how often a node got what another had fetched. */
async function run(seed: number, isCalm: boolean): Promise<number> {
  const next = random(seed);
  const chance = (part: number): boolean => next() < part;
  const one = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!;
  const clock = new TestClock();
  const store = new StoreModel();
  store.kept = isCalm ? 100 : 2;
  const origin = new Origin();
  const nodes = Array.from(
    { length: NODES },
    (_, index) => new Node(store, clock, `node ${index}`),
  );
  let recalled = 0;
  const actions: readonly (() => void)[] = [
    () => one(nodes).beginFetch(one(PATHS), origin.version),
    () => {
      const { fetches } = one(nodes);
      const at = Math.floor(next() * fetches.length);
      const node = nodes.find((other) => other.fetches === fetches)!;
      for (const fetch of fetches.splice(at, 1)) node.endFetch(fetch);
    },
    () => void one(nodes).recall(one(PATHS)),
    () => void one(nodes).recall(one(PATHS)),
    () => chance(0.3) ? order(one(nodes)) : undefined,
    () => one(nodes).due.shift()?.(),
    () => one(nodes).due.shift()?.(),
    () => clock.pass(Math.floor(next() * (chance(0.1) ? 1500 : 15))),
    () => chance(isCalm ? 0 : 0.03) ? crash() : undefined,
    () => chance(isCalm ? 0 : 0.03) ? loss() : undefined,
    () => chance(isCalm ? 0 : 0.1) ? store.breakOne(next) : undefined,
    ...Array.from({ length: 12 }, () => () => void store.step(next)),
  ];
  /** Lets everything come to its end. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) {
      for (const node of nodes) node.due.shift()?.();
      while (store.step(next));
      await nextTurn();
      if (turn % 3 === 0) clock.pass(400);
      const isOver = turn > 12 && nodes.every(({ isQuiet }) => isQuiet) &&
        nodes.every(({ follower }) => follower.facts.isInStep);
      if (isOver) return;
    }
  }
  function order(node: Node): void {
    const kind = one(
      ["key", "key", "prefix", "tag", chance(0.2) ? "all" : "key"] as const,
    );
    const isSoft = chance(0.3);
    const named = kind === "key"
      ? [PATHS[0]]
      : kind === "all"
      ? PATHS
      : PATHS.filter((path) => path.startsWith("/a"));
    origin.purged(named, isSoft);
    const key = keyOf(PATHS[0]).written.view().slice();
    const prefix = keyOf("/a/").written.view().slice();
    const purge = { kind, key, prefix, tag: "a", isSoft };
    node.purge(purge as unknown as Purge);
  }
  function crash(): void {
    const index = Math.floor(next() * NODES);
    if (!nodes[index]!.isQuiet) return; // what it owes would be lost with it
    recalled += nodes[index]!.recalled;
    nodes[index]!.close();
    nodes[index] = new Node(store, clock, `node ${index} again`);
  }
  function loss(): void {
    const kind = one(
      ["restart", "wipe", "control", "purges", "records"] as const,
    );
    if (kind === "wipe") store.wipe();
    else if (kind !== "restart") store.evict(kind);
    else store.restart(chance(0.5), Math.floor(next() * 3));
  }
  await settle();
  for (let step = 0; step < STEPS[isCalm ? "calm" : "wild"]; step++) {
    one(actions)();
    if (chance(0.2)) await nextTurn();
  }
  await settle();
  const wrong: string[] = [];
  const look = (when: string): void => {
    for (const [index, node] of nodes.entries()) {
      for (const path of PATHS) {
        const { version, isStale } = node.versionOf(path) ??
          { version: Infinity, isStale: false };
        const { hard, soft } = origin;
        const isGone = version < (hard.get(path) ?? 0);
        const isFresh = version < (soft.get(path) ?? 0) && !isStale;
        if (isGone || isFresh) {
          wrong.push(
            `seed ${seed}, node ${index}, ${path}: ${version} ${when}`,
          );
        }
      }
    }
  };
  look("in the end");
  for (const node of nodes) {
    assert(node.follower.facts.isInStep, `seed ${seed}`);
  }
  // What the others have left in the store is good, too.
  for (const node of nodes) {
    await purgeAll(node.cache, [{ kind: "all" }], "shared");
  }
  const recalls = nodes.flatMap((node) =>
    PATHS.map((path) => node.recall(path))
  );
  while (store.step(next)) await nextTurn();
  await Promise.all(recalls);
  look("of the store");
  assertEquals(wrong, []);
  recalled += nodes.reduce((sum, node) => sum + node.recalled, 0);
  for (const node of nodes) node.close();
  return recalled;
}

Deno.test("nothing that was purged comes back, whatever is late, lost or crashes", async () => {
  let recalled = 0;
  for (let seed = 1; seed <= SEEDS.wild; seed++) {
    recalled += await run(seed, false);
  }
  for (let seed = 1; seed <= SEEDS.calm; seed++) {
    recalled += await run(seed, true);
  }
  assert(recalled > SEEDS.calm, `${recalled} records of others were used`);
});

Deno.test("what is stored while a purge is being carried out is no good afterwards", async () => {
  const clock = new TestClock();
  const store = new StoreModel();
  const next = random(1);
  const [one, other] = [
    new Node(store, clock, "1"),
    new Node(store, clock, "2"),
  ];
  const settle = async (isCarriedOut: boolean): Promise<void> => {
    for (let turn = 0; turn < 30; turn++) {
      if (isCarriedOut) one.due.shift()?.();
      other.due.shift()?.();
      while (store.step(next));
      await nextTurn();
    }
  };
  await settle(true);
  const [path] = PATHS;
  one.beginFetch(path, 1);
  const purged = other.purge({ kind: "all" });
  await settle(false);
  await purged;
  assertEquals(one.due.length, 1, "it is about to carry it out");
  one.endFetch(one.fetches[0]!);
  await settle(false);
  assertEquals(one.versionOf(path)?.version, 1, "it has not yet");
  await settle(true);
  assertEquals(one.versionOf(path), undefined);
  for (const node of [one, other]) {
    const recalled = node.recall(path);
    await settle(true);
    await recalled;
    assertEquals(node.versionOf(path), undefined);
  }
  one.close();
  other.close();
});
