/**
 * The records of the cache on disk: short content is in the index, long content in
 * files of its own. Everything here blocks: it is for a thread of its own.
 *
 * A crash at any moment loses what is being written, no more. What the disk brings back
 * is compared with its checksum.
 */

// deno-lint-ignore no-external-import -- a part of the runtime
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nodeModule } from "../../net/node_module.ts";
import { equalsBytes } from "../../http/bytes.ts";
import type { StoredRecord } from "../store/stored_record.ts";
import type { BodyFiles } from "./body_files.ts";
import type { DiskFacts, FoundRecord } from "./disk_messages.ts";
import { DiskPurge, hostOf, type SelectedRow } from "./disk_purge.ts";
import type { TierPurge } from "../store/tiers/tier.ts";
import { JOURNAL_BYTES_MAX, numberOf, type SqlValue } from "./schema.ts";

/** Content up to this many bytes is in the index. */
const INLINE_BYTES_MAX = 32 * 1024;
/** What a record takes beside its bytes, in the tables and their indexes. */
const RECORD_OVERHEAD_BYTES = 512;
/** Files take whole blocks. */
const BLOCK_BYTES = 4096;
/** Records that go at a time to make room. */
const EVICTED_AT_ONCE = 64;
/** Pages that the index gives back at a time. */
const VACUUM_PAGES = 64;
/** Uses that are noted together. */
const USES_AT_ONCE = 1024;
/** Records of one key that are told. */
const FOUND_MAX = 64;

type Row = Record<string, unknown>;

/** See the module's comment. */
export class DiskRecords {
  readonly #index: DatabaseSync;
  readonly #files: BodyFiles;
  readonly #statements: Map<string, StatementSync> = new Map();
  #bytesMax: number;
  /** The number of the next record; they only grow. */
  #nextId: number;
  #count: number;
  /** Bytes of the records, by their own count. */
  #bytes: number;
  /** Uses since they were last written: by record, at which turn. */
  #uses = new Map<number, number>();
  #turn: number;
  #purges: DiskPurge[] = [];
  #evictions = 0;
  #damaged = 0;

  /** @param bytesMax What index and files may take. */
  constructor(index: DatabaseSync, files: BodyFiles, bytesMax: number) {
    this.#index = index;
    this.#files = files;
    this.#bytesMax = bytesMax;
    this.#nextId = numberOf(index, "SELECT max(id) FROM records") + 1;
    this.#count = numberOf(index, "SELECT count(*) FROM records");
    this.#bytes = numberOf(index, "SELECT sum(bytes) FROM records");
    this.#turn = numberOf(index, "SELECT max(used) FROM records") + 1;
  }

  /** What there is. */
  get facts(): DiskFacts {
    return {
      records: this.#count,
      bytes: this.#bytes,
      evictions: this.#evictions,
      damaged: this.#damaged,
    };
  }

  /** Goes by another bound, from the next record on. */
  resize(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** What is kept under a key, the youngest first, but for what a purge under way names. */
  find(key: Uint8Array): FoundRecord[] {
    const rows = this.#query(
      "SELECT id, variant, description, head, content, length, checksum, stale FROM records WHERE key = ? ORDER BY id DESC LIMIT ?",
      key,
      FOUND_MAX,
    );
    const found: FoundRecord[] = [];
    for (const row of rows) {
      const record = row.id as number;
      if (this.#isBeingPurged(record, key)) continue;
      const content = row.content === null
        ? undefined
        : row.content as Uint8Array;
      if (content !== undefined && !this.#isSound(row, content)) continue;
      found.push({
        record,
        variant: row.variant as Uint8Array,
        description: row.description as Uint8Array,
        head: row.head as Uint8Array,
        content,
        isMarkedStale: row.stale === 1 || this.#isBeingMarked(record, key),
      });
    }
    if (found.length > 0) this.#noteUse(found[0]!.record);
    return found;
  }

  #isBeingPurged(record: number, key: Uint8Array): boolean {
    return this.#purges.some((purge) =>
      !purge.isSoft && purge.names(record, key)
    );
  }

  #isBeingMarked(record: number, key: Uint8Array): boolean {
    return this.#purges.some((purge) =>
      purge.isSoft && purge.names(record, key)
    );
  }

  /** The long content of a record; undefined if it is gone, or damaged. */
  read(record: number): Uint8Array<ArrayBuffer> | undefined {
    const [row] = this.#query(
      "SELECT id, key, description, head, length, checksum FROM records WHERE id = ?",
      record,
    );
    if (row === undefined) return undefined;
    if (this.#isBeingPurged(record, row.key as Uint8Array)) return undefined;
    this.#noteUse(record);
    const content = this.#contentOf(record);
    return content !== undefined && this.#isSound(row, content)
      ? content
      : undefined;
  }

  #contentOf(record: number): Uint8Array<ArrayBuffer> | undefined {
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
  put(record: StoredRecord, tags: readonly string[]): void {
    const { key, variant, description, head, content } = record;
    const bytes = bytesOf(record);
    if (bytes > this.#bytesMax) return;
    this.#makeRoom(bytes);
    const id = this.#nextId++;
    const isLong = content.length > INLINE_BYTES_MAX;
    if (isLong) this.#files.write(id, content);
    try {
      this.#inTransaction(() => {
        this.#deleteVariant(key, variant);
        this.#run(
          "INSERT INTO records (id, key, variant, host, description, head, content, length, bytes, checksum, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          id,
          key,
          variant,
          hostOf(key),
          description,
          head,
          isLong ? null : content,
          content.length,
          bytes,
          checksumOf(description, head, content),
          this.#turn++,
        );
        for (const tag of new Set(tags)) {
          this.#run("INSERT INTO tags (tag, record) VALUES (?, ?)", tag, id);
        }
      });
    } catch (error) {
      if (isLong) this.#files.remove(id);
      throw error;
    }
    this.#count++;
    this.#bytes += bytes;
  }

  #deleteVariant(key: Uint8Array, variant: Uint8Array): void {
    const rows = this.#query(
      "SELECT id FROM records WHERE key = ? AND variant = ?",
      key,
      variant,
    );
    this.#delete(rows.map(({ id }) => id as number));
  }

  /** Takes the least recently used ones out until there is room for so many bytes more. */
  #makeRoom(bytes: number): void {
    const room = this.#bytesMax - JOURNAL_BYTES_MAX;
    while (this.#count > 0 && this.#bytes + bytes > room) {
      this.#writeUses();
      const rows = this.#query(
        "SELECT id FROM records ORDER BY used LIMIT ?",
        EVICTED_AT_ONCE,
      );
      this.#evictions += rows.length;
      this.#inTransaction(() =>
        this.#delete(rows.map(({ id }) => id as number))
      );
      this.#index.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
    }
  }

  /** Takes records out, with their files. */
  #delete(records: readonly number[]): void {
    for (const id of records) {
      const [row] = this.#query(
        "DELETE FROM records WHERE id = ? RETURNING bytes, content IS NULL AS isLong",
        id,
      );
      if (row === undefined) continue;
      this.#run("DELETE FROM tags WHERE record = ?", id);
      this.#uses.delete(id);
      this.#count--;
      this.#bytes -= row.bytes as number;
      if (row.isLong === 1) this.#files.remove(id);
    }
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
    this.#inTransaction(() => {
      for (const [record, turn] of uses) {
        this.#run("UPDATE records SET used = ? WHERE id = ?", turn, record);
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
        this.#query(
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
        const rows = this.#query(sql, ...values) as unknown as SelectedRow[];
        last = rows.at(-1);
        if (last === undefined) return count;
        const hit = rows.filter(({ key }) => wanted.meansKey(key))
          .map(({ id }) => id);
        this.#inTransaction(() => this.#hit(hit, wanted.isSoft));
        count += hit.length;
        yield;
      }
    } finally {
      this.#purges = this.#purges.filter((other) => other !== wanted);
    }
  }

  #hit(records: readonly number[], isSoft: boolean): void {
    if (!isSoft) return this.#delete(records);
    for (const id of records) {
      this.#run("UPDATE records SET stale = 1 WHERE id = ?", id);
    }
  }

  /** Removes files that no record has: a crash has left them. */
  *sweep(): Generator<void> {
    for (const names of this.#files.all()) {
      for (const id of names) {
        const isKnown =
          this.#query("SELECT 1 FROM records WHERE id = ?", id).length > 0;
        if (!isKnown) this.#files.remove(id);
      }
      yield;
    }
  }

  /** Writes what is left, and lets the index go. */
  close(): void {
    this.#writeUses();
    this.#statements.clear();
    this.#index.close();
  }

  #inTransaction(task: () => void): void {
    this.#index.exec("BEGIN IMMEDIATE");
    try {
      task();
      this.#index.exec("COMMIT");
    } catch (error) {
      if (this.#index.isTransaction) this.#index.exec("ROLLBACK");
      throw error;
    }
  }

  #query(sql: string, ...values: SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  #run(sql: string, ...values: SqlValue[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#index.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function bytesOf(
  { key, variant, tags, description, head, content }: StoredRecord,
): number {
  const isLong = content.length > INLINE_BYTES_MAX;
  const file = isLong
    ? Math.ceil(content.length / BLOCK_BYTES) * BLOCK_BYTES
    : content.length;
  // The key is in the table and in its index, tags in a table and its index.
  return 2 * (key.length + variant.length + tags.length) +
    description.length + head.length + file + RECORD_OVERHEAD_BYTES;
}

function checksumOf(
  description: Uint8Array,
  head: Uint8Array,
  content: Uint8Array,
): Uint8Array {
  const hash = nodeModule("node:crypto").createHash("sha256");
  for (const part of [description, head, content]) {
    hash.update(`${part.length},`).update(part);
  }
  return new Uint8Array(hash.digest());
}
