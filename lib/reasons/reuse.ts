/** Why a request went to the origin, and why a stored response was used or was not (pure). */

import { type ReasonsOf, rowsOf } from "./row.ts";

const FORWARD_ROWS = {
  "uri-miss": ["9111 §4", "Nothing is stored for this URL."],
  "vary-miss": [
    "9111 §4.1",
    "Responses are stored for this URL, but none for a request with these headers.",
  ],
  "miss": ["9111 §4", "The response to another client's request is shared."],
  "range-ahead": [
    "9111 §3.3",
    "The range is far ahead of what has arrived, so the origin is asked for it.",
  ],
  "coding-ahead": [
    "9110 §8.4",
    "The response is still arriving as gzip, which this client does not read.",
  ],
} as const;

/** Why a request was sent to the origin, beside the reasons of `REUSE`. */
export const FORWARD: ReasonsOf<typeof FORWARD_ROWS> = rowsOf(
  "forward",
  FORWARD_ROWS,
);

const BYPASS_ROWS = {
  "upgrade": ["9110 §7.8", "The request asks for another protocol."],
  "content": ["9110 §9.3.1", "The request has content."],
  "asterisk": ["9112 §3.2.4", "The request is for the server as a whole (*)."],
  "if-match": [
    "9110 §13.1.1",
    "If-Match asks about the state of the origin, not of a copy.",
  ],
  "if-unmodified-since": [
    "9110 §13.1.4",
    "If-Unmodified-Since asks about the state of the origin, not of a copy.",
  ],
  "method-override": [
    "",
    "A header such as X-HTTP-Method-Override makes the origin see another method.",
  ],
  // The token was the same for every bypass once, and this one is relied on.
  "target-override": [
    "",
    "X-Original-URL or X-Rewrite-URL of a trusted proxy makes the origin see another URL.",
    "bypass",
  ],
} as const;

/** Why the cache was not asked at all. */
export const BYPASS: ReasonsOf<typeof BYPASS_ROWS> = rowsOf(
  "bypass",
  BYPASS_ROWS,
);

const REUSE_ROWS = {
  "fresh": ["9111 §4.2", "The response is within its lifetime."],
  "stale": ["9111 §4.3", "The stored response is past its lifetime."],
  "no-cache": [
    "9111 §5.2.2.4",
    "The response says no-cache: the origin must confirm it before each use.",
  ],
  "request": [
    "9111 §5.2.1.4",
    "The request says no-cache: the origin must confirm what is stored.",
    "request-no-cache",
  ],
  "request-max-age": [
    "9111 §5.2.1.1",
    "The stored response is older than the request's max-age.",
  ],
  "request-min-fresh": [
    "9111 §5.2.1.3",
    "The stored response stays fresh for less than the request's min-fresh.",
  ],
  "stale-while-revalidate": [
    "5861 §3",
    "The stored response is stale and may be used while it is refreshed.",
  ],
  "soft-purged": [
    "",
    "A soft purge has marked the stored response stale: it is used while it is refreshed.",
  ],
  "max-stale": [
    "9111 §5.2.1.2",
    "The stored response is stale, and the request's max-stale accepts it.",
  ],
  "origin-unreachable": [
    "9111 §4.2.4",
    "The stored response is stale and was used because the origin gave no response.",
  ],
  "stale-if-error": [
    "5861 §4",
    "The stored response is stale and was used in place of the origin's error.",
  ],
  "must-revalidate": [
    "9111 §5.2.2.2",
    "The response says must-revalidate or proxy-revalidate: it is not used stale.",
  ],
  "s-maxage": [
    "9111 §5.2.2.10",
    "The response has s-maxage and no stale-if-error: it is not used stale.",
  ],
  "too-stale": [
    "9111 §4.2.4",
    "The stored response has been stale for too long to be used for an error.",
  ],
  "error-passed-on": [
    "5861 §4",
    "Nothing says stale-if-error, so the origin's error is the response.",
  ],
} as const;

/** What was decided about a stored response. */
export const REUSE: ReasonsOf<typeof REUSE_ROWS> = rowsOf(
  "reuse",
  REUSE_ROWS,
);

const SHARE_ROWS = {
  "waited-once": [
    "9111 §4",
    "It has waited for another client's request already, in vain.",
  ],
  "for-one-client": [
    "9111 §3.5",
    "It has Authorization or says no-store: its response is most likely for one client.",
  ],
  "head": ["9110 §9.3.2", "The response to HEAD has no content to share."],
  "conditional": [
    "9110 §13.1",
    "The origin may send less than the whole: the request has conditions or a range.",
  ],
  "known-uncacheable": [
    "",
    "The last response for this URL could not be stored.",
  ],
} as const;

/** Why a request was not shared with other clients. */
export const SHARE: ReasonsOf<typeof SHARE_ROWS> = rowsOf(
  "share",
  SHARE_ROWS,
);
