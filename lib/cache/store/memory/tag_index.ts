/** The stored responses by their tags, so that a purge looks at no others. */

import type { StoredResponse } from "../stored_response.ts";

/** See the module's comment. */
export class TagIndex {
  readonly #tags = new Map<string, Set<StoredResponse>>();

  /** Adds a response under each of its tags. */
  add(stored: StoredResponse): void {
    for (const tag of stored.traits.tags) {
      const tagged = this.#tags.get(tag);
      if (tagged === undefined) this.#tags.set(tag, new Set([stored]));
      else tagged.add(stored);
    }
  }

  /** Takes a response out. */
  remove(stored: StoredResponse): void {
    for (const tag of stored.traits.tags) {
      const tagged = this.#tags.get(tag);
      tagged?.delete(stored);
      if (tagged?.size === 0) this.#tags.delete(tag);
    }
  }

  /** Those that carry a tag; they may come and go meanwhile. */
  of(tag: string): Iterable<StoredResponse> {
    return this.#tags.get(tag) ?? [];
  }
}
