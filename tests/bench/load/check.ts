/**
 * Are the answers right? What is wrong is not measured: a proxy can be fast by
 * leaving out content, or by answering from a cache what it should pass on.
 */

import { type Message, Peer as Connection } from "../../support/peer.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";
import {
  NUMBERED_COUNT,
  numberedPath,
  type Resource,
  resourceAt,
  UPLOAD_BYTES,
} from "./content.ts";
import type { RequestCounter } from "./origin.ts";
import { patiently } from "./patience.ts";
import { Refused } from "./results.ts";
import type { LoadWorkload } from "./workloads.ts";

/** Answers that fill a cache, and make it encode what it has. */
const WARM_UPS = 3;
const CHECKED = 3;
/** Connections over which the numbered resources are asked for. */
const LANES = 8;

/**
 * Asks for what a workload asks for, and compares.
 *
 * @returns Bytes of one response, head and all.
 * @throws {Refused} Something is not as it should be.
 */
export async function check(
  port: number,
  workload: LoadWorkload,
  counter: RequestCounter,
): Promise<number> {
  if (workload.script === "zipf") await checkNumbered(port, workload);
  if (workload.script === "upload") await checkDigest(port, workload);
  for (let i = 0; i < WARM_UPS; i++) await ask(port, workload);
  const before = await counter.readSettled();
  let bytes = 0;
  for (let i = 0; i < CHECKED; i++) {
    const message = await ask(port, workload);
    bytes = message.head.length + message.content.length;
    await compare(message, workload);
  }
  checkOrigin(workload, await counter.read() - before, CHECKED, 0);
  return bytes;
}

/**
 * Compares the requests that reached the origin with those that were made.
 *
 * @param slack How many more may have been under way.
 * @throws {Refused} A cache has let requests through, or answered what it may not.
 */
export function checkOrigin(
  { needs }: LoadWorkload,
  arrived: number,
  made: number,
  slack: number,
): void {
  const expected = needs.includes("cache") ? 0 : made;
  if (arrived >= expected && arrived <= expected + (expected && slack)) return;
  throw new Refused(
    `${arrived} of ${made} requests reached the origin, not ${expected}`,
  );
}

async function ask(port: number, workload: LoadWorkload): Promise<Message> {
  using connection = await Connection.connect(port);
  const message = await request(connection, port, workload);
  const closes = /\bclose\b/i.test(message.field("connection") ?? "");
  const wishes = workload.fields.some(([name]) => name === "Connection");
  if (closes !== wishes) throw new Refused(`Connection: close: ${closes}`);
  if (closes) await patiently(connection, () => connection.readToEnd());
  return message;
}

async function request(
  connection: Connection,
  port: number,
  { fields, path, script }: LoadWorkload,
): Promise<Message> {
  const content = script === "upload" ? upload() : new Uint8Array();
  const lines = [
    script === "upload" ? `POST ${path} HTTP/1.1` : `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`, // as the load says it, since it may be part of a key
    ...fields.map((field) => field.join(": ")),
    ...content.length > 0 ? [`Content-Length: ${content.length}`] : [],
  ];
  return await patiently(connection, async () => {
    await connection.send(bytesOf(`${lines.join("\r\n")}\r\n\r\n`));
    await connection.send(content);
    return await connection.readMessage();
  });
}

function upload(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: UPLOAD_BYTES }, (_, i) => i * 7 + (i >> 8));
}

async function compare(
  message: Message,
  { path, script, needs }: LoadWorkload,
): Promise<void> {
  const { status } = message;
  if (script === "upload") {
    if (status !== 204) throw new Refused(`An upload is answered ${status}`);
    return;
  }
  if (status !== 200) throw new Refused(`${path} is answered ${status}`);
  const { content, type } = resourceAt(path);
  if (!message.field("content-type")?.startsWith(type)) {
    throw new Refused(`Content-Type: ${message.field("content-type")}`);
  }
  const coding = message.field("content-encoding");
  if ((coding === "gzip") !== needs.includes("gzip")) {
    throw new Refused(`Content-Encoding: ${coding}`);
  }
  const bytes = bytesOf(message.content);
  compareContent(coding === "gzip" ? await gunzip(bytes) : bytes, content);
}

/** @throws {Refused} It is other content. */
export function compareContent(
  actual: Uint8Array,
  expected: Resource["content"],
): void {
  const isEqual = actual.length === expected.length &&
    actual.every((byte, at) => byte === expected[at]);
  if (isEqual) return;
  throw new Refused(
    `Wrong content: ${actual.length} bytes for ${expected.length}`,
  );
}

/** @throws {Refused} It is no gzip. */
export async function gunzip(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const decoded = new Blob([bytes]).stream().pipeThrough(
    new DecompressionStream("gzip"),
  );
  try {
    return new Uint8Array(await new Response(decoded).arrayBuffer());
  } catch (cause) {
    throw new Refused("What says that it is gzip is not", { cause });
  }
}

/** Whether an upload arrives as it was sent. */
async function checkDigest(
  port: number,
  workload: LoadWorkload,
): Promise<void> {
  const { content } = await ask(port, { ...workload, path: "/digest" });
  const digest = await crypto.subtle.digest("SHA-256", upload());
  if (content === new Uint8Array(digest).toHex()) return;
  throw new Refused(`An upload arrives changed: ${content}`);
}

/** Asks for each numbered resource twice: so all are stored, and are what they should be. */
async function checkNumbered(
  port: number,
  workload: LoadWorkload,
): Promise<void> {
  const lanes = Array.from({ length: LANES }, async (_, lane) => {
    using connection = await Connection.connect(port);
    for (let number = lane; number < NUMBERED_COUNT; number += LANES) {
      const one = { ...workload, path: numberedPath(number) };
      await request(connection, port, one);
      await compare(await request(connection, port, one), one);
    }
  });
  await Promise.all(lanes);
}
