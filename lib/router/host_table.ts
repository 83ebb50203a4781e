/**
 * From the host of a request to the name that it has in a configuration (pure): exact
 * names first, then the longest wildcard, then `*`.
 *
 * One pass over the name from its end: at each dot the hash so far is that of a
 * wildcard's name, and at the start that of the exact one. No string is made.
 */

import { bytesOf, DOT } from "../http/bytes.ts";
import { type ByteKey, ByteTable, hashByte } from "./byte_table.ts";
import { type HostName, type HostRange, NAME_BYTES_MAX } from "./host_name.ts";

/** A byte of a name in lower case; 0 for one that names do not have. */
const LOWER_CASE: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const text = String.fromCharCode(byte);
  return /[-.:[\]\w]/.test(text) ? text.toLowerCase().charCodeAt(0) : 0;
});

function keyOf({ text }: HostName): ByteKey {
  const bytes = bytesOf(text);
  return { owner: 0, bytes, hash: bytes.reduceRight(hashByte, 0) };
}

/** See the module's comment. */
export class HostTable {
  readonly #exact: ByteTable;
  readonly #exactNames: readonly number[];
  readonly #wildcards: ByteTable | undefined;
  readonly #wildcardNames: readonly number[];
  readonly #any: number;

  /** Makes the table of names, each of which is there once. */
  constructor(names: readonly HostName[]) {
    const indexes = (kind: HostName["kind"]): number[] =>
      [...names.keys()].filter((index) => names[index]!.kind === kind);
    const tableOf = (indexes: readonly number[]): ByteTable =>
      new ByteTable(indexes.map((index) => keyOf(names[index]!)), LOWER_CASE);
    this.#exactNames = indexes("exact");
    this.#exact = tableOf(this.#exactNames);
    this.#wildcardNames = indexes("wildcard");
    this.#wildcards = this.#wildcardNames.length === 0
      ? undefined
      : tableOf(this.#wildcardNames);
    this.#any = indexes("any")[0] ?? -1;
  }

  /** The index of the name that the host in `bytes[start, end)` has; -1 if it has none. */
  find(bytes: Uint8Array, { start, end }: HostRange): number {
    const wildcards = this.#wildcards;
    if (end === start || end - start > NAME_BYTES_MAX) return this.#any;
    let hash = 0;
    let wildcard = -1;
    let isLabelEmpty = true;
    for (let at = end - 1; at >= start; at--) {
      const byte = LOWER_CASE[bytes[at]!]!;
      if (byte === 0) return this.#any;
      hash = hashByte(hash, byte);
      if (byte !== DOT) {
        isLabelEmpty = false;
        continue;
      }
      if (isLabelEmpty) return this.#any;
      isLabelEmpty = true;
      if (wildcards !== undefined && at > start) {
        const found = wildcards.find(hash, 0, bytes, at, end);
        if (found >= 0) wildcard = found;
      }
    }
    if (isLabelEmpty) return this.#any;
    const exact = this.#exact.find(hash, 0, bytes, start, end);
    if (exact >= 0) return this.#exactNames[exact]!;
    return wildcard >= 0 ? this.#wildcardNames[wildcard]! : this.#any;
  }
}
