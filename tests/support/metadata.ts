/** Heads and their metadata, without a connection. */

import {
  type Metadata,
  readMetadata,
  statedDirectives,
} from "../../lib/cache/policy/metadata.ts";
import { METHOD } from "../../lib/http/method.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";
import { LIMITS } from "./splits.ts";

/** A 200 with these field lines. */
export function headWith(...lines: readonly string[]): ResponseHead {
  return headOf(200, ...lines);
}

/** A response with this status and these field lines. */
export function headOf(
  status: number,
  ...lines: readonly string[]
): ResponseHead {
  const bytes = bytesOf(
    [`HTTP/1.1 ${status} X`, ...lines, "", ""].join("\r\n"),
  );
  const response = new ResponseHead();
  response.begin(0, LIMITS, METHOD.Get);
  if (!response.parse(bytes, bytes.length)) throw new Error("Not a head");
  return response;
}

/** The metadata of a head that arrived at the beginning of time. */
export function metadataFor(
  response: ResponseHead,
  heuristicMaxMs = 60_000,
): Metadata {
  return readMetadata(
    response,
    statedDirectives(response.fields, ""),
    { requestMs: 0, responseMs: 0 },
    { defaultTtlMs: 0, heuristicMaxMs, targetedField: "" },
    false,
  );
}

/** The metadata of a response with this `Cache-Control`. */
export function metadataOf(control: string): Metadata {
  return metadataFor(headWith(`Cache-Control: ${control}`));
}
