/** Why a response was stored, or was not (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const STORE_ROWS = {
  "validator": [
    "9111 §4.3",
    "The response can be validated later: it has ETag or Last-Modified.",
  ],
  "request-no-store": ["9111 §5.2.1.5", "The request says no-store."],
  "method": [
    "9111 §3",
    "Only responses to GET are stored, and some to POST.",
  ],
  "post-location": [
    "9110 §9.3.3",
    "The response to POST does not say that GET would bring it (Content-Location).",
    "method",
  ],
  "post-lifetime": [
    "9110 §9.3.3",
    "The response to POST does not say for how long it is fresh.",
    "method",
  ],
  "authorization": [
    "9111 §3.5",
    "The request has Authorization, and the response does not allow sharing it.",
  ],
  "cookie": [
    "9111 §7.3",
    "The request has a cookie, and the response does not say that it is for all.",
  ],
  "partial": [
    "9111 §3.3",
    "The response has only a part of the content (206).",
  ],
  "not-modified": ["9111 §3", "A 304 has no content to store."],
  "status": [
    "9111 §3",
    "Responses with this status are not stored unless they say so.",
  ],
  "status-of-request": [
    "9111 §3",
    "The status is about this one request, and not about the URL.",
    "status",
  ],
  "must-understand": [
    "9111 §5.2.2.3",
    "The response says must-understand, and the status is not one that sluice knows.",
  ],
  "no-store": ["9111 §5.2.2.5", "The response says no-store."],
  "private": ["9111 §5.2.2.7", "The response says private."],
  "set-cookie": [
    "9111 §7.3",
    "The response sets a cookie and does not say that others may have it.",
  ],
  "vary-star": ["9111 §4.1", "The response varies on everything (Vary: *)."],
  "vary-unusable": [
    "9111 §4.1",
    "Nobody can tell from a request whether it gets this response: see its Vary.",
    "vary",
  ],
  "vary": [
    "9111 §4.1",
    "The origin has changed what the stored response varies on.",
  ],
  "too-many-tags": [
    "",
    "The response has more than 1,000 tags: not every purge would find it.",
  ],
  "tags": ["", "The origin has changed the tags of the stored response."],
  "no-lifetime": [
    "9111 §4.2",
    "The response has neither a lifetime nor a validator: storing it gains nothing.",
  ],
  "upload": [
    "9110 §9.3.1",
    "The response came before the end of the request's content.",
  ],
  "dot-segments": [
    "3986 §6.2.2.3",
    "The URL has dot segments, which the origin may read in its own way.",
  ],
  "invalidated": [
    "9111 §4.4",
    "The URL was purged or changed while its response was on the way.",
  ],
  "no-slice": [
    "9111 §3.4",
    "The origin's answer to a slice has no strong validator, or is another range.",
  ],
  "too-large": ["", "The content is larger than --cache-max-object."],
  "no-room": ["", "There is no room: all memory of the cache is in use."],
} as const;

/** See the module's comment. */
export const STORE: ReasonsOf<typeof STORE_ROWS> = rowsOf(
  "store",
  STORE_ROWS,
);
