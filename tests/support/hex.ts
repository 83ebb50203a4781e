/** Octets as hexadecimal digits. */

/** Two digits for each octet. */
export function encodeHex(buffer: ArrayBuffer): string {
  return Array.from(
    new Uint8Array(buffer),
    (octet) => octet.toString(16).padStart(2, "0"),
  ).join("");
}
