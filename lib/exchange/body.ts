/**
 * The read side of a body: runs of content out of a reader, whatever the framing.
 *
 * Taking a run never waits and never copies; waiting for more is a step of its
 * own, so that a body that has arrived whole costs no promise. The framing alone
 * decides where the body ends: bytes after it stay in the reader.
 */

import { ChunkedDecoder } from "../http/chunked.ts";
import {
  type ErrorCode,
  ERRORS,
  HttpError,
  originBadMessage,
} from "../http/error.ts";
import { connectionMembers, NOMINATES } from "../http/connection.ts";
import type { Framing } from "../http/framing.ts";
import type { FieldSection } from "../http/section.ts";
import type { Reader } from "../net/reader.ts";

/** Reads one body at a time; reusable through {@linkcode Body.begin}. */
export class Body {
  /** Whether the whole body, trailer section included, has been taken. */
  done = true;
  /** Bytes of content taken so far. */
  contentBytes = 0;
  /**
   * What the `Connection` of the message's head nominates, which holds for trailers,
   * too: `connectionMembers`, kept because the head may be gone by then. Undefined
   * for nothing.
   */
  nominated: Uint8Array | undefined = undefined;
  readonly #decoder = new ChunkedDecoder();
  #reader: Reader | undefined;
  #kind: Framing["kind"] = "none";
  #remaining = 0;
  #contentBytesMax = Infinity;
  #cut: ErrorCode = "client_gone";

  /**
   * Starts a body whose first byte is the reader's next.
   *
   * @param contentBytesMax Bytes of content; more is `content_too_large`.
   * @param cut What it is called when the peer ends before the body does; it tells
   *   whose body it is, and so whose fault all that is wrong with it.
   */
  begin(
    reader: Reader,
    framing: Framing,
    contentBytesMax: number,
    cut: ErrorCode,
  ): void {
    this.#reader = reader;
    this.#contentBytesMax = contentBytesMax;
    this.#kind = framing.kind;
    this.#remaining = framing.length;
    this.#cut = cut;
    this.contentBytes = 0;
    this.nominated = undefined;
    this.done = framing.kind === "none" || framing.kind === "tunnel";
    if (framing.kind === "chunked") this.#decoder.begin(this.#isOrigins);
  }

  /**
   * The next run of content that has arrived.
   *
   * @returns A view of the reader's buffer, not empty, valid until the next `more`;
   *   undefined if nothing has arrived or the body is `done`.
   * @throws {HttpError} `bad_chunk`, `bad_field_line` and `fields_too_large` of a
   *   client's chunked body, `origin_bad_message` of an origin's, `content_too_large`,
   *   or the code given to `begin` if the body breaks off.
   */
  take(): Uint8Array | undefined {
    if (this.done) return undefined;
    const reader = this.#reader!;
    const run = this.#kind === "chunked"
      ? this.#takeChunked(reader)
      : this.#takePlain(reader);
    if (run === undefined) {
      if (!this.done && reader.ended) this.#endOf(reader);
      return undefined;
    }
    this.contentBytes += run.length;
    if (this.contentBytes > this.#contentBytesMax) {
      throw new HttpError(
        "content_too_large",
        `Content of more than ${this.#contentBytesMax} bytes`,
      );
    }
    return run;
  }

  #takePlain(reader: Reader): Uint8Array | undefined {
    let count = reader.available;
    if (count === 0) return undefined;
    if (this.#kind === "length") {
      count = Math.min(count, this.#remaining);
      this.#remaining -= count;
      this.done = this.#remaining === 0;
    }
    const run = reader.bytes.subarray(reader.start, reader.start + count);
    reader.start += count;
    return run;
  }

  get #isOrigins(): boolean {
    return ERRORS[this.#cut].fault === "origin";
  }

  #takeChunked(reader: Reader): Uint8Array | undefined {
    const { bytes } = reader;
    const decoder = this.#decoder;
    try {
      reader.start = decoder.decode(bytes, reader.start, reader.end);
    } catch (error) {
      if (!(error instanceof HttpError) || !this.#isOrigins) throw error;
      throw originBadMessage(error);
    }
    this.done = decoder.done;
    if (decoder.dataEnd === decoder.dataStart) return undefined;
    return bytes.subarray(decoder.dataStart, decoder.dataEnd);
  }

  /** The peer has ended, and everything that arrived is taken. */
  #endOf(reader: Reader): void {
    if (this.#kind !== "close" || reader.failure !== undefined) {
      throw new HttpError(this.#cut, "The body broke off", reader.failure);
    }
    this.done = true;
  }

  /** Waits for more bytes, or for the end; `take` tells which. */
  async more(): Promise<void> {
    const { bytes, start } = this.#reader!;
    await this.#reader!.more();
    this.#followMove(bytes, start);
  }

  /** Waits as `more` does, or until the reader is interrupted. */
  moreOrInterrupted(): Promise<void> {
    return this.#kind === "chunked"
      ? this.#moreChunks()
      : this.#reader!.moreOrInterrupted();
  }

  async #moreChunks(): Promise<void> {
    const { bytes, start } = this.#reader!;
    await this.#reader!.moreOrInterrupted();
    this.#followMove(bytes, start);
  }

  /** The bytes of a trailer section that has begun may have moved to make room for more. */
  #followMove(bytes: Uint8Array, start: number): void {
    const reader = this.#reader!;
    if (reader.start !== start || reader.bytes !== bytes) {
      this.#decoder.shift(reader.bytes, reader.start - start);
    }
  }

  /** The trailer section of a chunked body that is done; valid until the reader's next `more`. */
  get trailers(): FieldSection | undefined {
    const { trailers } = this.#decoder;
    return this.done && this.#kind === "chunked" && trailers.count > 0
      ? trailers
      : undefined;
  }
}

/** A head as far as its trailers depend on it. */
interface Head {
  readonly fields: FieldSection;
  readonly framing: Framing;
  readonly options: number;
}

/** Keeps what the head says of the trailers of its body, which has begun. */
export function noteNominated(
  body: Body,
  { fields, framing, options }: Head,
): void {
  if (framing.kind !== "chunked" || (options & NOMINATES) === 0) return;
  body.nominated = connectionMembers(fields);
}
