/**
 * A small origin: the digest of what is uploaded, and, where there is no nginx,
 * everything. A program of its own: `raw_origin.ts PORT`.
 */

import { bytesOf, textOf } from "../../../lib/http/bytes.ts";
import {
  cacheControl,
  COUNTER_PATH,
  NUMBERED_COUNT,
  numberedPath,
  type Resource,
  resourceAt,
  RESOURCES,
} from "./content.ts";

const BUFFER_BYTES = 131_072;

/** Bytes that are ready to be sent, by path. */
const answers = new Map<string, Uint8Array>();
let requestCount = 0;

function answerOf(resource: Resource): Uint8Array {
  const { type, content } = resource;
  const head = bytesOf(
    `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n` +
      `Content-Length: ${content.length}\r\n` +
      `Cache-Control: ${cacheControl(resource)}\r\n\r\n`,
  );
  const answer = new Uint8Array(head.length + content.length);
  answer.set(head);
  answer.set(content, head.length);
  return answer;
}

function plain(text: string): Uint8Array {
  return answerOf({
    path: "",
    type: "text/plain",
    isStorable: false,
    content: bytesOf(text),
  });
}

async function digest(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = await crypto.subtle.digest("SHA-256", content);
  return new Uint8Array(sum).toHex();
}

async function answer(
  path: string,
  content: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  requestCount++;
  if (path === "/digest") return plain(await digest(content));
  if (path === "/upload") return bytesOf("HTTP/1.1 204 No Content\r\n\r\n");
  if (path === COUNTER_PATH) return plain(` 0 0 ${requestCount} \n`);
  return answers.get(path) ??
    bytesOf("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

async function serve(socket: Deno.TcpConn): Promise<void> {
  using connection = socket;
  connection.setNoDelay();
  const buffer = new Uint8Array(BUFFER_BYTES);
  let filled = 0;
  for (;;) {
    const text = textOf(buffer, 0, filled);
    const headEnd = text.indexOf("\r\n\r\n") + 4;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    if (headEnd >= 4 && filled >= headEnd + length) {
      const path = text.split(" ", 2)[1]!;
      const bytes = await answer(
        path,
        buffer.slice(headEnd, headEnd + length),
      );
      for (let at = 0; at < bytes.length;) {
        at += await connection.write(bytes.subarray(at));
      }
      buffer.copyWithin(0, headEnd + length, filled);
      filled -= headEnd + length;
      continue;
    }
    const count = await connection.read(buffer.subarray(filled));
    if (count === null || count === 0) return;
    filled += count;
  }
}

for (const resource of RESOURCES) {
  answers.set(resource.path, answerOf(resource));
}
for (let number = 0; number < NUMBERED_COUNT; number++) {
  const path = numberedPath(number);
  answers.set(path, answerOf(resourceAt(path)));
}
const port = Number(Deno.args[0]);
for await (const connection of Deno.listen({ hostname: "127.0.0.1", port })) {
  // A connection that breaks off is its client's affair.
  serve(connection).catch(() => {});
}
