/** The readers of the contents that a reply may have: see `ContentReader`. */

import type {
  IncomingContent,
  IncomingReader,
} from "../cache/store/incoming_content.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { RELAY_BUFFER_BYTES } from "../exchange/relay.ts";
import { startsWith } from "../http/bytes.ts";
import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import type { ByteRange } from "../http/range.ts";
import type { FieldSection } from "../http/section.ts";
import type { ContentReader } from "./reply.ts";

const NOTHING = new Uint8Array(0);

/** Bytes of one write of content: what the client must take within the write timeout. */
export const WRITE_BYTES_MAX: number = 256 * 1024;

/** Reads what is in memory. */
export class BytesReader implements ContentReader {
  contentBytes = 0;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(bytesMax = WRITE_BYTES_MAX): Uint8Array | undefined {
    if (this.done) return undefined;
    const run = this.#bytes.subarray(this.#at, this.#at + bytesMax);
    this.#at += run.length;
    this.contentBytes += run.length;
    return run;
  }

  more(): Promise<void> {
    return Promise.resolve();
  }

  seek(offset: number): void {
    this.#at = offset;
  }

  close(): void {}
}

/** Reads a range of what another one reads, which stays open. */
export class RangeReader implements ContentReader {
  contentBytes = 0;
  readonly #whole: ContentReader;
  readonly #length: number;

  constructor(whole: ContentReader, { start, end }: ByteRange) {
    this.#whole = whole;
    this.#length = end - start;
    whole.seek(start, end);
  }

  get done(): boolean {
    return this.contentBytes === this.#length;
  }

  take(bytesMax = WRITE_BYTES_MAX): Uint8Array | undefined {
    const left = this.#length - this.contentBytes;
    if (left === 0) return undefined;
    const run = this.#whole.take(Math.min(left, bytesMax));
    if (run === undefined && this.#whole.done) {
      throw new HttpError("origin_body_cut", "The range is not there");
    }
    this.contentBytes += run?.length ?? 0;
    return run;
  }

  more(): Promise<void> {
    return this.#whole.more();
  }

  seek(): void {
    throw new RangeError("Cannot seek in a range");
  }

  close(): void {}
}

/**
 * Reads what is on its way into the cache, for one client. If it holds up others, it goes
 * on with what has passed, where that is kept; else it is cut off.
 */
export class ArrivingReader implements ContentReader {
  contentBytes = 0;
  done = false;
  readonly #exchange: Exchange;
  readonly #incoming: IncomingContent;
  readonly #reader: IncomingReader;
  /** Bytes of the run that has been given out, and may be in use. */
  #givenBytes = 0;
  /** What has passed, and is to be given out. */
  #passed: Uint8Array | undefined;

  /** Begins to read; others who wait for too long for this client cut it off. */
  constructor(x: Exchange, incoming: IncomingContent) {
    this.#exchange = x;
    this.#incoming = incoming;
    this.#reader = incoming.open();
    this.#reader.mayFollow = true;
    this.#reader.onCut = () => {
      x.endBy(new HttpError("too_slow", "Others waited for the client"));
      x.client.close("client_slow"); // which ends the write that is under way
    };
    x.waitOn(incoming);
  }

  take(bytesMax = WRITE_BYTES_MAX): Uint8Array | undefined {
    if (this.#exchange.failure !== undefined) throw this.#exchange.failure;
    this.#settle();
    const { state, arrived } = this.#incoming;
    const run = this.#next().subarray(0, bytesMax);
    this.done = state === "done" &&
      this.#reader.position + run.length >= arrived;
    this.#givenBytes = run.length;
    this.contentBytes += run.length;
    return run.length === 0 ? undefined : run;
  }

  /** What is here of what has not been taken. */
  #next(): Uint8Array {
    return this.#reader.isBehind
      ? this.#passed ?? NOTHING
      : this.#reader.next();
  }

  async more(): Promise<void> {
    this.#settle();
    if (this.#reader.isBehind && await this.#readPassed()) return;
    const { arrived, state } = this.#incoming;
    // Some may have come while what came before was written.
    if (arrived > this.#reader.position) return;
    if (state === "failed") {
      throw new HttpError("origin_body_cut", "The stored body broke off");
    }
    if (state === "receiving") await this.#incoming.wait();
  }

  /** Reads on in what has passed; tells whether there is any of it. */
  async #readPassed(): Promise<boolean> {
    const passed = this.#incoming.passed!;
    this.#passed = await passed.read(this.#reader.position);
    if (this.#exchange.failure !== undefined) throw this.#exchange.failure;
    if (this.#passed === undefined) {
      throw new HttpError("origin_body_cut", "What has passed is gone");
    }
    return this.#passed.length > 0;
  }

  seek(offset: number): void {
    this.#settle();
    this.#passed = undefined;
    this.#reader.take(offset - this.#reader.position);
  }

  /** The run that was given out is done with. */
  #settle(): void {
    if (this.#givenBytes === 0) return;
    this.#passed = this.#passed?.subarray(this.#givenBytes);
    this.#reader.take(this.#givenBytes);
    this.#givenBytes = 0;
  }

  close(): void {
    this.#exchange.waitOn();
    this.#reader.close();
  }
}

/** Reads the rest of the origin's response, at the pace of origin and client. */
export class OriginReader implements ContentReader {
  readonly #exchange: Exchange;
  /** How long the origin may be silent, in ms; 0 for as long as it likes. */
  readonly #readMs: number;

  constructor(x: Exchange) {
    const { fetch } = x;
    this.#exchange = x;
    // A stream of events may pause for as long as it likes.
    this.#readMs = isEventStream(fetch.response.fields)
      ? 0
      : x.route.timeouts.readMs;
    fetch.origin!.reader.growsTo = RELAY_BUFFER_BYTES;
  }

  get done(): boolean {
    return this.#exchange.fetch.responseBody.done;
  }

  get contentBytes(): number {
    return this.#exchange.fetch.responseBody.contentBytes;
  }

  get trailers(): FieldSection | undefined {
    return this.#exchange.fetch.responseBody.trailers;
  }

  get nominated(): Uint8Array | undefined {
    return this.#exchange.fetch.responseBody.nominated;
  }

  take(): Uint8Array | undefined {
    return this.#exchange.fetch.responseBody.take();
  }

  async more(): Promise<void> {
    const { fetch } = this.#exchange;
    const origin = fetch.origin!;
    origin.deadline.set(this.#readMs);
    await fetch.responseBody.more();
    origin.deadline.clear(); // the time that the client takes is not the origin's
    if (this.#exchange.failure !== undefined) throw this.#exchange.failure;
    if (origin.timedOut) {
      throw new HttpError("origin_timeout", "The response came to a halt");
    }
  }

  seek(): void {
    throw new RangeError("Cannot cut what the origin sends to one client");
  }

  close(): void {
    const { origin } = this.#exchange.fetch;
    if (this.done && origin !== undefined) origin.reader.growsTo = 0;
  }
}

function isEventStream(fields: FieldSection): boolean {
  const line = fields.first(FIELD.ContentType);
  return line >= 0 &&
    startsWith(
      fields.bytes,
      fields.valueStart(line),
      fields.valueEnd(line),
      "text/event-stream",
    );
}
