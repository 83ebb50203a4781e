/** The index of the cache on disk: a database of its own, which one process opens at a time. */

// deno-lint-ignore no-external-import -- a part of the runtime
import type { DatabaseSync } from "node:sqlite";
import { nodeModule } from "../../net/node_module.ts";

/** What the tables are like; another version's are not read. */
const SCHEMA_VERSION = 1;
/** Bytes of the journal at which it is written back … */
const JOURNAL_PAGES = 1000;
/** … and that it keeps for the next. */
export const JOURNAL_BYTES_MAX = 8 * 1024 * 1024;

const TABLES = `
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  variant BLOB NOT NULL,
  host TEXT NOT NULL,
  description BLOB NOT NULL,
  head BLOB NOT NULL,
  content BLOB,
  length INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  checksum BLOB NOT NULL,
  used INTEGER NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0,
  UNIQUE (key, variant)
) STRICT;
CREATE INDEX by_host ON records (host);
CREATE INDEX by_used ON records (used);
CREATE TABLE tags (
  tag TEXT NOT NULL,
  record INTEGER NOT NULL,
  PRIMARY KEY (tag, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_record ON tags (record);
`;

/** SQLite's own words for what has a better one. */
const BUSY = /locked|busy/;

/** Another process has opened it. */
export class InUseError extends Error {
  override readonly name = "InUseError";
}

/**
 * Opens the index in a file, and makes it if there is none.
 *
 * @throws {Error} A line for the operator: another process has it, another version made
 *   it, or it cannot be read or written.
 */
export function openIndex(path: string): DatabaseSync {
  const { DatabaseSync } = nodeModule("node:sqlite");
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    prepare(database);
    return database;
  } catch (error) {
    database?.close();
    const { message } = error as Error;
    if (!BUSY.test(message)) throw error;
    throw new InUseError("another process is using it", { cause: error });
  }
}

function prepare(database: DatabaseSync): void {
  database.exec(`
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = ${JOURNAL_PAGES};
    PRAGMA journal_size_limit = ${JOURNAL_BYTES_MAX};
    PRAGMA temp_store = MEMORY;
    BEGIN EXCLUSIVE;
  `);
  const known = numberOf(database, "PRAGMA user_version");
  if (known === 0) {
    database.exec(`${TABLES}PRAGMA user_version = ${SCHEMA_VERSION};`);
  }
  database.exec("COMMIT");
  if (known === 0 || known === SCHEMA_VERSION) return;
  throw new Error(
    `its index has version ${known}, and this sluice reads ${SCHEMA_VERSION}: empty the folder, or choose another`,
  );
}

/** The one number that a statement brings. */
export function numberOf(database: DatabaseSync, statement: string): number {
  const row = database.prepare(statement).get() ?? {};
  return Number(Object.values(row)[0] ?? 0);
}

/** What a statement takes. */
export type SqlValue = string | number | null | Uint8Array;
