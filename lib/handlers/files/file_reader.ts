/** The content of a file, read as it is sent: see `ContentReader`. */

import type { ContentReader, StreamedContent } from "../../deliver/reply.ts";
import type { SharedFile } from "../../files/shared_file.ts";
import { HttpError } from "../../http/error.ts";
import { giveBuffer, takeBuffer } from "../../net/buffers.ts";

/** Bytes of the first read of a range, which may be all that is asked for, and of each while many read. */
const READ_BYTES = 64 * 1024;
/** Bytes of other reads: each costs as much as copying 200 KiB (measured). */
const LONG_READ_BYTES = 256 * 1024;
/** Readers that may have long reads at the same time; 16 MiB of buffers in all. */
const LONG_READERS_MAX = 64;

/** How much is read at a time, so that buffers stay few; one for each thread. */
export class ReadSizes {
  #long = 0;

  /** Whether one more reader has long reads, until `end`. */
  begin(): boolean {
    if (this.#long >= LONG_READERS_MAX) return false;
    this.#long++;
    return true;
  }

  /** Ends what `begin` allowed. */
  end(): void {
    this.#long--;
  }
}

/** The content of an open file, which stays open until whoever opened it has been answered. */
export class FileContent implements StreamedContent {
  readonly length: number;
  readonly #file: SharedFile;
  readonly #sizes: ReadSizes;

  /** @param file Acquired. */
  constructor(file: SharedFile, sizes: ReadSizes) {
    this.length = file.identity.size;
    this.#file = file;
    this.#sizes = sizes;
  }

  open(): ContentReader {
    return new FileReader(this.#file, this.length, this.#sizes);
  }
}

/** Reads a file at the pace at which its runs are taken; it never holds more than one. */
class FileReader implements ContentReader {
  contentBytes = 0;
  readonly #file: SharedFile;
  readonly #length: number;
  readonly #sizes: ReadSizes;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #isLong = false;
  /** Whether it is not read from its beginning to its end. */
  #isPart = false;
  /** The part of the buffer that has been read and not been taken. */
  #start = 0;
  #end = 0;
  /** Where the next byte that is taken is in the file. */
  #position = 0;

  constructor(file: SharedFile, length: number, sizes: ReadSizes) {
    this.#file = file;
    this.#length = length;
    this.#sizes = sizes;
  }

  get done(): boolean {
    return this.#position === this.#length;
  }

  take(bytesMax = Infinity): Uint8Array | undefined {
    if (this.#start === this.#end) return undefined;
    const end = Math.min(this.#end, this.#start + bytesMax);
    const run = this.#buffer!.subarray(this.#start, end);
    this.#start = end;
    this.#position += run.length;
    this.contentBytes += run.length;
    return run;
  }

  async more(): Promise<void> {
    if (this.#start < this.#end || this.done) return;
    const buffer = this.#makeRoom();
    const length = Math.min(buffer.length, this.#length - this.#position);
    const count = await this.#read(buffer, length);
    if (count === 0) {
      throw new HttpError(
        "file_cut",
        `${this.#file.path} was cut while it was sent`,
      );
    }
    this.#start = 0;
    this.#end = count;
  }

  async #read(buffer: Uint8Array, length: number): Promise<number> {
    try {
      return await this.#file.read(buffer, length, this.#position);
    } catch (error) {
      throw new HttpError("file_cut", `Cannot read ${this.#file.path}`, error);
    }
  }

  /** The buffer of the next read: a longer one unless it is the first of a part, which may be short. */
  #makeRoom(): Uint8Array<ArrayBuffer> {
    const isLeft = this.#length - this.#position > READ_BYTES;
    const isLonger = isLeft && !this.#isLong &&
      !(this.#isPart && this.#buffer === undefined);
    if (isLonger && this.#sizes.begin()) {
      this.#isLong = true;
      if (this.#buffer !== undefined) giveBuffer(this.#buffer);
      this.#buffer = takeBuffer(LONG_READ_BYTES);
    }
    return this.#buffer ??= takeBuffer(READ_BYTES);
  }

  seek(offset: number): void {
    const skipped = offset - this.#position;
    this.#isPart = true;
    this.#position = offset;
    this.#start = Math.min(this.#start + skipped, this.#end);
  }

  close(): void {
    if (this.#isLong) this.#sizes.end();
    this.#isLong = false;
    if (this.#buffer !== undefined) giveBuffer(this.#buffer);
    this.#buffer = undefined;
    this.#start = this.#end = 0;
  }
}
