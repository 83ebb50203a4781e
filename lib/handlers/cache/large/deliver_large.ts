/** Answering with content that a tier keeps because it is too large for memory: it is read in pieces. */

import type { StoredResponse } from "../../../cache/store/stored_response.ts";
import type { GuardedLarge } from "../../../cache/store/tiers/guarded_tier.ts";
import type { Ledger } from "../../../cache/store/ledger.ts";
import type { Large } from "../../../cache/store/large.ts";
import {
  type LargePiece,
  PIECE_BYTES,
} from "../../../cache/store/tiers/large.ts";
import { WRITE_BYTES_MAX } from "../../../deliver/content_reader.ts";
import type { ContentReader, Reply } from "../../../deliver/reply.ts";
import {
  type Exchange,
  resumeReading,
} from "../../../exchange/exchange_state.ts";
import type { SharedCache } from "../../../exchange/shared_cache.ts";
import { HttpError } from "../../../http/error.ts";
import { deliverOrPage } from "../../intercept.ts";
import { apartReply, wantedOf } from "../apart_reply.ts";
import { noteOf } from "../stored_reply.ts";

/** A piece that has been read. */
interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/**
 * Answers the exchange with a response whose content is in a tier, which it holds, or is
 * being written there. The first piece that is wanted is there before anything is sent.
 *
 * @param again What else can be done.
 * @throws {HttpError} `client_gone`, or `file_cut` if the tier fails in the middle.
 */
export async function deliverLarge(
  x: Exchange,
  cache: SharedCache,
  whole: StoredResponse,
  nowMs: number,
  again: { askAnew(): Promise<void>; askBeside(): Promise<void> },
): Promise<void> {
  resumeReading(x);
  const large = whole.traits.large!;
  const tier = cache.tiers?.keepingLarge?.large;
  const pieces = new Pieces(x, large, tier);
  const { ledger } = cache.store;
  const reply = replyOf(whole, () => new LargeReader(pieces, ledger));
  const wanted = wantedOf(x, reply, large.length);
  if (wanted !== undefined) {
    const index = Math.floor(wanted[0].start / PIECE_BYTES);
    const first = await pieces.load(index, index === 0);
    if (first === "coming") return await again.askBeside();
    if (first === "gone") {
      // The tier has let go of it; what it has in its place is not meant.
      cache.store.remove(whole);
      return await again.askAnew();
    }
  }
  await deliverOrPage(x, { ...reply, note: noteOf(x, whole, nowMs) });
}

function replyOf(whole: StoredResponse, open: () => LargeReader): Reply {
  return apartReply(whole, { length: whole.traits.large!.length, open });
}

/** The reply that large content makes, for those who only look at it. */
export function unreadLargeReply(whole: StoredResponse): Reply {
  return replyOf(whole, () => {
    throw new RangeError("Nobody reads it");
  });
}

/** The piece that was read last, of a content in a tier. */
class Pieces {
  readonly large: Large;
  readonly exchange: Exchange;
  piece: Piece | undefined;
  readonly #tier: GuardedLarge | undefined;

  constructor(x: Exchange, large: Large, tier: GuardedLarge | undefined) {
    this.exchange = x;
    this.large = large;
    this.#tier = tier;
  }

  /**
   * Reads a piece.
   *
   * @param waits Whether to wait for it as long as it is still to be written.
   * @throws {HttpError} Why the exchange has been ended meanwhile.
   */
  async load(
    index: number,
    waits: boolean,
  ): Promise<"there" | "coming" | "gone"> {
    this.piece = undefined;
    for (;;) {
      const bytes = await this.#read(index, waits);
      const { failure } = this.exchange;
      if (failure !== undefined) throw failure;
      if (bytes === undefined) return "gone";
      if (bytes !== "coming") {
        this.piece = { index, bytes };
        return "there";
      }
      if (!waits) return "coming";
    }
  }

  async #read(index: number, waits: boolean): Promise<LargePiece> {
    try {
      return await this.#tier?.contents.read(this.large, index, waits);
    } catch (error) {
      this.#tier?.failedToRead((error as Error).message);
      return undefined;
    }
  }
}

/**
 * See the module's comment. The piece that it holds counts in memory; if there is no room
 * for one more, it holds no more than what is being written, and reads the piece again.
 */
class LargeReader implements ContentReader {
  contentBytes = 0;
  readonly #pieces: Pieces;
  readonly #ledger: Ledger;
  readonly #hasRoom: boolean;
  readonly #length: number;
  #position = 0;

  constructor(pieces: Pieces, ledger: Ledger) {
    this.#pieces = pieces;
    this.#ledger = ledger;
    this.#hasRoom = ledger.claim(PIECE_BYTES);
    this.#length = pieces.large.length;
  }

  get done(): boolean {
    return this.#position === this.#length;
  }

  take(bytesMax = WRITE_BYTES_MAX): Uint8Array | undefined {
    const { exchange, piece } = this.#pieces;
    if (exchange.failure !== undefined) throw exchange.failure;
    if (this.done || piece?.index !== this.#index) return undefined;
    const begin = this.#position - piece.index * PIECE_BYTES;
    const end = begin + bytesMax;
    const run = this.#hasRoom
      ? piece.bytes.subarray(begin, end)
      : piece.bytes.slice(begin, end);
    if (!this.#hasRoom) this.#pieces.piece = undefined;
    this.#position += run.length;
    this.contentBytes += run.length;
    return run;
  }

  get #index(): number {
    return Math.floor(this.#position / PIECE_BYTES);
  }

  async more(): Promise<void> {
    if (await this.#pieces.load(this.#index, true) === "there") return;
    throw new HttpError(
      "file_cut",
      "What is kept on disk is gone, or damaged, in the middle of the response",
    );
  }

  seek(offset: number): void {
    this.#position = offset;
  }

  close(): void {
    if (this.#hasRoom) this.#ledger.unclaim(PIECE_BYTES);
  }
}
