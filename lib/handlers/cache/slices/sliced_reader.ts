/** Reads content that is kept in slices, one after the other; what is missing is fetched. */

import type { StoredResponse } from "../../../cache/store/stored_response.ts";
import {
  ArrivingReader,
  BytesReader,
} from "../../../deliver/content_reader.ts";
import type { ContentReader } from "../../../deliver/reply.ts";
import type { Exchange } from "../../../exchange/exchange_state.ts";
import type { SharedCache } from "../../../exchange/shared_cache.ts";
import { HttpError } from "../../../http/error.ts";
import { fetchAhead, obtainSlice } from "./slice_fetch.ts";
import { findSlice, hasSlice } from "./slice_store.ts";
import { offerUsed } from "../write_behind.ts";

/** The slice to begin with, which was looked for already. */
export interface FirstSlice {
  readonly index: number;
  /** Pinned, for the reader. */
  readonly stored: StoredResponse;
  /** Up to where the content will be read from there. */
  readonly end: number;
}

/** A slice that is being read. */
interface Open {
  readonly index: number;
  readonly stored: StoredResponse;
  readonly reader: ContentReader;
}

/** See the module's comment. At any time it holds one slice, and has one more fetched. */
export class SlicedReader implements ContentReader {
  contentBytes = 0;
  readonly #exchange: Exchange;
  readonly #cache: SharedCache;
  readonly #whole: StoredResponse;
  /** Bytes of a slice. */
  readonly #bytes: number;
  readonly #length: number;
  #position = 0;
  /** Up to where it is read, as far as is known. */
  #end: number;
  #open: Open | undefined;
  /** The slice that was fetched once more, because it broke off. */
  #fetchedAgain = -1;

  /** The slice that it has had fetched ahead; -1 for none. */
  #ahead = -1;

  constructor(
    x: Exchange,
    cache: SharedCache,
    whole: StoredResponse,
    first: FirstSlice | undefined,
  ) {
    this.#exchange = x;
    this.#cache = cache;
    this.#whole = whole;
    const { bytes, length } = whole.slices!;
    this.#bytes = bytes;
    this.#length = this.#end = length;
    if (first === undefined) return;
    this.#position = first.index * bytes;
    this.#end = first.end;
    this.#openSlice(first.stored);
  }

  get done(): boolean {
    return this.#position === this.#length;
  }

  get #index(): number {
    return Math.floor(this.#position / this.#bytes);
  }

  take(bytesMax?: number): Uint8Array | undefined {
    const x = this.#exchange;
    if (x.failure !== undefined) throw x.failure;
    if (this.#open !== undefined && this.#open.index !== this.#index) {
      this.#close();
    }
    if (this.done) return undefined;
    if (this.#open === undefined) {
      const stored = findSlice(this.#cache, this.#whole, this.#index);
      if (stored === undefined) return undefined;
      // Not by whom it was fetched for: what is asked for once goes first.
      if (this.#ahead !== this.#index) {
        stored.visited = true;
        if (!stored.isOffered) offerUsed(this.#cache, stored);
      }
      this.#openSlice(stored);
    }
    const run = this.#open!.reader.take(bytesMax);
    if (run === undefined) return undefined;
    this.#position += run.length;
    this.contentBytes += run.length;
    return run;
  }

  async more(): Promise<void> {
    if (this.#open === undefined) {
      const { stored } = await obtainSlice(
        this.#exchange,
        this.#cache,
        this.#whole,
        this.#index,
      );
      this.#openSlice(stored);
      return;
    }
    try {
      await this.#open.reader.more();
    } catch (error) {
      this.#tryAgain(error);
    }
  }

  /** What breaks off is fetched once more: it is the same version, or none. */
  #tryAgain(error: unknown): void {
    const index = this.#index;
    const isCut = error instanceof HttpError &&
      error.code === "origin_body_cut";
    if (!isCut || this.#fetchedAgain === index) throw error;
    this.#fetchedAgain = index;
    this.#close();
  }

  /** Goes on in a slice, which is pinned; the next one is fetched if it will be wanted. */
  #openSlice(stored: StoredResponse): void {
    const index = this.#index;
    const { incoming } = stored;
    const reader: ContentReader = incoming === undefined
      ? new BytesReader(stored.body)
      : new ArrivingReader(this.#exchange, incoming);
    const begin = index * this.#bytes;
    reader.seek(this.#position - begin, this.#bytes);
    this.#open = { index, stored, reader };
    const next = index + 1;
    const isWanted = next * this.#bytes < this.#end;
    if (isWanted && !hasSlice(this.#cache, this.#whole, next)) {
      this.#ahead = next;
      fetchAhead(this.#exchange.fetch, this.#cache, this.#whole, next);
    }
  }

  seek(offset: number, end: number): void {
    this.#end = end;
    if (offset === this.#position) return;
    const index = Math.floor(offset / this.#bytes);
    if (this.#open?.index === index) {
      this.#open.reader.seek(offset - index * this.#bytes, this.#bytes);
    } else this.#close();
    this.#position = offset;
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#open.reader.close();
    this.#cache.store.unpin(this.#open.stored);
    this.#open = undefined;
  }

  close(): void {
    this.#close();
  }
}
