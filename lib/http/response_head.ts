/**
 * The response head: status line and field section, parsed where they arrived.
 *
 * Resumable like the request head's parser, and as strict; in two things laxer
 * than RFC 9112 §4, because origins do both: the reason phrase and the SP before
 * it may be missing.
 *
 * States, in order: version → status → reason → line LF → fields → done.
 */

import { connectionOptions, persists } from "./connection.ts";
import { HttpError } from "./error.ts";
import { frameResponse, type Framing, NO_BODY } from "./framing.ts";
import {
  type HeadLimits,
  isVersion11,
  isVersionByte,
  VERSION_LENGTH,
} from "./head.ts";
import { METHOD } from "./method.ts";
import { CR, FIELD_CONTENT, LF, SP } from "./bytes.ts";
import { FieldSection } from "./section.ts";

const EMPTY = new Uint8Array(0);

const VERSION = 0;
const STATUS = 1;
const REASON = 2;
const LINE_LF = 3;
const FIELDS = 4;
const DONE = 5;

/** The head of one interim or final response; reusable through {@linkcode ResponseHead.begin}. */
export class ResponseHead {
  /** The buffer that holds the head, as of the last `parse`. */
  bytes: Uint8Array = EMPTY;
  /** Where the status line starts. */
  start = 0;
  /** After the head. */
  end = 0;
  /** The status code, 100 to 599. */
  status = 0;
  /** Where the reason phrase starts. */
  reasonStart = 0;
  /** After the reason phrase. */
  reasonEnd = 0;
  /** The 1 of HTTP/1.1; versions above it are read as 1. */
  minorVersion = 1;
  /** Whether the version is HTTP/1.1 to the letter: then the line can be forwarded as it is. */
  isVersion11 = false;
  /** The field lines. */
  readonly fields: FieldSection = new FieldSection();
  /** How the body is delimited, once the head is complete. */
  framing: Framing = NO_BODY;
  /** The union of the `Connection` options. */
  options = 0;

  #at = 0;
  #state: number = VERSION;
  #limits: HeadLimits | undefined;
  #requestMethod: number = METHOD.Other;

  /** Makes a parser that has nothing to read yet. */
  constructor() {
    this.fields.allowsGap = true;
  }

  /**
   * Starts a new head at `start`.
   *
   * @param requestMethod The method that the response answers: HEAD matters to its framing.
   */
  begin(start: number, limits: HeadLimits, requestMethod: number): void {
    this.#at = this.start = start;
    this.#state = VERSION;
    this.#limits = limits;
    this.#requestMethod = requestMethod;
    this.end = 0;
    this.status = 0;
    this.reasonStart = this.reasonEnd = start;
    this.framing = NO_BODY;
    this.options = 0;
  }

  /**
   * Reads on, up to `end`, as {@linkcode RequestHead.parse}.
   *
   * @throws {HttpError} With the codes of a client's faults; the caller, who knows
   *   that an origin sent it, turns them into `origin_bad_message`.
   */
  parse(bytes: Uint8Array, end: number): boolean {
    this.bytes = bytes;
    if (this.#state !== FIELDS && !this.#parseStatusLine(bytes, end)) {
      return false;
    }
    const { fields } = this;
    if (!fields.parse(bytes, end)) return false;
    this.end = fields.end;
    this.#state = DONE;
    this.options = connectionOptions(fields);
    this.framing = frameResponse(
      fields,
      this.minorVersion,
      this.status,
      this.#requestMethod,
    );
    return true;
  }

  #parseStatusLine(bytes: Uint8Array, end: number): boolean {
    const limit = this.start + this.#limits!.headBytesMax;
    const stop = Math.min(end, limit);
    let at = this.#at;
    while (at < stop) {
      switch (this.#state) {
        case VERSION: {
          if (at === this.start && isVersion11(bytes, at, stop)) {
            at += VERSION_LENGTH; // as mostly; else byte by byte
            break;
          }
          const index = at - this.start;
          if (index === VERSION_LENGTH) {
            if (bytes[at] !== SP) throw badStatusLine("space");
            if (bytes[this.start + 5] !== 0x31) {
              throw badStatusLine("major version");
            }
            const minor = bytes[this.start + 7]! - 0x30;
            this.minorVersion = Math.min(minor, 1);
            this.isVersion11 = minor === 1;
            this.#state = STATUS;
          } else if (!isVersionByte(bytes[at]!, index)) {
            throw badStatusLine("version");
          }
          at++;
          break;
        }
        case STATUS:
          at = this.#parseStatus(bytes, at);
          break;
        case REASON:
          while (at < stop && FIELD_CONTENT[bytes[at]!] === 1) at++;
          if (at === stop) break;
          if (bytes[at] !== CR) throw badStatusLine("reason phrase");
          this.reasonEnd = at++;
          this.#state = LINE_LF;
          break;
        case LINE_LF:
          if (bytes[at] !== LF) throw badStatusLine("line end");
          at++;
          this.#state = FIELDS;
          this.fields.begin(at, limit, this.#limits!);
          this.#at = at;
          return true;
      }
    }
    this.#at = at;
    if (at >= limit) {
      throw new HttpError(
        "fields_too_large",
        "Response head of too many bytes",
      );
    }
    return false;
  }

  /** One byte of `3DIGIT`, or what follows it; a missing SP before no reason is tolerated. */
  #parseStatus(bytes: Uint8Array, at: number): number {
    const index = at - this.start - VERSION_LENGTH - 1;
    const byte = bytes[at]!;
    if (index < 3) {
      const digit = byte - 0x30;
      if (digit < 0 || digit > 9) throw badStatusLine("status code");
      this.status = this.status * 10 + digit;
      return at + 1;
    }
    if (this.status < 100 || this.status > 599) {
      throw badStatusLine("status code out of range");
    }
    if (byte === SP) {
      this.reasonStart = at + 1;
      this.#state = REASON;
    } else if (byte === CR) {
      this.reasonStart = this.reasonEnd = at;
      this.#state = LINE_LF;
    } else throw badStatusLine("status code");
    return at + 1;
  }

  /** Whether the origin keeps its connection open after this response. */
  get persists(): boolean {
    return persists(this.options, this.minorVersion) && !this.framing.suspect;
  }

  /** Follows a move of the bytes by `delta`, into `bytes`. */
  shift(bytes: Uint8Array, delta: number): void {
    this.bytes = bytes;
    this.start += delta;
    this.end += delta;
    this.reasonStart += delta;
    this.reasonEnd += delta;
    this.#at += delta;
    this.fields.shift(bytes, delta);
  }
}

function badStatusLine(where: string): HttpError {
  return new HttpError("bad_request_line", `Status line: ${where}`);
}
