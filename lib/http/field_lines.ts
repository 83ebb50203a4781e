/**
 * The field lines of a head or of a trailer section, kept where they arrived: offsets
 * into the buffer, and one small number for each name.
 */

import type { ByteWriter } from "./byte_writer.ts";
import { COLON, equalsToken, textOf } from "./bytes.ts";
import { FIELD_COUNT } from "./field.ts";
import type { ReadValues } from "./read_values.ts";

/** Four numbers for each line: where its name starts and ends, where its value starts and ends. */
export const OFFSETS = 4;
const LINES_AT_FIRST = 16;
const EMPTY = new Uint8Array(0);

/** See the module's comment; `FieldSection` reads them. */
export class FieldLines {
  /** The buffer that holds them. */
  bytes: Uint8Array = EMPTY;
  /** Where the first field line starts. */
  start = 0;
  /** After the section's empty line, once it has been read. */
  end = 0;
  /** How many field lines there are. */
  count = 0;
  /** Whether some line has whitespace before its colon: it must not be copied as it stands. */
  hasGaps = false;

  /** By line: {@linkcode OFFSETS} numbers, from `start`. */
  protected offsets: Int32Array = new Int32Array(LINES_AT_FIRST * OFFSETS);
  /** By line: the number of its field. */
  protected ids: Uint8Array = new Uint8Array(LINES_AT_FIRST);
  /** By line: whether it is marked; empty as long as none is. */
  protected marks: Uint8Array = EMPTY;
  /** By field number: the index of its first line, plus one. */
  protected readonly firsts: Uint16Array = new Uint16Array(FIELD_COUNT);

  /** Forgets all lines. */
  protected clear(): void {
    // One by one: cheaper than filling the table, for as many lines as there usually are.
    for (let i = 0; i < this.count; i++) this.firsts[this.ids[i]!] = 0;
    this.count = 0;
    this.marks = EMPTY;
    this.hasGaps = false;
  }

  /** Makes room for one more line. */
  protected grow(): void {
    const offsets = new Int32Array(this.offsets.length * 2);
    offsets.set(this.offsets);
    this.offsets = offsets;
    const ids = new Uint8Array(this.ids.length * 2);
    ids.set(this.ids);
    this.ids = ids;
  }

  /** Takes over the lines of another section: the bytes at `start` are the same as there. */
  protected repeat(other: FieldLines): void {
    this.clear();
    while (this.ids.length < other.ids.length) this.grow();
    this.offsets.set(other.offsets);
    this.ids.set(other.ids);
    this.count = other.count;
    this.hasGaps = other.hasGaps;
    for (let i = this.count - 1; i >= 0; i--) this.firsts[this.ids[i]!] = i + 1;
    this.end = this.start + other.end - other.start;
  }

  /** The number of the `index`th line's field. */
  id(index: number): number {
    return this.ids[index]!;
  }

  /** Where the `index`th line starts, which is where its name starts. */
  nameStart(index: number): number {
    return this.start + this.offsets[index * OFFSETS]!;
  }

  /** Where the `index`th line's name ends: at its colon. */
  nameEnd(index: number): number {
    return this.start + this.offsets[index * OFFSETS + 1]!;
  }

  /** Where the `index`th line's value starts, after leading whitespace. */
  valueStart(index: number): number {
    return this.start + this.offsets[index * OFFSETS + 2]!;
  }

  /** Where the `index`th line's value ends, before trailing whitespace. */
  valueEnd(index: number): number {
    return this.start + this.offsets[index * OFFSETS + 3]!;
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
    return this.firsts[id] !== 0;
  }

  /** The index of the first line of the registered field `id`; -1 if there is none. */
  first(id: number): number {
    return this.firsts[id]! - 1;
  }

  /** Marks the `index`th line, until the next section begins: for what is found of a line once and asked often. */
  mark(index: number): void {
    if (this.marks.length === 0) this.marks = new Uint8Array(this.count);
    this.marks[index] = 1;
  }

  /** Whether the `index`th line has been marked. */
  isMarked(index: number): boolean {
    return this.marks[index] === 1;
  }

  /** The index of the next line of field `id` after line `index`; -1 if there is none. */
  next(id: number, index: number): number {
    for (let i = index + 1; i < this.count; i++) {
      if (this.ids[i] === id) return i;
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

  /** What the value of the registered field `id` means; undefined if it has no line. */
  meaning<T>(id: number, values: ReadValues<T>): T | undefined {
    const index = this.first(id);
    if (index < 0) return undefined;
    return this.next(id, index) < 0
      ? values.ofRun(this.bytes, this.valueStart(index), this.valueEnd(index))
      : values.of(this.text(id)!);
  }

  /** Every line as `[name, value]`, in order. */
  *lines(): Generator<[name: string, value: string]> {
    for (let i = 0; i < this.count; i++) {
      yield [this.nameText(i), this.valueText(i)];
    }
  }
}
