/**
 * The chunked transfer coding (RFC 9112 §7.1): decoding in place, and what
 * encoding needs.
 *
 * The decoder never copies content: it points at runs of it in the buffer. It is
 * strict to the byte, since every leniency in chunk framing has been an attack:
 * a size is 1*HEXDIG and at most 13 digits, followed by `;` or CRLF at once; lines
 * end with CRLF and nothing else, also inside extensions; content is followed by
 * exactly CRLF. Extensions are checked and dropped (§7.1.1): none is defined.
 *
 * States, in order: size → (extension) → size LF → data → data CR → data LF →
 * (size …) → trailers → done.
 */

import { HttpError } from "./error.ts";
import { CR, FIELD_CONTENT, HEX_VALUE, LF, SEMICOLON } from "./bytes.ts";
import { FieldSection, type SectionLimits } from "./section.ts";

/** HEXDIGs of a chunk size: 13 keep every size below 2^52, exact in a number. */
const SIZE_DIGITS_MAX = 13;
/** Bytes of one chunk's extensions. Nobody uses any; a peer that sends more is probing. */
const EXTENSION_BYTES_MAX = 1024;
/**
 * Bytes of framing beyond what honest chunks need: each chunk may spend 16 and
 * twice its size. Ends a peer that makes us work for framing instead of content.
 */
const EXCESS_BYTES_MAX = 16 * 1024;
const CHUNK_ALLOWANCE = 16;
/** Bytes of a trailer section. */
const TRAILER_BYTES_MAX = 8 * 1024;
/** Field lines of a trailer section. */
const TRAILER_LIMITS: SectionLimits = { fieldCountMax: 64 };

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS = 6;
const DONE = 7;

/** Decodes one chunked body; reusable through {@linkcode ChunkedDecoder.begin}. */
export class ChunkedDecoder {
  /** The last run of content, in the buffer last given to `decode`; empty if there was none. */
  dataStart = 0;
  /** Where that run ends. */
  dataEnd = 0;
  /** The trailer section, complete once `done`; valid as long as its buffer is. */
  readonly trailers: FieldSection = new FieldSection();

  #state: number = SIZE;
  #size = 0;
  #digits = 0;
  #lineBytes = 0;
  #extensionBytes = 0;
  #excess = 0;

  /**
   * Starts a new body.
   *
   * @param isResponse Whether it is the body of a response: see `FieldSection.allowsGap`.
   */
  begin(isResponse = false): void {
    this.trailers.allowsGap = isResponse;
    this.#state = SIZE;
    this.#size =
      this.#digits =
      this.#lineBytes =
      this.#extensionBytes =
      this.#excess =
        0;
    this.dataStart = this.dataEnd = 0;
  }

  /** Whether the whole body, trailer section included, has been consumed. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /**
   * Reads on in `bytes[start, end)`, to the end of the next run of content, the end
   * of the body, or the last byte, whichever comes first.
   *
   * @returns The offset up to which bytes are consumed. If it is below `end` and
   *   there is neither a run nor the end, a trailer section has begun there: call
   *   again with the same bytes and more.
   * @throws {HttpError} `bad_chunk`, `bad_field_line`, `fields_too_large`.
   */
  decode(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    this.dataStart = this.dataEnd = at;
    while (at < end) {
      switch (this.#state) {
        case SIZE:
        case EXTENSION:
        case SIZE_LF:
          at = this.#decodeSizeLine(bytes, at, end);
          break;
        case DATA: {
          this.dataStart = at;
          at = Math.min(end, at + this.#size);
          this.dataEnd = at;
          this.#size -= at - this.dataStart;
          if (this.#size === 0) this.#state = DATA_CR;
          return at;
        }
        case DATA_CR:
          if (bytes[at] !== CR) throw badChunk("content longer than its size");
          at++;
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (bytes[at] !== LF) throw badChunk("content not followed by CRLF");
          at++;
          this.#state = SIZE;
          this.#digits = this.#lineBytes = this.#extensionBytes = 0;
          break;
        case TRAILERS:
          if (!this.trailers.parse(bytes, end)) return this.trailers.start;
          this.#state = DONE;
          return this.trailers.end;
        default:
          return at;
      }
    }
    return at;
  }

  #decodeSizeLine(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const byte = bytes[at]!;
      switch (this.#state) {
        case SIZE: {
          const digit = HEX_VALUE[byte]!;
          if (digit !== 255) {
            if (++this.#digits > SIZE_DIGITS_MAX) {
              throw badChunk("size of too many digits");
            }
            this.#size = this.#size * 16 + digit;
          } else if (this.#digits === 0) throw badChunk("size is missing");
          else if (byte === CR) this.#state = SIZE_LF;
          else if (byte === SEMICOLON) this.#state = EXTENSION;
          else throw badChunk("byte after the size");
          break;
        }
        case EXTENSION:
          if (byte === CR) this.#state = SIZE_LF;
          else if (FIELD_CONTENT[byte] !== 1) {
            throw badChunk("byte in an extension");
          } else if (++this.#extensionBytes > EXTENSION_BYTES_MAX) {
            throw badChunk("extensions of too many bytes");
          }
          break;
        default:
          if (byte !== LF) throw badChunk("size line not ended by CRLF");
          this.#endSizeLine(at + 1);
          return at + 1;
      }
      at++;
      this.#lineBytes++;
    }
    return at;
  }

  #endSizeLine(at: number): void {
    const allowance = CHUNK_ALLOWANCE + 2 * this.#size;
    this.#excess = Math.max(0, this.#excess + this.#lineBytes - allowance);
    if (this.#excess > EXCESS_BYTES_MAX) {
      throw badChunk("more framing than content");
    }
    if (this.#size > 0) {
      this.#state = DATA;
    } else {
      this.#state = TRAILERS;
      this.trailers.begin(at, at + TRAILER_BYTES_MAX, TRAILER_LIMITS);
    }
  }

  /** Follows a move of unconsumed bytes by `delta`, into `bytes`. */
  shift(bytes: Uint8Array, delta: number): void {
    if (this.#state === TRAILERS) this.trailers.shift(bytes, delta);
  }
}

function badChunk(why: string): HttpError {
  return new HttpError("bad_chunk", `Chunk: ${why}`);
}

/** Bytes that {@linkcode writeChunkSize} may write: 13 digits and CRLF. */
export const CHUNK_SIZE_BYTES_MAX: number = SIZE_DIGITS_MAX + 2;

/**
 * Writes a chunk's size line to `bytes` at `at`.
 *
 * @param size Bytes of the chunk's content, at least 1.
 * @returns The offset after the line's CRLF.
 */
export function writeChunkSize(
  bytes: Uint8Array,
  at: number,
  size: number,
): number {
  let digits = 1;
  for (
    let rest = Math.floor(size / 16);
    rest > 0;
    rest = Math.floor(rest / 16)
  ) digits++;
  let rest = size;
  for (let i = at + digits - 1; i >= at; i--) {
    const digit = rest % 16;
    bytes[i] = digit < 10 ? 0x30 + digit : 0x57 + digit;
    rest = (rest - digit) / 16;
  }
  bytes[at + digits] = CR;
  bytes[at + digits + 1] = LF;
  return at + digits + 2;
}
