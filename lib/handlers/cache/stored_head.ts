/** The head of a stored response: what the origin said, but for what may not be stored. */

import {
  writeStoredHead,
  writeWithheldLines,
} from "../../cache/policy/freshen.ts";
import type { Metadata } from "../../cache/policy/metadata.ts";
import { withheldFields } from "../../cache/policy/storable.ts";
import type { StoredHead } from "../../cache/store/stored_response.ts";
import { TAG_FIELDS } from "../../cache/policy/tags.ts";
import { FIELD } from "../../http/field.ts";
import { ByteWriter } from "../../http/byte_writer.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { readHead } from "../../head/client_head.ts";
import { noting } from "../writes.ts";

const HEAD_BYTES = 1024;

const scratch = new ByteWriter(HEAD_BYTES);

/**
 * The head of a response as it is stored; what that leaves out is `fetch.use.ownLines`.
 *
 * @param length Bytes of the content; -1 if unknown.
 */
export function headOf(
  fetch: Fetch,
  metadata: Metadata,
  length: number,
): StoredHead {
  const { response, use } = fetch;
  const without = withheldFields(metadata, fetch.route.cache!.setCookie);
  if (without.size > 0 || response.fields.has(FIELD.Warning)) {
    noting(use).ownLines = ownLinesOf(fetch, without);
  }
  scratch.length = 0;
  writeStoredHead(scratch, response, without, fetch.site.date.bytes());
  const bytes = scratch.view().slice();
  return storedHead(bytes, metadata, response.minorVersion, length);
}

/** The lines that only the client gets whose request brought them; undefined for none. */
function ownLinesOf(
  { response, route }: Fetch,
  without: ReadonlySet<string>,
): Uint8Array | undefined {
  const dropsTags = !route.cache!.passesTags;
  scratch.length = 0;
  writeWithheldLines(
    scratch,
    response,
    without,
    (name) =>
      (dropsTags && TAG_FIELDS.includes(name)) ||
      route.responseRules.some((rule) =>
        rule.action !== "add" && rule.name === name
      ),
  );
  return scratch.length === 0 ? undefined : scratch.view().slice();
}

/**
 * Makes a head from a stored one, and reads it.
 *
 * @param write Writes the new head.
 * @returns Its bytes, and the head itself, which lasts until the next is read.
 */
export function rewriteHead(
  { bytes: old }: StoredHead,
  write: (out: ByteWriter, stored: ResponseHead) => void,
): { bytes: Uint8Array; head: ResponseHead } {
  scratch.length = 0;
  write(scratch, readHead(old));
  const bytes = scratch.view().slice();
  return { bytes, head: readHead(bytes) };
}

/** Makes a stored head of the bytes of one. */
export function storedHead(
  bytes: Uint8Array,
  metadata: Metadata,
  minorVersion: number,
  length: number,
): StoredHead {
  return {
    kind: "kept",
    bytes,
    minorVersion,
    length,
    hasForms: false,
    forClients: undefined,
    metadata,
  };
}
