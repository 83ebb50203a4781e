/**
 * Which purges there were, so that nothing is stored that was asked for before one that
 * names it: what comes then may be what was taken out.
 *
 * Purges are numbered; the number of the last is the epoch. A table has, by the hash of
 * what was named (a key, a prefix, a host, a tag), the number of the last purge that
 * named it. Its size is fixed, and threads may share it. Two names may have one place in
 * it: then a response is not stored that could have been, never the other way round.
 */

import { fnv } from "../../http/fnv.ts";
import {
  COLON,
  DOT,
  LEFT_BRACKET,
  RIGHT_BRACKET,
  SP,
} from "../../http/bytes.ts";
import { foldedCase, type Purge } from "./purge.ts";

/** Places for the hashes of each kind of name. */
const KEYS = 32_768;
const PREFIXES = 8192;
const HOSTS = 1024;
const TAGS = 4096;

/** Where what is in the table; numbers of 64 bits, which never run out. */
const AT = {
  /** The number of the last purge. */
  Now: 0,
  /** The numbers of the last ones of everything, and of the last by each kind of name. */
  All: 1,
  LastPrefix: 2,
  LastHost: 3,
  LastTag: 4,
  Keys: 8,
  Prefixes: 8 + KEYS,
  Hosts: 8 + KEYS + PREFIXES,
  Tags: 8 + KEYS + PREFIXES + HOSTS,
  End: 8 + KEYS + PREFIXES + HOSTS + TAGS,
} as const;

/** Bytes of the table. */
export const PURGE_EPOCHS_BYTES: number = AT.End *
  BigInt64Array.BYTES_PER_ELEMENT;

/** FNV-1a. */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** By what a stored response, or one that may be stored, is named. */
export interface Nameable {
  readonly key: Uint8Array;
  readonly hash: number;
  readonly tags: readonly string[];
}

/** See the module's comment. */
export class PurgeEpochs {
  readonly #numbers: BigInt64Array;

  /** @param memory {@linkcode PURGE_EPOCHS_BYTES}: all zero, or what others share. */
  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new BigInt64Array(memory);
  }

  /** The epoch: the number of the last purge. */
  get now(): number {
    return this.#at(AT.Now);
  }

  #at(index: number): number {
    return Number(Atomics.load(this.#numbers, index));
  }

  /**
   * Notes a purge, before anything is taken out: what is asked for from here on is not meant.
   *
   * @param given Its number, if others number them; the next one, unless it is given.
   */
  note(purge: Purge, given?: number): number {
    const number = given === undefined
      ? Atomics.add(this.#numbers, AT.Now, 1n) + 1n
      : BigInt(given);
    if (given !== undefined) this.#raise(AT.Now, number);
    switch (purge.kind) {
      case "key":
        this.#raise(AT.Keys + purge.hash % KEYS, number);
        break;
      case "prefix":
        this.#raise(AT.Prefixes + placeOfPrefix(purge.prefix), number);
        this.#raise(AT.LastPrefix, number);
        break;
      case "host":
        this.#raise(AT.Hosts + placeOfHost(purge.host), number);
        this.#raise(AT.LastHost, number);
        break;
      case "tag":
        this.#raise(AT.Tags + placeOfTag(purge.tag), number);
        this.#raise(AT.LastTag, number);
        break;
      case "all":
        this.#raise(AT.All, number);
    }
    return Number(number);
  }

  /** Forgets all purges: they are numbered anew. */
  clear(): void {
    for (let at = 0; at < AT.End; at++) Atomics.store(this.#numbers, at, 0n);
  }

  /** Of two threads that write the same place, the later purge stands. */
  #raise(at: number, number: bigint): void {
    let known = Atomics.load(this.#numbers, at);
    while (known < number) {
      const seen = Atomics.compareExchange(this.#numbers, at, known, number);
      if (seen === known) return;
      known = seen;
    }
  }

  /** Whether a purge since an epoch names a response, which was asked for at that epoch. */
  hasNamed(since: number, { key, hash, tags }: Nameable): boolean {
    if (this.now === since) return false;
    return this.#at(AT.All) > since ||
      this.#at(AT.Keys + hash % KEYS) > since ||
      this.#at(AT.LastTag) > since && this.#hasNamedTag(since, tags) ||
      this.#at(AT.LastHost) > since &&
        this.#at(AT.Hosts + placeOfHost(key)) > since ||
      this.#at(AT.LastPrefix) > since && this.#hasNamedPrefix(since, key);
  }

  /** The number of the last purge that names a response, or may do; 0 if none does. */
  lastNaming({ key, hash, tags }: Nameable): number {
    let last = Math.max(
      this.#at(AT.All),
      this.#at(AT.Keys + hash % KEYS),
      this.#at(AT.Hosts + placeOfHost(key)),
      ...tags.map((tag) => this.#at(AT.Tags + placeOfTag(tag))),
    );
    let prefix = OFFSET;
    for (let i = 0; i <= key.length; i++) {
      last = Math.max(last, this.#at(AT.Prefixes + placeIn(PREFIXES, prefix)));
      prefix = Math.imul(prefix ^ key[i]!, PRIME);
    }
    return last;
  }

  #hasNamedTag(since: number, tags: readonly string[]): boolean {
    return tags.some((tag) => this.#at(AT.Tags + placeOfTag(tag)) > since);
  }

  /** Each beginning of the key may have been purged: FNV has the hashes of all of them on its way. */
  #hasNamedPrefix(since: number, key: Uint8Array): boolean {
    let hash = OFFSET;
    for (let i = 0; i < key.length; i++) {
      if (this.#at(AT.Prefixes + placeIn(PREFIXES, hash)) > since) return true;
      hash = Math.imul(hash ^ key[i]!, PRIME);
    }
    return this.#at(AT.Prefixes + placeIn(PREFIXES, hash)) > since;
  }
}

function placeIn(count: number, hash: number): number {
  return ((hash ^ (hash >>> 15)) >>> 0) % count;
}

function placeOfTag(tag: string): number {
  return placeIn(TAGS, fnv(tag));
}

function placeOfPrefix(prefix: Uint8Array): number {
  let hash = OFFSET;
  for (let i = 0; i < prefix.length; i++) {
    hash = Math.imul(hash ^ prefix[i]!, PRIME);
  }
  return placeIn(PREFIXES, hash);
}

/** By the name alone: whatever the port, and the case. */
function placeOfHost(key: Uint8Array): number {
  const isBracketed = key[0] === LEFT_BRACKET;
  let hash = OFFSET;
  for (let i = 0; i < key.length; i++) {
    const byte = key[i]!;
    if (byte === SP || byte === COLON && !isBracketed) break;
    const isLast = byte === DOT && isEndOfName(key[i + 1]);
    if (!isLast) hash = Math.imul(hash ^ foldedCase(byte), PRIME);
    if (byte === RIGHT_BRACKET) break;
  }
  return placeIn(HOSTS, hash);
}

function isEndOfName(byte: number | undefined): boolean {
  return byte === undefined || byte === SP || byte === COLON;
}
