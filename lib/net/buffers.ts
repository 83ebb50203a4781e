/**
 * Buffers for sockets, kept for reuse.
 *
 * A new typed array is zeroed by the runtime (7 µs for 64 KiB, as long as the
 * read that fills it), so buffers are worth keeping; how many are kept is bounded
 * per size. A buffer is given back only by its owner, and only when no read or
 * write is outstanding on it.
 */

/** Content up to this many bytes is copied behind what is already to be written: a write costs more. */
export const COALESCED_BYTES_MAX = 32 * 1024;
/** Room before other content, for the head that leaves with it in one write. */
export const HEADROOM_BYTES = 2048;
/**
 * The sizes there are: an idle connection's, a head's, and a body's in transit. The
 * latter is 64 KiB, with room for a head before it and for more behind it: a read that
 * fills its buffer is followed by one that looks for more.
 */
const SIZES = [
  1024,
  4096,
  16 * 1024,
  64 * 1024 + 2 * HEADROOM_BYTES,
  256 * 1024,
] as const;
/** The most bytes kept of each size: enough for the traffic of a moment, but no second heap. */
const KEPT_BYTES_MAX = 4 * 1024 * 1024;

const kept: Uint8Array<ArrayBuffer>[][] = SIZES.map(() => []);

/** The largest buffer that {@linkcode takeBuffer} hands out. */
export const BUFFER_BYTES_MAX: number = SIZES[SIZES.length - 1]!;

/**
 * A buffer of at least `size` bytes with unspecified content.
 *
 * @throws {RangeError} if `size` is above {@linkcode BUFFER_BYTES_MAX}.
 */
export function takeBuffer(size: number): Uint8Array<ArrayBuffer> {
  for (let i = 0; i < SIZES.length; i++) {
    if (SIZES[i]! >= size) return kept[i]!.pop() ?? new Uint8Array(SIZES[i]!);
  }
  throw new RangeError(
    `Cannot take a buffer of ${size} bytes: the largest has ${BUFFER_BYTES_MAX}`,
  );
}

/** Gives a buffer of {@linkcode takeBuffer} back; the caller must drop every reference to it. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const size = buffer.length;
  for (let i = 0; i < SIZES.length; i++) {
    if (SIZES[i] === size) {
      if (kept[i]!.length * size < KEPT_BYTES_MAX) kept[i]!.push(buffer);
      return;
    }
  }
}
