/** Putting responses into a store, without an origin. */

import { NO_DIRECTIVES } from "../../lib/cache/policy/directives.ts";
import { IncomingContent } from "../../lib/cache/store/incoming_content.ts";
import type { Metadata } from "../../lib/cache/policy/metadata.ts";
import type { Purge } from "../../lib/cache/store/purge.ts";
import type { Store } from "../../lib/cache/store/store.ts";
import {
  type StoredHead,
  StoredResponse,
} from "../../lib/cache/store/stored_response.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

const METADATA: Metadata = {
  directives: NO_DIRECTIVES,
  isTargeted: false,
  lifetimeMs: 0,
  lifetimeFrom: "none",
  ageMs: 0,
  initialAgeMs: 0,
  responseMs: 0,
  dateMs: 0,
  noCache: false,
  mustRevalidate: false,
  hasSharedMaxAge: false,
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: undefined,
  etag: "",
  lastModified: "",
  lastModifiedMs: undefined,
};

/** Stores `length` bytes that all say which key they belong to; undefined if there is no room. */
export function put(
  store: Store,
  name: string,
  length: number,
  mark: number,
  tags: readonly string[] = [],
): StoredResponse | undefined {
  return putUnder(store, bytesOf(name), name.length % 3, {
    length,
    mark,
    tags,
  }); // hashes collide
}

/** What is to be stored. */
export interface Content {
  readonly length: number;
  /** Each of its bytes. */
  readonly mark: number;
  readonly tags: readonly string[];
  readonly extraKey?: string;
  readonly etag?: string;
}

/** A head that says nothing but its entity tag and the length of its content. */
export function headOf(length: number, etag = ""): StoredHead {
  return {
    bytes: new Uint8Array(0),
    kind: "kept",
    minorVersion: 1,
    length,
    hasForms: false,
    forClients: undefined,
    metadata: { ...METADATA, etag },
  };
}

/** Stores a response under a key. */
export function putUnder(
  store: Store,
  key: Uint8Array,
  hash: number,
  content: Content,
): StoredResponse | undefined {
  const stored = beginUnder(store, key, hash, content);
  return stored && finish(store, stored, content);
}

/** Stores a response under a key; its content is on its way. */
export function beginUnder(
  store: Store,
  key: Uint8Array,
  hash: number,
  { length, tags, extraKey = "", etag }: Content,
): StoredResponse | undefined {
  const entry = store.obtain(key, hash);
  const incoming = new IncomingContent(
    length,
    store.limits.objectBytesMax,
    store.ledger,
  );
  const head = headOf(length, etag);
  const traits = {
    status: 200,
    selecting: [],
    extraKey,
    tags,
  };
  const stored = new StoredResponse(entry, traits, head, incoming);
  stored.epoch = store.epoch;
  return store.add(stored) ? stored : undefined;
}

/** The content of a response that is on its way has come. */
export function finish(
  store: Store,
  stored: StoredResponse,
  { length, mark }: Content,
): StoredResponse {
  const incoming = stored.incoming!;
  incoming.append(new Uint8Array(length).fill(mark));
  incoming.complete();
  stored.buffer = incoming.content();
  stored.length = length;
  stored.incoming = undefined;
  store.complete(stored);
  return stored;
}

/** Carries out a purge in one go; tells how many responses it has hit. */
export function purgeNow(store: Store, purge: Purge): number {
  const steps = store.purge(purge);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Whether every byte is the same: a loop, as tests that do little else spend their time here. */
export function isFilledWith(
  bytes: Uint8Array,
  mark: number | undefined,
): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== mark) return false;
  }
  return true;
}
