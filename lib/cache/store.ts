/**
 * The store: what is kept in memory, within a bound, and how it is found again.
 */

import type { CacheKey } from "./cache_key.ts";
import { Resource, VARIANTS_MAX } from "./resource.ts";
import { Sieve } from "./sieve.ts";
import { Storage } from "./storage.ts";
import type { StoredResource, StoredResponse } from "./stored_response.ts";
import { isSameSelection } from "./vary.ts";

/** Keys of which it is remembered that what they bring cannot be stored. */
const UNCACHEABLE_SLOTS = 4096;
/** How long that is remembered: requests for such a key do not wait for one another. */
const UNCACHEABLE_MS = 120_000;

const EMPTY = new Uint8Array(0);

/** Part of the bound that may wait, free, for the next content, beside what is stored. */
const FREE_FRACTION = 1 / 16;

/** The bounds of a store, in octets. */
export interface StoreLimits {
  readonly bytesMax: number;
  readonly objectBytesMax: number;
}

/** See the module's comment. */
export class Store {
  readonly limits: StoreLimits;
  /** Octets in use, by the stored responses' own count. */
  bytes = 0;
  /** How many responses are stored. */
  count = 0;
  /** Where the buffers of contents come from. */
  readonly storage: Storage = new Storage();
  readonly #resources = new Map<number, StoredResource>();
  readonly #sieve = new Sieve<StoredResponse>();
  readonly #tags = new Map<string, Set<StoredResponse>>();
  /** By slot: the hash of a key, and until when it counts. */
  readonly #uncacheable = new Int32Array(UNCACHEABLE_SLOTS);
  readonly #uncacheableUntilMs = new Float64Array(UNCACHEABLE_SLOTS);

  constructor(limits: StoreLimits) {
    this.limits = limits;
  }

  /** The resource of a key; undefined if nothing is known of it. */
  find(key: CacheKey): StoredResource | undefined {
    let resource = this.#resources.get(key.hash);
    while (resource !== undefined && !key.equals(resource.key)) {
      resource = resource.next;
    }
    return resource;
  }

  /** The resource of a key, made if there is none; `release` it when it is done with. */
  obtain(octets: Uint8Array, hash: number): StoredResource {
    const first = this.#resources.get(hash);
    for (let known = first; known !== undefined; known = known.next) {
      if (isEqual(known.key, octets)) return known;
    }
    const resource = new Resource<StoredResponse>(octets, hash);
    resource.next = first;
    this.#resources.set(hash, resource);
    return resource;
  }

  /** Forgets a resource that holds nothing. */
  release(resource: StoredResource): void {
    if (resource.variants.length > 0 || resource.flight !== undefined) return;
    const { hash } = resource;
    const first = this.#resources.get(hash);
    if (first === resource) {
      if (resource.next === undefined) this.#resources.delete(hash);
      else this.#resources.set(hash, resource.next);
    } else {
      let before = first;
      while (before !== undefined && before.next !== resource) {
        before = before.next;
      }
      if (before !== undefined) before.next = resource.next;
    }
  }

  /** Whether what the key brought not long ago could not be stored. */
  isUncacheable(hash: number, nowMs: number): boolean {
    const slot = hash % UNCACHEABLE_SLOTS;
    return this.#uncacheable[slot] === hash &&
      this.#uncacheableUntilMs[slot]! > nowMs;
  }

  /** Notes whether what the key brought could be stored. */
  noteCacheable(hash: number, isCacheable: boolean, nowMs: number): void {
    const slot = hash % UNCACHEABLE_SLOTS;
    if (!isCacheable) {
      this.#uncacheable[slot] = hash;
      this.#uncacheableUntilMs[slot] = nowMs + UNCACHEABLE_MS;
    } else if (this.#uncacheable[slot] === hash) {
      this.#uncacheableUntilMs[slot] = 0;
    }
  }

  /**
   * Adds a response whose content is on its way; it can be found from here on.
   * What it replaces stays behind it until {@linkcode complete}.
   *
   * @returns Whether there is room for it.
   */
  add(stored: StoredResponse): boolean {
    const costBytes = stored.cost();
    if (costBytes > this.limits.bytesMax) return false;
    stored.costBytes = costBytes;
    stored.isLinked = true;
    this.bytes += costBytes;
    this.count++;
    const { variants } = stored.resource;
    variants.unshift(stored);
    this.#sieve.add(stored);
    for (const tag of stored.traits.tags) this.#tagged(tag).add(stored);
    while (variants.length > VARIANTS_MAX) this.remove(variants.at(-1)!);
    this.#makeRoom(stored);
    return true;
  }

  /** The content has arrived whole: what it replaces goes. */
  complete(stored: StoredResponse): void {
    if (!stored.isLinked) return; // evicted or invalidated on its way
    this.recount(stored);
    const { partition, selecting } = stored.traits;
    for (const other of [...stored.resource.variants]) {
      const isReplaced = other !== stored &&
        other.traits.partition === partition &&
        isSameSelection(other.traits.selecting, selecting);
      if (isReplaced && other.fill === undefined) this.remove(other);
    }
  }

  /** Counts anew what a response takes, and makes room if it is more. */
  recount(stored: StoredResponse): void {
    if (!stored.isLinked) return;
    const costBytes = stored.cost();
    this.bytes += costBytes - stored.costBytes;
    stored.costBytes = costBytes;
    this.#makeRoom(stored);
  }

  /** Evicts until everything is within the bound; `kept`, which has just come, goes last. */
  #makeRoom(kept: StoredResponse): void {
    while (this.bytes > this.limits.bytesMax) {
      const victim = this.#sieve.victim();
      if (victim === undefined) return;
      if (victim === kept && this.count > 1) {
        victim.visited = true;
        continue;
      }
      this.remove(victim);
    }
    const { bytesMax } = this.limits;
    this.storage.trim(
      Math.max(bytesMax - this.bytes, bytesMax * FREE_FRACTION),
    );
  }

  /** Takes a response out; those who read it read on. */
  remove(stored: StoredResponse): void {
    if (!stored.isLinked) return;
    stored.isLinked = false;
    this.bytes -= stored.costBytes;
    this.count--;
    this.#sieve.remove(stored);
    this.reclaim(stored);
    const { resource, traits } = stored;
    resource.variants.splice(resource.variants.indexOf(stored), 1);
    for (const tag of traits.tags) {
      const tagged = this.#tags.get(tag);
      tagged?.delete(stored);
      if (tagged?.size === 0) this.#tags.delete(tag);
    }
    this.release(resource);
  }

  /** Uses the buffer of a removed response again, as soon as nobody reads it. */
  reclaim(stored: StoredResponse): void {
    if (stored.isLinked || stored.pins > 0 || stored.fill !== undefined) return;
    this.storage.give(stored.buffer);
    stored.buffer = EMPTY;
    stored.length = 0;
  }

  #tagged(tag: string): Set<StoredResponse> {
    let tagged = this.#tags.get(tag);
    if (tagged === undefined) this.#tags.set(tag, tagged = new Set());
    return tagged;
  }

  /** Takes out everything of a resource; tells how many responses that were. */
  invalidate(resource: StoredResource): number {
    const variants = [...resource.variants];
    if (resource.flight !== undefined) resource.flight.isOutdated = true;
    for (const stored of variants) this.remove(stored);
    return variants.length;
  }

  /** Takes out everything whose key begins with `prefix`; tells how many responses that were. */
  purgePrefix(prefix: Uint8Array): number {
    let count = 0;
    for (const first of [...this.#resources.values()]) {
      for (
        let resource: StoredResource | undefined = first;
        resource !== undefined;
      ) {
        const { next, key } = resource as StoredResource;
        if (startsWith(key, prefix)) count += this.invalidate(resource);
        resource = next;
      }
    }
    return count;
  }

  /** Takes out everything that carries a tag; tells how many responses that were. */
  purgeTag(tag: string): number {
    const tagged = [...this.#tags.get(tag) ?? []];
    for (const stored of tagged) this.remove(stored);
    return tagged.length;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && startsWith(a, b);
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (key[i] !== prefix[i]) return false;
  }
  return true;
}
