/**
 * One end of a raw connection, as a test drives it: it sends exactly the bytes
 * that the test says and reads exactly what is on the wire.
 */

// deno-lint-ignore no-external-import -- a part of the runtime
import { Buffer } from "node:buffer";

import { bytesOf } from "../../lib/http/bytes.ts";

/** A message as it was read: strings have one character for each byte. */
export interface Message {
  /** The request line or status line. */
  readonly startLine: string;
  /** The status code; NaN for a request. */
  readonly status: number;
  /** The field lines, in order, names as they came. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** The whole head, empty line included. */
  readonly head: string;
  /** The content, transfer coding removed. */
  readonly content: string;
  /** The trailer lines of a chunked body. */
  readonly trailers: readonly string[];
  /** The value of the field `name` in any case, lines joined with `, `; undefined if there is none. */
  field(name: string): string | undefined;
}

const BUFFER_BYTES = 65536;

const encoder = new TextEncoder();

/** As `bytesOf`, in much less time for a long text of ASCII. */
function encode(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return bytes.length === text.length ? bytes : bytesOf(text);
}

/** As `textOf`, in much less time for many bytes. */
function decode(bytes: Buffer, count: number): string {
  return bytes.toString("latin1", 0, count);
}

/** See the module's comment. */
export class Peer implements Disposable {
  readonly socket: Deno.Conn;
  /** Whether the input ended by a reset, or in TLS without the word that it does. */
  wasCut = false;
  #buffer: Buffer | undefined;
  #text = "";
  #ended = false;
  #closed = false;

  constructor(socket: Deno.Conn) {
    this.socket = socket;
  }

  /** Connects to a port of the loopback interface, or to a Unix socket. */
  static async connect(to: number | string): Promise<Peer> {
    return new Peer(
      typeof to === "string"
        ? await Deno.connect({ transport: "unix", path: to })
        : await Deno.connect({ hostname: "127.0.0.1", port: to }),
    );
  }

  /** Sends bytes, or a string of one byte a character. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? encode(data) : data;
    for (let at = 0; at < bytes.length;) {
      at += await this.socket.write(bytes.subarray(at));
    }
  }

  /** Ends the sending side; the receiving side stays open. */
  async end(): Promise<void> {
    await this.socket.closeWrite();
  }

  /** Closes the connection. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const buffer = this.#buffer ??= Buffer.alloc(BUFFER_BYTES);
    let count: number | null;
    try {
      count = await this.socket.read(buffer);
    } catch (error) {
      const isEnd = error instanceof Deno.errors.ConnectionReset ||
        error instanceof Deno.errors.UnexpectedEof; // in TLS, cut
      if (!isEnd) throw error;
      this.wasCut = true;
      count = null; // it ends the input like a close does
    }
    if (count === null) this.#ended = true;
    else this.#text += decode(buffer, count);
    return count !== null;
  }

  /** Reads up to and including `mark`; throws if the input ends before. */
  async readThrough(mark: string): Promise<string> {
    let at: number;
    while ((at = this.#text.indexOf(mark)) < 0) {
      if (!await this.#more()) {
        throw new Error(
          `Input ended before ${JSON.stringify(mark)}: ${
            JSON.stringify(this.#text)
          }`,
        );
      }
    }
    return this.#take(at + mark.length);
  }

  /** Reads `count` bytes; throws if the input ends before. */
  async readExactly(count: number): Promise<string> {
    while (this.#text.length < count) {
      if (!await this.#more()) {
        throw new Error(
          `Input ended after ${this.#text.length} of ${count} bytes`,
        );
      }
    }
    return this.#take(count);
  }

  /** Reads whatever there is to the end of the input. */
  async readToEnd(): Promise<string> {
    while (await this.#more());
    return this.#take(this.#text.length);
  }

  /** Reads at least one byte, or nothing at the end of the input. */
  async readSome(): Promise<string> {
    if (this.#text === "") await this.#more();
    return this.#take(this.#text.length);
  }

  #take(count: number): string {
    const taken = this.#text.slice(0, count);
    this.#text = this.#text.slice(count);
    return taken;
  }

  /** Reads a head. */
  async readHead(): Promise<Message> {
    return messageOf(await this.readThrough("\r\n\r\n"), "", []);
  }

  /**
   * Reads a request or a final response with its content.
   *
   * @param isHead Whether it answers HEAD and so has no content.
   */
  async readMessage(isHead = false): Promise<Message> {
    const head = await this.readHead();
    const length = head.field("content-length");
    const { status } = head;
    const isRequest = Number.isNaN(status);
    if (isHead || status === 204 || status === 304 || status < 200) return head;
    if (head.field("transfer-encoding") !== undefined) {
      return await this.#readChunked(head);
    }
    if (length !== undefined) {
      return messageOf(head.head, await this.readExactly(Number(length)), []);
    }
    return messageOf(head.head, isRequest ? "" : await this.readToEnd(), []);
  }

  async #readChunked({ head }: Message): Promise<Message> {
    let content = "";
    for (;;) {
      const size = parseInt(await this.readThrough("\r\n"), 16);
      if (size === 0) break;
      content += await this.readExactly(size);
      await this.readThrough("\r\n");
    }
    const trailers: string[] = [];
    for (;;) {
      const line = (await this.readThrough("\r\n")).slice(0, -2);
      if (line === "") break;
      trailers.push(line);
    }
    return messageOf(head, content, trailers);
  }
}

function messageOf(
  head: string,
  content: string,
  trailers: readonly string[],
): Message {
  const [startLine = "", ...lines] = head.slice(0, -4).split("\r\n");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return {
    startLine,
    status: startLine.startsWith("HTTP/")
      ? Number(startLine.split(" ")[1])
      : NaN,
    fields,
    head,
    content,
    trailers,
    field(name: string): string | undefined {
      const values = fields.filter(([key]) =>
        key.toLowerCase() === name.toLowerCase()
      ).map(([, value]) => value);
      return values.length > 0 ? values.join(", ") : undefined;
    },
  };
}
