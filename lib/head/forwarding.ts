/** How a request goes on to its origin: what the operator says, what is known of the client, what the exchange decides. */

import type { FieldRule } from "../http/field_rule.ts";
import type { TemplateFacts } from "../http/template.ts";
import type { ByteRange } from "../http/range.ts";
import type { Scheme } from "../cache/policy/cache_key.ts";

/** What the operator says of requests that go on. */
export interface OriginRequestOptions {
  readonly origin: { readonly authority: string };
  /** What `Host` the origin gets: the client's, the origin's own, or this text. */
  readonly hostHeader: {
    readonly from: "client" | "upstream" | "text";
    readonly text: string;
  };
  /** Whether `Forwarded` (RFC 7239) is sent too. */
  readonly forwarded: boolean;
  readonly requestRules: readonly FieldRule[];
  /**
   * Fields by which routes are chosen or requests counted, in lower case: look-alikes
   * of them are removed.
   * Undefined for none.
   */
  readonly comparedFields?: readonly string[] | undefined;
  /** Fields that are part of what a stored response is found by, if any are stored. */
  readonly cache: {
    readonly keyParts: { readonly fields: readonly string[] };
  } | undefined;
}

/** The client as the origin is told of it. */
export interface ClientView {
  /** The peer's IP address; `unknown` if it has none. */
  readonly address: string;
  /** Whether it is a trusted proxy: what it says of its own client is kept. */
  readonly isTrusted: boolean;
  /** The scheme by which it speaks to this hop. */
  readonly scheme: Scheme;
  /** The two ends of its connection; undefined if it is not TCP. */
  readonly endpoints?: {
    readonly client: { readonly hostname: string; readonly port: number };
    readonly server: { readonly hostname: string; readonly port: number };
  } | undefined;
}

/** How a request is sent on; decided by the exchange. */
export interface ForwardingPlan {
  /** The value of `Max-Forwards` to send, decremented; -1 for none. */
  readonly maxForwards: number;
  /** The protocols to which a switch is asked for, as a list; empty for none. */
  readonly upgrade: string;
  /** Whether the origin is asked for one of few codings, which all clients like this one share. */
  readonly asksFewCodings?: boolean;
  /**
   * Fields of which look-alikes are removed, since what is stored for the target
   * varies on them: names by their folded names.
   */
  readonly varied?: ReadonlyMap<string, string> | undefined;
  /** What a stored response is validated with, in place of the client's own conditions. */
  readonly validators?: StoredValidators;
  /** The range that is asked for, in place of the client's; it goes with {@linkcode NO_VALIDATORS}. */
  readonly range?: ByteRange | undefined;
  /** Path and query in place of those that were asked for; undefined to keep these. */
  readonly target?: Uint8Array | undefined;
  /** What rules that depend on the request are filled in with; undefined if there are none. */
  readonly facts?: TemplateFacts | undefined;
  /** What makes of an entity tag in a condition the one that the origin gave; undefined to keep them. */
  readonly ownTag?: (tag: string) => string;
}

/** The validators of a stored response, as they came; empty for none. */
export interface StoredValidators {
  readonly etag: string;
  readonly lastModified: string;
}

/** To ask for the whole, without the client's conditions or others. */
export const NO_VALIDATORS: StoredValidators = { etag: "", lastModified: "" };
