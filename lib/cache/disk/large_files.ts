/**
 * Content on disk that is written as it arrives, and read in pieces: each has a checksum
 * of its own. Everything here blocks: it is for a thread of its own.
 */

import { nodeModule } from "../../net/node_module.ts";
import { equalsBytes } from "../../http/bytes.ts";
import type { StoredRecord } from "../store/stored_record.ts";
import { PIECE_BYTES } from "../store/tiers/large.ts";
import type { DiskRecords } from "./disk_records.ts";
import type { RecordTable } from "./record_table.ts";

/** Files that are open to be read; of more, the one that was used first is closed. */
const OPEN_MAX = 256;
/** For how long a file that nobody reads stays open, in ms: what is taken out meanwhile is read to its end. */
const OPEN_MS = 60_000;
/** How long the next piece of what is being written may take, in ms: whoever wrote it may have crashed. */
const WRITING_MS = 300_000;
/** Bytes of a checksum. */
const SUM_BYTES = 32;

/** Content that is being written. */
interface Writing {
  readonly file: Deno.FsFile;
  readonly sums: Uint8Array[];
  /** Bytes that are counted for it. */
  bytes: number;
  usedMs: number;
}

/** Content that is being read. */
interface Open {
  readonly file: Deno.FsFile;
  readonly sums: Uint8Array;
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
  begin(): number {
    const id = this.#table.reserve();
    const file = this.#table.files.create(id);
    const usedMs = this.#now();
    this.#writing.set(id, { file, sums: [], bytes: 0, usedMs });
    return id;
  }

  /**
   * @returns Whether there is room for it.
   * @throws {Error} It cannot be written: nothing is left of it then.
   */
  write(id: number, piece: Uint8Array): boolean {
    const writing = this.#writing.get(id);
    if (writing === undefined) throw new Error("it was given up");
    try {
      if (!this.#table.claim(piece.length)) {
        this.abort(id);
        return false;
      }
      writing.bytes += piece.length;
      for (let at = 0; at < piece.length;) {
        at += writing.file.writeSync(piece.subarray(at));
      }
    } catch (error) {
      this.abort(id);
      throw error;
    }
    writing.sums.push(sumOf(piece));
    writing.usedMs = this.#now();
    return true;
  }

  /** @throws {Error} It cannot be kept: nothing is left of it then. */
  finish(id: number, record: StoredRecord, tags: readonly string[]): void {
    const writing = this.#writing.get(id);
    if (writing === undefined) throw new Error("it was given up");
    const { file, bytes } = writing;
    const sums = new Uint8Array(writing.sums.length * SUM_BYTES);
    for (const [index, sum] of writing.sums.entries()) {
      sums.set(sum, index * SUM_BYTES);
    }
    try {
      this.#records.putLarge(id, record, { bytes, sums, tags });
    } catch (error) {
      this.abort(id);
      throw error;
    }
    this.#writing.delete(id);
    file.close();
  }

  /** Gives up what is being written. */
  abort(id: number): void {
    const writing = this.#writing.get(id);
    if (writing === undefined) return;
    this.#writing.delete(id);
    writing.file.close();
    this.#table.unclaim(writing.bytes);
    this.#table.abandon(id);
  }

  /** A piece; undefined if it is gone, or damaged. */
  read(record: number, index: number): Uint8Array<ArrayBuffer> | undefined {
    const open = this.#open.get(record) ?? this.#openFile(record);
    if (open === undefined) return undefined;
    open.usedMs = this.#now();
    open.file.seekSync(index * PIECE_BYTES, Deno.SeekMode.Start);
    const piece = new Uint8Array(PIECE_BYTES);
    let length = 0;
    while (length < PIECE_BYTES) {
      const count = open.file.readSync(piece.subarray(length));
      if (count === null) break;
      length += count;
    }
    const read = length === PIECE_BYTES ? piece : piece.slice(0, length);
    const sum = open.sums.subarray(index * SUM_BYTES, (index + 1) * SUM_BYTES);
    if (equalsBytes(sumOf(read), sum)) return read;
    this.#records.takeOutDamaged(record);
    return undefined;
  }

  #openFile(record: number): Open | undefined {
    const sums = this.#records.sumsOf(record);
    if (sums === undefined) return undefined;
    const file = this.#records.openFile(record);
    if (file === undefined) return undefined;
    const open = { file, sums, usedMs: this.#now() };
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

  /** Closes what nobody reads or writes any more. */
  tidy(): void {
    const nowMs = this.#now();
    for (const [record, { file, usedMs }] of this.#open) {
      if (nowMs - usedMs < OPEN_MS) continue;
      this.#open.delete(record);
      file.close();
    }
    for (const [id, { usedMs }] of this.#writing) {
      if (nowMs - usedMs >= WRITING_MS) this.abort(id);
    }
  }

  /** Closes everything. */
  close(): void {
    for (const { file } of this.#open.values()) file.close();
    this.#open.clear();
    for (const id of this.#writing.keys()) this.abort(id);
  }
}

function sumOf(piece: Uint8Array): Uint8Array {
  const hash = nodeModule("node:crypto").createHash("sha256");
  return new Uint8Array(hash.update(piece).digest());
}
