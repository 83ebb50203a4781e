/** What the store says of the purges of a fleet (pure). */

import type { Reply } from "./connection.ts";
import { readGeneration } from "./fleet_state.ts";
import { type FleetPurge, readPurge } from "./purge_text.ts";

/** A purge with its number. */
export interface PurgeEntry {
  readonly number: number;
  readonly purge: FleetPurge;
  /** When it was numbered, by the store's clock, in ms; undefined if an earlier version did. */
  readonly atMs: number | undefined;
}

/** An answer to `SYNC`. */
export interface SyncReply {
  readonly generation: bigint;
  /** The number of the last purge. */
  readonly last: number;
  /** Those behind the number that was asked for, in order; perhaps not all of them. */
  readonly entries: readonly PurgeEntry[];
  /** The store's time, in ms. */
  readonly nowMs: number | undefined;
}

const DECODER = new TextDecoder();

/**
 * Reads an answer.
 *
 * @throws {Error} It is none.
 */
export function readSync(reply: Reply): SyncReply {
  if (!Array.isArray(reply)) throw new Error("an answer that cannot be read");
  const [generation, last, entries, now] = reply as readonly Reply[];
  const known = readGeneration(textOf(generation));
  if (known === undefined || !Array.isArray(entries)) {
    throw new Error("an answer that cannot be read");
  }
  return {
    generation: known,
    last: numberOf(textOf(last)),
    entries: entries.map(readEntry),
    nowMs: timeOf(now),
  };
}

function readEntry(reply: Reply): PurgeEntry {
  const [id, fields] = reply as readonly [Reply, readonly Reply[]];
  const number = numberOf(textOf(id).split("-")[0]!);
  const [, purge, , at] = fields;
  return { number, purge: readPurge(textOf(purge)), atMs: timeOf(at) };
}

function timeOf(reply: Reply | undefined): number | undefined {
  return reply === undefined ? undefined : numberOf(textOf(reply));
}

function numberOf(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error("an answer that cannot be read");
}

function textOf(reply: Reply | undefined): string {
  if (reply instanceof Uint8Array) return DECODER.decode(reply);
  throw new Error("an answer that cannot be read");
}

/**
 * The number up to which purges are unknown: some that were numbered behind `position`
 * are not among the entries. Undefined if none is missing before the last entry.
 */
export function unknownUpTo(
  position: number,
  { last, entries }: Pick<SyncReply, "last"> & {
    readonly entries: readonly Pick<PurgeEntry, "number">[];
  },
): number | undefined {
  if (entries.length === 0) return last > position ? last : undefined;
  let before = position;
  let unknown: number | undefined;
  for (const { number } of entries) {
    if (number !== before + 1) unknown = number - 1;
    before = number;
  }
  return unknown;
}
