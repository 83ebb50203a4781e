/**
 * A stored response as bytes, for memory that threads share: sections one behind
 * the other, of which each says by itself what it is needed for.
 */

import { bytesOf, textOf } from "../../http/bytes.ts";
import { type Metadata, metadataOf } from "../policy/metadata.ts";
import {
  type Location,
  type StoredEntry,
  type StoredHead,
  StoredResponse,
  type StoredTraits,
} from "./stored_response.ts";
import type { Slices } from "../policy/slices.ts";
import type { Large } from "./large.ts";
import { type Selecting, selectingOf } from "../policy/vary.ts";

/** The sections of a record. */
export interface StoredRecord {
  readonly key: Uint8Array;
  /** What tells it from other stored responses of the same key. */
  readonly variant: Uint8Array;
  /** Its tags, each between two separators. */
  readonly tags: Uint8Array;
  /** The rest of what is known of it, in JSON. */
  readonly description: Uint8Array;
  /** As {@linkcode StoredHead.bytes}. */
  readonly head: Uint8Array;
  readonly content: Uint8Array;
}

const SECTIONS = 6;
/** Sections that are found by number. */
const SECTION = { Description: 3, Head: 4 } as const;
const LENGTH_BYTES = 4;
const TAG_SEPARATOR = "\n";
/** Behind each description, for one of the next that are a little longer. */
const SLACK_BYTES = 64;
const SPACE = 0x20;

/** What is known of a stored response besides its head, in JSON. */
interface Description {
  readonly status: number;
  readonly minorVersion: number;
  readonly extraKey: string;
  readonly tags: readonly string[];
  /** Name, bytes as text, value. */
  readonly selecting: readonly [string, string | null, string | null][];
  readonly metadata: Omit<Metadata, "directives">;
  readonly directives: readonly [string, string][];
  /** As {@linkcode StoredHead.length}. */
  readonly length: number;
  /** As {@linkcode StoredTraits.slices}. */
  readonly slices?: Slices | undefined;
  /** As {@linkcode StoredTraits.large}. */
  readonly large?: Large | undefined;
  /** As {@linkcode Described.asked}; records of an earlier version do not have it. */
  readonly asked?: Asked;
}

/** When the origin was asked for a response, or to confirm it. */
export interface Asked {
  /** The store whose epoch it is: as its `run`. */
  readonly run: number;
  readonly epoch: number;
}

/** What is known of a stored response from its record, but for the content. */
export interface Described {
  readonly traits: StoredTraits;
  readonly head: StoredHead;
  /** Undefined if nobody knows. */
  readonly asked: Asked | undefined;
}

/**
 * The sections of a stored response that is whole.
 *
 * @param run That of the store that it is in; 0 if that does not matter.
 */
export function recordOf(stored: StoredResponse, run = 0): StoredRecord {
  const { traits, head, entry, body } = stored;
  const { directives, ...metadata } = head.metadata;
  const description: Description = {
    status: traits.status,
    minorVersion: head.minorVersion,
    extraKey: traits.extraKey,
    tags: traits.tags,
    selecting: traits.selecting.map(({ name, bytes, value }) => [
      name,
      bytes === undefined ? null : textOf(bytes, 0, bytes.length),
      value ?? null,
    ]),
    metadata,
    directives: [...directives],
    length: head.length,
    slices: traits.slices,
    large: traits.large,
    asked: { run, epoch: Math.max(stored.epoch, stored.confirmedEpoch) },
  };
  return {
    key: entry.key,
    variant: variantOf(traits),
    tags: tagsOf(traits.tags),
    description: bytesOf(
      JSON.stringify(description) + " ".repeat(SLACK_BYTES),
    ),
    head: head.bytes,
    content: body,
  };
}

function variantOf(traits: StoredTraits): Uint8Array {
  return bytesOf(variantText(traits));
}

/** What tells a stored response from others of its key, as text. */
export function variantText(
  { extraKey, selecting }: Pick<StoredTraits, "extraKey" | "selecting">,
): string {
  const parts = selecting.map(({ name, value }) => [name, value ?? null]);
  return JSON.stringify([extraKey, ...parts]);
}

function tagsOf(tags: readonly string[]): Uint8Array {
  return tags.length === 0
    ? new Uint8Array(0)
    : tagBytes(tags.join(TAG_SEPARATOR));
}

/** A tag as {@linkcode hasTag} looks for it. */
export function tagBytes(tag: string): Uint8Array {
  return bytesOf(TAG_SEPARATOR + tag + TAG_SEPARATOR);
}

/** What is known of a stored response, read from its description and its head; it holds nothing of the record. */
export function describe(
  description: Uint8Array,
  head: Uint8Array,
): Described {
  const known: Description = JSON.parse(
    textOf(description, 0, description.length),
  );
  const { status, extraKey, tags } = known;
  return {
    traits: {
      status,
      extraKey,
      tags,
      selecting: known.selecting.map(readSelecting),
      ...known.slices && { slices: known.slices },
      ...known.large && { large: known.large },
    },
    head: {
      kind: "kept",
      bytes: head.slice(),
      minorVersion: known.minorVersion,
      length: known.length,
      hasForms: false,
      forClients: undefined,
      metadata: metadataOf({
        ...known.metadata,
        directives: new Map(known.directives),
      }),
    },
    asked: known.asked,
  };
}

/** A description with another number of large content. */
export function withLargeRecord(
  description: Uint8Array,
  record: number,
): Uint8Array {
  const known: Description = JSON.parse(
    textOf(description, 0, description.length),
  );
  const large = { length: known.length, record };
  return bytesOf(JSON.stringify({ ...known, large }));
}

/** What a worker knows of a stored response in shared memory: its content stays there. */
export function localCopyOf(
  entry: StoredEntry,
  { description, head, content }: StoredRecord,
  location: Location,
): StoredResponse {
  const described = describe(description, head);
  const { traits } = described;
  const stored = new StoredResponse(
    entry,
    traits,
    described.head,
    undefined,
  );
  stored.buffer = content;
  stored.length = content.length;
  stored.location = location;
  stored.epoch = described.asked?.epoch ?? 0;
  return stored;
}

function readSelecting(
  [name, bytes, value]: Description["selecting"][number],
): Selecting {
  return selectingOf(
    name,
    bytes === null ? undefined : bytesOf(bytes),
    value ?? undefined,
  );
}

/** Bytes of a record. */
export function recordLength(record: StoredRecord): number {
  return sectionsOf(record).reduce(
    (sum, { length }) => sum + length,
    SECTIONS * LENGTH_BYTES,
  );
}

/** Writes a record into memory of its length. */
export function writeRecord(memory: Uint8Array, record: StoredRecord): void {
  const lengths = lengthsOf(memory);
  let at = SECTIONS * LENGTH_BYTES;
  for (const [index, section] of sectionsOf(record).entries()) {
    lengths.setUint32(index * LENGTH_BYTES, section.length);
    memory.set(section, at);
    at += section.length;
  }
}

/** A record in memory of its own, as {@linkcode writeRecord} writes it. */
export function bytesOfRecord(record: StoredRecord): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(recordLength(record));
  writeRecord(bytes, record);
  return bytes;
}

/**
 * Writes description and head of a record in place of those that are in memory. The
 * content stays where it is: somebody may be reading it.
 *
 * @returns Whether there is room for them.
 */
export function updateRecord(
  memory: Uint8Array,
  record: StoredRecord,
): boolean {
  const { description, head } = record;
  const old = readRecord(memory);
  const room = old.description.length + old.head.length - head.length;
  const length = description.length - SLACK_BYTES;
  if (length > room) return false;
  const start = old.description.byteOffset - memory.byteOffset;
  memory.set(description.subarray(0, length), start);
  memory.fill(SPACE, start + length, start + room); // which means nothing in JSON
  memory.set(head, start + room);
  const lengths = lengthsOf(memory);
  lengths.setUint32(SECTION.Description * LENGTH_BYTES, room);
  lengths.setUint32(SECTION.Head * LENGTH_BYTES, head.length);
  return true;
}

function lengthsOf({ buffer, byteOffset }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, SECTIONS * LENGTH_BYTES);
}

/** The sections of a record in memory: views of it. */
export function readRecord<Memory extends ArrayBufferLike>(
  memory: Uint8Array<Memory>,
): { readonly [Section in keyof StoredRecord]: Uint8Array<Memory> } {
  const lengths = lengthsOf(memory);
  let at = SECTIONS * LENGTH_BYTES;
  const section = (index: number): Uint8Array<Memory> => {
    const start = at;
    at += lengths.getUint32(index * LENGTH_BYTES);
    return memory.subarray(start, at);
  };
  return {
    key: section(0),
    variant: section(1),
    tags: section(2),
    description: section(3),
    head: section(4),
    content: section(5),
  };
}

/**
 * Whether the key of the record at `start` begins with `prefix`. Like `hasTag` it
 * makes no views: a purge asks this of each record while others wait for the lock.
 */
export function hasKeyPrefix(
  memory: Uint8Array,
  start: number,
  prefix: Uint8Array,
): boolean {
  return uint32At(memory, start) >= prefix.length &&
    isAt(memory, start + SECTIONS * LENGTH_BYTES, prefix);
}

/** Where in memory the key of the record at `start` is. */
export function keyRange(
  memory: Uint8Array,
  start: number,
): { readonly start: number; readonly end: number } {
  const begin = start + SECTIONS * LENGTH_BYTES;
  return { start: begin, end: begin + uint32At(memory, start) };
}

/** Bytes of the tags of the record at `start`. */
export function tagsLength(memory: Uint8Array, start: number): number {
  return uint32At(memory, start + 2 * LENGTH_BYTES);
}

/** Whether the record at `start` carries a tag, given as {@linkcode tagBytes} makes it. */
export function hasTag(
  memory: Uint8Array,
  start: number,
  tag: Uint8Array,
): boolean {
  const begin = start + SECTIONS * LENGTH_BYTES +
    uint32At(memory, start) + uint32At(memory, start + LENGTH_BYTES);
  const last = begin + tagsLength(memory, start) - tag.length;
  for (let at = begin; at <= last; at++) {
    if (isAt(memory, at, tag)) return true;
  }
  return false;
}

function uint32At(memory: Uint8Array, at: number): number {
  return (memory[at]! << 24 | memory[at + 1]! << 16 | memory[at + 2]! << 8 |
    memory[at + 3]!) >>> 0;
}

function isAt(memory: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (memory[at + i] !== bytes[i]) return false;
  }
  return true;
}

function sectionsOf(record: StoredRecord): Uint8Array[] {
  const { key, variant, tags, description, head, content } = record;
  return [key, variant, tags, description, head, content];
}
