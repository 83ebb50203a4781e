/** Checksums, which show that the disk brings back what was written to it: SHA-256. */

import { nodeModule } from "../../net/node_module.ts";

/** The checksum of the parts of a record. */
export function checksumOf(
  description: Uint8Array,
  head: Uint8Array,
  content: Uint8Array,
): Uint8Array {
  const hash = nodeModule("node:crypto").createHash("sha256");
  for (const part of [description, head, content]) {
    hash.update(`${part.length},`).update(part);
  }
  return new Uint8Array(hash.digest());
}

/** The checksum of a piece of large content. */
export function pieceChecksum(piece: Uint8Array): Uint8Array {
  const hash = nodeModule("node:crypto").createHash("sha256");
  return new Uint8Array(hash.update(piece).digest());
}
