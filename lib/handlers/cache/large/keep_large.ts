/**
 * Keeping content that is too large for memory: it only passes through there, and one of
 * those who read it as it passes writes it to a tier.
 */

import type {
  IncomingContent,
  IncomingReader,
  PassedContent,
} from "../../../cache/store/incoming_content.ts";
import {
  recordOf,
  type StoredRecord,
  variantText,
} from "../../../cache/store/stored_record.ts";
import { StoredResponse } from "../../../cache/store/stored_response.ts";
import type { GuardedLarge } from "../../../cache/store/tiers/guarded_tier.ts";
import {
  type LargeContents,
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
  const { store } = cache;
  if (
    store.isOutdated(stored.epoch, stored) ||
    !wantsLarge(cache, stored.hash, incoming.length)
  ) return false;
  const large = cache.tiers!.keepingLarge!.large!;
  const keeping = new Keeping(cache, stored, incoming, large);
  cache.track(keeping, keeping.run());
  return true;
}

/** Stands for the number of a record that has none yet. */
const NOT_NUMBERED = -1;

/** Content on its way to a tier. What has passed can be read there, by those who are behind. */
class Keeping implements BackgroundTask, PassedContent {
  readonly #cache: SharedCache;
  readonly #stored: StoredResponse;
  readonly #incoming: IncomingContent;
  readonly #large: GuardedLarge;
  readonly #reader: IncomingReader;
  #isClosed = false;
  #record = NOT_NUMBERED;
  /** Pieces that have been sent to the tier. */
  #pieces = 0;
  /** The next one, as far as it has come. */
  #piece = new Uint8Array(PIECE_BYTES);
  #filled = 0;

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
      writer = await this.#contents.begin(this.#announced());
      if (writer === undefined) return;
      this.#record = writer.record;
      this.#incoming.passed = this;
      // Another worker's purge may have come to the tier before what it names did.
      if (this.#isOutdated(this.#stored.epoch)) this.#purge();
      const isWhole = await this.#copy(writer);
      if (!isWhole) {
        this.#isClosed = true;
        writer.abort();
      } else if (this.#isOutdated(this.#stored.epoch)) writer.retire();
      else await this.#finish(writer);
    } catch (error) {
      this.#isClosed = true;
      writer?.abort();
      this.#large.failedToKeep((error as Error).message);
    } finally {
      this.#reader.close();
    }
  }

  get #contents(): LargeContents {
    return this.#large.contents;
  }

  /** What others find while it is written; undefined if nobody knows how long it is. */
  #announced(): StoredRecord | undefined {
    const { length } = this.#incoming;
    return length < 0 ? undefined : this.#recordOf(length);
  }

  #recordOf(length: number): StoredRecord {
    const { entry, traits, head, epoch } = this.#stored;
    const large = { record: this.#record, length };
    const kept = new StoredResponse(
      entry,
      { ...traits, large },
      { ...head, length },
      undefined,
    );
    kept.epoch = epoch;
    return recordOf(kept, this.#cache.store.run);
  }

  async read(offset: number): Promise<Uint8Array | undefined> {
    const index = Math.floor(offset / PIECE_BYTES);
    const begin = offset - index * PIECE_BYTES;
    if (this.#isClosed || index > this.#pieces) return undefined;
    this.#reader.isEssential = true;
    // A copy: the tier is going to take the piece itself.
    if (index === this.#pieces) return this.#piece.slice(begin, this.#filled);
    const large = { record: this.#record, length: this.#incoming.length };
    const piece = await this.#contents.read(large, index);
    return piece instanceof Uint8Array ? piece.subarray(begin) : undefined;
  }

  /** Copies what passes, piece by piece; tells whether all of it was written. */
  async #copy(writer: LargeWriter): Promise<boolean> {
    const incoming = this.#incoming;
    for (;;) {
      if (this.#isClosed || incoming.state === "failed") return false;
      const run = this.#reader.next();
      if (run.length === 0) {
        if (incoming.state === "done") break;
        await incoming.wait();
        continue;
      }
      const count = Math.min(run.length, PIECE_BYTES - this.#filled);
      this.#piece.set(run.subarray(0, count), this.#filled);
      this.#filled += count;
      this.#reader.take(count);
      if (this.#filled < PIECE_BYTES) continue;
      if (!await this.#send(writer, this.#piece)) return false;
    }
    return this.#filled === 0 ||
      await this.#send(writer, this.#piece.slice(0, this.#filled));
  }

  /** Sends a piece to the tier, and begins another. */
  async #send(
    writer: LargeWriter,
    piece: Uint8Array<ArrayBuffer>,
  ): Promise<boolean> {
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#filled = 0;
    this.#pieces++;
    const isWritten = await writer.write(piece);
    if (writer.isFollowed) this.#reader.isEssential = true;
    if (!isWritten) this.#isClosed = true;
    return isWritten;
  }

  async #finish(writer: LargeWriter): Promise<void> {
    const { epoch } = this.#cache.store;
    await writer.finish(this.#recordOf(this.#incoming.arrived));
    this.#forgetReplaced();
    // Another worker's purge may have come to the tier before what it names did.
    if (this.#isOutdated(epoch)) this.#purge();
  }

  #purge(): void {
    const { key, hash } = this.#stored.entry;
    this.#cache.tiers!.purge({ kind: "key", key, hash });
  }

  /** What memory has of an older one, of which the tier has let go: whoever comes next finds the new one there. */
  #forgetReplaced(): void {
    const { entry: { key, hash }, traits } = this.#stored;
    const { store } = this.#cache;
    const variant = variantText(traits);
    const replaced = store.get(key, hash)?.variants.filter((other) =>
      other.traits.large !== undefined &&
      other.traits.large.record !== this.#record &&
      variantText(other.traits) === variant
    );
    replaced?.forEach((other) => store.remove(other));
  }

  #isOutdated(epoch: number): boolean {
    return this.#cache.store.isOutdated(epoch, this.#stored);
  }
}
