/** A field section with bytes of its own, which outlasts the buffer that it came in. */

import { FieldLines } from "./field_lines.ts";

const EMPTY = new DataView(new ArrayBuffer(0));

/** See the module's comment; it starts at offset 0. */
export class KeptSection extends FieldLines {
  /** Its bytes. */
  view: DataView = EMPTY;

  /** Becomes a copy of another section. */
  keep(other: FieldLines): void {
    const bytes = other.bytes.slice(other.start, other.end);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.repeat(other);
  }
}
