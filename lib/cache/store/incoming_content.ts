/**
 * Content on its way into the cache, and those who read it meanwhile.
 *
 * The origin's pace is the receiver's alone: a slow reader holds up nobody, because
 * what it has not read is kept anyway. That ends where content turns out to be
 * larger than may be stored, or than there is room for: from there on it only passes
 * through, in a window, and a reader that is a window behind holds up the others,
 * until it is cut off (`receive_content.ts`).
 *
 * A buffer from which a reader may be writing is never written to below its end.
 */

import { Signal } from "./signal.ts";
import { classSize, type Storage } from "./storage.ts";

/** The buffer of content whose length nobody knows, at first. */
const INITIAL_BYTES = 16 * 1024;
/** How far readers may be apart when content only passes through; a run may be larger. */
export const WINDOW_BYTES: number = 256 * 1024;
/** Content that is nearly there is fetched to its end even if nobody reads it any more. */
const NEARLY_DONE_BYTES = 64 * 1024;
/** … or if no more than this part of it is missing. */
const NEARLY_DONE_FRACTION = 0.25;

/** How much of it has come. */
export type IncomingState = "receiving" | "done" | "failed";

/** Is told when the last reader has left. */
export interface IncomingOwner {
  onNoReaders(): void;
}

/** Where content that only passes can be read that is not in memory any more. */
export interface PassedContent {
  /**
   * Some of the content from an offset on, which has arrived; empty if the rest is still
   * to come. Undefined if it cannot be had.
   */
  read(offset: number): Promise<Uint8Array | undefined>;
}

/** Where it has its memory from. */
export interface IncomingRoom {
  readonly storage: Storage;
  /** Whether so many more bytes may be taken. */
  mayGrow(bytes: number): boolean;
}

/** A buffer, and from how many readers' writes it must be kept. */
interface Lent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readers: number;
}

/** See the module's comment. */
export class IncomingContent extends Signal {
  state: IncomingState = "receiving";
  /** Whether the content only passes through, because it cannot be stored. */
  isTooLargeToStore = false;
  /** Where readers go on that are behind; undefined if they cannot. */
  passed: PassedContent | undefined;
  /** Bytes of content if the origin has said; -1 if not. */
  readonly length: number;
  /** Whether it is fetched to its end even if nobody reads it any more. */
  isAlwaysFinished = false;
  /** Told when nobody reads any more. */
  owner: IncomingOwner | undefined;
  /** Bytes that have arrived so far. */
  arrived = 0;
  /** Bytes of buffers that it has given up, from which readers may still be writing. */
  retiredBytes = 0;

  #buffer: Lent;
  /** The offset in the content at which `#buffer` begins. */
  #base = 0;
  /** Bytes of a run that has its way. */
  #wayBytes = 0;
  readonly #bytesMax: number;
  readonly #room: IncomingRoom;
  readonly #readers = new Set<IncomingReader>();

  /**
   * @param length Bytes of content; -1 if unknown.
   * @param bytesMax Bytes that may be stored.
   * @param room Where buffers come from.
   * @param onlyPasses Whether it is known that it is too large to be stored.
   */
  constructor(
    length: number,
    bytesMax: number,
    room: IncomingRoom,
    onlyPasses = false,
  ) {
    super();
    this.length = length;
    this.#bytesMax = bytesMax;
    this.#room = room;
    this.isTooLargeToStore = onlyPasses;
    const size = length < 0 || onlyPasses ? INITIAL_BYTES : length;
    this.#buffer = { bytes: room.storage.take(size), readers: 0 };
  }

  /** The size of its buffers. */
  get capacity(): number {
    return this.#buffer.bytes.length + this.retiredBytes;
  }

  /**
   * Takes in a run of content; readers learn of it through `notify`.
   *
   * @returns Whether it has been taken in. If not, the content only passes from here
   *   on: the run can be appended once it {@linkcode hasWay}.
   */
  append(run: Uint8Array): boolean {
    this.isTooLargeToStore ||= !this.#keeps(this.arrived + run.length);
    if (this.isTooLargeToStore && run.length > this.#wayBytes) return false;
    this.#wayBytes = 0;
    this.#buffer.bytes.set(run, this.arrived - this.#base);
    this.arrived += run.length;
    return true;
  }

  /** Whether so much of the content can be kept: the buffer grows if need be. */
  #keeps(bytes: number): boolean {
    if (bytes > this.#bytesMax) return false;
    const { length } = this.#buffer.bytes;
    if (bytes <= length) return true;
    let size = Math.max(length, INITIAL_BYTES);
    while (size < bytes) size *= 2;
    size = classSize(Math.min(size, Math.max(this.#bytesMax, INITIAL_BYTES)));
    const isLent = this.#buffer.readers > 0;
    if (!this.#room.mayGrow(isLent ? size : size - length)) return false;
    this.#move(this.#room.storage.take(size), 0);
    return true;
  }

  /** Goes on in another buffer with what begins at `base`. */
  #move(bytes: Uint8Array<ArrayBuffer>, base: number): void {
    const old = this.#buffer;
    bytes.set(this.from(base));
    this.#buffer = { bytes, readers: 0 };
    this.#base = base;
    this.retiredBytes += old.bytes.length;
    this.#giveUp(old);
  }

  /** Uses a buffer again that has been retired, once no reader can be writing from it. */
  #giveUp({ bytes, readers }: Lent): void {
    if (readers > 0) return;
    this.retiredBytes -= bytes.length;
    this.#room.storage.give(bytes);
  }

  /** The content has arrived whole. */
  complete(): void {
    this.state = "done";
    this.notify();
  }

  /** Whether it will never be whole. */
  get isFailed(): boolean {
    return this.state === "failed";
  }

  /** The content will never be whole. */
  fail(): void {
    if (this.state === "receiving") this.state = "failed";
    this.notify();
  }

  /** The buffer that holds the content, once it is done, no larger than it needs to be. */
  content(): Uint8Array<ArrayBuffer> {
    const isLoose = classSize(this.arrived) < this.#buffer.bytes.length;
    if (isLoose && this.#buffer.readers === 0) {
      this.#move(this.#room.storage.take(this.arrived), 0);
    }
    return this.#buffer.bytes;
  }

  /** Whether someone reads, or has a write under way of what it read. */
  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  /**
   * Whether a run of `count` bytes has its way when the content only passes: no reader
   * is more than a window behind it. What all have taken is forgotten then.
   */
  hasWay(count: number): boolean {
    let slowest = this.arrived;
    for (const { position } of this.#readers) {
      if (position < slowest) slowest = position;
    }
    const behind = this.arrived - slowest;
    if (behind > 0 && behind + count > WINDOW_BYTES) return false;
    const { bytes, readers } = this.#buffer;
    const size = Math.max(WINDOW_BYTES, count);
    const isFree = readers === 0 && behind === 0;
    if (isFree && bytes.length >= count && bytes.length <= size) {
      this.#base = this.arrived;
    } else if (
      bytes.length > size || this.arrived - this.#base + count > bytes.length
    ) this.#move(this.#room.storage.take(size), slowest);
    this.#wayBytes = count;
    return true;
  }

  /** Whether readers wait for a run of `count` bytes that has no way because of others. */
  isHeldUp(count: number): boolean {
    let isAwaited = false;
    let isBlocked = false;
    for (const reader of this.#readers) {
      if (reader.position === this.arrived) isAwaited = true;
      else if (this.#isBlocking(reader, count) && !reader.isEssential) {
        isBlocked = true;
      }
    }
    return isAwaited && isBlocked;
  }

  #isBlocking({ position }: IncomingReader, count: number): boolean {
    const behind = this.arrived - position;
    return behind > 0 && behind + count > WINDOW_BYTES;
  }

  /** Lets readers that hold up others go on with what has passed, as far as they can. */
  letGo(count: number): void {
    if (this.passed === undefined) return;
    for (const reader of [...this.#readers]) {
      if (!reader.mayFollow || !this.#isBlocking(reader, count)) continue;
      this.#readers.delete(reader);
      reader.isBehind = true;
    }
  }

  /** Cuts off the readers because of which a run of `count` bytes has no way. */
  cutOff(count: number): void {
    for (const reader of [...this.#readers]) {
      if (!this.#isBlocking(reader, count) || reader.isEssential) continue;
      this.#readers.delete(reader);
      reader.onCut?.();
    }
    this.notify();
  }

  /** Somebody begins to read. */
  open(): IncomingReader {
    const reader = new IncomingReader(this);
    this.#readers.add(reader);
    if (this.isTooLargeToStore) this.notify(); // what has been waiting for a reader comes now
    return reader;
  }

  /** What has arrived after `position`. */
  from(position: number): Uint8Array<ArrayBuffer> {
    if (position < this.#base) {
      throw new RangeError("Cannot read what is forgotten");
    }
    return this.#buffer.bytes.subarray(
      position - this.#base,
      this.arrived - this.#base,
    );
  }

  /** Lends the buffer to a reader that may write from it, until it is handed back. */
  lend(): Lent {
    this.#buffer.readers++;
    return this.#buffer;
  }

  /** A reader has done with a buffer. */
  handBack(lent: Lent): void {
    lent.readers--;
    if (lent !== this.#buffer) this.#giveUp(lent);
  }

  /** A reader has taken what it was given. */
  onTaken(): void {
    if (this.isTooLargeToStore) this.notify();
  }

  /** A reader leaves. */
  onClosed(reader: IncomingReader): void {
    this.#readers.delete(reader);
    if (this.isTooLargeToStore) this.notify();
    if (this.#readers.size === 0) this.owner?.onNoReaders();
  }

  /** Whether it is worth fetching for nobody: mostly, because so little is missing. */
  get isNearlyDone(): boolean {
    if (this.isAlwaysFinished) return true;
    if (this.length < 0 || this.isTooLargeToStore) return false;
    const missing = this.length - this.arrived;
    return missing <= NEARLY_DONE_BYTES ||
      missing <= this.length * NEARLY_DONE_FRACTION;
  }
}

/** One who reads it, from the beginning, at its own pace. */
export class IncomingReader {
  /** How much it has taken. */
  position = 0;
  /** Whether it can go on with what has passed. */
  mayFollow = false;
  /** Whether others read what it keeps: it is waited for, however long it takes. */
  isEssential = false;
  /** Whether it does: what comes next is not in memory any more. */
  isBehind = false;
  /** Called when it is cut off because others wait for it. */
  onCut: (() => void) | undefined;
  readonly incoming: IncomingContent;
  /** The buffer from which it may be writing. */
  #lent: Lent | undefined;

  constructor(incoming: IncomingContent) {
    this.incoming = incoming;
  }

  /** What has arrived and it has not taken; may be empty. It does not change until `take` or `close`. */
  next(): Uint8Array<ArrayBuffer> {
    const run = this.incoming.from(this.position);
    this.#handBack();
    if (run.length > 0) this.#lent = this.incoming.lend();
    return run;
  }

  /** Says that `count` bytes are taken. */
  take(count: number): void {
    this.position += count;
    this.#handBack();
    this.incoming.onTaken();
  }

  #handBack(): void {
    if (this.#lent === undefined) return;
    this.incoming.handBack(this.#lent);
    this.#lent = undefined;
  }

  /** Leaves. */
  close(): void {
    this.#handBack();
    this.incoming.onClosed(this);
  }
}
