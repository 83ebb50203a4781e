/** Statements on the index of the cache on disk, each prepared once. */

// deno-lint-ignore no-external-import -- a part of the runtime
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SqlValue } from "./schema.ts";

/** What a statement brings of one record. */
export type Row = Record<string, unknown>;

/** See the module's comment. */
export class DiskIndex {
  readonly #database: DatabaseSync;
  readonly #statements: Map<string, StatementSync> = new Map();
  readonly #pageBytes: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#pageBytes = this.number("PRAGMA page_size");
  }

  /** Bytes of its file. */
  get bytes(): number {
    return this.number("PRAGMA page_count") * this.#pageBytes;
  }

  /** Those of them that it can use again. */
  get freeBytes(): number {
    return this.number("PRAGMA freelist_count") * this.#pageBytes;
  }

  /** Gives back so many of the bytes that it can use again, as far as there are so many. */
  shrink(bytes: number): void {
    const pages = Math.ceil(bytes / this.#pageBytes);
    this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
  }

  /** Has what is written survive a loss of power, too. */
  settle(): void {
    this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
  }

  query(sql: string, ...values: SqlValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** The first of what a statement brings. */
  row(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  run(sql: string, ...values: SqlValue[]): void {
    this.#statement(sql).run(...values);
  }

  /** The one number that a statement brings; 0 if it brings none. */
  number(sql: string, ...values: SqlValue[]): number {
    return Number(Object.values(this.query(sql, ...values)[0] ?? {})[0] ?? 0);
  }

  /** Does all of a task, or nothing. */
  inTransaction(task: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      task();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Lets it go. */
  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}
