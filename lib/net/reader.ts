/**
 * The read side of a socket: one buffer, and at most one read outstanding.
 *
 * A read is outstanding nearly always, even while nobody waits for bytes. So a peer that
 * leaves is noticed at once, and at no cost: the read was due anyway. Bytes in
 * `bytes[start, end)` have arrived and are not consumed; a consumer advances `start`.
 * The buffer grows when a head does not fit, and is exchanged for a large one while a
 * body passes, so that an idle connection holds only a kilobyte.
 */

import { BUFFER_BYTES_MAX, giveBuffer, takeBuffer } from "./buffers.ts";

/** The part of a socket that a reader needs. */
export interface ReadableSocket {
  /** The number of bytes; null, or 0 where there is room, at the end of the input. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Is notified of arrivals while nobody waits for them. */
export interface ReadWatcher {
  /** Bytes have arrived, or `ended` is set. */
  onArrival(reader: Reader): void;
}

const GROWTH = 4;
/** With less free space than this, compact or grow before the next read. */
const FREE_BYTES_MIN = 256;
const EMPTY = new Uint8Array(0);

/** See the module's comment. */
export class Reader {
  /** The buffer; replaced and moved by `more`, `detach` and `resize` only. */
  bytes: Uint8Array<ArrayBuffer>;
  start = 0;
  end = 0;
  /** Nothing more will arrive: the peer has ended its side, or the connection failed. */
  ended = false;
  /** The error of the connection; undefined if it did not fail. */
  failure: unknown = undefined;
  /**
   * Bytes that the buffer may grow to while it is emptied as it fills, as a body
   * does: a read that filled it asks for a larger one. Not 0 as long as the body is
   * written from where it is.
   */
  growsTo = 0;
  /** Notified of arrivals while set; the owner clears it before it waits itself. */
  watcher: ReadWatcher | undefined = undefined;

  /**
   * Whether the last read filled all the room that it was given: more may be waiting
   * in the system, whatever has been consumed. After any other read of plain TCP,
   * nothing was.
   */
  hasFilled = false;

  readonly #socket: ReadableSocket;
  /** The read that is outstanding: it never rejects, unless `begin` has begun it. */
  #pending: Promise<void> | undefined = undefined;
  /** Ends the current wait, if it can be interrupted. */
  #resume: (() => void) | undefined = undefined;
  /** Bytes that the outstanding read may bring. */
  #roomBytes = 0;
  /** Made for the first read that needs them: many connections carry one request. */
  #onRead: ((count: number | null) => void) | undefined;
  #onFailure: ((reason: unknown) => void) | undefined;

  /** @param size Bytes of the buffer to start with, one of the sizes of `buffers.ts`. */
  constructor(socket: ReadableSocket, size: number) {
    this.#socket = socket;
    this.bytes = takeBuffer(size);
  }

  /** The number of bytes that have arrived and are not consumed. */
  get available(): number {
    return this.end - this.start;
  }

  /** Whether a read is outstanding: the buffer must neither move nor be given back. */
  get isReading(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Waits until more bytes have arrived or the end has.
   *
   * Bytes not consumed may move, to another offset or another buffer: compare
   * `start` and `bytes` before and after. Never rejects: see `ended` and `failure`.
   */
  more(): Promise<void> {
    return this.#pending ?? this.#read();
  }

  /**
   * Waits as {@linkcode Reader.more} does, or until {@linkcode Reader.interrupt}; one
   * such wait at a time. The read itself goes on, and the next wait is for what it
   * brings.
   */
  moreOrInterrupted(): Promise<void> {
    const reading = this.more();
    if (this.#pending === undefined) return reading;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resume = resolve;
    return promise;
  }

  /** Ends a wait of {@linkcode Reader.moreOrInterrupted}, if there is one. */
  interrupt(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  /** Keeps a read outstanding without waiting for it; the buffer grows as it fills. */
  watch(): void {
    if (this.#pending === undefined) this.#read();
  }

  /**
   * Begins a read for somebody who waits for it alone, and who passes on what it
   * resolves to (`arrive`) or rejects with (`fail`): a promise and a job less than
   * {@linkcode Reader.more}.
   *
   * @returns Undefined if a read is outstanding, or nothing more will arrive.
   */
  begin(): Promise<number | null> | undefined {
    if (this.ended || this.#pending !== undefined) return undefined;
    const reading = this.#socket.read(this.#room());
    this.#pending = reading as Promise<unknown> as Promise<void>;
    return reading;
  }

  #read(): Promise<void> {
    if (this.ended) return Promise.resolve();
    this.#onRead ??= (count) => this.arrive(count);
    this.#onFailure ??= (reason) => this.fail(reason);
    const reading = this.#socket.read(this.#room()).then(
      this.#onRead,
      this.#onFailure,
    );
    this.#pending = reading;
    return reading;
  }

  /** Where the next read goes. */
  #room(): Uint8Array {
    if (this.start === this.end) this.#restart();
    else if (this.bytes.length - this.end < FREE_BYTES_MIN) this.#makeRoom();
    const room = this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
    this.#roomBytes = room.length;
    return room;
  }

  /** Marks everything as consumed: the whole buffer is free. */
  #restart(): void {
    const wasFilled = this.end === this.bytes.length;
    this.start = this.end = 0;
    if (wasFilled && this.bytes.length < this.growsTo) {
      this.resize(Math.min(this.bytes.length * GROWTH, this.growsTo));
    }
  }

  #makeRoom(): void {
    if (this.start >= FREE_BYTES_MIN) {
      this.bytes.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    } else {
      this.resize(Math.min(this.bytes.length * GROWTH, BUFFER_BYTES_MAX));
    }
  }

  /** Takes in what a read has brought; see {@linkcode Reader.begin}. */
  arrive(count: number | null): void {
    this.#pending = undefined;
    this.hasFilled = count === this.#roomBytes;
    const isEnd = count === null || count === 0 && this.#roomBytes > 0;
    if (isEnd) this.ended = true;
    else if (!this.ended) this.end += count; // else it is released: there is no buffer
    this.watcher?.onArrival(this);
    if (this.#resume !== undefined) this.interrupt();
  }

  /** Takes in why a read has brought nothing; see {@linkcode Reader.begin}. */
  fail(reason: unknown): void {
    this.failure = reason;
    this.arrive(null);
  }

  /**
   * Moves what has arrived into a buffer of another size; no read may be outstanding.
   *
   * @param size Bytes, at least `available`.
   */
  resize(size: number): void {
    if (this.bytes.length === size) return;
    giveBuffer(this.detach(size));
  }

  /**
   * Hands the buffer over to the caller, who gives it back some time, and goes on
   * with another one; no read may be outstanding.
   *
   * @param size Bytes of the new buffer, at least `available`, which move into it.
   * @param headroom Bytes of it before these that are left free, as long as something
   *   is behind them.
   */
  detach(size: number, headroom = 0): Uint8Array<ArrayBuffer> {
    if (this.#pending !== undefined) {
      throw new Error(
        "Cannot detach a buffer while a read is outstanding on it",
      );
    }
    const detached = this.bytes;
    const { available } = this;
    const bytes = takeBuffer(Math.max(size, available + headroom));
    if (available > 0) {
      bytes.set(detached.subarray(this.start, this.end), headroom);
    }
    this.bytes = bytes;
    this.start = headroom;
    this.end = headroom + available;
    return detached;
  }

  /**
   * Gives the buffer back, unless a read holds it, or a write may: while a body
   * passes, what was taken is written from where it is. The reader is not used any more.
   */
  release(): void {
    this.ended = true;
    this.watcher = undefined;
    const isHeld = this.#pending !== undefined || this.growsTo > 0;
    if (!isHeld && this.bytes.length > 0) giveBuffer(this.bytes);
    this.bytes = EMPTY;
    this.start = this.end = 0;
  }
}
