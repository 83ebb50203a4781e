/** An origin that answers, mostly: now and then it dies, breaks off, dawdles or talks nonsense. */

import type { Message, Peer } from "../support/peer.ts";

/** The content that answers `name`: of many sizes, and telling whose it is. */
export function contentOf(name: string): string {
  const count = 1 + (Number(name) * 7919) % 3000;
  return `${name}:`.repeat(count);
}

/** What a target of the soak names: `/get/12`, or `/cached/3?12` for what is stored. */
export function nameOf(target: string): string {
  return /\d+/.exec(target)![0];
}

/** What is done with a request, by chance: the part of all requests that gets it. */
const FATES = [
  [0.94, "answers"],
  [0.95, "answers slowly"],
  [0.97, "answers and goes"],
  [0.975, "talks nonsense"],
  [0.98, "stops within the content"],
  [0.99, "stops within the head"],
  [1, "goes"],
] as const;

/** Between the pieces of a slow answer. */
const PAUSE_MS = 20;

/**
 * Serves one connection.
 *
 * @param onRequest Told the target of each request that was read whole.
 */
export async function serve(
  peer: Peer,
  chance: () => number,
  onRequest: (target: string) => void,
): Promise<void> {
  for (;;) {
    const request = await peer.readMessage();
    const target = request.startLine.split(" ")[1]!;
    onRequest(target);
    if (request.field("upgrade") === "echo") return await echo(peer);
    const drawn = chance();
    const fate = FATES.find(([part]) => drawn < part)![1];
    const response = answer(request, target, chance);
    switch (fate) {
      case "answers":
      case "answers and goes":
        await peer.send(response);
        break;
      case "answers slowly":
        await dawdle(peer, response);
        break;
      case "talks nonsense":
        return await peer.send(
          "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        );
      case "stops within the content":
        return await peer.send(response.slice(0, -10));
      case "stops within the head":
        return await peer.send(response.slice(0, 20));
    }
    if (fate.endsWith("goes")) return;
  }
}

function answer(
  { startLine, field }: Message,
  target: string,
  chance: () => number,
): string {
  const name = nameOf(target);
  const isStored = target.startsWith("/cached/");
  const fields = isStored
    ? `Cache-Control: max-age=1\r\nETag: "${name}"\r\n`
    : "";
  if (isStored && field("if-none-match") === `"${name}"`) {
    return `HTTP/1.1 304 Not Modified\r\n${fields}\r\n`;
  }
  const content = contentOf(name);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${fields}`;
  const length = `Content-Length: ${content.length}\r\n\r\n`;
  if (startLine.startsWith("HEAD ")) return head + length;
  if (chance() < 0.5) return head + length + content;
  return `${head}Transfer-Encoding: chunked\r\n\r\n` +
    `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`;
}

async function dawdle(peer: Peer, response: string): Promise<void> {
  const half = response.length >> 1;
  for (const piece of [response.slice(0, half), response.slice(half)]) {
    await peer.send(piece);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function echo(peer: Peer): Promise<void> {
  await peer.send(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
  );
  for (let text; (text = await peer.readSome()) !== "";) await peer.send(text);
}
