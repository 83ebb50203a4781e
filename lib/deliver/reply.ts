/**
 * A reply: a response before it is delivered, whoever made it: the origin, the cache,
 * a file, sluice itself.
 *
 * A handler makes one and hands it to `deliver`, which does the rest, once for all of
 * them: content coding, conditions, ranges, framing, the route's header rules, HEAD,
 * back-pressure, and the counts for the log. So a handler never looks at `Range`,
 * `If-None-Match`, `Accept-Encoding` or the version of the client.
 *
 * A file, for example, is `{ status: 200, head, content: { kind: "file", file, forms },
 * validators, note: undefined }`: a {@linkcode KeptHead} with its media type, entity
 * tag and date; the open file as {@linkcode StreamedContent}; its `.br` and `.gz`
 * neighbours as {@linkcode CodedForms}. The descriptor stays the handler's: it closes
 * it when the promise of `deliver` has settled.
 */

import type { IncomingContent } from "../cache/store/incoming_content.ts";
import type { KeptHead } from "../head/kept_head.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import type { Coding } from "../coding/negotiate.ts";
import type { ContentRuns } from "../exchange/relay.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import type { Validators } from "../http/condition.ts";
import type { OwnHead } from "../head/own_response.ts";
import type { CacheNote } from "../head/stored_response.ts";
import type { ReceivedHead } from "../head/client_response.ts";

/** A response before it is delivered; see the module's comment. */
export interface Reply {
  readonly status: number;
  readonly head: ReceivedHead | KeptHead | OwnHead;
  readonly content: Content;
  /**
   * What the client's conditions and ranges are compared with. Undefined if they are
   * not for this hop to answer: the origin has, or there is nothing to compare.
   */
  readonly validators: Validators | undefined;
  /** What it says of its way through the cache; undefined for what the exchange says. */
  readonly note: CacheNote | undefined;
}

/** The content of a reply. */
export type Content =
  | { readonly kind: "none" }
  /** In memory, all of it. */
  | {
    readonly kind: "bytes";
    readonly bytes: Uint8Array;
    readonly forms?: CodedForms;
  }
  /** In the cache, all of it. The exchange holds it. */
  | { readonly kind: "stored"; readonly stored: StoredResponse }
  /** On its way into the cache. The exchange holds it. */
  | {
    readonly kind: "arriving";
    readonly stored: StoredResponse;
    readonly incoming: IncomingContent;
  }
  /** On its way from the origin, for this client alone. */
  | { readonly kind: "origin"; readonly fetch: Fetch }
  /** Read from where it lies as it is sent. */
  | {
    readonly kind: "file";
    readonly file: StreamedContent;
    readonly forms?: CodedForms;
  };

/** Content that is read from its beginning, perhaps more than once. */
export interface StreamedContent {
  /** Bytes; -1 if nobody knows yet. */
  readonly length: number;
  /** Begins to read. */
  open(): ContentReader;
}

/**
 * Reads content in runs, at the pace at which they are taken.
 *
 * `take` gives what is here and never waits, `more` waits until there is more or the
 * end. A run stays as it is until the next call of `take`, `more`, `seek` or `close`.
 * Nobody calls `more` while a run is here that has not been taken.
 */
export interface ContentReader extends ContentRuns {
  /** @throws {HttpError} Why there will be no more. */
  more(): Promise<void>;
  /**
   * Goes on at an offset, which is not before what has been taken: for ranges.
   *
   * @param end Up to where it will be read before it goes on at another.
   */
  seek(offset: number, end: number): void;
  /** Nothing more is wanted. */
  close(): void;
}

/** The same content in other codings, which are there already. */
export interface CodedForms {
  /** The codings that there are, the preferred first: one list for all contents that have the same. */
  readonly codings: readonly Coding[];
  /** The content in one of them. */
  inCoding(coding: Coding): Uint8Array | StreamedContent;
}
