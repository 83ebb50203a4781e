/** Reads ASN.1 in DER (X.690), as far as a certificate needs it (pure). */

/** A value with its tag. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
}

/**
 * The values that stand one after the other in some bytes.
 *
 * @throws {SyntaxError} if they are damaged.
 */
export function readValues(bytes: Uint8Array): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? bytes.length;
    at += 2;
    if (length >= 0x80) { // so many bytes of length follow
      const end = at + (length & 0x7f);
      if (end - at > 4) throw new SyntaxError("a value is too long");
      for (length = 0; at < end; at++) length = length * 256 + (bytes[at] ?? 0);
    }
    if (at + length > bytes.length) throw new SyntaxError("a value is cut");
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}
