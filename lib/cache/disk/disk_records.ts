/**
 * The records of the cache on disk: short content is in the index, long content in
 * files of its own. Everything here blocks: it is for a thread of its own.
 *
 * A crash at any moment loses what is being written, no more. What the disk brings back
 * is compared with its checksum.
 */

import { checksumOf } from "./checksum.ts";
import { equalsBytes } from "../../http/bytes.ts";
import { bytesOfRecord, type StoredRecord } from "../store/stored_record.ts";
import type { BodyFiles } from "./body_files.ts";
import type { DiskFacts, FoundRecord } from "./disk_messages.ts";
import { DiskPurge, type SelectedRow } from "./disk_purge.ts";
import type { TierPurge } from "../store/tiers/tier.ts";
import type { DiskIndex, Row } from "./disk_index.ts";
import type { RecordTable } from "./record_table.ts";

/** Content up to this many bytes is in the index. */
const INLINE_BYTES_MAX = 32 * 1024;
/** Files take whole blocks. */
const BLOCK_BYTES = 4096;
/** What a file takes in its folder. */
const FILE_OVERHEAD_BYTES = 64;
/** Records of one key that are told. */
const FOUND_MAX = 64;

const NOTHING = new Uint8Array(0);

/** The sections of a record that is found, as they are sent. */
export function sectionsOf(
  sections: Omit<StoredRecord, "key" | "tags">,
): Uint8Array {
  return bytesOfRecord({ ...sections, key: NOTHING, tags: NOTHING });
}

/** What is kept of a record besides its sections. */
export interface KeptTraits {
  readonly tags: readonly string[];
  /** Whether a soft purge has named it since it was sent here. */
  readonly isMarkedStale: boolean;
}

/** What is kept of content that has been written piece by piece. */
export interface LargeTraits {
  readonly bytes: number;
  /** The checksum of each piece. */
  readonly sums: Uint8Array;
  readonly tags: readonly string[];
}

/** See the module's comment. */
export class DiskRecords {
  readonly #table: RecordTable;
  readonly #index: DiskIndex;
  readonly #files: BodyFiles;
  #purges: DiskPurge[] = [];
  #damaged = 0;

  constructor(table: RecordTable) {
    this.#table = table;
    this.#index = table.index;
    this.#files = table.files;
  }

  /** What there is. */
  get facts(): DiskFacts {
    const { count, bytes, bytesMax, evictions, nextId } = this.#table;
    return {
      records: count,
      bytes,
      bytesMax,
      evictions,
      damaged: this.#damaged,
      nextId,
    };
  }

  /** What is kept under a key, the youngest first, but for what a purge under way names. */
  find(key: Uint8Array): FoundRecord[] {
    // Two statements of one row each: one that brings all rows in order would copy them for that.
    const ids = this.#index.query("SELECT id FROM records WHERE key = ?", key)
      .map(({ id }) => id as number)
      .sort((a, b) => b - a)
      .slice(0, FOUND_MAX);
    const found: FoundRecord[] = [];
    for (const record of ids) {
      if (this.#isNamed(record, key, false)) continue;
      const row = this.#index.row(
        "SELECT id, variant, description, head, sums, content, checksum, stale FROM records WHERE id = ?",
        record,
      )!;
      const sums = row.sums as Uint8Array | null;
      const isLarge = sums !== null;
      // Of several, it is known later which of them is wanted.
      const hasContent = !isLarge && ids.length === 1;
      const inline = hasContent ? row.content as Uint8Array | null : null;
      const content = hasContent && inline === null
        ? this.#fileOf(record)
        : undefined;
      const checked = sums ?? inline ?? content;
      if (hasContent && checked === undefined) continue; // its file is gone
      if (checked !== undefined && !this.#isSound(row, checked)) continue;
      found.push({
        record,
        sections: sectionsOf({
          variant: row.variant as Uint8Array,
          description: row.description as Uint8Array,
          head: row.head as Uint8Array,
          content: inline ?? NOTHING,
        }),
        content,
        hasContent,
        isLarge,
        isMarkedStale: row.stale === 1 || this.#isNamed(record, key, true),
      });
    }
    if (found.length > 0) this.#table.uses.note(found[0]!.record);
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
    this.#table.uses.note(record);
    const content = row.content === null
      ? this.#fileOf(record)
      : row.content as Uint8Array<ArrayBuffer>;
    return content !== undefined && this.#isSound(row, content)
      ? content
      : undefined;
  }

  #fileOf(record: number): Uint8Array<ArrayBuffer> | undefined {
    return this.#unlessGone(record, () => this.#files.read(record));
  }

  /** The file of a record, which the caller closes; undefined if it is gone. */
  openFile(record: number): Deno.FsFile | undefined {
    return this.#unlessGone(record, () => this.#files.open(record));
  }

  #unlessGone<Result>(
    record: number,
    read: () => Result,
  ): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.takeOutDamaged(record);
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
    this.takeOutDamaged(row.id as number);
    return false;
  }

  /**
   * Keeps a record, in place of the one with the same key and variant.
   *
   * @throws {Error} It cannot be written; what was there before stays, or is gone.
   */
  put(record: StoredRecord, { tags, isMarkedStale }: KeptTraits): void {
    const { key, variant, tags: tagBytes, description, head, content } = record;
    const isLong = content.length > INLINE_BYTES_MAX;
    const bytes = isLong ? fileBytesOf(content.length) : 0;
    // The key is in the table and in its index, tags in a table and its index.
    const indexBytes = 2 * (key.length + variant.length + tagBytes.length) +
      description.length + head.length + (isLong ? 0 : content.length);
    if (!this.#table.claim(bytes, indexBytes)) return;
    const id = this.#table.nextId++;
    try {
      if (isLong) this.#files.write(id, content);
      this.#table.insert(record, {
        id,
        bytes,
        checksum: checksumOf(description, head, content),
        content: isLong ? null : content,
        sums: null,
        tags,
        isMarkedStale,
      });
    } catch (error) {
      this.#table.unclaim(bytes);
      if (isLong) this.#files.remove(id);
      throw error;
    }
  }

  /**
   * Keeps a record whose content has been written to a file, whose bytes have been counted.
   *
   * @throws {Error} It cannot be written.
   */
  putLarge(
    id: number,
    record: StoredRecord,
    { bytes, sums, tags }: LargeTraits,
  ): void {
    const checksum = checksumOf(record.description, record.head, sums);
    const row = { id, bytes, checksum, content: null, sums, tags };
    this.#table.insert(record, { ...row, isMarkedStale: false });
    this.#table.settle(id);
  }

  /** Gives a record whose content is large another head; nothing happens if it is gone. */
  updateLarge(id: number, { description, head }: StoredRecord): void {
    const sums = this.sumsOf(id);
    if (sums === undefined) return;
    this.#index.run(
      "UPDATE records SET description = ?, head = ?, checksum = ?, stale = 0 WHERE id = ?",
      description,
      head,
      checksumOf(description, head, sums),
      id,
    );
  }

  /** The checksums of the pieces of large content; undefined if it is gone. */
  sumsOf(record: number): Uint8Array | undefined {
    const [row] = this.#index.query(
      "SELECT key, sums FROM records WHERE id = ?",
      record,
    );
    if (row === undefined || row.sums === null) return undefined;
    if (this.#isNamed(record, row.key as Uint8Array, false)) return undefined;
    this.#table.uses.note(record);
    return row.sums as Uint8Array;
  }

  /** A record whose content is not what was written goes. */
  takeOutDamaged(record: number): void {
    this.#damaged++;
    this.#table.remove([record]);
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
      this.#table.nextId,
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
    if (!isSoft) return this.#table.remove(records);
    this.#index.inTransaction(() => {
      for (const id of records) {
        this.#index.run("UPDATE records SET stale = 1 WHERE id = ?", id);
      }
    });
  }

  /** Lets the index go, which is no good any more. */
  abandon(): void {
    this.#index.close();
  }

  /** Writes what is left, and lets the index go. */
  close(): void {
    this.#table.uses.write();
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
