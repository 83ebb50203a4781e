/** Content that is worth coding, and is read back. */

import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import type { Message } from "./peer.ts";

/** Text of that length. */
export function contentOf(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += `line ${i} of some text\n`;
  return text.slice(0, length);
}

/** Content in gzip. */
export async function gzipped(content: string): Promise<string> {
  const stream = new Blob([bytesOf(content)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return textOf(bytes, 0, bytes.length);
}

/** What a coding was made of. */
export async function decode(content: string, coding: string): Promise<string> {
  const format = coding === "br" ? "brotli" : "gzip";
  const stream = new Blob([bytesOf(content)]).stream().pipeThrough(
    new DecompressionStream(format as CompressionFormat),
  );
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return textOf(bytes, 0, bytes.length);
}

/** The content as the client reads it. */
export async function read(answer: Message): Promise<string> {
  const coding = answer.field("content-encoding");
  return coding === undefined
    ? answer.content
    : await decode(answer.content, coding);
}
