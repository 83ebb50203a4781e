/** What tells that the disk brings back what was written. */

import { nodeModule } from "../../net/node_module.ts";

/** The checksum of what a record consists of: SHA-256. */
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
