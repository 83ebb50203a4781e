/**
 * Certificates in PEM files (RFC 7468).
 *
 * The runtime reads what they say, at the first connection. This file only checks
 * that there is a certificate at all: the runtime treats any other file as an empty
 * one, and then no origin is trusted.
 */

const BLOCK =
  /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/**
 * Checks that a text holds at least one whole certificate, and no damaged one.
 *
 * @returns The text.
 * @throws {SyntaxError} if there is none, or one is not a DER sequence.
 */
export function checkCertificates(pem: string): string {
  const blocks = [...pem.matchAll(BLOCK)];
  if (blocks.length === 0) {
    throw new SyntaxError("there is no PEM certificate in it");
  }
  for (const [index, [, base64]] of blocks.entries()) {
    if (!isSequence(bytesOf(base64!))) {
      throw new SyntaxError(`certificate ${index + 1} in it is damaged`);
    }
  }
  return pem;
}

/** The bytes; none if the text is not base64. */
function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return new Uint8Array();
  }
}

/** Whether this is one DER sequence (X.690 §8.1) with a length of two bytes, as every certificate is. */
function isSequence(bytes: Uint8Array): boolean {
  const [tag, form, high = 0, low = 0] = bytes;
  return tag === 0x30 && form === 0x82 &&
    bytes.length === 4 + (high << 8 | low);
}
