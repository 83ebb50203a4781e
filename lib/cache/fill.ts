/**
 * Content on its way into the cache, and those who read it meanwhile.
 *
 * The origin's pace is the filler's alone: a slow reader holds up nobody, because
 * what it has not read is kept anyway. That ends where content turns out to be
 * larger than may be stored: from there on it only passes through, in a window,
 * and the slowest reader sets the pace.
 *
 * A buffer that has been handed out is never written to again below its end, so
 * that a write of it may still be under way while more arrives.
 */

import { Signal } from "./signal.ts";
import { classSize, type Storage } from "./storage.ts";

/** The buffer of content whose length nobody knows, at first. */
const INITIAL_BYTES = 16 * 1024;
/** The buffer of content that only passes through; it grows if a run is larger. */
const WINDOW_BYTES = 256 * 1024;
/** Content that is nearly there is fetched to its end even if nobody reads it any more. */
const NEARLY_DONE_BYTES = 64 * 1024;
/** … or if no more than this part of it is missing. */
const NEARLY_DONE_FRACTION = 0.25;

/** How far a fill has come. */
export type FillState = "filling" | "done" | "failed";

/** Is told when the last reader has left, unless the fill goes on without. */
export interface FillOwner {
  onDeserted(): void;
}

/** See the module's comment. */
export class Fill extends Signal {
  state: FillState = "filling";
  /** Whether the content only passes through, because it is larger than may be stored. */
  isPassing = false;
  /** Octets of content if the origin has said; -1 if not. */
  readonly length: number;
  /** Told when nobody reads any more. */
  owner: FillOwner | undefined;
  /** Octets that have arrived so far. */
  arrived = 0;

  #bytes: Uint8Array<ArrayBuffer>;
  /** The offset in the content at which `#bytes` begins. */
  #base = 0;
  readonly #bytesMax: number;
  readonly #storage: Storage;
  readonly #readers = new Set<FillReader>();

  /**
   * @param length Octets of content; -1 if unknown.
   * @param bytesMax Octets that may be stored.
   * @param storage Where buffers come from.
   */
  constructor(length: number, bytesMax: number, storage: Storage) {
    super();
    this.length = length;
    this.#bytesMax = bytesMax;
    this.#storage = storage;
    this.#bytes = storage.take(length < 0 ? INITIAL_BYTES : length);
  }

  /** The size of the buffer. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Takes in a run of content; readers learn of it through `announce`. */
  append(run: Uint8Array): void {
    const end = this.arrived - this.#base;
    if (end + run.length > this.#bytes.length) this.#grow(end + run.length);
    this.#bytes.set(run, end);
    this.arrived += run.length;
    if (this.arrived > this.#bytesMax) this.isPassing = true;
  }

  #grow(needed: number): void {
    let size = Math.max(this.#bytes.length, INITIAL_BYTES);
    while (size < needed) size *= 2;
    this.#move(size);
  }

  /** Goes on in a buffer of another size; the old one is used again if nobody can be reading it. */
  #move(size: number): void {
    const old = this.#bytes;
    const bytes = this.#storage.take(size);
    bytes.set(old.subarray(0, this.arrived - this.#base));
    this.#bytes = bytes;
    if (this.#readers.size === 0) this.#storage.give(old);
  }

  /** The content has arrived whole. */
  complete(): void {
    this.state = "done";
    this.announce();
  }

  /** The content will never be whole. */
  fail(): void {
    if (this.state === "filling") this.state = "failed";
    this.announce();
  }

  /** The buffer that holds the content, once it is done, no larger than it needs to be. */
  content(): Uint8Array<ArrayBuffer> {
    if (classSize(this.arrived) < this.#bytes.length) this.#move(this.arrived);
    return this.#bytes;
  }

  /** Whether someone reads, or has a write under way of what it read. */
  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  /**
   * Waits, when the content only passes, until every reader has taken all of it; then
   * forgets it.
   *
   * @param isHeld Whether somebody may yet begin to read: nothing is forgotten before.
   */
  async drained(isHeld = (): boolean => false): Promise<void> {
    while (this.state === "filling" && !this.#isDrained(isHeld)) {
      await this.changed();
    }
    if (this.state !== "filling") return;
    this.#base = this.arrived;
    // A reader has taken what has been written: no write of the buffer is under way.
    if (this.#bytes.length > WINDOW_BYTES) {
      this.#bytes = new Uint8Array(WINDOW_BYTES);
    }
  }

  #isDrained(isHeld: () => boolean): boolean {
    if (this.#readers.size === 0) return !isHeld();
    for (const { position } of this.#readers) {
      if (position < this.arrived) return false;
    }
    return true;
  }

  /** Starts to read from the beginning; only while nothing has passed. */
  open(): FillReader {
    const reader = new FillReader(this);
    this.#readers.add(reader);
    return reader;
  }

  /** What has arrived after `position`. */
  from(position: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(
      position - this.#base,
      this.arrived - this.#base,
    );
  }

  /** A reader has taken what it was given. */
  onTaken(): void {
    if (this.isPassing) this.announce();
  }

  /** A reader leaves. */
  onClosed(reader: FillReader): void {
    this.#readers.delete(reader);
    if (this.isPassing) this.announce();
    if (this.#readers.size > 0) return;
    const isWanted = this.state === "filling" && !this.isPassing &&
      this.#isNearlyDone();
    if (!isWanted) this.owner?.onDeserted();
  }

  #isNearlyDone(): boolean {
    if (this.length < 0) return false;
    const missing = this.length - this.arrived;
    return missing <= NEARLY_DONE_BYTES ||
      missing <= this.length * NEARLY_DONE_FRACTION;
  }
}

/** One who reads a fill, from the beginning, at its own pace. */
export class FillReader {
  /** How much it has taken. */
  position = 0;
  readonly fill: Fill;

  constructor(fill: Fill) {
    this.fill = fill;
  }

  /** What has arrived and it has not taken; may be empty. */
  next(): Uint8Array<ArrayBuffer> {
    return this.fill.from(this.position);
  }

  /** Says that `count` octets are taken. */
  take(count: number): void {
    this.position += count;
    this.fill.onTaken();
  }

  /** Leaves. */
  close(): void {
    this.fill.onClosed(this);
  }
}
