/**
 * A growing buffer that heads are serialised into.
 *
 * Appending copies; what has been appended is `bytes[0, length)`. One buffer
 * serves many messages in turn, so that a head costs no allocation.
 */

const ZERO = 0x30;
/** Up to this many bytes, a loop is faster than the call of `set`, which takes 13 ns for any. */
const APPENDED_LOOP_MAX = 12;
/** The same where `set` needs a view, which takes 25 ns more. */
const COPIED_LOOP_MAX = 48;

/** Bytes on their way out; see the module's comment. */
export class ByteWriter {
  /** The bytes; only `[0, length)` is content. Replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes have been appended. */
  length = 0;
  readonly #initialBytes: number;
  /** The last view that was asked for, and of which bytes. */
  #view: Uint8Array<ArrayBuffer>;
  #viewed: Uint8Array<ArrayBuffer>;

  /**
   * Makes an empty buffer.
   *
   * @param initialBytes The capacity before the first growth, and after `reset` of a grown buffer.
   */
  constructor(initialBytes: number) {
    this.#initialBytes = initialBytes;
    this.bytes = this.#view = this.#viewed = new Uint8Array(initialBytes);
  }

  /** Forgets the content; gives a buffer back to the collector that has grown beyond `keepBytesMax`. */
  reset(keepBytesMax: number): void {
    this.length = 0;
    if (this.bytes.length > keepBytesMax) {
      this.bytes = new Uint8Array(this.#initialBytes);
    }
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    let capacity = this.bytes.length * 2;
    while (capacity < needed) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }

  /** Appends `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    const { bytes, length } = this;
    if (count <= COPIED_LOOP_MAX) {
      for (let i = 0; i < count; i++) bytes[length + i] = source[start + i]!;
    } else {
      bytes.set(source.subarray(start, end), length);
    }
    this.length = length + count;
  }

  /**
   * Appends `source[start, end)` up to the first byte that is not 1 in `allowed`.
   *
   * @returns Where that byte is; `end` if there is none.
   */
  copyAllowed(
    source: Uint8Array,
    start: number,
    end: number,
    allowed: Uint8Array,
  ): number {
    this.reserve(end - start);
    const { bytes, length } = this;
    let at = start;
    for (; at < end; at++) {
      const byte = source[at]!;
      if (allowed[byte] !== 1) break;
      bytes[length + at - start] = byte;
    }
    this.length = length + at - start;
    return at;
  }

  /** Appends all of `source`. */
  append(source: Uint8Array): void {
    const count = source.length;
    this.reserve(count);
    const { bytes, length } = this;
    if (count <= APPENDED_LOOP_MAX) {
      for (let i = 0; i < count; i++) bytes[length + i] = source[i]!;
    } else bytes.set(source, length);
    this.length = length + count;
  }

  /** Appends a string of characters below U+0100, one byte each. */
  text(text: string): void {
    this.reserve(text.length);
    const { bytes, length } = this;
    for (let i = 0; i < text.length; i++) {
      bytes[length + i] = text.charCodeAt(i);
    }
    this.length = length + text.length;
  }

  /** Appends one byte. */
  byte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** Appends a non-negative integer in decimal. */
  decimal(value: number): void {
    this.reserve(20);
    let digits = 1;
    for (let power = 10; value >= power; power *= 10) digits++;
    let rest = value;
    for (let i = this.length + digits - 1; i >= this.length; i--) {
      const digit = rest % 10;
      this.bytes[i] = ZERO + digit;
      rest = (rest - digit) / 10;
    }
    this.length += digits;
  }

  /** A view of the content, valid until the next append. */
  view(): Uint8Array<ArrayBuffer> {
    const { bytes, length } = this;
    // A writer's messages are alike: many are as long as the one before.
    if (this.#view.length !== length || this.#viewed !== bytes) {
      this.#viewed = bytes;
      this.#view = bytes.subarray(0, length);
    }
    return this.#view;
  }
}
