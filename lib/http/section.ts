/**
 * A field section: the field lines of a head or of a trailer section, kept where
 * they arrived, as offsets into the buffer and one small number for each name.
 *
 * The parser is resumable at every byte and reads each byte once. It is strict
 * wherever leniency is an attack (RFC 9112 §5, §11): a line ends with CRLF and
 * nothing else, no whitespace before the colon, no obs-fold, no control bytes.
 * In what an origin sends, whitespace before the colon is tolerated; whoever writes
 * such a line leaves it out (RFC 9112 §5.1). It does not judge what the fields mean.
 *
 * States, in order: line → name → (gap) → whitespace → value → line LF → (line …) →
 * section LF → done.
 */

import { HttpError } from "./error.ts";
import {
  FIELD_COUNT,
  FOLDED_TOKEN,
  foldName,
  identify,
  PLAIN_TOKEN,
} from "./field.ts";
import type { ByteWriter } from "./byte_writer.ts";
import {
  COLON,
  CR,
  equalsToken,
  FIELD_CONTENT,
  isWhitespace,
  LF,
  textOf,
} from "./bytes.ts";

const LINE = 0;
const NAME = 1;
const WHITESPACE = 2;
const VALUE = 3;
const LINE_LF = 4;
const SECTION_LF = 5;
const DONE = 6;
/** Whitespace between a name and its colon. */
const GAP = 7;

/** Four numbers for each line: where its name starts and ends, where its value starts and ends. */
const OFFSETS = 4;
const LINES_AT_FIRST = 16;
const EMPTY = new Uint8Array(0);

/** The bounds of one field section. */
export interface SectionLimits {
  /** The most field lines; one more is `fields_too_large`. */
  readonly fieldCountMax: number;
}

/** The field lines of one section, parsed in place; reusable through {@linkcode FieldSection.begin}. */
export class FieldSection {
  /** The buffer that holds the section: a view of the last `parse`, valid as long as it is. */
  bytes: Uint8Array = EMPTY;
  /** Where the first field line starts. */
  start = 0;
  /** After the section's empty line, once `parse` has returned true. */
  end = 0;
  /** How many field lines there are. */
  count = 0;
  /** Whether whitespace before a colon is tolerated, as befits responses; else it is refused. */
  allowsGap = false;
  /** Whether some line has whitespace before its colon: it must not be copied as it stands. */
  hasGaps = false;

  #at = 0;
  #state: number = LINE;
  #hash = 0;
  /** Whether there is `_` or `.` in the name. */
  #isOdd = false;
  #limit = 0;
  #countMax = 0;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;
  #offsets = new Int32Array(LINES_AT_FIRST * OFFSETS);
  #ids = new Uint8Array(LINES_AT_FIRST);
  /** By line: whether it is marked; empty as long as none is. */
  #marks: Uint8Array = EMPTY;
  /** By field number: the index of its first line, plus one. */
  readonly #first = new Uint16Array(FIELD_COUNT);

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
    // One by one: cheaper than filling the table, for as many lines as there usually are.
    for (let i = 0; i < this.count; i++) this.#first[this.#ids[i]!] = 0;
    this.count = 0;
    this.#marks = EMPTY;
    this.hasGaps = false;
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
    let at = this.#at;
    let state = this.#state;
    let hash = this.#hash;
    while (at < stop) {
      switch (state) {
        case LINE:
          if (bytes[at] === CR) {
            at++;
            state = SECTION_LF;
          } else {
            this.#nameStart = at;
            this.#isOdd = false;
            hash = 0;
            state = NAME;
          }
          break;
        case NAME: {
          let folded = 0;
          while (at < stop && (folded = PLAIN_TOKEN[bytes[at]!]!) !== 0) {
            hash = foldName(hash, folded);
            at++;
          }
          if (at === stop) break;
          state = this.#endName(bytes, at);
          if (state === NAME) hash = foldName(hash, FOLDED_TOKEN[bytes[at]!]!);
          if (state !== GAP) at++;
          break;
        }
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
          this.#addLine(at, hash);
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
    this.#hash = hash;
    return false;
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

  #addLine(lineEnd: number, hash: number): void {
    const index = this.count;
    if (index >= this.#countMax) {
      throw tooLarge(`${this.#countMax} field lines`);
    }
    if (index === this.#ids.length) this.#grow();
    let valueEnd = lineEnd;
    while (
      valueEnd > this.#valueStart && isWhitespace(this.bytes[valueEnd - 1])
    ) valueEnd--;
    const offset = index * OFFSETS;
    this.#offsets[offset] = this.#nameStart;
    this.#offsets[offset + 1] = this.#nameEnd;
    this.#offsets[offset + 2] = this.#valueStart;
    this.#offsets[offset + 3] = valueEnd;
    const id = identify(
      this.bytes,
      this.#nameStart,
      this.#nameEnd,
      hash,
      this.#isOdd,
    );
    this.#ids[index] = id;
    if (this.#first[id] === 0) this.#first[id] = index + 1;
    this.count = index + 1;
  }

  #grow(): void {
    const offsets = new Int32Array(this.#offsets.length * 2);
    offsets.set(this.#offsets);
    this.#offsets = offsets;
    const ids = new Uint8Array(this.#ids.length * 2);
    ids.set(this.#ids);
    this.#ids = ids;
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
    for (let i = 0; i < this.count * OFFSETS; i++) this.#offsets[i]! += delta;
  }

  /** The number of the `index`th line's field. */
  id(index: number): number {
    return this.#ids[index]!;
  }

  /** Where the `index`th line starts, which is where its name starts. */
  nameStart(index: number): number {
    return this.#offsets[index * OFFSETS]!;
  }

  /** Where the `index`th line's name ends: at its colon. */
  nameEnd(index: number): number {
    return this.#offsets[index * OFFSETS + 1]!;
  }

  /** Where the `index`th line's value starts, after leading whitespace. */
  valueStart(index: number): number {
    return this.#offsets[index * OFFSETS + 2]!;
  }

  /** Where the `index`th line's value ends, before trailing whitespace. */
  valueEnd(index: number): number {
    return this.#offsets[index * OFFSETS + 3]!;
  }

  /** Where the `index`th line ends, its CRLF included. */
  lineEnd(index: number): number {
    return index + 1 < this.count ? this.nameStart(index + 1) : this.end - 2;
  }

  /** Whether the `index`th line has whitespace before its colon. */
  isGapped(index: number): boolean {
    return this.bytes[this.nameEnd(index)] !== COLON;
  }

  /** Writes the `index`th line as it came, but without whitespace before its colon. */
  writeLine(out: ByteWriter, index: number): void {
    const { bytes } = this;
    if (!this.hasGaps || !this.isGapped(index)) {
      return out.copy(bytes, this.nameStart(index), this.lineEnd(index));
    }
    out.copy(bytes, this.nameStart(index), this.nameEnd(index));
    out.text(": ");
    out.copy(bytes, this.valueStart(index), this.valueEnd(index));
    out.text("\r\n");
  }

  /** Whether there is a line of the registered field `id`. */
  has(id: number): boolean {
    return this.#first[id] !== 0;
  }

  /** The index of the first line of the registered field `id`; -1 if there is none. */
  first(id: number): number {
    return this.#first[id]! - 1;
  }

  /** Marks the `index`th line, until the next section begins: for what is found of a line once and asked often. */
  mark(index: number): void {
    if (this.#marks.length === 0) this.#marks = new Uint8Array(this.count);
    this.#marks[index] = 1;
  }

  /** Whether the `index`th line has been marked. */
  isMarked(index: number): boolean {
    return this.#marks[index] === 1;
  }

  /** The index of the next line of field `id` after line `index`; -1 if there is none. */
  next(id: number, index: number): number {
    for (let i = index + 1; i < this.count; i++) {
      if (this.#ids[i] === id) return i;
    }
    return -1;
  }

  /** Whether field `id` has more than one line. */
  isRepeated(id: number): boolean {
    const first = this.first(id);
    return first >= 0 && this.next(id, first) >= 0;
  }

  /** The `index`th line's name, as it came. */
  nameText(index: number): string {
    return textOf(this.bytes, this.nameStart(index), this.nameEnd(index));
  }

  /** The `index`th line's value, one character for each byte. */
  valueText(index: number): string {
    return textOf(this.bytes, this.valueStart(index), this.valueEnd(index));
  }

  /** Whether the `index`th line's name is `lowerCase`, in any case. */
  nameIs(index: number, lowerCase: string): boolean {
    return equalsToken(
      this.bytes,
      this.nameStart(index),
      this.nameEnd(index),
      lowerCase,
    );
  }

  /** Whether the `index`th line's value is the token `lowerCase`, in any case. */
  valueIs(index: number, lowerCase: string): boolean {
    return equalsToken(
      this.bytes,
      this.valueStart(index),
      this.valueEnd(index),
      lowerCase,
    );
  }

  /**
   * The field value of the registered field `id`: its lines joined with `", "`
   * (RFC 9110 §5.3); undefined if it has none.
   */
  text(id: number): string | undefined {
    let index = this.first(id);
    if (index < 0) return undefined;
    let text = this.valueText(index);
    while ((index = this.next(id, index)) >= 0) {
      text += ", " + this.valueText(index);
    }
    return text;
  }

  /** Every line as `[name, value]`, in order. */
  *lines(): Generator<[name: string, value: string]> {
    for (let i = 0; i < this.count; i++) {
      yield [this.nameText(i), this.valueText(i)];
    }
  }
}

function tooLarge(bound: string): HttpError {
  return new HttpError(
    "fields_too_large",
    `Field section of more than ${bound}`,
  );
}

function badLine(bytes: Uint8Array, at: number, where: string): HttpError {
  const byte = bytes[at]!.toString(16).padStart(2, "0");
  return new HttpError(
    "bad_field_line",
    `Byte 0x${byte} in a field ${where}`,
  );
}
