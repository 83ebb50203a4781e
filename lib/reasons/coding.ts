/** Why content was compressed, or was not (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const CODING_ROWS = {
  "compressible": ["9110 §8.4", "The content may be compressed."],
  "no-whole-content": [
    "9110 §15",
    "Responses with this status have no content, or only a part of it.",
  ],
  "too-small": ["", "The content is smaller than --compress-min."],
  "part": ["9110 §14.4", "The content is a part: it has Content-Range."],
  "already-coded": ["9110 §8.4", "The origin has encoded the content."],
  "no-transform": [
    "9111 §5.2.2.6",
    "The response says no-transform.",
  ],
  "media-type": ["", "The media type is not one of those that are compressed."],
  "request-no-transform": ["9111 §5.2.1.6", "The request says no-transform."],
  "range-request": [
    "9110 §14.2",
    "The request asks for a range, which counts bytes of the content as it is.",
  ],
  "no-accept-encoding": [
    "9110 §12.5.3",
    "The request has no Accept-Encoding.",
  ],
  "not-accepted": [
    "9110 §12.5.3",
    "The client takes none of the codings, or would rather have none.",
  ],
  "encoders-busy": [
    "",
    "So many responses are being compressed that this one passes as it is.",
  ],
} as const;

/** See the module's comment. */
export const CODING: ReasonsOf<typeof CODING_ROWS> = rowsOf(
  "coding",
  CODING_ROWS,
);
