/**
 * Content on disk that is written as it arrives, and read in pieces: each has a checksum
 * of its own. Everything here blocks: it is for a thread of its own.
 */

import { equalsBytes } from "../../http/bytes.ts";
import { type StoredRecord, withLargeRecord } from "../store/stored_record.ts";
import { PIECE_BYTES } from "../store/tiers/large.ts";
import type { TierPurge } from "../store/tiers/tier.ts";
import { pieceChecksum } from "./checksum.ts";
import { type FoundRecord, WRITTEN } from "./disk_messages.ts";
import { namesWaiting } from "./disk_purge.ts";
import { type DiskRecords, sectionsOf } from "./disk_records.ts";
import type { RecordTable } from "./record_table.ts";

/** Files that are open to be read; of more, the one that was used first is closed. */
const OPEN_MAX = 256;
/** For how long a file that nobody reads stays open, in ms: what is taken out meanwhile is read to its end. */
const OPEN_MS = 60_000;
/** How long the next piece of what is being written may take, in ms: its writer may have crashed. */
const WRITING_MS = 300_000;
const NOTHING = new Uint8Array(0);
/** Bytes of a checksum. */
const SUM_BYTES = 32;

/** Content that is being written. */
interface Writing {
  readonly file: Deno.FsFile;
  readonly sums: Uint8Array[];
  /** What it is going to be; undefined if nobody knows, or nobody is to find it. */
  announced: AnnouncedRecord | undefined;
  /** Bytes that are counted for it. */
  bytes: number;
  usedMs: number;
  /** Whether somebody reads it, or has. */
  isFollowed: boolean;
  /** Those who want pieces that have not come. */
  waiting: Waiting[];
}

/** What content is going to be that is being written. */
export interface AnnouncedRecord {
  readonly record: StoredRecord;
  readonly tags: readonly string[];
}

/** One who waits for a piece. */
interface Waiting {
  readonly index: number;
  readonly take: (piece: Piece) => void;
}

type Piece = Uint8Array<ArrayBuffer> | "coming" | undefined;

/** Content that is being read. */
interface Open {
  readonly file: Deno.FsFile;
  readonly sums: Uint8Array;
  /** Pieces that were found to be sound since it was opened: not again. */
  readonly sound: Set<number>;
  usedMs: number;
}

/** See the module's comment. */
export class LargeFiles {
  readonly #records: DiskRecords;
  readonly #table: RecordTable;
  readonly #now: () => number;
  readonly #writing = new Map<number, Writing>();
  readonly #open = new Map<number, Open>();

  /** @param now The time, in ms. */
  constructor(records: DiskRecords, table: RecordTable, now: () => number) {
    this.#records = records;
    this.#table = table;
    this.#now = now;
  }

  /** @returns The number of what is going to be written. */
  begin(announced: AnnouncedRecord | undefined): number {
    const id = this.#table.reserve();
    const file = this.#table.files.create(id);
    this.#writing.set(id, {
      file,
      sums: [],
      announced,
      bytes: 0,
      usedMs: this.#now(),
      isFollowed: false,
      waiting: [],
    });
    return id;
  }

  /** What is being written for a key, the youngest first: its content is read as it comes. */
  announced(key: Uint8Array): FoundRecord[] {
    const found: FoundRecord[] = [];
    for (const [record, { announced }] of this.#writing) {
      if (announced === undefined) continue;
      const { variant, description, head, key: own } = announced.record;
      if (!equalsBytes(own, key)) continue;
      found.unshift({
        record,
        sections: sectionsOf({
          variant,
          description: withLargeRecord(description, record),
          head,
          content: NOTHING,
        }),
        content: undefined,
        hasContent: false,
        isLarge: true,
        isMarkedStale: false,
      });
    }
    return found;
  }

  /** Hides what a purge names: a worker that writes it is told, too. */
  purge(purge: TierPurge): void {
    for (const writing of this.#writing.values()) {
      const { announced } = writing;
      if (announced === undefined) continue;
      const { record, tags } = announced;
      if (namesWaiting(purge, record, tags)) writing.announced = undefined;
    }
  }

  /**
   * @returns One of {@linkcode WRITTEN}.
   * @throws {Error} It cannot be written: nothing is left of it then.
   */
  write(id: number, piece: Uint8Array): number {
    const writing = this.#writing.get(id);
    if (writing === undefined) throw new Error("it was given up");
    try {
      if (!this.#table.claim(piece.length)) {
        this.abort(id);
        return WRITTEN.Not;
      }
      writing.bytes += piece.length;
      writing.file.seekSync(0, Deno.SeekMode.End); // somebody may have read from it
      for (let at = 0; at < piece.length;) {
        at += writing.file.writeSync(piece.subarray(at));
      }
    } catch (error) {
      this.abort(id);
      throw error;
    }
    writing.sums.push(pieceChecksum(piece));
    writing.usedMs = this.#now();
    this.#answer(writing, ({ index }) => index < writing.sums.length, id);
    return writing.isFollowed ? WRITTEN.AndFollowed : WRITTEN.Alone;
  }

  /** Answers those who wait for a piece and are meant. */
  #answer(
    writing: Writing,
    isMeant: (waiting: Waiting) => boolean,
    id: number,
  ): void {
    const meant = writing.waiting.filter(isMeant);
    writing.waiting = writing.waiting.filter((one) => !meant.includes(one));
    for (const { index, take } of meant) {
      try {
        this.read(id, index, false, take);
      } catch {
        take(undefined); // as good as gone: the writer is told
      }
    }
  }

  /** @throws {Error} It cannot be kept: nothing is left of it then. */
  finish(id: number, record: StoredRecord, tags: readonly string[]): void {
    const writing = this.#writing.get(id);
    if (writing === undefined) throw new Error("it was given up");
    const { file, bytes } = writing;
    const sums = joined(writing.sums);
    try {
      this.#records.putLarge(id, record, { bytes, sums, tags });
    } catch (error) {
      this.abort(id);
      throw error;
    }
    this.#writing.delete(id);
    file.close();
    for (const { take } of writing.waiting) take(undefined);
  }

  /** What is written is found by nobody: its file is read to its end by those who read it. */
  retire(id: number): void {
    const writing = this.#writing.get(id);
    if (writing === undefined) return;
    this.#writing.delete(id);
    const { file, bytes, waiting } = writing;
    this.#keepOpen(id, file, joined(writing.sums));
    this.#table.unclaim(bytes);
    this.#table.abandon(id);
    for (const { take } of waiting) take(undefined);
  }

  /** Gives up what is being written. */
  abort(id: number): void {
    const writing = this.#writing.get(id);
    if (writing === undefined) return;
    this.#writing.delete(id);
    writing.file.close();
    this.#table.unclaim(writing.bytes);
    this.#table.abandon(id);
    for (const { take } of writing.waiting) take(undefined);
  }

  /**
   * Reads a piece.
   *
   * @param waits Whether to wait for one that has not been written yet; not for long.
   * @param take Gets it; undefined if it is gone, or damaged.
   */
  read(
    record: number,
    index: number,
    waits: boolean,
    take: (piece: Piece) => void,
  ): void {
    const writing = this.#writing.get(record);
    if (writing === undefined) return take(this.#readKept(record, index));
    writing.isFollowed = true;
    const sum = writing.sums[index];
    if (sum !== undefined) {
      const piece = pieceIn(writing.file, index);
      if (equalsBytes(pieceChecksum(piece), sum)) return take(piece);
      this.abort(record);
      return take(undefined);
    }
    if (waits) writing.waiting.push({ index, take });
    else take("coming");
  }

  #readKept(
    record: number,
    index: number,
  ): Uint8Array<ArrayBuffer> | undefined {
    const open = this.#open.get(record) ?? this.#openFile(record);
    if (open === undefined) return undefined;
    open.usedMs = this.#now();
    const piece = pieceIn(open.file, index);
    if (open.sound.has(index)) return piece;
    const sum = open.sums.subarray(index * SUM_BYTES, (index + 1) * SUM_BYTES);
    if (equalsBytes(pieceChecksum(piece), sum)) {
      open.sound.add(index);
      return piece;
    }
    this.#records.takeOutDamaged(record);
    return undefined;
  }

  #openFile(record: number): Open | undefined {
    const sums = this.#records.sumsOf(record);
    if (sums === undefined) return undefined;
    const file = this.#records.openFile(record);
    if (file === undefined) return undefined;
    return this.#keepOpen(record, file, sums);
  }

  #keepOpen(record: number, file: Deno.FsFile, sums: Uint8Array): Open {
    const open = { file, sums, sound: new Set<number>(), usedMs: this.#now() };
    this.#open.set(record, open);
    if (this.#open.size > OPEN_MAX) this.#closeOne();
    return open;
  }

  #closeOne(): void {
    const [first] = this.#open;
    if (first === undefined) return;
    this.#open.delete(first[0]);
    first[1].file.close();
  }

  /** Closes what nobody reads or writes any more, and tells those who wait that they do. */
  tidy(): void {
    const nowMs = this.#now();
    for (const [record, { file, usedMs }] of this.#open) {
      if (nowMs - usedMs < OPEN_MS) continue;
      this.#open.delete(record);
      file.close();
    }
    for (const [id, writing] of this.#writing) {
      if (nowMs - writing.usedMs >= WRITING_MS) this.abort(id);
      else this.#answer(writing, () => true, id); // the reader may be gone
    }
  }

  /** Closes everything. */
  close(): void {
    for (const { file } of this.#open.values()) file.close();
    this.#open.clear();
    for (const id of this.#writing.keys()) this.abort(id);
  }
}

function joined(sums: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(sums.length * SUM_BYTES);
  for (const [index, sum] of sums.entries()) all.set(sum, index * SUM_BYTES);
  return all;
}

/** What a file has of a piece. */
function pieceIn(file: Deno.FsFile, index: number): Uint8Array<ArrayBuffer> {
  file.seekSync(index * PIECE_BYTES, Deno.SeekMode.Start);
  const piece = new Uint8Array(PIECE_BYTES);
  let length = 0;
  while (length < PIECE_BYTES) {
    const count = file.readSync(piece.subarray(length));
    if (count === null) break;
    length += count;
  }
  return length === PIECE_BYTES ? piece : piece.slice(0, length);
}
