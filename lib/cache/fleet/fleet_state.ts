/**
 * What a node knows of the purges of its fleet, in memory that all its workers share.
 * One thread writes it, in order; the others look at it.
 *
 * A record carries the place at which it was stored: the generation, and the number of
 * the last purge that its node had carried out. It is good as long as no later purge
 * names it. So a purge takes nothing out of the shared store, however much it names.
 */

import { PURGE_EPOCHS_BYTES, PurgeEpochs } from "../store/purge_epochs.ts";
import { type FleetPurge, localPurge } from "./purge_text.ts";

/** A place in the sequence of all purges. */
export interface FleetPlace {
  /** Which sequence: a store that is wiped or started again begins another. */
  readonly generation: bigint;
  /** The number of the last purge that has been carried out. */
  readonly position: number;
}

/** See the module's comment: plain data that threads can share. */
export interface FleetMemory {
  readonly control: SharedArrayBuffer;
  readonly hard: SharedArrayBuffer;
  readonly soft: SharedArrayBuffer;
}

/** What is known of a record. */
export type Standing = "good" | "stale" | "gone";

/** What is counted, by all threads. */
const COUNTED = [
  "hits",
  "misses",
  "timeouts",
  "errors",
  "leasesTaken",
  "leasesShared",
  "leasesLost",
  "leasesAlone",
  "leasesLate",
] as const;

/** What a thread counts. */
export type FleetCount = (typeof COUNTED)[number];

/** Index in the 32-bit words: odd while the memory changes, and when nobody may use it. */
const TURN = 0;
/** In the 64-bit words. */
const AT = { Generation: 1, Position: 2, PausedUntil: 3, Counts: 4 } as const;
const CONTROL_BYTES = (AT.Counts + COUNTED.length) *
  BigInt64Array.BYTES_PER_ELEMENT;

/** Makes the memory of a node, which is not in step yet. */
export function createFleetMemory(): FleetMemory {
  const control = new SharedArrayBuffer(CONTROL_BYTES);
  new Int32Array(control)[TURN] = 1;
  return {
    control,
    hard: new SharedArrayBuffer(PURGE_EPOCHS_BYTES),
    soft: new SharedArrayBuffer(PURGE_EPOCHS_BYTES),
  };
}

/** See the module's comment. */
export class FleetState {
  readonly #turn: Int32Array;
  readonly #words: BigInt64Array;
  readonly #hard: PurgeEpochs;
  readonly #soft: PurgeEpochs;

  constructor({ control, hard, soft }: FleetMemory) {
    this.#turn = new Int32Array(control, 0, 2);
    this.#words = new BigInt64Array(control);
    this.#hard = new PurgeEpochs(hard);
    this.#soft = new PurgeEpochs(soft);
  }

  /** The place of this node; undefined while it is not in step with the fleet. */
  get place(): FleetPlace | undefined {
    const turn = Atomics.load(this.#turn, TURN);
    if (turn % 2 !== 0) return undefined;
    const generation = Atomics.load(this.#words, AT.Generation);
    const position = Number(Atomics.load(this.#words, AT.Position));
    return Atomics.load(this.#turn, TURN) === turn
      ? { generation, position }
      : undefined;
  }

  /** Whether a record that was stored at a place is good now; everything is gone while this node is not in step. */
  standing(
    stored: FleetPlace,
    key: Uint8Array,
    tags: readonly string[],
  ): Standing {
    const turn = Atomics.load(this.#turn, TURN);
    if (this.place?.generation !== stored.generation) return "gone";
    const named = { key, hash: fleetHash(key), tags };
    const isGone = this.#hard.hasNamed(stored.position, named);
    const isStale = this.#soft.hasNamed(stored.position, named);
    if (Atomics.load(this.#turn, TURN) !== turn) return "gone";
    return isGone ? "gone" : isStale ? "stale" : "good";
  }

  /** What all threads have counted. */
  get counts(): Readonly<Record<FleetCount, number>> {
    const counts = COUNTED.map((what, index) => {
      const count = Atomics.load(this.#words, AT.Counts + index);
      return [what, Number(count)];
    });
    return Object.fromEntries(counts);
  }

  /** Counts something. */
  count(what: FleetCount): void {
    Atomics.add(this.#words, AT.Counts + COUNTED.indexOf(what), 1n);
  }

  /** Until when a thread leaves the store alone, in ms since the epoch: the latest of them. */
  get pausedUntilMs(): number {
    return Number(Atomics.load(this.#words, AT.PausedUntil));
  }

  /** This thread leaves the store alone until then. */
  pauseUntil(ms: number): void {
    if (ms > this.pausedUntilMs) {
      Atomics.store(this.#words, AT.PausedUntil, BigInt(Math.ceil(ms)));
    }
  }

  /** Waits until a purge has been carried out here, or the node is at another place altogether. */
  async reached(
    { generation, position }: FleetPlace,
    signal: AbortSignal,
  ): Promise<boolean> {
    while (!signal.aborted) {
      const beats = Atomics.load(this.#turn, 1);
      const place = this.place;
      if (place !== undefined && place.generation !== generation) return false;
      if (place !== undefined && place.position >= position) return true;
      await Atomics.waitAsync(this.#turn, 1, beats, 1000).value;
    }
    return false;
  }

  /** The writer's: the node is not in step any more, until it `enter`s a place. */
  leave(): void {
    const turn = Atomics.load(this.#turn, TURN);
    if (turn % 2 === 0) Atomics.store(this.#turn, TURN, turn + 1);
    this.#beat();
  }

  /** The writer's, after `leave`: what is known of purges is of another generation. */
  forget(): void {
    this.#hard.clear();
    this.#soft.clear();
  }

  /** The writer's, after `leave`: the node is in step, at a place. */
  enter({ generation, position }: FleetPlace): void {
    Atomics.store(this.#words, AT.Generation, generation);
    Atomics.store(this.#words, AT.Position, BigInt(position));
    Atomics.add(this.#turn, TURN, 1);
    this.#beat();
  }

  /** The writer's: a purge is known, and is about to be carried out here. */
  note(purge: FleetPurge, number: number): void {
    const table = purge.isSoft ? this.#soft : this.#hard;
    table.note(localPurge(purge, fleetHash), number);
  }

  /** The writer's: all purges up to this one have been carried out here. */
  advance(position: number): void {
    Atomics.store(this.#words, AT.Position, BigInt(position));
    this.#beat();
  }

  #beat(): void {
    Atomics.add(this.#turn, 1, 1);
    Atomics.notify(this.#turn, 1);
  }
}

/** The hash of a key in the tables: the same in all threads of a node. */
function fleetHash(key: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key[i]!, 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & 0x3fffffff;
}

/** A generation as text of the store: 16 hexadecimal digits; undefined if it is not one. */
export function readGeneration(text: string): bigint | undefined {
  return /^[0-9a-f]{16}$/.test(text)
    ? BigInt.asIntN(64, BigInt(`0x${text}`))
    : undefined;
}

/** The opposite of {@linkcode readGeneration}. */
export function generationText(generation: bigint): string {
  return BigInt.asUintN(64, generation).toString(16).padStart(16, "0");
}
