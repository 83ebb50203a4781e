/**
 * What clients do in a soak: each scene is one visit, with one outcome.
 *
 * A scene throws only if something is wrong that no planned fault explains.
 */

import type { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";

/** How a visit ended. */
export type Outcome = "answered" | "refused" | "broken" | "left";

/** One visit of a client. */
export type Scene = (
  connect: () => Promise<Peer>,
  id: number,
) => Promise<Outcome>;

/** The content that answers request `id`: of many sizes, and telling whose it is. */
export function contentOf(id: number): string {
  return `${id}:`.repeat(1 + (id * 7919) % 3000);
}

const UPLOAD = "u".repeat(65536);

/** A planned fault of the origin or of the client shows as one of these. */
function isPlanned(error: unknown): boolean {
  return error instanceof Error &&
    /^Input ended|Broken pipe|reset|os error 104|os error 32/i.test(
      error.message,
    );
}

/**
 * Whether a response that only the connection's end delimits is a part of the
 * right one: HTTP/1.0 has no way to show that it broke off (RFC 9112 §8).
 */
function isCutUnseen(
  field: (name: string) => string | undefined,
  content: string,
  id: number,
): boolean {
  return field("content-length") === undefined &&
    field("transfer-encoding") === undefined &&
    content !== contentOf(id) && contentOf(id).startsWith(content);
}

/** Sends requests on one connection and checks that each answer is its own. */
function asking(count: number, request: (id: number) => string): Scene {
  return async (connect, id) => {
    using client = await connect();
    let outcome: Outcome = "answered";
    try {
      for (let i = 0; i < count; i++) {
        await client.send(request(id));
        const { status, content, field } = await client.readMessage();
        if (status === 502) outcome = "refused";
        else if (isCutUnseen(field, content, id)) outcome = "broken";
        else if (status !== 200 || content !== contentOf(id)) {
          throw new Error(`Request ${id}: status ${status}, wrong content`);
        }
        if (field("connection") === "close") break;
      }
    } catch (error) {
      if (!isPlanned(error)) throw error;
      outcome = "broken";
    }
    return outcome;
  };
}

async function leave(
  connect: () => Promise<Peer>,
  id: number,
): Promise<Outcome> {
  using client = await connect();
  await client.send(get(`/${id}`));
  if (id % 2 === 0) await client.readSome().catch(() => ""); // a reset: as good as an end
  return "left";
}

async function leaveUpload(
  connect: () => Promise<Peer>,
  id: number,
): Promise<Outcome> {
  using client = await connect();
  await client.send(
    `POST /${id} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n${
      UPLOAD.slice(0, 5000)
    }`,
  );
  return "left";
}

async function nonsense(connect: () => Promise<Peer>): Promise<Outcome> {
  using client = await connect();
  await client.send("GET / HTTP/1.1\r\nHost : a\r\n\r\n");
  const { status } = await client.readMessage();
  if (status !== 400) throw new Error(`Nonsense was answered with ${status}`);
  return "refused";
}

async function tunnel(
  connect: () => Promise<Peer>,
  id: number,
): Promise<Outcome> {
  using client = await connect();
  try {
    await client.send(get(`/${id}`, "Connection: upgrade", "Upgrade: echo"));
    const head = await client.readHead();
    if (head.status === 502) return "refused";
    if (head.status !== 101) {
      throw new Error(`Upgrade was answered with ${head.status}`);
    }
    for (const word of ["one", "two", `${id}`]) {
      await client.send(word);
      const echo = await client.readExactly(word.length);
      if (echo !== word) {
        throw new Error(`The tunnel turned ${word} into ${echo}`);
      }
    }
    return "answered";
  } catch (error) {
    if (!isPlanned(error)) throw error;
    return "broken";
  }
}

/** All scenes, each as often as it is to be played. */
export const SCENES: readonly {
  readonly name: string;
  readonly weight: number;
  readonly play: Scene;
}[] = [
  { name: "get", weight: 10, play: asking(1, (id) => get(`/${id}`)) },
  { name: "keep-alive", weight: 10, play: asking(8, (id) => get(`/${id}`)) },
  {
    name: "http/1.0",
    weight: 3,
    play: asking(1, (id) => `GET /${id} HTTP/1.0\r\n\r\n`),
  },
  {
    name: "post",
    weight: 5,
    play: asking(
      2,
      (id) =>
        `POST /${id} HTTP/1.1\r\nHost: a\r\nContent-Length: ${UPLOAD.length}\r\n\r\n${UPLOAD}`,
    ),
  },
  {
    name: "chunked post",
    weight: 3,
    play: asking(
      2,
      (id) =>
        `POST /${id} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `${
          UPLOAD.length.toString(16)
        }\r\n${UPLOAD}\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`,
    ),
  },
  { name: "leave", weight: 3, play: leave },
  { name: "leave upload", weight: 2, play: leaveUpload },
  { name: "nonsense", weight: 2, play: nonsense },
  { name: "tunnel", weight: 2, play: tunnel },
];
