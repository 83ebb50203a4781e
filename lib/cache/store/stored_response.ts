/** A stored response: what is kept of it, and what it costs. */

import type { Validators } from "../../http/condition.ts";
import type { IncomingContent } from "./incoming_content.ts";
import type { KeptHead } from "../../head/kept_head.ts";
import type { Metadata } from "../policy/metadata.ts";
import type { CacheEntry } from "./cache_entry.ts";
import type { Evictable } from "./sieve.ts";
import type { Large } from "./large.ts";
import type { Signal } from "./signal.ts";
import type { Slices } from "../policy/slices.ts";
import type { Selecting } from "../policy/vary.ts";

/** What objects of the runtime cost beside the bytes, by measurement (see docs/performance.md). */
const OVERHEAD_BYTES = 8192;
/** The same for what a worker has read of a response in shared memory. */
const LOCAL_COPY_BYTES = 2560;
/** What the collector and the allocator keep beside, as they replace one by another: by measurement. */
export const COST_FACTOR = 1.2;
const EMPTY = new Uint8Array(0);

/** The head of a stored response: as the origin sent it, and what it says of its caching. */
export interface StoredHead extends KeptHead {
  readonly metadata: Metadata;
}

/** A content in another coding: what to wait for as it is made, or `none` if it cannot be had. */
export type CodedForm = Uint8Array | Signal | "none";

/** What is settled when a response arrives, besides its head. */
export interface StoredTraits {
  readonly status: number;
  readonly selecting: readonly Selecting[];
  readonly extraKey: string;
  readonly tags: readonly string[];
  /** How its content is kept, if that is in pieces with keys of their own. */
  readonly slices?: Slices | undefined;
  /** Where its content is, if that is too large for memory. */
  readonly large?: Large | undefined;
}

/** Bytes of what sets a response apart, which may be as much as a request's head: clients choose it. */
function bytesOfTraits({ selecting, extraKey, tags }: StoredTraits): number {
  let bytes = extraKey.length;
  for (const tag of tags) bytes += tag.length;
  for (const { bytes: line, value = "" } of selecting) {
    bytes += value.length + (line?.length ?? 0);
  }
  return bytes;
}

/** Where an entry is in shared memory. */
export interface Location {
  readonly slot: number;
  readonly serial: number;
  readonly address: number;
}

/** What is stored under one key. */
export type StoredEntry = CacheEntry<StoredResponse>;

/** See the module's comment. */
export class StoredResponse implements Evictable {
  // What a hit reads comes first: of those that are asked for seldom, nothing is near.
  readonly isPlain: boolean;
  /** Whether its content is elsewhere: in slices, or in a tier. */
  readonly isApart: boolean;
  head: StoredHead;
  /** As {@linkcode StoredTraits.status}. */
  readonly status: number;
  /** The content on its way; undefined once it is whole. */
  incoming: IncomingContent | undefined;
  /** Whether a soft purge has named it: it is used while it is fetched anew. */
  isMarkedStale = false;
  visited = false;
  /** Whether the tiers behind the store know that it was used. */
  isOffered = false;
  /** How many use the buffer, or will: until then its bytes stay. */
  pins = 0;
  /** Whether nothing can take them from it now: the store's own count. */
  isHeld = false;
  /** Bytes that it takes, as last counted. */
  costBytes = 0;
  /** Whether it can still be found. */
  isLinked = false;
  /** Bytes of content. */
  length = 0;
  /** The buffer that begins with the content; empty while that is on its way. */
  buffer: Uint8Array = EMPTY;
  /** The view of the content that was asked for last, and of which buffer. */
  #body: Uint8Array = EMPTY;
  #bodyOf: Uint8Array = EMPTY;
  /** Where the content is in shared memory; undefined if it is this worker's own. */
  location: Location | undefined;

  #coded: Map<string, CodedForm> | undefined;
  readonly entry: StoredEntry;
  readonly traits: StoredTraits;
  /** As {@linkcode StoredTraits.slices}. */
  readonly slices: Slices | undefined;
  /** The store's epoch when it was asked for: it is outdated if a purge names it since. */
  epoch = 0;
  /** The same of the last request by which the origin has confirmed it; 0 if there was none. */
  confirmedEpoch = 0;
  /** Whether others wait for its content to be whole. */
  isAwaited = false;
  /** Bytes of buffers that it had before, from which readers may still be writing. */
  lingeringBytes = 0;
  younger: Evictable | undefined;
  older: Evictable | undefined;

  /** The content in other codings, by their names; the list is made when it is asked for. */
  get coded(): Map<string, CodedForm> {
    return this.#coded ??= new Map();
  }

  /** The content in another coding; undefined if nobody has asked for that. */
  inCoding(name: string): CodedForm | undefined {
    return this.#coded?.get(name);
  }

  /** Whether its content is still on its way. */
  get isArriving(): boolean {
    return this.incoming?.state === "receiving";
  }

  /** Bytes of its content, wherever that is kept. */
  get wholeLength(): number {
    return this.slices?.length ?? this.traits.large?.length ?? this.length;
  }

  /** The content. */
  get body(): Uint8Array {
    const { buffer, length } = this;
    if (this.#body.length !== length || this.#bodyOf !== buffer) {
      this.#bodyOf = buffer;
      this.#body = buffer.subarray(0, length);
    }
    return this.#body;
  }

  constructor(
    entry: StoredEntry,
    traits: StoredTraits,
    head: StoredHead,
    incoming: IncomingContent | undefined,
  ) {
    this.entry = entry;
    this.traits = traits;
    this.status = traits.status;
    this.isPlain = traits.selecting.length === 0 && traits.extraKey === "";
    this.slices = traits.slices;
    this.isApart = traits.slices !== undefined || traits.large !== undefined;
    this.head = head;
    this.incoming = incoming;
  }

  /** What conditions of clients are compared with. */
  get validators(): Validators {
    return this.head.metadata;
  }

  /** Its tags. */
  get tags(): readonly string[] {
    return this.traits.tags;
  }

  /** Its key. */
  get key(): Uint8Array {
    return this.entry.key;
  }

  /** The hash of its key. */
  get hash(): number {
    return this.entry.hash;
  }

  /** Gives it an updated head. */
  freshen(head: StoredHead): void {
    this.head = head;
    this.isMarkedStale = false;
  }

  /** Bytes that it takes now. */
  cost(): number {
    const isLocalCopy = this.location !== undefined;
    const content = this.incoming?.capacity ??
      (isLocalCopy ? 0 : this.buffer.length);
    // The head as it came, and about as much as clients get of it.
    let bytes = this.entry.key.length + 2 * this.head.bytes.length + content +
      this.lingeringBytes + bytesOfTraits(this.traits) +
      (isLocalCopy ? LOCAL_COPY_BYTES : OVERHEAD_BYTES);
    if (this.#coded === undefined) return Math.ceil(bytes * COST_FACTOR);
    for (const coded of this.#coded.values()) {
      if (coded instanceof Uint8Array) bytes += coded.length;
    }
    return Math.ceil(bytes * COST_FACTOR);
  }
}
