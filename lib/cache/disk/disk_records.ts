/**
 * The records of the cache on disk: short content is in the index, long content in
 * files of its own. Everything here blocks: it is for a thread of its own.
 *
 * A crash at any moment loses what is being written, no more. What the disk brings back
 * is compared with its checksum.
 */

import { checksumOf } from "./checksum.ts";
import { equalsBytes } from "../../http/bytes.ts";
import type { StoredRecord } from "../store/stored_record.ts";
import type { BodyFiles } from "./body_files.ts";
import type { DiskFacts, FoundRecord } from "./disk_messages.ts";
import { DiskPurge, hostOf, type SelectedRow } from "./disk_purge.ts";
import type { TierPurge } from "../store/tiers/tier.ts";
import type { DiskIndex, Row } from "./disk_index.ts";
import { JOURNAL_BYTES_MAX } from "./schema.ts";

/** Content up to this many bytes is in the index. */
const INLINE_BYTES_MAX = 32 * 1024;
/** What a record takes beside its bytes, in the tables and their indexes, at most: pages are split. */
const RECORD_OVERHEAD_BYTES = 16 * 1024;
/** Files take whole blocks. */
const BLOCK_BYTES = 4096;
/** What a file takes in its folder. */
const FILE_OVERHEAD_BYTES = 64;
/** What is taken besides: the journal with the table of its pages, and the folders. */
const BESIDE_BYTES = JOURNAL_BYTES_MAX + 2 * 1024 * 1024;
/** Records that go at a time to make room. */
const EVICTED_AT_ONCE = 16;
/** Uses that are noted together. */
const USES_AT_ONCE = 1024;
/** Records of one key that are told. */
const FOUND_MAX = 64;

/** What is kept of a record besides its sections. */
export interface KeptTraits {
  readonly tags: readonly string[];
  /** Whether a soft purge has named it since it was sent here. */
  readonly isMarkedStale: boolean;
}

/** What is gone once a transaction is over. */
interface Gone {
  readonly records: number[];
  readonly files: number[];
  bytes: number;
}

/** See the module's comment. */
export class DiskRecords {
  readonly #index: DiskIndex;
  readonly #files: BodyFiles;
  #bytesMax: number;
  /** The number of the next record; they only grow. */
  #nextId: number;
  #count: number;
  /** Bytes of the files. */
  #fileBytes: number;
  /** Uses since they were last written: by record, at which turn. */
  #uses = new Map<number, number>();
  #turn: number;
  #purges: DiskPurge[] = [];
  #evictions = 0;
  #damaged = 0;

  /** @param bytesMax What index and files may take. */
  constructor(index: DiskIndex, files: BodyFiles, bytesMax: number) {
    this.#index = index;
    this.#files = files;
    this.#bytesMax = bytesMax;
    this.#nextId = index.number("SELECT max(id) FROM records") + 1;
    this.#count = index.number("SELECT count(*) FROM records");
    this.#fileBytes = index.number("SELECT sum(bytes) FROM records");
    this.#turn = index.number("SELECT max(used) FROM records") + 1;
  }

  /** What there is. */
  get facts(): DiskFacts {
    return {
      records: this.#count,
      bytes: this.#usedBytes,
      bytesMax: this.#bytesMax,
      evictions: this.#evictions,
      damaged: this.#damaged,
    };
  }

  /** What the records take. */
  get #usedBytes(): number {
    const { bytes, freeBytes } = this.#index;
    return bytes - freeBytes + this.#fileBytes;
  }

  /** Goes by another bound, from the next record on. */
  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** What is kept under a key, the youngest first, but for what a purge under way names. */
  find(key: Uint8Array): FoundRecord[] {
    const rows = this.#index.query(
      "SELECT id, variant, description, head, content, checksum, stale FROM records WHERE key = ? ORDER BY id DESC LIMIT ?",
      key,
      FOUND_MAX,
    );
    const found: FoundRecord[] = [];
    for (const row of rows) {
      const record = row.id as number;
      if (this.#isNamed(record, key, false)) continue;
      // Of several, it is known later which of them is wanted.
      const content = row.content === null || rows.length > 1
        ? undefined
        : row.content as Uint8Array;
      if (content !== undefined && !this.#isSound(row, content)) continue;
      found.push({
        record,
        variant: row.variant as Uint8Array,
        description: row.description as Uint8Array,
        head: row.head as Uint8Array,
        content,
        isMarkedStale: row.stale === 1 || this.#isNamed(record, key, true),
      });
    }
    if (found.length > 0) this.#noteUse(found[0]!.record);
    return found;
  }

  /** Whether a purge that is under way names it. */
  #isNamed(record: number, key: Uint8Array, isSoft: boolean): boolean {
    return this.#purges.some((purge) =>
      purge.isSoft === isSoft && purge.names(record, key)
    );
  }

  /** The content of a record; undefined if it is gone, or damaged. */
  read(record: number): Uint8Array<ArrayBuffer> | undefined {
    const [row] = this.#index.query(
      "SELECT id, key, description, head, content, checksum FROM records WHERE id = ?",
      record,
    );
    if (row === undefined) return undefined;
    if (this.#isNamed(record, row.key as Uint8Array, false)) return undefined;
    this.#noteUse(record);
    const content = row.content === null
      ? this.#fileOf(record)
      : row.content as Uint8Array<ArrayBuffer>;
    return content !== undefined && this.#isSound(row, content)
      ? content
      : undefined;
  }

  #fileOf(record: number): Uint8Array<ArrayBuffer> | undefined {
    try {
      return this.#files.read(record);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.#damaged++;
      this.#delete([record]);
      return undefined;
    }
  }

  /** Whether a record is what was written; one that is not goes. */
  #isSound(row: Row, content: Uint8Array): boolean {
    const sum = checksumOf(
      row.description as Uint8Array,
      row.head as Uint8Array,
      content,
    );
    if (equalsBytes(sum, row.checksum as Uint8Array)) return true;
    this.#damaged++;
    this.#delete([row.id as number]);
    return false;
  }

  /**
   * Keeps a record, in place of the one with the same key and variant.
   *
   * @throws {Error} It cannot be written; what was there before stays, or is gone.
   */
  put(
    { key, variant, tags: tagBytes, description, head, content }: StoredRecord,
    { tags, isMarkedStale }: KeptTraits,
  ): void {
    const isLong = content.length > INLINE_BYTES_MAX;
    const bytes = isLong ? fileBytesOf(content.length) : 0;
    // The key is in the table and in its index, tags in a table and its index.
    const indexBytes = 2 * (key.length + variant.length + tagBytes.length) +
      description.length + head.length + (isLong ? 0 : content.length);
    if (!this.#makeRoom(bytes + indexBytes + RECORD_OVERHEAD_BYTES)) return;
    const id = this.#nextId++;
    if (isLong) this.#files.write(id, content);
    const gone: Gone = { records: [], files: [], bytes: 0 };
    try {
      this.#index.inTransaction(() => {
        this.#deleteVariant(key, variant, gone);
        this.#index.run(
          "INSERT INTO records (id, key, variant, host, description, head, content, bytes, checksum, used, stale) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          id,
          key,
          variant,
          hostOf(key),
          description,
          head,
          isLong ? null : content,
          bytes,
          checksumOf(description, head, content),
          this.#turn++,
          isMarkedStale ? 1 : 0,
        );
        for (const tag of new Set(tags)) {
          this.#index.run(
            "INSERT INTO tags (tag, record) VALUES (?, ?)",
            tag,
            id,
          );
        }
      });
    } catch (error) {
      if (isLong) this.#files.remove(id);
      throw error;
    }
    this.#count++;
    this.#fileBytes += bytes;
    this.#forget(gone);
  }

  #deleteVariant(key: Uint8Array, variant: Uint8Array, gone: Gone): void {
    const rows = this.#index.query(
      "SELECT id FROM records WHERE key = ? AND variant = ?",
      key,
      variant,
    );
    for (const { id } of rows) this.#deleteRow(id as number, gone);
  }

  /**
   * Takes the least recently used ones out until there is room for so many bytes more,
   * and has the index give back what it does not need.
   *
   * @returns Whether there is room now.
   */
  #makeRoom(bytes: number): boolean {
    const room = this.#bytesMax - BESIDE_BYTES - bytes;
    if (room < 0) return false;
    while (this.#count > 0 && this.#usedBytes > room) {
      this.#writeUses();
      const rows = this.#index.query(
        "SELECT id FROM records ORDER BY used LIMIT ?",
        EVICTED_AT_ONCE,
      );
      this.#evictions += rows.length;
      this.#delete(rows.map(({ id }) => id as number));
    }
    const excess = this.#index.bytes + this.#fileBytes - room;
    if (excess > 0) this.#index.shrink(excess);
    return true;
  }

  /** Takes records out, with their files. */
  #delete(records: readonly number[]): void {
    const gone: Gone = { records: [], files: [], bytes: 0 };
    this.#index.inTransaction(() => {
      for (const id of records) this.#deleteRow(id, gone);
    });
    this.#forget(gone);
  }

  #deleteRow(id: number, gone: Gone): void {
    const [row] = this.#index.query(
      "DELETE FROM records WHERE id = ? RETURNING bytes",
      id,
    );
    if (row === undefined) return;
    this.#index.run("DELETE FROM tags WHERE record = ?", id);
    const bytes = row.bytes as number;
    gone.records.push(id);
    gone.bytes += bytes;
    if (bytes > 0) gone.files.push(id);
  }

  /** The transaction that took them out is over: their files go. */
  #forget({ records, files, bytes }: Gone): void {
    this.#count -= records.length;
    this.#fileBytes -= bytes;
    for (const id of records) this.#uses.delete(id);
    for (const id of files) this.#files.remove(id);
  }

  #noteUse(record: number): void {
    this.#uses.set(record, this.#turn++);
    if (this.#uses.size >= USES_AT_ONCE) this.#writeUses();
  }

  /** Writes which records were used since this was last done. */
  #writeUses(): void {
    if (this.#uses.size === 0) return;
    const uses = this.#uses;
    this.#uses = new Map();
    this.#index.inTransaction(() => {
      for (const [record, turn] of uses) {
        this.#index.run(
          "UPDATE records SET used = ? WHERE id = ?",
          turn,
          record,
        );
      }
    });
  }

  /**
   * Carries out a purge, step by step; what it names is not found any more from its
   * first step on. Records that come later are not meant.
   *
   * @returns How many records it has hit.
   */
  *purge(purge: TierPurge): Generator<void, number> {
    const wanted = new DiskPurge(
      purge,
      this.#nextId,
      (record, tag) =>
        this.#index.query(
          "SELECT 1 FROM tags WHERE tag = ? AND record = ?",
          tag,
          record,
        ).length > 0,
    );
    this.#purges.push(wanted);
    try {
      let count = 0;
      let last: SelectedRow | undefined;
      for (;;) {
        const { sql, values } = wanted.selection(last);
        const rows = this.#index.query(
          sql,
          ...values,
        ) as unknown as SelectedRow[];
        last = rows.at(-1);
        if (last === undefined) break;
        const hit = rows.filter(({ key }) => wanted.meansKey(key))
          .map(({ id }) => id);
        this.#hit(hit, wanted.isSoft);
        count += hit.length;
        yield;
      }
      // What an operator has taken out stays out, also if the power fails now.
      if (count > 0 && !isShort(purge)) this.#index.settle();
      return count;
    } finally {
      this.#purges = this.#purges.filter((other) => other !== wanted);
    }
  }

  #hit(records: readonly number[], isSoft: boolean): void {
    if (!isSoft) return this.#delete(records);
    this.#index.inTransaction(() => {
      for (const id of records) {
        this.#index.run("UPDATE records SET stale = 1 WHERE id = ?", id);
      }
    });
  }

  /** Removes files that no record has: a crash has left them. */
  *sweep(): Generator<void> {
    for (const names of this.#files.all()) {
      for (const id of names) {
        const isKnown =
          this.#index.query("SELECT 1 FROM records WHERE id = ?", id).length >
            0;
        if (!isKnown) this.#files.remove(id);
      }
      yield;
    }
  }

  /** Lets the index go, which is no good any more. */
  abandon(): void {
    this.#index.close();
  }

  /** Writes what is left, and lets the index go. */
  close(): void {
    this.#writeUses();
    this.#index.close();
  }
}

/** Whether it names one key: there are many of those, of which each brings little. */
function isShort({ kind }: TierPurge): boolean {
  return kind === "key" || kind === "variant";
}

/** What a file takes with so many bytes. */
function fileBytesOf(length: number): number {
  return Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES + FILE_OVERHEAD_BYTES;
}
