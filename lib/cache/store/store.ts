/**
 * The store: what is kept in memory, within a bound, and how it is found again.
 */

import { beginsWith } from "../../http/bytes.ts";
import type { CacheKey } from "../policy/cache_key.ts";
import type { SharedFetch } from "./shared_fetch.ts";
import { CacheEntry, VARIANTS_MAX } from "./cache_entry.ts";
import { EntryTable } from "./entry_table.ts";
import { UNCACHEABLE_SLOTS } from "./shared/shared_memory.ts";
import { Sieve } from "./sieve.ts";
import { Storage } from "./storage.ts";
import {
  COST_FACTOR,
  type StoredEntry,
  type StoredResponse,
} from "./stored_response.ts";
import { isSameSelection } from "../policy/vary.ts";

/** How long that is remembered: requests for such a key do not wait for one another. */
const UNCACHEABLE_MS = 120_000;

/** Keys share counts of what has been forgotten: of so many, few get in each other's way. */
const EPOCHS = 65536;

const EMPTY = new Uint8Array(0);

/** Part of the bound that may wait, free, for the next content, beside what is stored. */
const FREE_FRACTION = 1 / 16;

/** The bounds of a store, in bytes. */
export interface StoreLimits {
  readonly bytesMax: number;
  readonly objectBytesMax: number;
}

/** See the module's comment. This one is its process's only one; `SharedStore` shares with others. */
export class Store {
  readonly limits: StoreLimits;
  /** Bytes in use, by the stored responses' own count. */
  bytes = 0;
  /** Those of them that cannot be evicted: they are being read, or on their way, whether or not they can be found. */
  heldBytes = 0;
  /** How many responses are stored. */
  count = 0;
  /** Where the buffers of contents come from. */
  readonly storage: Storage = new Storage();
  protected readonly entries: EntryTable = new EntryTable();
  readonly #sieve = new Sieve<StoredResponse>();
  readonly #tags = new Map<string, Set<StoredResponse>>();
  /** By slot: the hash of a key, and until when it counts; below 0 if it outgrew what may be stored. */
  readonly #uncacheable: Int32Array;
  readonly #uncacheableUntilMs: Float64Array;
  /** Counts, by the hashes of their keys, what has been forgotten. */
  readonly #forgotten = new Int32Array(EPOCHS);
  /** Counts what may have taken out anything, whatever its key: by prefix, by tag. */
  #purges = 0;

  /** @param shared What all workers remember together, if there are several. */
  constructor(
    limits: StoreLimits,
    shared?: {
      readonly uncacheable: SharedArrayBuffer;
      readonly uncacheableUntil: SharedArrayBuffer;
    },
  ) {
    this.limits = limits;
    this.#uncacheable = shared === undefined
      ? new Int32Array(UNCACHEABLE_SLOTS)
      : new Int32Array(shared.uncacheable);
    this.#uncacheableUntilMs = shared === undefined
      ? new Float64Array(UNCACHEABLE_SLOTS)
      : new Float64Array(shared.uncacheableUntil);
  }

  /** The entry of a key; undefined if nothing is known of it. */
  find(key: CacheKey): StoredEntry | undefined {
    return this.entries.find(key);
  }

  /** The entry of a key, made if there is none; `release` it when it is done with. */
  obtain(bytes: Uint8Array, hash: number): StoredEntry {
    const known = this.entries.get(bytes, hash);
    if (known !== undefined) return known;
    const entry = new CacheEntry<StoredResponse>(bytes, hash);
    this.entries.add(entry);
    return entry;
  }

  /** Forgets an entry that holds nothing. */
  release(entry: StoredEntry): void {
    if (entry.variants.length > 0 || entry.sharedFetch !== undefined) {
      return;
    }
    this.entries.remove(entry);
  }

  /** Whether what the key brought not long ago could not be stored. */
  isUncacheable(hash: number, nowMs: number): boolean {
    const slot = hash % UNCACHEABLE_SLOTS;
    return this.#uncacheable[slot] === hash &&
      Math.abs(this.#uncacheableUntilMs[slot]!) > nowMs;
  }

  /** Whether that was because it turned out, on its way, to be too large. */
  hasOutgrown(hash: number, nowMs: number): boolean {
    const slot = hash % UNCACHEABLE_SLOTS;
    return this.#uncacheable[slot] === hash &&
      -this.#uncacheableUntilMs[slot]! > nowMs;
  }

  /** Notes that what the key brought has turned out, on its way, to be too large. */
  noteOutgrown(hash: number, nowMs: number): void {
    const slot = hash % UNCACHEABLE_SLOTS;
    this.#uncacheable[slot] = hash;
    this.#uncacheableUntilMs[slot] = -(nowMs + UNCACHEABLE_MS);
  }

  /** Notes whether what the key brought could be stored. */
  noteCacheable(hash: number, isCacheable: boolean, nowMs: number): void {
    const slot = hash % UNCACHEABLE_SLOTS;
    if (!isCacheable) {
      if (this.hasOutgrown(hash, nowMs)) return; // which is the more lasting reason
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
    if (!this.hasRoomFor(stored, costBytes)) return false;
    stored.isLinked = true;
    this.#setCost(stored, costBytes);
    if (stored.isArriving || stored.pins > 0) this.#hold(stored);
    this.count++;
    const { entry } = stored;
    entry.add(stored);
    this.#sieve.add(stored);
    for (const tag of stored.traits.tags) this.#tagged(tag).add(stored);
    while (entry.variants.length > VARIANTS_MAX) {
      this.remove(entry.variants.at(-1)!);
    }
    this.#makeRoom(stored);
    return true;
  }

  /** Whether there is room for a response that comes, once others have gone that may. */
  protected hasRoomFor(_stored: StoredResponse, costBytes: number): boolean {
    return this.heldBytes + costBytes <= this.limits.bytesMax;
  }

  /** Whether so many more bytes of content may be on their way. */
  mayGrow(bytes: number): boolean {
    return this.mayHold(Math.ceil(bytes * COST_FACTOR));
  }

  /** Whether so much more may be taken that cannot be evicted. */
  protected mayHold(bytes: number): boolean {
    return this.heldBytes + bytes <= this.limits.bytesMax;
  }

  /**
   * Counts bytes that are taken for a while, beside what is stored, and makes room for
   * them; until {@linkcode unclaim}.
   *
   * @returns Whether there is room; if not, nothing is counted.
   */
  claim(bytes: number): boolean {
    if (this.heldBytes + bytes > this.bytesMax) return false;
    this.bytes += bytes;
    this.heldBytes += bytes;
    this.#makeRoom(undefined);
    return true;
  }

  /** Ends what `claim` began. */
  unclaim(bytes: number): void {
    this.bytes -= bytes;
    this.heldBytes -= bytes;
  }

  /** The content has arrived whole: what it replaces goes. */
  complete(stored: StoredResponse): void {
    this.recount(stored);
    this.settle(stored);
    if (!stored.isLinked) return; // evicted or invalidated on its way
    const { partition, selecting } = stored.traits;
    for (const other of [...stored.entry.variants]) {
      const isReplaced = other !== stored &&
        other.traits.partition === partition &&
        isSameSelection(other.traits.selecting, selecting);
      if (isReplaced && other.incoming === undefined) this.remove(other);
    }
  }

  /** A response has a new head: of those that are whole, it is the most recent (RFC 9111 §4). */
  freshened(stored: StoredResponse): void {
    this.recount(stored);
    const { entry } = stored;
    const { variants } = entry;
    if (!stored.isLinked || variants[0] === stored) return;
    const arriving = variants.filter(({ incoming }) => incoming !== undefined);
    const whole = variants.filter(({ incoming }) => incoming === undefined);
    const others = whole.filter((other) => other !== stored);
    entry.arrange([...arriving, stored, ...others]);
  }

  /** Counts anew what a response takes, and makes room if it is more. */
  recount(stored: StoredResponse): void {
    if (!stored.isLinked && !stored.isHeld) return;
    this.#setCost(stored, stored.cost());
    this.#makeRoom(stored);
  }

  #setCost(stored: StoredResponse, costBytes: number): void {
    const more = costBytes - stored.costBytes;
    if (more === 0) return;
    stored.costBytes = costBytes;
    this.bytes += more;
    if (stored.isHeld) this.heldBytes += more;
    this.onCost(stored, more);
  }

  /** Is told how much more a response takes. */
  protected onCost(_stored: StoredResponse, _bytes: number): void {}

  #hold(stored: StoredResponse): void {
    stored.isHeld = true;
    this.heldBytes += stored.costBytes;
  }

  /** A response may have ceased to be held: if so, and nobody can find it any more, its buffer is used again. */
  settle(stored: StoredResponse): void {
    if (!stored.isHeld || stored.pins > 0 || stored.isArriving) return;
    stored.isHeld = false;
    this.heldBytes -= stored.costBytes;
    if (!stored.isLinked) this.#reclaim(stored);
  }

  /** Bytes for what is stored. */
  protected get bytesMax(): number {
    return this.limits.bytesMax;
  }

  /**
   * Evicts until everything is within the bound, or nothing is left that may go: what is
   * held stays. `kept`, which has just come, goes last.
   */
  #makeRoom(kept: StoredResponse | undefined): void {
    const { bytesMax } = this;
    while (this.bytes > bytesMax && this.bytes > this.heldBytes) {
      const victim = this.#sieve.victim();
      if (victim === undefined) break;
      const isSpared = victim === kept &&
        this.bytes - this.heldBytes > victim.costBytes;
      if (victim.isHeld || isSpared) victim.visited = true;
      else this.evict(victim);
    }
    this.storage.trim(
      Math.max(bytesMax - this.bytes, bytesMax * FREE_FRACTION),
    );
  }

  /** Takes a response out because there is no room for it. */
  protected evict(stored: StoredResponse): void {
    this.remove(stored);
  }

  /**
   * Keeps the bytes of a response from being used for another one.
   *
   * @returns Whether they are still there; if not, look it up again.
   */
  pin(stored: StoredResponse): boolean {
    stored.pins++;
    if (!stored.isHeld) this.#hold(stored);
    return true;
  }

  /** Ends what `pin` began. */
  unpin(stored: StoredResponse): void {
    stored.pins--;
    if (stored.pins > 0) return;
    stored.incoming?.notify(); // nobody begins to read any more
    this.settle(stored);
  }

  /** Takes a response out; those who read it read on, and until then it counts. */
  remove(stored: StoredResponse): void {
    if (!stored.isLinked) return;
    stored.isLinked = false;
    this.count--;
    this.#sieve.remove(stored);
    if (!stored.isHeld) this.#reclaim(stored);
    const { entry, traits } = stored;
    entry.remove(stored);
    for (const tag of traits.tags) {
      const tagged = this.#tags.get(tag);
      tagged?.delete(stored);
      if (tagged?.size === 0) this.#tags.delete(tag);
    }
    this.release(entry);
  }

  /** Uses the buffer of a removed response again, which nobody reads. */
  #reclaim(stored: StoredResponse): void {
    this.#setCost(stored, 0);
    const { buffer } = stored;
    if (buffer.buffer instanceof ArrayBuffer) {
      this.storage.give(buffer as Uint8Array<ArrayBuffer>);
    }
    stored.buffer = EMPTY;
    stored.length = 0;
  }

  /** Counts what has been taken out on demand: what was asked for before is outdated if it changes. */
  epoch(hash: number): number {
    return this.#forgotten[hash % EPOCHS]! + this.#purges;
  }

  /** The request of another worker that brings what a key stands for, if there is one. */
  fetchElsewhere(_hash: number): SharedFetch | undefined {
    return undefined;
  }

  /** As `flightElsewhere`; if there is none, this worker `depart`s: of two that ask at once, one does. */
  beginFetchUnlessElsewhere(_hash: number): SharedFetch | undefined {
    return undefined;
  }

  /** Whether other workers wait for what this one fetches. */
  isAwaitedElsewhere(_hash: number): boolean {
    return false;
  }

  /** Tells other workers that this one makes a request that they may share. */
  beginFetch(_hash: number): void {}

  /**
   * Tells other workers what became of it.
   *
   * @param stored What it brings; its content may still be on its way.
   */
  endFetch(_hash: number, _stored: StoredResponse | undefined): void {}

  #tagged(tag: string): Set<StoredResponse> {
    let tagged = this.#tags.get(tag);
    if (tagged === undefined) this.#tags.set(tag, tagged = new Set());
    return tagged;
  }

  /** Takes out everything of an entry; tells how many responses that were. */
  invalidate(entry: StoredEntry): number {
    const variants = [...entry.variants];
    if (entry.sharedFetch !== undefined) {
      entry.sharedFetch.isOutdated = true;
    }
    for (const stored of variants) this.remove(stored);
    return variants.length;
  }

  /** Takes out everything of a key; tells how many responses that were. */
  forget(key: Uint8Array, hash: number): number {
    this.#forgotten[hash % EPOCHS]!++;
    const entry = this.entries.get(key, hash);
    return entry === undefined ? 0 : this.invalidate(entry);
  }

  /** Takes out everything whose key begins with `prefix`; tells how many responses that were. */
  purgePrefix(prefix: Uint8Array): number {
    this.#purges++;
    let count = 0;
    for (const entry of [...this.entries.all()]) {
      if (beginsWith(entry.key, prefix)) count += this.invalidate(entry);
    }
    return count;
  }

  /** Takes out everything that carries a tag; tells how many responses that were. */
  purgeTag(tag: string): number {
    this.#purges++;
    const tagged = [...this.#tags.get(tag) ?? []];
    for (const stored of tagged) this.remove(stored);
    return tagged.length;
  }
}
