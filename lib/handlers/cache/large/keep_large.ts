/**
 * Keeping content that is too large for memory: it only passes through there, and one of
 * those who read it as it passes writes it to a tier.
 */

import type {
  IncomingContent,
  IncomingReader,
} from "../../../cache/store/incoming_content.ts";
import { recordOf, variantText } from "../../../cache/store/stored_record.ts";
import { StoredResponse } from "../../../cache/store/stored_response.ts";
import type { GuardedLarge } from "../../../cache/store/tiers/guarded_tier.ts";
import {
  type LargeWriter,
  PIECE_BYTES,
} from "../../../cache/store/tiers/large.ts";
import type {
  BackgroundTask,
  SharedCache,
} from "../../../exchange/shared_cache.ts";

/**
 * Whether a tier wants content that is too large for memory.
 *
 * @param length Bytes of it; -1 if nobody knows.
 */
export function wantsLarge(
  { tiers }: SharedCache,
  hash: number,
  length: number,
): boolean {
  const large = tiers?.keepingLarge?.large;
  return large !== undefined && large.mayBegin &&
    large.contents.wants(hash, length);
}

/**
 * Has a tier keep content that has begun to pass, if one wants it. It is fetched to its end
 * then, whoever else reads it.
 *
 * @returns Whether it is kept, if nothing goes wrong.
 */
export function keepLarge(
  cache: SharedCache,
  stored: StoredResponse,
  incoming: IncomingContent,
): boolean {
  if (!wantsLarge(cache, stored.hash, incoming.length)) return false;
  const large = cache.tiers!.keepingLarge!.large!;
  const keeping = new Keeping(cache, stored, incoming, large);
  cache.track(keeping, keeping.run());
  return true;
}

/** Content on its way to a tier. */
class Keeping implements BackgroundTask {
  readonly #cache: SharedCache;
  readonly #stored: StoredResponse;
  readonly #incoming: IncomingContent;
  readonly #large: GuardedLarge;
  readonly #reader: IncomingReader;
  #isClosed = false;

  constructor(
    cache: SharedCache,
    stored: StoredResponse,
    incoming: IncomingContent,
    large: GuardedLarge,
  ) {
    this.#cache = cache;
    this.#stored = stored;
    this.#incoming = incoming;
    this.#large = large;
    this.#reader = incoming.open();
    // The tier is slower than a client is ready to wait for.
    this.#reader.onCut = (): void => this.close();
  }

  /** Gives it up. */
  close(): void {
    this.#isClosed = true;
    this.#incoming.notify();
  }

  /** Never rejects. */
  async run(): Promise<void> {
    let writer: LargeWriter | undefined;
    try {
      writer = await this.#large.contents.begin();
      if (writer === undefined) return;
      const isWhole = await this.#copy(writer);
      if (isWhole && !this.#isOutdated(this.#stored.epoch)) {
        await this.#finish(writer);
      } else writer.abort();
    } catch (error) {
      writer?.abort();
      this.#large.failedToKeep((error as Error).message);
    } finally {
      this.#reader.close();
    }
  }

  /** Copies what passes, piece by piece; tells whether all of it was written. */
  async #copy(writer: LargeWriter): Promise<boolean> {
    const incoming = this.#incoming;
    let piece = new Uint8Array(PIECE_BYTES);
    let filled = 0;
    for (;;) {
      if (this.#isClosed || incoming.state === "failed") return false;
      const run = this.#reader.next();
      if (run.length === 0) {
        if (incoming.state === "done") break;
        await incoming.wait();
        continue;
      }
      const count = Math.min(run.length, PIECE_BYTES - filled);
      piece.set(run.subarray(0, count), filled);
      filled += count;
      this.#reader.take(count);
      if (filled < PIECE_BYTES) continue;
      if (!await writer.write(piece)) return false;
      piece = new Uint8Array(PIECE_BYTES);
      filled = 0;
    }
    return filled === 0 || await writer.write(piece.slice(0, filled));
  }

  async #finish(writer: LargeWriter): Promise<void> {
    const { entry, traits, head } = this.#stored;
    const { store, tiers } = this.#cache;
    const { record } = writer;
    const length = this.#incoming.arrived;
    const whole = new StoredResponse(
      entry,
      { ...traits, large: { record, length } },
      { ...head, length },
      undefined,
    );
    const { epoch } = store;
    await writer.finish(recordOf(whole));
    this.#forgetReplaced();
    // Another worker's purge may have come to the tier before what it names did.
    if (this.#isOutdated(epoch)) {
      const { key, hash } = entry;
      tiers!.purge({ kind: "key", key, hash });
    }
  }

  /** What memory has of an older one, of which the tier has let go: whoever comes next finds the new one there. */
  #forgetReplaced(): void {
    const { entry: { key, hash }, traits } = this.#stored;
    const { store } = this.#cache;
    const variant = variantText(traits);
    const replaced = store.get(key, hash)?.variants.filter((other) =>
      other.traits.large !== undefined && variantText(other.traits) === variant
    );
    replaced?.forEach((other) => store.remove(other));
  }

  #isOutdated(epoch: number): boolean {
    return this.#cache.store.isOutdated(epoch, this.#stored);
  }
}
