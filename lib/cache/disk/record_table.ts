/**
 * The table of the records on disk, with their files, within a bound: the least recently
 * used go. Everything here blocks: it is for a thread of its own.
 */

import type { StoredRecord } from "../store/stored_record.ts";
import type { BodyFiles } from "./body_files.ts";
import type { DiskIndex } from "./disk_index.ts";
import { hostOf } from "./disk_purge.ts";
import { DiskUses } from "./disk_uses.ts";
import { JOURNAL_BYTES_MAX } from "./schema.ts";

/** What a record takes beside its bytes, in the tables and their indexes, at most: pages are split. */
const RECORD_OVERHEAD_BYTES = 16 * 1024;
/** What is taken besides: the journal with the table of its pages, and the folders. */
const BESIDE_BYTES = JOURNAL_BYTES_MAX + 2 * 1024 * 1024;
/** Records that go at a time to make room. */
const EVICTED_AT_ONCE = 16;

/** A record as the index has it, besides what comes from the store. */
export interface NewRow {
  readonly id: number;
  /** Of its file; 0 if it has none. */
  readonly bytes: number;
  readonly checksum: Uint8Array;
  /** Null if it is in a file. */
  readonly content: Uint8Array | null;
  /** The checksum of each piece of large content; null if it is not large. */
  readonly sums: Uint8Array | null;
  readonly tags: readonly string[];
  readonly isMarkedStale: boolean;
}

/** How a table begins. */
export interface TableOptions {
  /** What index and files may take. */
  readonly bytesMax: number;
  /** The number of the next record, at least. */
  readonly firstId: number;
  /** Whether there may be files of another index. */
  readonly isAnew: boolean;
}

/** What is gone once a transaction is over. */
interface Gone {
  readonly records: number[];
  readonly files: number[];
  bytes: number;
}

/** See the module's comment. */
export class RecordTable {
  readonly index: DiskIndex;
  readonly files: BodyFiles;
  readonly uses: DiskUses;
  bytesMax: number;
  count: number;
  evictions = 0;
  /** The number of the next record; they only grow. */
  nextId: number;
  /** Bytes of the files. */
  #fileBytes: number;
  /** Numbers of what is being written: there is a file, and no record yet. */
  readonly #reserved = new Set<number>();

  /** Whether anything may be put there: not before what another index has left is gone. */
  #mayFill: boolean;

  constructor(
    index: DiskIndex,
    files: BodyFiles,
    { bytesMax, firstId, isAnew }: TableOptions,
  ) {
    this.index = index;
    this.files = files;
    this.bytesMax = bytesMax;
    this.uses = new DiskUses(index);
    const lastId = index.number("SELECT max(id) FROM records");
    this.nextId = Math.max(lastId + 1, firstId);
    this.#mayFill = !isAnew;
    this.count = index.number("SELECT count(*) FROM records");
    this.#fileBytes = index.number("SELECT sum(bytes) FROM records");
  }

  /** What the records take. */
  get bytes(): number {
    const { bytes, freeBytes } = this.index;
    return bytes - freeBytes + this.#fileBytes;
  }

  /**
   * Adds a record in place of the one with the same key and variant. Its file, if it has
   * one, has been counted.
   *
   * @throws {Error} It cannot be written; everything is as before.
   */
  insert(
    { key, variant, description, head }: StoredRecord,
    { id, bytes, checksum, content, sums, tags, isMarkedStale }: NewRow,
  ): void {
    const gone: Gone = { records: [], files: [], bytes: 0 };
    this.index.inTransaction(() => {
      this.#deleteVariant(key, variant, gone);
      this.index.run(
        "INSERT INTO records (id, key, variant, host, description, head, bytes, checksum, used, stale, sums, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        key,
        variant,
        hostOf(key),
        description,
        head,
        bytes,
        checksum,
        this.uses.next(),
        isMarkedStale ? 1 : 0,
        sums,
        content,
      );
      for (const tag of new Set(tags)) {
        this.index.run("INSERT INTO tags (tag, record) VALUES (?, ?)", tag, id);
      }
    });
    this.count++;
    this.#forget(gone);
  }

  /** A number for content whose file is written before its record is. */
  reserve(): number {
    const id = this.nextId++;
    this.#reserved.add(id);
    return id;
  }

  /** What was reserved is a record now. */
  settle(id: number): void {
    this.#reserved.delete(id);
  }

  /** Nothing comes of what was reserved: its file goes. */
  abandon(id: number): void {
    this.#reserved.delete(id);
    this.files.remove(id);
  }

  /** Counts so many bytes of a file, and makes room for them and for others in the index; tells whether there is room. */
  claim(fileBytes: number, indexBytes = 0): boolean {
    if (!this.#makeRoom(fileBytes + indexBytes)) return false;
    this.#fileBytes += fileBytes;
    return true;
  }

  /** Ends what `claim` began. */
  unclaim(fileBytes: number): void {
    this.#fileBytes -= fileBytes;
  }

  /**
   * Takes the least recently used ones out until there is room for so many bytes more,
   * and has the index give back what it does not need.
   */
  #makeRoom(bytes: number): boolean {
    const room = this.bytesMax - BESIDE_BYTES - RECORD_OVERHEAD_BYTES - bytes;
    if (room < 0 || !this.#mayFill) return false;
    while (this.count > 0 && this.bytes > room) {
      this.uses.write();
      const rows = this.index.query(
        "SELECT id FROM records ORDER BY used LIMIT ?",
        EVICTED_AT_ONCE,
      );
      this.evictions += rows.length;
      this.remove(rows.map(({ id }) => id as number));
    }
    const excess = this.index.bytes + this.#fileBytes - room;
    if (excess > 0) this.index.shrink(excess);
    return this.bytes <= room;
  }

  /** Takes records out, with their files. */
  remove(records: readonly number[]): void {
    const gone: Gone = { records: [], files: [], bytes: 0 };
    this.index.inTransaction(() => {
      for (const id of records) this.#deleteRow(id, gone);
    });
    this.#forget(gone);
  }

  #deleteVariant(key: Uint8Array, variant: Uint8Array, gone: Gone): void {
    const rows = this.index.query(
      "SELECT id FROM records WHERE key = ? AND variant = ?",
      key,
      variant,
    );
    for (const { id } of rows) this.#deleteRow(id as number, gone);
  }

  #deleteRow(id: number, gone: Gone): void {
    const [row] = this.index.query(
      "DELETE FROM records WHERE id = ? RETURNING bytes",
      id,
    );
    if (row === undefined) return;
    this.index.run("DELETE FROM tags WHERE record = ?", id);
    const bytes = row.bytes as number;
    gone.records.push(id);
    gone.bytes += bytes;
    if (bytes > 0) gone.files.push(id);
  }

  /** The transaction that took them out is over: their files go. */
  #forget({ records, files, bytes }: Gone): void {
    this.count -= records.length;
    this.#fileBytes -= bytes;
    for (const id of records) this.uses.forget(id);
    for (const id of files) this.files.remove(id);
  }

  /** Removes files that no record has: a crash has left them. */
  *sweep(): Generator<void> {
    for (const names of this.files.all()) {
      for (const id of names) {
        const isKnown = this.#reserved.has(id) ||
          this.index.query("SELECT 1 FROM records WHERE id = ?", id).length > 0;
        if (!isKnown) this.files.remove(id);
      }
      yield;
    }
    this.#mayFill = true;
  }
}
