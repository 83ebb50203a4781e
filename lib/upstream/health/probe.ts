/**
 * One probe: a connection of its own, a request, and whether the answer is good.
 *
 * It is no request of a client's: it has no cache, no retries and no pool.
 */

import { HttpError } from "../../http/error.ts";
import { bytesOf, textOf } from "../../http/bytes.ts";
import type { HeadLimits } from "../../http/head.ts";
import { METHOD } from "../../http/method.ts";
import { ResponseHead } from "../../http/response_head.ts";
import { isInterim } from "../../http/status.ts";
import { Deadline, type DeadlineWheel } from "../../net/deadline.ts";
import type { ClientSocket } from "../../net/client_socket.ts";
import { dial, type DialOptions } from "../dial.ts";
import type { Server } from "../server.ts";
import { writeAll } from "../../net/writer.ts";

/** Probes of an upstream's servers: plain data. */
export interface HealthOptions {
  readonly path: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that put a server out. */
  readonly fall: number;
  /** Good answers in a row that bring it back. */
  readonly rise: number;
  /** Statuses that are good. */
  readonly statuses: readonly {
    readonly first: number;
    readonly last: number;
  }[];
  /** What Host says; empty for the server's own name. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text that the answer must hold; empty for any. */
  readonly body: string;
}

/** Bytes of an answer that are read; a text that it must hold is looked for in them. */
const ANSWER_BYTES_MAX = 64 * 1024;
const LIMITS: HeadLimits = {
  headBytesMax: ANSWER_BYTES_MAX,
  targetBytesMax: 0,
  fieldCountMax: 1000,
};

/**
 * Probes a server.
 *
 * @param preface What the connection begins with.
 * @returns Why the answer is not good, in words; undefined if it is. Never rejects.
 */
export async function probe(
  server: Server,
  options: HealthOptions,
  dialOptions: DialOptions,
  wheel: DeadlineWheel,
  preface?: Uint8Array,
): Promise<string | undefined> {
  let socket: ClientSocket | undefined;
  let isLate = false;
  const deadline = new Deadline(wheel, {
    onDeadline: (): void => {
      isLate = true;
      socket?.close();
    },
  });
  try {
    socket = await dial(server.address, dialOptions, wheel, preface);
    deadline.set(options.timeoutMs);
    await writeAll(socket, bytesOf(requestOf(server, options)));
    return await readAnswer(socket, options);
  } catch (error) {
    if (isLate) return `no answer within ${options.timeoutMs} ms`;
    const text = error instanceof Error ? error.message : String(error);
    return error instanceof HttpError ? text : `it broke off: ${text}`;
  } finally {
    deadline.dispose();
    if (!isLate) socket?.close();
  }
}

/** The text is looked for in what HTTP/1.0 sends: without chunks. */
function requestOf(server: Server, options: HealthOptions): string {
  const { path, host, headers, body } = options;
  const lines = [
    `GET ${path} HTTP/1.${body === "" ? 1 : 0}`,
    `Host: ${host || server.options.address.authority}`,
    "User-Agent: sluice-health",
    "Connection: close",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

async function readAnswer(
  socket: ClientSocket,
  { statuses, body }: HealthOptions,
): Promise<string | undefined> {
  const bytes = new Uint8Array(ANSWER_BYTES_MAX);
  const head = new ResponseHead();
  head.begin(0, LIMITS, METHOD.Get);
  // The text may be UTF-8: bytes are compared with bytes.
  const utf8 = new TextEncoder().encode(body);
  const wanted = textOf(utf8, 0, utf8.length);
  let hasHead = false;
  for (let end = 0;;) {
    if (end === bytes.length) break;
    const count = await socket.read(bytes.subarray(end));
    if (count === null) break;
    end += count;
    hasHead ||= parseFinal(head, bytes, end);
    if (!hasHead) continue;
    const { status } = head;
    if (
      !statuses.some(({ first, last }) => status >= first && status <= last)
    ) {
      return `status ${status}`;
    }
    if (body === "") return undefined;
    if (textOf(bytes, head.end, end).includes(wanted)) return undefined;
  }
  return hasHead ? "its answer lacks the text" : "no answer";
}

/** Reads on to the head of the answer; those of interim responses before it say nothing. */
function parseFinal(
  head: ResponseHead,
  bytes: Uint8Array,
  end: number,
): boolean {
  while (head.parse(bytes, end)) {
    if (!isInterim(head.status)) return true;
    head.begin(head.end, LIMITS, METHOD.Get);
  }
  return false;
}
