/**
 * Nodes of a fleet as a model: the code of the program, one thread each, on a model of
 * the store, with an origin that knows which version of what a purge has named.
 */

import type { Connect } from "../../lib/cache/fleet/connection.ts";
import { type FleetLink, FleetTier } from "../../lib/cache/fleet/fleet_tier.ts";
import {
  createFleetMemory,
  FleetState,
} from "../../lib/cache/fleet/fleet_state.ts";
import { FleetFollower } from "../../lib/cache/fleet/follower.ts";
import {
  type FleetPurge,
  localPurge,
} from "../../lib/cache/fleet/purge_text.ts";
import type { Purge } from "../../lib/cache/store/purge.ts";
import type { StoredRecord } from "../../lib/cache/store/stored_record.ts";
import type { Renewal } from "../../lib/cache/store/tiers/tier.ts";
import { GuardedTier } from "../../lib/cache/store/tiers/guarded_tier.ts";
import { Tiers } from "../../lib/cache/store/tiers/tiers.ts";
import { SharedCache } from "../../lib/exchange/shared_cache.ts";
import { addRecord } from "../../lib/handlers/cache/recall.ts";
import { purgeAll } from "../../lib/handlers/cache/take_out.ts";
import { writeBehind } from "../../lib/handlers/cache/write_behind.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import type { TestClock } from "./clock.ts";
import { keyOf } from "./shared_store.ts";
import type { ModelConnection, StoreModel } from "./store_model.ts";

/** What is asked for: those that begin with `/a` have the tag `a`, the others `b`. */
export const PATHS = ["/a/1", "/a/2", "/b/1"] as const;

const NOBODY = {
  failed(): void {},
  failedToKeep(): void {},
  recovered(): void {},
  joined(): void {},
};

/** The versions that purges ask for: by path, what is older than this is gone, or stale. */
export class Versions {
  readonly hard = new Map<string, number>();
  readonly soft = new Map<string, number>();

  /** A purge has named these. */
  raise(paths: readonly string[], isSoft: boolean, version: number): void {
    const versions = isSoft ? this.soft : this.hard;
    for (const path of paths) {
      versions.set(path, Math.max(version, versions.get(path) ?? 0));
    }
  }

  /** All that others ask for, too. */
  add({ hard, soft }: Versions): void {
    for (const [path, version] of hard) this.raise([path], false, version);
    for (const [path, version] of soft) this.raise([path], true, version);
  }

  /** What is wrong with an answer; undefined if nothing is. */
  wrongWith(path: string, answer: Answer | undefined): string | undefined {
    if (answer === undefined) return undefined;
    const { version, isStale } = answer;
    if (version < (this.hard.get(path) ?? 0)) return `${version} is gone`;
    return version < (this.soft.get(path) ?? 0) && !isStale
      ? `${version} is stale`
      : undefined;
  }
}

/** What a node answers with. */
export interface Answer {
  readonly version: number;
  readonly isStale: boolean;
}

/** What a purge is ordered of. */
export type Named = "key" | "prefix" | "tag" | "all";

/** An origin: each purge is ordered because there is another version. */
export class ModelOrigin {
  version = 1;
  /** By all purges that were ordered. */
  readonly named = new Versions();
}

interface Asked {
  readonly path: string;
  readonly epoch: number;
  readonly version: number;
}

/** See the module's comment. */
export class ModelNode {
  readonly cache: SharedCache;
  readonly fetches: Asked[] = [];
  /** Steps of purges of the fleet that it is carrying out: the next one is taken when the test says so. */
  readonly due: (() => void)[] = [];
  readonly follower: FleetFollower;
  /** By the purges that this node has answered. */
  readonly answered = new Versions();
  /** How often it got what another node had stored. */
  recalled = 0;
  /** Of what the origin answers. */
  lifetimeMs = 3e6;
  /** Its connections: one that looks up and purges, one that follows, one that is woken. */
  readonly asks: ModelConnection;
  readonly follows: ModelConnection;
  readonly hears: ModelConnection;
  readonly #state: FleetState;
  #ordered = 0;
  readonly #clock: TestClock;

  constructor(store: StoreModel, clock: TestClock, name: string) {
    this.#clock = clock;
    const link: FleetLink = {
      url: "redis://model",
      prefix: "",
      timeoutMs: 20,
      node: name,
      memory: createFleetMemory(),
    };
    this.#state = new FleetState(link.memory);
    const connections: ModelConnection[] = [];
    const connect: Connect = (options) => {
      const connection = store.connect(options);
      connections.push(connection);
      return connection;
    };
    const tier = new FleetTier(link, clock, connect);
    const tiers = new Tiers([new GuardedTier(tier, clock, NOBODY)]);
    const limits = { bytesMax: 1e6, objectBytesMax: 1e5 };
    this.cache = new SharedCache(limits, undefined, tiers);
    this.follower = new FleetFollower(
      link,
      clock,
      NOBODY,
      (purges) => this.#carryOut(purges),
      connect,
    );
    [this.asks, this.follows, this.hears] = connections as [
      ModelConnection,
      ModelConnection,
      ModelConnection,
    ];
  }

  /** It takes a while to begin, and to tell that it is done. */
  async #carryOut(purges: readonly FleetPurge[]): Promise<void> {
    await this.#turn();
    const hashOf = (key: Uint8Array): number => this.cache.key.hashOf(key);
    const local = purges.map((purge) => localPurge(purge, hashOf));
    await purgeAll(this.cache, local, "shared");
    await this.#turn();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.due.push(resolve));
  }

  #keyOf(path: string): { readonly key: Uint8Array; readonly hash: number } {
    const key = keyOf(path).written.view().slice();
    return { key, hash: this.cache.key.hashOf(key) };
  }

  /** Asks the origin. */
  beginFetch(path: string, version: number): void {
    this.fetches.push({ path, version, epoch: this.cache.store.epoch });
  }

  /** The origin answers the request that was sent as that many others had been. */
  endFetch(index: number): void {
    for (const { path, version, epoch } of this.fetches.splice(index, 1)) {
      const { key, hash } = this.#keyOf(path);
      const record = recordFor(path, key, version, {
        responseMs: this.#clock.now(),
        lifetimeMs: this.lifetimeMs,
      });
      const { store } = this.cache;
      if (!addRecord(this.cache, record, { key, hash, epoch })) continue;
      writeBehind(this.cache, store.get(key, hash)!.variants[0]!);
    }
  }

  /** Looks for a record behind its memory. */
  async recall(path: string): Promise<void> {
    const { key, hash } = this.#keyOf(path);
    const { tiers, store: { epoch } } = this.cache;
    const query = { key, hash, isMeant: () => true };
    const record = await tiers!.get(query, new AbortController().signal);
    tiers!.abandon(key);
    if (record === undefined || this.answer(path) !== undefined) return;
    this.recalled++;
    addRecord(this.cache, record, { key, hash, epoch });
  }

  /** Asks whether others have fetched something anew, or are about to. */
  async renewal(path: string): Promise<Renewal> {
    const query = { ...this.#keyOf(path), isMeant: () => true };
    const { renewing } = this.cache.tiers!;
    return await renewing?.renew(query, new AbortController().signal) ??
      "fetch";
  }

  /** What was to be fetched here has brought nothing that can be stored. */
  abandon(path: string): void {
    this.cache.tiers!.abandon(this.#keyOf(path).key);
  }

  /** Has what is stored fetched anew, by whichever node. */
  async renew(path: string, origin: ModelOrigin): Promise<void> {
    const { key, hash } = this.#keyOf(path);
    const { epoch } = this.cache.store;
    const renewal = await this.renewal(path);
    if (renewal === "fetch") this.beginFetch(path, origin.version);
    else if (renewal !== "leave") {
      addRecord(this.cache, renewal, { key, hash, epoch });
    }
  }

  /** Orders a purge: of the first path, of all that begin with `/a`, or of everything. */
  async purge(
    named: Named,
    isSoft: boolean,
    origin: ModelOrigin,
  ): Promise<void> {
    const paths = named === "key"
      ? [PATHS[0]]
      : PATHS.filter((path) => named === "all" || path.startsWith("/a"));
    const version = ++origin.version;
    origin.named.raise(paths, isSoft, version);
    this.#ordered++;
    await purgeAll(this.cache, [{ ...this.#purgeOf(named), isSoft }]);
    this.#ordered--;
    this.answered.raise(paths, isSoft, version);
  }

  #purgeOf(kind: Named): Purge {
    switch (kind) {
      case "key":
        return { kind, ...this.#keyOf(PATHS[0]) };
      case "prefix":
        return { kind, prefix: this.#keyOf("/a/").key };
      case "tag":
        return { kind, tag: "a" };
      case "all":
        return { kind };
    }
  }

  /** Empties its memory, and nothing else. */
  async empty(): Promise<void> {
    await purgeAll(this.cache, [{ kind: "all" }], "shared");
  }

  /** What it answers with from memory. */
  answer(path: string): Answer | undefined {
    const { key, hash } = this.#keyOf(path);
    const [stored] = this.cache.store.get(key, hash)?.variants ?? [];
    if (stored === undefined) return undefined;
    const version = Number(new TextDecoder().decode(stored.body));
    return { version, isStale: stored.isMarkedStale };
  }

  /** How far it has come; undefined while it is out of step. */
  get position(): number | undefined {
    return this.#state.place?.position;
  }

  /** Whether it has been ordered a purge that it has not answered. */
  get isOrdering(): boolean {
    return this.#ordered > 0;
  }

  /** Whether no purge of it is on its way, but for those that are at the store. */
  get isQuiet(): boolean {
    return this.#ordered === 0 && this.due.length === 0 &&
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
  { responseMs, lifetimeMs }: {
    readonly responseMs: number;
    readonly lifetimeMs: number;
  },
): StoredRecord {
  const metadata = {
    isTargeted: false,
    lifetimeMs,
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
