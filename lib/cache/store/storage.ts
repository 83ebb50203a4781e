/**
 * Buffers for stored content, used again when what they held has gone.
 *
 * A store that is full replaces content all the time. If each piece had a buffer of
 * its own, those that were given up would wait for the collector, and the process
 * would take twice or three times what it stores (measured; see
 * docs/performance.md). So buffers come in classes, eight to each doubling of the
 * size: a seventeenth is wasted on average, and what one piece leaves fits the next.
 */

import { bufferWithRoom } from "./headroom.ts";

/** Content of this many bytes leaves behind its head; what is smaller is copied there. */
const ROOM_FROM = 32 * 1024;
/** The smallest class. */
const SMALLEST = 256;
const CLASSES_PER_DOUBLING = 8;

/** The size of the buffer that holds `size` bytes. */
export function classSize(size: number): number {
  if (size <= SMALLEST) return size === 0 ? 0 : SMALLEST;
  const step = 2 ** Math.floor(Math.log2(size - 1)) / CLASSES_PER_DOUBLING;
  return Math.ceil(size / step) * step;
}

/** See the module's comment. */
export class Storage {
  /** Bytes of the buffers that wait to be used again. */
  freeBytes = 0;
  readonly #free = new Map<number, Uint8Array<ArrayBuffer>[]>();

  /** A buffer of at least `size` bytes with unspecified content. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const bytes = classSize(size);
    const buffer = this.#free.get(bytes)?.pop();
    if (buffer === undefined) {
      return bytes < ROOM_FROM ? new Uint8Array(bytes) : bufferWithRoom(bytes);
    }
    this.freeBytes -= bytes;
    return buffer;
  }

  /** Gives a buffer back that nobody reads any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    const bytes = buffer.length;
    if (bytes === 0) return;
    const free = this.#free.get(bytes);
    if (free === undefined) this.#free.set(bytes, [buffer]);
    else free.push(buffer);
    this.freeBytes += bytes;
  }

  /** Leaves buffers to the collector until no more than `bytesMax` wait. */
  trim(bytesMax: number): void {
    for (const [bytes, free] of this.#free) {
      while (this.freeBytes > bytesMax && free.length > 0) {
        free.pop();
        this.freeBytes -= bytes;
      }
      if (free.length === 0) this.#free.delete(bytes);
      if (this.freeBytes <= bytesMax) return;
    }
  }
}
