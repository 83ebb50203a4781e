/** The index of the cache on disk: a database of its own, which one process opens at a time. */

// deno-lint-ignore no-external-import -- a part of the runtime
import type { DatabaseSync } from "node:sqlite";
import { nodeModule } from "../../net/node_module.ts";

/** What the tables are like; another version's are not read. */
const SCHEMA_VERSION = 3;
/** Says in the header of the file whose it is: `slui`. */
const APPLICATION_ID = 0x736c7569;
/** Bytes of the journal at which it is written back … */
const JOURNAL_PAGES = 1000;
/** … and that it keeps for the next: more than what is written in one go behind those. */
export const JOURNAL_BYTES_MAX = 8 * 1024 * 1024;
const UNOPENED = /unable to open/;
/** The files that make an index. */
const FILES = ["", "-wal", "-shm"];

const TABLES = `
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL,
  variant BLOB NOT NULL,
  host TEXT NOT NULL,
  description BLOB NOT NULL,
  head BLOB NOT NULL,
  -- Of its file; 0 if it has none.
  bytes INTEGER NOT NULL,
  checksum BLOB NOT NULL,
  used INTEGER NOT NULL,
  stale INTEGER NOT NULL DEFAULT 0,
  -- Of each piece of large content, which is in a file.
  sums BLOB,
  -- The last, so that nothing else has to be read past it.
  content BLOB,
  UNIQUE (key, variant)
) STRICT;
CREATE INDEX by_host ON records (host);
CREATE INDEX by_used ON records (used, bytes);
CREATE TABLE tags (
  tag TEXT NOT NULL,
  record INTEGER NOT NULL,
  PRIMARY KEY (tag, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_record ON tags (record);
`;

/** Columns that nobody else's table has together. */
const OWN_COLUMN_COUNT = 4;
const OWN_COLUMNS =
  "SELECT count(*) FROM pragma_table_info('records') WHERE name IN ('variant', 'description', 'checksum', 'stale')";

/** SQLite's own words for what has a better one. */
const BUSY = /locked|busy/;
const DAMAGED = /malformed|not a database|file is encrypted/;
/** The same of what is the disk's trouble, and not the configuration's: in those of the system, too. */
const TROUBLED =
  /readonly database|database or disk is full|disk I\/O error|os error (?:5|28|30|122)\b/;

/** Another process has opened it. */
export class InUseError extends Error {
  override readonly name = "InUseError";
}

/** It is an index of sluice's, but of another version. */
export class OtherVersionError extends Error {
  override readonly name = "OtherVersionError";
}

/** Whether an error says that the disk is full, broken or read-only. */
export function isTrouble(error: unknown): boolean {
  return error instanceof Error && TROUBLED.test(error.message);
}

/**
 * Opens the index in a file, and makes it if there is none.
 *
 * @throws {OtherVersionError} Another version made it.
 * @throws {Error} A line for the operator: another process has it, it is not sluice's, or
 *   it cannot be read or written. Nothing is changed then.
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
    // The system says better why.
    if (UNOPENED.test(message)) {
      Deno.openSync(path, { read: true, write: true, create: true }).close();
    }
    if (!BUSY.test(message)) throw error;
    throw new InUseError("another process is using it", { cause: error });
  }
}

function prepare(database: DatabaseSync): void {
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const known = versionOf(database);
  database.exec(`
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = ${JOURNAL_PAGES};
    PRAGMA journal_size_limit = ${JOURNAL_BYTES_MAX};
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    BEGIN EXCLUSIVE;
  `);
  if (known === 0) {
    database.exec(`${TABLES}PRAGMA user_version = ${SCHEMA_VERSION};`);
  }
  if (numberOf(database, "PRAGMA application_id") !== APPLICATION_ID) {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  }
  database.exec("COMMIT");
}

/**
 * The version of what is there, which can be read; 0 if there is nothing.
 *
 * @throws {Error} As {@linkcode openIndex}.
 */
function versionOf(database: DatabaseSync): number {
  const version = numberOf(database, "PRAGMA user_version");
  const tables = numberOf(database, "SELECT count(*) FROM sqlite_master");
  if (version === 0 && tables === 0) return 0;
  const isOurs = isSluices(database);
  if (isOurs && version === SCHEMA_VERSION) return version;
  const has = `its index has version ${version}`;
  if (isOurs) {
    throw new OtherVersionError(
      `${has}, and this sluice reads ${SCHEMA_VERSION}`,
    );
  }
  throw new Error(
    version === 0
      ? "its index.sqlite is not sluice's: choose another folder"
      : `${has}, and this sluice reads ${SCHEMA_VERSION}: empty the folder, or choose another`,
  );
}

/** Whether it certainly is an index of sluice's; the first ones did not say so. */
function isSluices(database: DatabaseSync): boolean {
  return numberOf(database, "PRAGMA application_id") === APPLICATION_ID ||
    numberOf(database, OWN_COLUMNS) === OWN_COLUMN_COUNT;
}

/** Whether an error says that the index itself is no good. */
export function isDamage(error: unknown): boolean {
  return error instanceof Error && DAMAGED.test(error.message);
}

/** Removes an index that is no good. */
export function removeIndex(path: string): void {
  for (const end of FILES) {
    try {
      Deno.removeSync(path + end);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The one number that a statement brings. */
export function numberOf(database: DatabaseSync, statement: string): number {
  const row = database.prepare(statement).get() ?? {};
  return Number(Object.values(row)[0] ?? 0);
}

/** What a statement takes. */
export type SqlValue = string | number | null | Uint8Array;
