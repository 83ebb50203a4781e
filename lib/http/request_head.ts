/**
 * The request head: request line and field section, parsed where they arrived.
 *
 * A resumable parser that reads every byte once, gives the same result however
 * the bytes are split, and knows three outcomes: complete, more, or a thrown
 * {@linkcode HttpError}. What the head means for the connection (target, framing,
 * options) is worked out at its end, once.
 *
 * Stricter than RFC 9112 §2.2 and §3 where they allow leniency: lines end with
 * CRLF only, the request line has single spaces, and of empty lines before it one
 * is tolerated.
 *
 * States, in order: start → (start LF) → method → target → version → line LF →
 * fields → done.
 */

import { connectionOptions, persists } from "./connection.ts";
import { HttpError } from "./error.ts";
import { FIELD } from "./field.ts";
import { frameRequest, type Framing, NO_BODY } from "./framing.ts";
import {
  type HeadLimits,
  isVersion11,
  isVersionByte,
  VERSION_LENGTH,
} from "./head.ts";
import { identifyMethod, isMiswritten, METHOD } from "./method.ts";
import { CR, LF, SP, TARGET, textOf, TOKEN } from "./bytes.ts";
import { FieldSection } from "./section.ts";
import type { SectionMemory } from "./section_memory.ts";
import { isAuthority, parseTarget, type Target } from "./target.ts";

/** Bytes of a method; a longer one is none that anybody implements (RFC 9112 §3: 501). */
const METHOD_BYTES_MAX = 64;
/** How a client begins that speaks TLS (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;
const EMPTY = new Uint8Array(0);

const START = 0;
const START_LF = 1;
const METHOD_NAME = 2;
const TARGET_BYTES = 3;
const VERSION = 4;
const LINE_LF = 5;
const FIELDS = 6;
const DONE = 7;

/** The request head of one exchange; reusable through {@linkcode RequestHead.begin}. */
export class RequestHead {
  /** The buffer that holds the head, as of the last `parse`. */
  bytes: Uint8Array = EMPTY;
  /** Where the request line starts, after an empty line that was skipped. */
  start = 0;
  /** After the head. */
  end = 0;
  /** A number of `METHOD`. */
  method: number = METHOD.Other;
  /** After the method. */
  methodEnd = 0;
  /** Where the request target starts. */
  targetStart = 0;
  /** After the request target. */
  targetEnd = 0;
  /** What the target means, once the head is complete. */
  readonly target: Target = {
    form: "origin",
    isHttps: false,
    authorityStart: 0,
    authorityEnd: 0,
    pathStart: 0,
  };
  /** The 1 of HTTP/1.1; versions above it are read as 1 (RFC 9110 §2.5). */
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
  #state: number = START;
  #origin = 0;
  #limits: HeadLimits | undefined;
  #hasPercent = false;

  /** Starts a new head at `start`. */
  begin(start: number, limits: HeadLimits): void {
    this.#at = this.#origin = this.start = start;
    this.#state = START;
    this.#limits = limits;
    this.#hasPercent = false;
    this.end = 0;
    this.method = METHOD.Other;
    this.methodEnd = this.targetStart = this.targetEnd = start;
    this.minorVersion = 1;
    this.framing = NO_BODY;
    this.options = 0;
  }

  /** Whether any byte of the head has been read. */
  get hasBegun(): boolean {
    return this.#at > this.#origin;
  }

  /** Whether the request line has been read, so that the log can name it. */
  get hasRequestLine(): boolean {
    return this.#state === FIELDS || this.#state === DONE;
  }

  /**
   * Reads on, up to `end`.
   *
   * @param bytes Holds the head from its start; earlier bytes must not have changed.
   * @param memory Knows the field section that came before on the connection.
   * @returns Whether the head is complete; if not, call again with more bytes.
   * @throws {HttpError} `bad_request_line`, `bad_target`, `bad_field_line`,
   *   `bad_host`, `bad_framing`, `target_too_long`, `fields_too_large`,
   *   `not_implemented`, `version_unsupported`, `misdirected`.
   */
  parse(bytes: Uint8Array, end: number, memory?: SectionMemory): boolean {
    this.bytes = bytes;
    if (this.#state !== FIELDS && !this.#parseRequestLine(bytes, end)) {
      return false;
    }
    if (memory === undefined || !memory.recall(this.fields, bytes, end)) {
      if (!this.fields.parse(bytes, end)) return false;
      memory?.note(this.fields);
    }
    this.end = this.fields.end;
    this.#state = DONE;
    this.#interpret();
    return true;
  }

  #parseRequestLine(bytes: Uint8Array, end: number): boolean {
    const { headBytesMax } = this.#limits!;
    const limit = this.#origin + headBytesMax;
    const stop = Math.min(end, limit);
    let at = this.#at;
    while (at < stop) {
      switch (this.#state) {
        case START:
          if (bytes[at] === CR && at === this.#origin) {
            at++;
            this.#state = START_LF;
          } else {
            this.start = at;
            this.#state = METHOD_NAME;
          }
          break;
        case START_LF:
          if (bytes[at] !== LF) throw badRequestLine("CR without LF");
          at++;
          this.#state = START;
          break;
        case METHOD_NAME:
          while (at < stop && TOKEN[bytes[at]!] !== 0) at++;
          if (at - this.start > METHOD_BYTES_MAX) {
            throw new HttpError("not_implemented", "Method of too many bytes");
          }
          if (at === stop) break;
          if (bytes[at] !== SP || at === this.start) {
            throw bytes[this.start] === TLS_HANDSHAKE
              ? new HttpError("tls_on_plain_port", "A TLS handshake")
              : badRequestLine("method");
          }
          this.method = methodOf(bytes, this.start, at);
          this.methodEnd = at++;
          this.targetStart = at;
          this.#state = TARGET_BYTES;
          break;
        case TARGET_BYTES:
          at = this.#parseTarget(bytes, at, stop);
          break;
        case VERSION:
          at = this.#parseVersion(bytes, at, stop);
          break;
        case LINE_LF:
          if (bytes[at] !== LF) throw badRequestLine("line end");
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
        `Request head of more than ${headBytesMax} bytes`,
      );
    }
    return false;
  }

  #parseTarget(bytes: Uint8Array, from: number, stop: number): number {
    const { targetBytesMax } = this.#limits!;
    let at = from;
    let kind = 0;
    while (at < stop && (kind = TARGET[bytes[at]!]!) !== 0) {
      if (kind === 2) this.#hasPercent = true;
      at++;
    }
    if (at - this.targetStart > targetBytesMax) {
      throw new HttpError(
        "target_too_long",
        `Request target of more than ${targetBytesMax} bytes`,
      );
    }
    if (at === stop) return at;
    if (bytes[at] !== SP || at === this.targetStart) {
      throw badRequestLine("request target");
    }
    this.targetEnd = at++;
    this.#state = VERSION;
    return at;
  }

  #parseVersion(bytes: Uint8Array, from: number, stop: number): number {
    const versionStart = this.targetEnd + 1;
    let at = from;
    // As mostly, all of it is here; else it is read byte by byte.
    if (isVersion11(bytes, versionStart, stop)) {
      at = versionStart + VERSION_LENGTH;
    }
    for (; at < stop && at < versionStart + VERSION_LENGTH; at++) {
      if (!isVersionByte(bytes[at]!, at - versionStart)) {
        throw badRequestLine("version");
      }
    }
    if (at === stop) return at;
    if (bytes[at] !== CR) throw badRequestLine("line end");
    if (bytes[versionStart + 5] !== 0x31) {
      throw new HttpError("version_unsupported", "Major version other than 1");
    }
    const minor = bytes[versionStart + 7]! - 0x30;
    this.minorVersion = Math.min(minor, 1);
    this.isVersion11 = minor === 1;
    this.#state = LINE_LF;
    return at + 1;
  }

  #interpret(): void {
    const { fields, bytes } = this;
    parseTarget(
      bytes,
      this.targetStart,
      this.targetEnd,
      this.method,
      this.#hasPercent,
      this.target,
    );
    this.#checkHost();
    this.options = connectionOptions(fields);
    this.framing = frameRequest(fields, this.minorVersion);
  }

  /** RFC 9112 §3.2: exactly one valid Host; HTTP/1.0 may have none. */
  #checkHost(): void {
    const line = this.fields.first(FIELD.Host);
    if (line < 0) {
      if (this.minorVersion === 0) return;
      throw new HttpError("bad_host", "Host is missing");
    }
    if (this.fields.isRepeated(FIELD.Host)) {
      throw new HttpError("bad_host", "More than one Host");
    }
    if (
      !isAuthority(
        this.bytes,
        this.fields.valueStart(line),
        this.fields.valueEnd(line),
      )
    ) {
      throw new HttpError("bad_host", "Host is malformed");
    }
  }

  /** Whether the client wishes to send more requests on this connection. */
  get persists(): boolean {
    return persists(this.options, this.minorVersion);
  }

  /** The method's name. */
  get methodText(): string {
    return textOf(this.bytes, this.start, this.methodEnd);
  }

  /** The request target as it came. */
  get targetText(): string {
    return textOf(this.bytes, this.targetStart, this.targetEnd);
  }

  /** Follows a move of the bytes by `delta`, into `bytes`. */
  shift(bytes: Uint8Array, delta: number): void {
    this.bytes = bytes;
    this.start += delta;
    this.end += delta;
    this.methodEnd += delta;
    this.targetStart += delta;
    this.targetEnd += delta;
    this.#at += delta;
    this.#origin += delta;
    this.target.authorityStart += delta;
    this.target.authorityEnd += delta;
    this.target.pathStart += delta;
    this.fields.shift(bytes, delta);
  }
}

/** @throws {HttpError} `bad_request_line`: an origin could take it for another one. */
function methodOf(bytes: Uint8Array, start: number, end: number): number {
  const method = identifyMethod(bytes, start, end);
  if (method === METHOD.Other && isMiswritten(bytes, start, end)) {
    throw badRequestLine("method in letters of another case");
  }
  return method;
}

function badRequestLine(where: string): HttpError {
  return new HttpError("bad_request_line", `Request line: ${where}`);
}
