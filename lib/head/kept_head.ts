/** A head that is delivered many times: as it came, and as clients get it. */

import type { Eligibility } from "../coding/eligible.ts";
import type { FieldRule } from "../http/field_rule.ts";
import type { HeadTemplate } from "./head_template.ts";
import type { PublicUrls } from "./public_urls.ts";

/**
 * A head as the origin sent it, or as a handler of our own made it. What a route
 * makes of it is beside it, so that no route, before or after a reload, ever sends
 * what another one has made.
 */
export interface KeptHead {
  readonly kind: "kept";
  /** The whole head: status line, field lines, empty line; nothing of framing or connection. */
  readonly bytes: Uint8Array;
  /** The minor version with which it came, for `Via`; -1 if it was made here. */
  readonly minorVersion: number;
  /** Bytes of the content, as far as they were known when it came; -1 if not. */
  readonly length: number;
  /** Whether the content is there in other codings, too: then it varies by them. */
  readonly hasForms: boolean;
  /** What clients get of it: the most recent, which leads to the one before; `clientHeadOf` makes and bounds them. */
  forClients: ClientHead | undefined;
}

/** A kept head as the clients of routes with the same options get it. */
export interface ClientHead {
  /** The rules for responses. */
  readonly rules: readonly FieldRule[];
  /** What is compressed; undefined for nothing. */
  readonly coding: Eligibility | undefined;
  /** Whether the fields that tag responses for purging are left out. */
  readonly dropsTags: boolean;
  /** What made URLs and cookies of the origin public; undefined if they stay. */
  readonly publicUrls: PublicUrls | undefined;
  readonly template: HeadTemplate;
  /** Whether the content may be given a content coding. */
  readonly isEncodable: boolean;
  /** Whether the origin has encoded it with gzip, which is taken off for whoever cannot read it. */
  readonly isGzip: boolean;
  /** Whether it is gzip, and nobody here takes that off. */
  readonly staysGzip: boolean;
  /** Templates of other forms of the content, once they have been asked for. */
  coded: ReadonlyMap<string, HeadTemplate>;
  /** The one that was made before, for other options. */
  older: ClientHead | undefined;
}
