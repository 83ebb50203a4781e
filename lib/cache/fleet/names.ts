/**
 * The names of what is in the store that a fleet shares. Whatever a client puts into a
 * URL, a name has one length, and nobody finds two keys with one name.
 */

import { nodeModule } from "../../net/node_module.ts";

/** The form of what is stored: another version neither reads nor writes it. */
const FORM = "1";

/** Names under one prefix. */
export class FleetNames {
  readonly #prefix: string;

  /** @param prefix What all of them begin with: it tells fleets apart that share a store. */
  constructor(prefix: string) {
    this.#prefix = `${prefix}sluice${FORM}:`;
  }

  /** The state of the fleet: its generation, and the number of the last purge. */
  get control(): string {
    return `${this.#prefix}control`;
  }

  /** The stream of purges. */
  get purges(): string {
    return `${this.#prefix}purges`;
  }

  /** Where nodes are told of purges at once. */
  get channel(): string {
    return `${this.#prefix}wake`;
  }

  /** The variants of a key. */
  record(digest: string): string {
    return `${this.#prefix}r:${digest}`;
  }

  /** Who fetches a key. */
  lease(digest: string): string {
    return `${this.#prefix}l:${digest}`;
  }

  /** A piece of content. */
  chunk(content: string, index: number): string {
    return `${this.#prefix}c:${content}:${index}`;
  }

  /** What a limit counts. */
  limit(digest: string): string {
    return `${this.#prefix}t:${digest}`;
  }
}

/** What stands for bytes in a name. */
export function digestOf(bytes: Uint8Array | string): string {
  return nodeModule("node:crypto").createHash("sha256").update(bytes)
    .digest("base64url");
}
