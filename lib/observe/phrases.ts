/**
 * Parts of log lines that are said again and again, as bytes that are made once: to
 * copy bytes costs a quarter of writing the characters of a string.
 */

import { bytesOf } from "../http/bytes.ts";

/** How many are kept: more than there are routes, or reasons; then it begins anew. */
const KEPT_MAX = 32_768;

/** See the module's comment: what stands before and behind a text, and the text. */
export class Phrases {
  readonly #phraseOf: (text: string) => string;
  readonly #kept: Map<string, Uint8Array> = new Map();

  /** @param phraseOf The whole for a text, of characters below U+0100. */
  constructor(phraseOf: (text: string) => string) {
    this.#phraseOf = phraseOf;
  }

  /** The bytes for a text. */
  of(text: string): Uint8Array {
    return this.#kept.get(text) ?? this.#keep(text);
  }

  #keep(text: string): Uint8Array {
    if (this.#kept.size >= KEPT_MAX) this.#kept.clear();
    const bytes = bytesOf(this.#phraseOf(text));
    this.#kept.set(text, bytes);
    return bytes;
  }
}
