/**
 * A record as the shared store keeps it: a head that says at which place it was stored
 * and what its content must be, then the record's sections, then its content, or the
 * name of where that is in pieces. Everything has its checksum: what is torn, damaged
 * or of another version counts as nothing.
 */

import { nodeModule } from "../../net/node_module.ts";
import {
  readRecord,
  recordLength,
  type StoredRecord,
  writeRecord,
} from "../store/stored_record.ts";
import type { FleetPlace } from "./fleet_state.ts";

/** Content of more bytes is kept in pieces of their own. */
export const INLINE_BYTES_MAX = 16 * 1024;
/** Bytes of a piece. */
export const CHUNK_BYTES = 256 * 1024;
/** Content of more bytes, as it is kept, is not kept. */
export const CONTENT_BYTES_MAX = 8 * 1024 * 1024;
/** A record without its content has fewer bytes. */
const SECTIONS_BYTES_MAX = 64 * 1024;

const VERSION = 1;
/** Where what is in the head. */
const AT = {
  Version: 0,
  Coding: 1,
  Sum: 4,
  Generation: 8,
  Position: 16,
  /** Bytes of the content, and as it is kept. */
  Length: 24,
  Kept: 28,
  ContentSum: 32,
  /** 0 for content that is in the record. */
  ContentName: 36,
  End: 52,
} as const;

/** How content is kept: as it is, or deflated (RFC 1951). */
export const CODING = { None: 0, Deflate: 1 } as const;

/** Content as it is kept. */
export interface KeptContent {
  readonly coding: number;
  readonly bytes: Uint8Array;
  /** As it was. */
  readonly length: number;
}

/** What is read of a record before its content. */
export interface WireHead {
  readonly place: FleetPlace;
  /** Its content is empty. */
  readonly record: StoredRecord;
  readonly coding: number;
  /** Bytes of its content, and as they are kept. */
  readonly length: number;
  readonly keptLength: number;
  readonly contentSum: number;
  /** The content as it is kept; undefined if it is in pieces. */
  readonly inline: Uint8Array | undefined;
  /** The name of its pieces. */
  readonly contentName: string;
}

const NOTHING = new Uint8Array(0);

/** How many pieces content of so many bytes has. */
export function chunkCount(keptLength: number): number {
  return Math.ceil(keptLength / CHUNK_BYTES);
}

/** A new name for pieces: those of two records never mix. */
export function newContentName(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(AT.End - AT.ContentName));
}

/**
 * Writes a record.
 *
 * @param contentName The name of its pieces; undefined if the content is to be in the record.
 */
export function writeWire(
  record: StoredRecord,
  { generation, position }: FleetPlace,
  content: KeptContent,
  contentName: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const bare = { ...record, content: NOTHING };
  const sections = recordLength(bare);
  const inline = contentName === undefined ? content.bytes : NOTHING;
  const bytes = new Uint8Array(AT.End + sections + inline.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(AT.Version, VERSION);
  view.setUint8(AT.Coding, content.coding);
  view.setBigInt64(AT.Generation, generation);
  view.setFloat64(AT.Position, position);
  view.setUint32(AT.Length, content.length);
  view.setUint32(AT.Kept, content.bytes.length);
  view.setUint32(AT.ContentSum, sumOf(content.bytes));
  if (contentName !== undefined) bytes.set(contentName, AT.ContentName);
  writeRecord(bytes.subarray(AT.End, AT.End + sections), bare);
  bytes.set(inline, AT.End + sections);
  view.setUint32(AT.Sum, sumOf(bytes.subarray(AT.Generation)));
  return bytes;
}

/** Reads a record; undefined if it is damaged, or nothing that this version has written. */
export function readWire(bytes: Uint8Array): WireHead | undefined {
  if (bytes.length < AT.End || bytes[AT.Version] !== VERSION) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(AT.Sum) !== sumOf(bytes.subarray(AT.Generation))) {
    return undefined;
  }
  const keptLength = view.getUint32(AT.Kept);
  const name = bytes.subarray(AT.ContentName, AT.End);
  const isInline = name.every((byte) => byte === 0);
  const end = bytes.length - (isInline ? keptLength : 0);
  if (end < AT.End || keptLength > CONTENT_BYTES_MAX) return undefined;
  return {
    place: {
      generation: view.getBigInt64(AT.Generation),
      position: view.getFloat64(AT.Position),
    },
    record: readRecord(bytes.subarray(AT.End, end)),
    coding: bytes[AT.Coding]!,
    length: view.getUint32(AT.Length),
    keptLength,
    contentSum: view.getUint32(AT.ContentSum),
    inline: isInline ? bytes.subarray(end) : undefined,
    contentName: nameText(name),
  };
}

/** Whether a record is not too large to be kept, but for its content. */
export function fitsWire(record: StoredRecord): boolean {
  return recordLength({ ...record, content: NOTHING }) < SECTIONS_BYTES_MAX;
}

/** The name of pieces as text. */
export function nameText(name: Uint8Array): string {
  return name.toHex();
}

/** The checksum of bytes: it tells damage, not malice; whoever can write to the store can write anything. */
export function sumOf(bytes: Uint8Array): number {
  return nodeModule("node:zlib").crc32(bytes);
}
