/** An origin of one large content, of which it sends ranges, as a test wants it. */

import { contentOf } from "./content.ts";
import { Origin } from "./origin.ts";
import type { Message } from "./peer.ts";
import { Proxy } from "./proxy.ts";

/** Bytes of the slices in tests. */
export const SLICE = 16 * 1024;

/** What an answer ends with after which the connection is closed. */
export const CUT = "\0cut";

/** See the module's comment. */
export class RangeOrigin implements AsyncDisposable {
  readonly origin: Origin;
  /** What it sends now. */
  content: string;
  /** Its validators, and what else its head says. */
  fields: string[] = ['ETag: "1"'];
  /** What it says of ranges; undefined for nothing. */
  acceptRanges: string | undefined = "bytes";
  /** How it deals with `Range`. */
  manner: "ranges" | "whole" = "ranges";
  /** How much content it sends before the gate is opened. */
  pausesAfter = Infinity;
  gate: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  /** What it was asked for: `GET /path 0-9`, without a range `GET /path`. */
  readonly asked: string[] = [];
  /** Answers in place of it; undefined to leave it to it. */
  answer:
    | ((range: string) => string | Promise<string | undefined> | undefined)
    | undefined;

  constructor(length: number) {
    this.content = contentOf(length);
    this.origin = Origin.serving(async (peer) => {
      for (;;) {
        const answer = await this.#answer(await peer.readMessage());
        const at = answer.indexOf("\r\n\r\n") + 4 + this.pausesAfter;
        if (this.pausesAfter < Infinity && answer.length > at) {
          await peer.send(answer.slice(0, at));
          await this.gate.promise;
          await peer.send(answer.slice(at));
        } else await peer.send(answer.replace(CUT, ""));
        if (answer.endsWith(CUT)) return;
      }
    });
  }

  /** Starts a proxy before it that keeps slices, and content of a slice's size at most. */
  start(...flags: readonly string[]): Promise<Proxy> {
    return this.startWith(SLICE, ...flags);
  }

  /** The same with slices of so many bytes. */
  startWith(sliceBytes: number, ...flags: readonly string[]): Promise<Proxy> {
    return Proxy.startWith(
      (config) => ({
        ...config,
        store: {
          ...config.store!,
          objectBytesMax: sliceBytes,
          sliceBytes,
        },
      }),
      this.origin,
      ...flags,
    );
  }

  /** The ranges that were asked for since the last time. */
  taken(): string[] {
    return this.asked.splice(0);
  }

  async #answer(request: Message): Promise<string> {
    const [method, path] = request.startLine.split(" ");
    const range = request.field("range")?.replace("bytes=", "");
    this.asked.push([method, path, range].filter(Boolean).join(" "));
    const own = await this.answer?.(range ?? "");
    if (own !== undefined) return own;
    const head = [
      ...this.fields,
      "Cache-Control: max-age=60",
      ...this.acceptRanges === undefined
        ? []
        : [`Accept-Ranges: ${this.acceptRanges}`],
    ];
    const condition = request.field("if-none-match");
    if (condition !== undefined && this.fields.includes(`ETag: ${condition}`)) {
      return ["HTTP/1.1 304 Not Modified", ...head, "", ""].join("\r\n");
    }
    if (range === undefined || this.manner === "whole") {
      return this.#send("200 OK", head, this.content, method === "HEAD");
    }
    return this.#part(range, head);
  }

  #part(range: string, head: readonly string[]): string {
    const { length } = this.content;
    const [first = "", last = ""] = range.split("-");
    const start = first === "" ? length - Number(last) : Number(first);
    const end = first === "" || last === ""
      ? length
      : Math.min(Number(last) + 1, length);
    if (start >= length) {
      return this.#send("416 Range Not Satisfiable", [
        `Content-Range: bytes */${length}`,
      ], "");
    }
    return this.#send("206 Partial Content", [
      ...head,
      `Content-Range: bytes ${start}-${end - 1}/${length}`,
    ], this.content.slice(start, end));
  }

  #send(
    status: string,
    fields: readonly string[],
    content: string,
    isHead = false,
  ): string {
    const lines = [
      `HTTP/1.1 ${status}`,
      ...fields,
      `Content-Length: ${content.length}`,
    ];
    return `${lines.join("\r\n")}\r\n\r\n${isHead ? "" : content}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin[Symbol.asyncDispose]();
  }
}
