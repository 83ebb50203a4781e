/**
 * A field section: the field lines of a head or of a trailer section, kept where
 * they arrived, as offsets into the buffer and one small number for each name.
 *
 * The parser is resumable at every byte and reads each byte twice at most. It is strict
 * wherever leniency is an attack (RFC 9112 §5, §11): a line ends with CRLF and
 * nothing else, no whitespace before the colon, no obs-fold, no control bytes.
 * In what an origin sends, whitespace before the colon is tolerated; whoever writes
 * such a line leaves it out (RFC 9112 §5.1). It does not judge what the fields mean.
 *
 * States, in order: line → name → (gap) → whitespace → value → line LF → (line …) →
 * section LF → done.
 */

import {
  COLON,
  CR,
  endOfContent,
  equalsLongRun,
  FIELD_CONTENT,
  isWhitespace,
  LF,
} from "./bytes.ts";
import { FOLDED_TOKEN, identify, PLAIN_TOKEN } from "./field.ts";
import { FieldLines, OFFSETS } from "./field_lines.ts";
import type { KeptSection } from "./kept_section.ts";
import { badLine, tooLarge } from "./section_error.ts";

const LINE = 0;
const NAME = 1;
const WHITESPACE = 2;
const VALUE = 3;
const LINE_LF = 4;
const SECTION_LF = 5;
const DONE = 6;
/** Whitespace between a name and its colon. */
const GAP = 7;

/** The bounds of one field section. */
export interface SectionLimits {
  /** The most field lines; one more is `fields_too_large`. */
  readonly fieldCountMax: number;
}

/** The field lines of one section, parsed in place; reusable through {@linkcode FieldSection.begin}. */
export class FieldSection extends FieldLines {
  /** Whether whitespace before a colon is tolerated, as befits responses; else it is refused. */
  allowsGap = false;

  #at = 0;
  #state: number = LINE;
  /** Whether there is `_` or `.` in the name. */
  #isOdd = false;
  #limit = 0;
  #countMax = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;

  /**
   * Starts a new section.
   *
   * @param start Where its first line will be.
   * @param limit The offset at which it must have ended.
   */
  begin(start: number, limit: number, limits: SectionLimits): void {
    this.start = start;
    this.end = 0;
    this.#at = start;
    this.#state = LINE;
    this.#limit = limit;
    this.#countMax = limits.fieldCountMax;
    this.clear();
  }

  /**
   * Reads a section that has just begun at once, if it is the same as a kept one, byte
   * for byte.
   *
   * @param bytes Holds the section from `start`, and all that has arrived up to `end`.
   * @returns Whether it is, and all of it is here; if not, `parse` reads it.
   */
  parseRepeated(kept: KeptSection, bytes: Uint8Array, end: number): boolean {
    const { start } = this;
    if (
      start + kept.end > Math.min(end, this.#limit) || this.#at !== start ||
      !equalsLongRun(bytes, start, kept.view)
    ) return false;
    this.bytes = bytes;
    this.repeat(kept);
    this.#state = DONE;
    return true;
  }

  /**
   * Reads on, up to `end`.
   *
   * @param bytes Holds the section from `start`; earlier bytes must not have changed.
   * @returns Whether the section is complete; if not, call again with more bytes.
   * @throws {HttpError} `bad_field_line`, `fields_too_large`.
   */
  parse(bytes: Uint8Array, end: number): boolean {
    this.bytes = bytes;
    const stop = Math.min(end, this.#limit);
    let state = this.#state;
    let at = state === LINE
      ? this.#parseWholeLines(bytes, this.#at, stop)
      : this.#at;
    while (at < stop) {
      switch (state) {
        case LINE:
          if (bytes[at] === CR) {
            at++;
            state = SECTION_LF;
          } else {
            this.#nameStart = at;
            this.#isOdd = false;
            state = NAME;
          }
          break;
        case NAME:
          while (at < stop && PLAIN_TOKEN[bytes[at]!] !== 0) at++;
          if (at === stop) break;
          state = this.#endName(bytes, at);
          if (state !== GAP) at++;
          break;
        case GAP:
          while (at < stop && isWhitespace(bytes[at])) at++;
          if (at === stop) break;
          if (bytes[at] !== COLON) throw badLine(bytes, at, "name");
          at++;
          state = WHITESPACE;
          break;
        case WHITESPACE:
          while (at < stop && isWhitespace(bytes[at])) at++;
          if (at === stop) break;
          this.#valueStart = at;
          state = VALUE;
          break;
        case VALUE:
          while (at < stop && FIELD_CONTENT[bytes[at]!] === 1) at++;
          if (at === stop) break;
          if (bytes[at] !== CR) throw badLine(bytes, at, "value");
          this.#addLine(this.#nameStart, this.#nameEnd, this.#valueStart, at);
          at++;
          state = LINE_LF;
          break;
        case LINE_LF:
          if (bytes[at] !== LF) throw badLine(bytes, at, "line end");
          at++;
          state = LINE;
          break;
        case SECTION_LF:
          if (bytes[at] !== LF) throw badLine(bytes, at, "section end");
          this.end = at + 1;
          this.#state = DONE;
          return true;
      }
    }
    if (at >= this.#limit) throw tooLarge(`${at - this.start} bytes`);
    this.#at = at;
    this.#state = state;
    return false;
  }

  /**
   * Reads ordinary lines that are here from end to end, which nearly all are, without
   * the machine; it goes on with the first one that is not.
   *
   * @returns Where that starts.
   */
  #parseWholeLines(bytes: Uint8Array, start: number, stop: number): number {
    let at = start;
    this.#isOdd = false;
    for (;;) {
      const nameStart = at;
      while (at < stop && PLAIN_TOKEN[bytes[at]!] !== 0) at++;
      const nameEnd = at;
      if (at === stop || bytes[at] !== COLON || at === nameStart) {
        return nameStart;
      }
      at++;
      while (at < stop && isWhitespace(bytes[at])) at++;
      const valueStart = at;
      at = endOfContent(bytes, at, stop);
      if (at + 1 >= stop || bytes[at] !== CR || bytes[at + 1] !== LF) {
        return nameStart;
      }
      this.#addLine(nameStart, nameEnd, valueStart, at);
      at += 2;
    }
  }

  /** The name ends at `at`, with its colon or what is tolerated before it, or goes on with `_` or `.`. */
  #endName(bytes: Uint8Array, at: number): number {
    if (FOLDED_TOKEN[bytes[at]!] !== 0) {
      this.#isOdd = true;
      return NAME;
    }
    this.#nameEnd = at;
    if (at > this.#nameStart) {
      if (bytes[at] === COLON) return WHITESPACE;
      if (this.allowsGap && isWhitespace(bytes[at])) {
        this.hasGaps = true;
        return GAP;
      }
    }
    throw badLine(bytes, at, "name");
  }

  #addLine(
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    lineEnd: number,
  ): void {
    const index = this.count;
    if (index >= this.#countMax) {
      throw tooLarge(`${this.#countMax} field lines`);
    }
    if (index === this.ids.length) this.grow();
    const { bytes } = this;
    let valueEnd = lineEnd;
    while (valueEnd > valueStart && isWhitespace(bytes[valueEnd - 1])) {
      valueEnd--;
    }
    const offset = index * OFFSETS;
    const { offsets, start } = this;
    offsets[offset] = nameStart - start;
    offsets[offset + 1] = nameEnd - start;
    offsets[offset + 2] = valueStart - start;
    offsets[offset + 3] = valueEnd - start;
    const id = identify(bytes, nameStart, nameEnd, this.#isOdd);
    this.ids[index] = id;
    if (this.firsts[id] === 0) this.firsts[id] = index + 1;
    this.count = index + 1;
  }

  /** Moves every offset by `delta` after the bytes have been moved in, or to, another buffer. */
  shift(bytes: Uint8Array, delta: number): void {
    this.bytes = bytes;
    this.start += delta;
    this.end += delta;
    this.#at += delta;
    this.#limit += delta;
    this.#nameStart += delta;
    this.#nameEnd += delta;
    this.#valueStart += delta;
  }
}
