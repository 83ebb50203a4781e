/** A stored response: what is kept of it, and what it costs. */

import type { Validators } from "../http/condition.ts";
import type { Fill } from "./fill.ts";
import type { Metadata } from "./metadata.ts";
import type { Resource } from "./resource.ts";
import type { Evictable } from "./sieve.ts";
import type { Selecting } from "./vary.ts";

/** What objects of the runtime cost beside the octets, by measurement (see the README's figures). */
const OVERHEAD_BYTES = 1200;
const EMPTY = new Uint8Array(0);

/** The head of a stored response in the forms in which it is used. */
export interface StoredHead {
  /** As the origin gave it, for updating (`freshen.ts`). */
  readonly octets: Uint8Array;
  /** As clients get it, up to where `Content-Length` follows: status line and field lines. */
  readonly template: Uint8Array;
  readonly metadata: Metadata;
}

/** What is settled when a response arrives, besides its head. */
export interface StoredTraits {
  readonly status: number;
  /** The minor version with which it came. */
  readonly minorVersion: number;
  readonly selecting: readonly Selecting[];
  readonly partition: string;
  readonly tags: readonly string[];
}

/** What is stored under one key. */
export type StoredResource = Resource<StoredResponse>;

/** See the module's comment. */
export class StoredResponse implements Evictable {
  readonly resource: StoredResource;
  readonly traits: StoredTraits;
  head: StoredHead;
  /** What conditions of clients are compared with. */
  validators: Validators;
  /** The content; empty while it is on its way. */
  body: Uint8Array<ArrayBuffer> = EMPTY;
  /** The content on its way; undefined once it is whole. */
  fill: Fill | undefined;
  /** Whether it can still be found. */
  isLinked = false;
  /** Octets that it takes, as last counted. */
  costBytes = 0;

  visited = false;
  younger: Evictable | undefined;
  older: Evictable | undefined;

  constructor(
    resource: StoredResource,
    traits: StoredTraits,
    head: StoredHead,
    fill: Fill,
  ) {
    this.resource = resource;
    this.traits = traits;
    this.head = head;
    this.validators = validatorsOf(head);
    this.fill = fill;
  }

  /** Gives it an updated head. */
  freshen(head: StoredHead): void {
    this.head = head;
    this.validators = validatorsOf(head);
  }

  /** Octets that it takes now. */
  cost(): number {
    const { octets, template } = this.head;
    const content = this.fill?.bufferBytes ?? this.body.length;
    return OVERHEAD_BYTES + this.resource.key.length + octets.length +
      template.length + content;
  }
}

function validatorsOf({ metadata }: StoredHead): Validators {
  return {
    etag: metadata.etag,
    lastModifiedMs: metadata.lastModifiedMs,
    dateMs: metadata.dateMs,
  };
}
