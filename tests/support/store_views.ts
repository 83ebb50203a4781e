/** A store as its users see it: what is put there, and what is found again, by path. */

import { assert } from "./assert.ts";
import { keyOf } from "./shared_store.ts";
import { beginUnder, type Content, finish, isFilledWith } from "./stored.ts";
import type { Store } from "../../lib/cache/store/store.ts";
import type { Purge } from "../../lib/cache/store/purge.ts";
import type { Nameable } from "../../lib/cache/store/purge_epochs.ts";
import type { StoredResponse } from "../../lib/cache/store/stored_response.ts";

/**
 * Two views of the same store. What one does, the other sees; they are the same object
 * where there is only one.
 */
export type Views = readonly [here: Store, there: Store];

/** Makes an empty store of so many bytes; one response may have as many. */
export type MakeViews = (bytesMax: number) => Views;

/** What is stored if nothing else is said. */
export const CONTENT: Content = { length: 100, mark: 0, tags: [] };
/** Room for all that a test stores. */
export const PLENTY = 4e6;

/** Begins to store a response for a path; undefined if there is no room. */
export function begin(
  store: Store,
  path: string,
  more: Partial<Content> = {},
): StoredResponse | undefined {
  const key = keyOf(path);
  const bytes = key.written.view().slice();
  return beginUnder(store, bytes, key.hash, { ...CONTENT, ...more });
}

/** Stores a response for a path whose every byte is `mark`. */
export function put(
  store: Store,
  path: string,
  mark: number,
  more: Partial<Content> = {},
): StoredResponse | undefined {
  const stored = begin(store, path, more);
  return stored && finish(store, stored, { ...CONTENT, ...more, mark });
}

/** All that a store finds for a path, the most recent first. */
export function find(store: Store, path: string): readonly StoredResponse[] {
  return store.find(keyOf(path))?.variants ?? [];
}

/** What the contents of a path are filled with, the most recent first. */
export function marks(store: Store, path: string): number[] {
  return find(store, path).map((stored) => {
    assert(store.pin(stored));
    const { body } = stored;
    const [mark] = body;
    assert(isFilledWith(body, mark), `${path} is mixed up`);
    store.unpin(stored);
    return mark!;
  });
}

/** Takes out all that is stored for a path; tells how many responses that were. */
export function forget(store: Store, path: string): number {
  const key = keyOf(path);
  return store.forget(key.written.view().slice(), key.hash);
}

/** What a purge names a response by that is asked for under a path. */
export function askedFor(path: string, tags: readonly string[] = []): Nameable {
  const key = keyOf(path);
  return { key: key.written.view().slice(), hash: key.hash, tags };
}

/** A purge of all that is stored for a path. */
export function purgeOf(path: string): Purge {
  const { key, hash } = askedFor(path);
  return { kind: "key", key, hash };
}

/** Makes a variant. */
export function extraKeyOf(extraKey: string): Partial<Content> {
  return { extraKey };
}
