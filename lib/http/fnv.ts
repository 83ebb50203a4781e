/** Hashes of texts by FNV-1a: fast, and not for secrets (pure). */

const OFFSET = 0x811c9dc5;
const OTHER_OFFSET = 0x1b873593;
const PRIME = 0x01000193;

/**
 * The hash of a text, of 32 bits, which may be negative.
 *
 * @param seed Makes another hash of it.
 */
export function fnv(text: string, seed = 0): number {
  let hash = OFFSET ^ seed;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), PRIME);
  }
  return hash;
}

/** 64 bits of hash as 16 hexadecimal digits. */
export function fnvText(text: string): string {
  return [0, OFFSET ^ OTHER_OFFSET].map((seed) =>
    (fnv(text, seed) >>> 0).toString(16).padStart(8, "0")
  ).join("");
}
