/**
 * Encodes and decodes content through the platform's streams, complete or as it
 * arrives, in steps that are short enough for other work to go on between them.
 */

import type { Coding } from "./negotiate.ts";

/** The platform's names for the codings. */
const FORMATS: Readonly<Record<Coding, string>> = {
  gzip: "gzip",
  br: "brotli",
};
/**
 * Bytes encoded at a time: gzip takes 1 ms for so many, brotli too (for 64 KiB up to
 * 10 ms). Smaller steps of gzip cost half as much again in all.
 */
const STEP_BYTES: Readonly<Record<Coding, number>> = {
  gzip: 64 * 1024,
  br: 16 * 1024,
};
/** Bytes decoded at a time: in gzip no more than 1,032 times as many come out, in 1 ms. */
const DECODED_STEP_BYTES = 1024;
/** What a step of decoding may take, as {@linkcode Pace} counts it. */
const DECODED_STEP_WORK = 64 * 1024;
/** Bytes encoded before more room is asked for. */
const ENCODED_BYTES = 64 * 1024;
/** How many times as long as gzip a coding takes. */
const EFFORT: Readonly<Record<Coding, number>> = { gzip: 1, br: 3 };

/**
 * Asked before each step, so that many do not hold up all else.
 *
 * @param work How long the step takes, in bytes encoded with gzip.
 * @returns A promise to wait for; undefined if the step may be done at once.
 */
export type Pace = (work: number) => Promise<void> | undefined;

/** The bounds of work on complete content; without them there is none. */
export interface Bounds {
  /** Asked before each step. */
  readonly pace?: Pace;
  /** Called with the number of output bytes before more are kept; false ends the work. */
  readonly mayKeep?: (bytes: number) => boolean;
}

/** There is no room for the output. */
export class NoRoomError extends Error {
  /** Tells it from other errors, also across realms. */
  override readonly name = "NoRoomError";
}

/** A stream that transforms, as a function: each run that is put in brings what comes out of it. */
class Transformer {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #out: Uint8Array<ArrayBuffer>[] = [];
  readonly #pumping: Promise<void>;

  constructor(stream: GenericTransformStream) {
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader();
    this.#pumping = this.#pump();
    this.#pumping.catch(() => {}); // whoever writes learns of it there
  }

  /** Reads the output as it comes, so that a write never waits for a reader. */
  async #pump(): Promise<void> {
    for (;;) {
      const run = (await this.#reader.read()).value;
      if (run === undefined) return;
      if (run.length > 0) this.#out.push(run);
    }
  }

  #take(): Uint8Array<ArrayBuffer>[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  async put(run: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>[]> {
    await this.#writer.write(run);
    return this.#take();
  }

  async end(): Promise<Uint8Array<ArrayBuffer>[]> {
    await this.#writer.close();
    await this.#pumping;
    return this.#take();
  }

  abort(): void {
    const ignore = (): void => {}; // nobody waits for it any more
    this.#writer.abort().catch(ignore);
    this.#reader.cancel().catch(ignore);
  }
}

/**
 * Encodes content that comes in runs. Every run is flushed: what has been put in can
 * be read in full on the other side from what has come out.
 */
export class Encoder {
  readonly #transformer: Transformer;
  readonly #effort: number;
  readonly #stepBytes: number;
  readonly #pace: Pace | undefined;

  /** Starts encoding into `coding`. */
  constructor(coding: Coding, pace?: Pace) {
    const format = FORMATS[coding] as CompressionFormat;
    this.#transformer = new Transformer(new CompressionStream(format));
    this.#effort = EFFORT[coding];
    this.#stepBytes = STEP_BYTES[coding];
    this.#pace = pace;
  }

  /** Encodes a run, which must not change until the promise settles; what comes out, in order. */
  async encode(run: Uint8Array): Promise<Uint8Array<ArrayBuffer>[]> {
    const out: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < run.length; at += this.#stepBytes) {
      const step = stepOf(run, at, this.#stepBytes);
      await this.#pace?.(step.length * this.#effort);
      out.push(...await this.#transformer.put(step));
    }
    return out;
  }

  /** Ends the content and returns the rest of the output. */
  async end(): Promise<Uint8Array<ArrayBuffer>[]> {
    return await this.#transformer.end();
  }

  /** Gives up and frees the encoder. */
  abort(): void {
    this.#transformer.abort();
  }
}

/** A step of content; copied if threads share it, since the platform's streams take no such memory. */
function stepOf(
  content: Uint8Array,
  at: number,
  bytes: number,
): Uint8Array<ArrayBuffer> {
  return content.buffer instanceof ArrayBuffer
    ? content.subarray(at, at + bytes) as Uint8Array<ArrayBuffer>
    : content.slice(at, at + bytes);
}

/** The output so far, within bounds. */
class Output {
  readonly #runs: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  readonly #bytesMax: number;
  readonly #bounds: Bounds;

  constructor(bytesMax: number, bounds: Bounds) {
    this.#bytesMax = bytesMax;
    this.#bounds = bounds;
  }

  add(runs: readonly Uint8Array<ArrayBuffer>[]): void {
    for (const run of runs) {
      this.#length += run.length;
      if (this.#length > this.#bytesMax) {
        throw new RangeError(
          `Cannot decode into more than ${this.#bytesMax} bytes`,
        );
      }
      this.#claim(run.length);
      this.#runs.push(run);
    }
  }

  #claim(bytes: number): void {
    if (this.#bounds.mayKeep?.(bytes) === false) {
      throw new NoRoomError("No room for what comes out");
    }
  }

  whole(): Uint8Array<ArrayBuffer> {
    if (this.#runs.length === 1) return this.#runs[0]!;
    this.#claim(this.#length);
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const run of this.#runs) {
      whole.set(run, at);
      at += run.length;
    }
    return whole;
  }
}

/**
 * Encodes complete content.
 *
 * @throws {NoRoomError} if `bounds` leave no room for the output.
 */
export async function encode(
  content: Uint8Array,
  coding: Coding,
  bounds: Bounds = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const encoder = new Encoder(coding, bounds.pace);
  const output = new Output(Infinity, bounds);
  try {
    for (let at = 0; at < content.length; at += ENCODED_BYTES) {
      output.add(
        await encoder.encode(content.subarray(at, at + ENCODED_BYTES)),
      );
    }
    output.add(await encoder.end());
    return output.whole();
  } catch (error) {
    encoder.abort();
    throw error;
  }
}

/**
 * Decodes complete content.
 *
 * @param bytesMax Bytes that may come out.
 * @throws {RangeError} if more come out: a decompression bomb, or just large content.
 * @throws {NoRoomError} if `bounds` leave no room for the output.
 * @throws {TypeError} if it is not in that coding.
 */
export async function decode(
  content: Uint8Array,
  coding: Coding,
  bytesMax: number,
  bounds: Bounds = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const format = FORMATS[coding] as CompressionFormat;
  const transformer = new Transformer(new DecompressionStream(format));
  const output = new Output(bytesMax, bounds);
  try {
    for (let at = 0; at < content.length; at += DECODED_STEP_BYTES) {
      await bounds.pace?.(DECODED_STEP_WORK);
      output.add(
        await transformer.put(stepOf(content, at, DECODED_STEP_BYTES)),
      );
    }
    output.add(await transformer.end());
    return output.whole();
  } catch (error) {
    transformer.abort();
    throw error;
  }
}
