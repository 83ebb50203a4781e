/** Encoding content, whole or as it comes, through the platform's streams. */

import type { Coding } from "./negotiate.ts";

/** The platform's names of the codings. */
const FORMATS: Readonly<Record<Coding, string>> = {
  gzip: "gzip",
  br: "brotli",
};
/** Octets encoded at a time, so that other work can go on in between. */
const STEP_BYTES = 64 * 1024;

/**
 * Encodes content that comes in runs. Every run that is written is flushed: what
 * went in can be read in full on the other side.
 */
export class Encoder {
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

  /** Starts encoding into `coding`. */
  constructor(coding: Coding) {
    const stream = new CompressionStream(FORMATS[coding] as CompressionFormat);
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader();
  }

  /** Writes a run, which must not change until the promise settles. */
  async write(run: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writer.write(run);
  }

  /** Ends the content. */
  async close(): Promise<void> {
    await this.#writer.close();
  }

  /** Ends the encoding without an end of the content: reads and writes reject. */
  abort(reason: unknown): void {
    const ignore = (): void => {}; // who reads and writes learns of it there
    this.#writer.abort(reason).catch(ignore);
    this.#reader.cancel(reason).catch(ignore);
  }

  /** The next encoded run; undefined at the end. */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#reader.read()).value;
  }
}

/** Encodes content that is there whole. */
export async function encode(
  content: Uint8Array<ArrayBuffer>,
  coding: Coding,
): Promise<Uint8Array<ArrayBuffer>> {
  const format = FORMATS[coding] as CompressionFormat;
  return await transformed(content, new CompressionStream(format), Infinity);
}

/**
 * Decodes content that is there whole.
 *
 * @param bytesMax Octets that may come out.
 * @throws {RangeError} if more come out: a bomb, or just large.
 * @throws {TypeError} if it is not in that coding.
 */
export async function decode(
  content: Uint8Array<ArrayBuffer>,
  coding: Coding,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const format = FORMATS[coding] as CompressionFormat;
  return await transformed(content, new DecompressionStream(format), bytesMax);
}

/** What comes out of a stream when content is put in, step by step. */
async function transformed(
  content: Uint8Array<ArrayBuffer>,
  stream: GenericTransformStream,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  const feed = async (): Promise<void> => {
    for (let at = 0; at < content.length; at += STEP_BYTES) {
      await writer.write(content.subarray(at, at + STEP_BYTES));
    }
    await writer.close();
  };
  const feeding = feed();
  feeding.catch(() => {}); // a failure shows on the other side, too
  const runs: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const run = (await reader.read()).value as Uint8Array<ArrayBuffer>;
    if (run === undefined) break;
    runs.push(run);
    length += run.length;
    if (length <= bytesMax) continue;
    await reader.cancel();
    throw new RangeError(`Cannot decode into more than ${bytesMax} bytes`);
  }
  await feeding;
  if (runs.length === 1) return runs[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}
