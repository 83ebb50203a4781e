/**
 * Asking the admin listener of a running sluice: one request on a connection of its
 * own, in HTTP/1.0, whose response ends with the connection and has no chunks.
 */

import {
  formatSocketAddress,
  reachable,
  type SocketAddress,
} from "../net/address.ts";
import type { Clock } from "../net/clock.ts";

/** For a whole response, in ms: a reload waits for every worker. */
const ANSWER_MS = 30_000;
/** Bytes of a response: a configuration may be long. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

const encoder = new TextEncoder();

/** Where it is, and what it wants to see. */
export interface AdminAddress {
  readonly address: SocketAddress;
  readonly token: string | undefined;
}

/** A request. */
export interface AdminQuestion {
  readonly method: "GET" | "POST";
  /** Path and query. */
  readonly target: string;
  /** What JSON is made of; undefined for no content. */
  readonly content?: unknown;
  /** The media type of the response that is preferred. */
  readonly accept?: string;
}

/** A response. */
export interface AdminAnswer {
  readonly status: number;
  readonly content: string;
}

/**
 * Asks.
 *
 * @param withinMs For all of it, in ms.
 * @throws {Error} A line for the operator: nobody listens there, it wants a token, it is
 *   somebody else, or it takes too long. Any other response is returned.
 */
export async function askAdmin(
  admin: AdminAddress,
  question: AdminQuestion,
  clock: Clock,
  withinMs: number = ANSWER_MS,
): Promise<AdminAnswer> {
  const { address, token } = admin;
  const name = formatSocketAddress(address);
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {}); // nobody may wait for it yet
  const controller = new AbortController();
  const cancel = clock.after(withinMs, () => {
    const error = new Error(`${name}: no answer within ${withinMs / 1000} s`);
    controller.abort(error);
    late.reject(error);
  });
  let socket: Deno.Conn | undefined;
  try {
    socket = await connectAdmin(address, controller.signal);
    const bytes = encoder.encode(requestText(admin, question));
    const answered = exchange(socket, bytes);
    answered.catch(() => {}); // after the deadline, nobody waits for it
    return answerIn(await Promise.race([answered, late.promise]), name, token);
  } finally {
    cancel();
    socket?.close();
  }
}

/**
 * Connects.
 *
 * @param signal Gives it up.
 * @throws {Error} A line for the operator.
 */
export async function connectAdmin(
  address: SocketAddress,
  signal: AbortSignal,
): Promise<Deno.Conn> {
  const to = reachable(address);
  try {
    return to.transport === "unix"
      ? await Deno.connect({ transport: "unix", path: to.path })
      : await Deno.connect({ hostname: to.hostname, port: to.port, signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new Error(connectFault(error as Error, address), { cause: error });
  }
}

function connectFault(error: Error, address: SocketAddress): string {
  const name = formatSocketAddress(address);
  if (
    error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.NotFound
  ) {
    return `nothing listens on ${name}: is sluice running, with --admin or admin.listen?`;
  }
  return error instanceof Deno.errors.PermissionDenied
    ? `cannot connect to ${name}: this user is not allowed to`
    : `cannot connect to ${name}: ${error.message}`;
}

/** A request as it is sent. */
export function requestText(
  { address, token }: AdminAddress,
  { method, target, content, accept = "*/*" }: AdminQuestion,
): string {
  const text = content === undefined ? "" : JSON.stringify(content);
  const to = reachable(address);
  const host = to.transport === "unix" ? "localhost" : formatSocketAddress(to);
  const lines = [
    `${method} ${target} HTTP/1.0`,
    `Host: ${host}`,
    `Accept: ${accept}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(content === undefined ? [] : ["Content-Type: application/json"]),
    `Content-Length: ${encoder.encode(text).length}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}

/** Sends the request and reads the response to its end. */
async function exchange(
  socket: Deno.Conn,
  request: Uint8Array,
): Promise<Uint8Array> {
  for (let at = 0; at < request.length;) {
    at += await socket.write(request.subarray(at));
  }
  const runs: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) break;
    length += count;
    if (length > ANSWER_BYTES_MAX) throw new Error("the answer has no end");
    runs.push(buffer.slice(0, count));
  }
  return await new Blob(runs).bytes();
}

/**
 * An answer in what has come so far: at least its head.
 *
 * @param name Who has answered.
 * @throws {Error} A line for the operator: it wants another token, or is somebody else.
 */
export function answerIn(
  bytes: Uint8Array,
  name: string,
  token: string | undefined,
): AdminAnswer {
  const text = new TextDecoder().decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  const [, digits] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? [];
  if (digits === undefined || end < 0) {
    throw new Error(`${name}: that is not an admin listener of sluice`);
  }
  const status = Number(digits);
  if (status === 401) {
    throw new Error(
      token === undefined
        ? `${name} wants a token: give --token-file FILE, or --config FILE with admin.token`
        : `${name}: the token is wrong`,
    );
  }
  if (status === 429) {
    throw new Error(`${name}: too many wrong tokens, try again in a second`);
  }
  return { status, content: text.slice(end + 4) };
}

// deno-lint-ignore no-control-regex -- that is what it is about
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g;

/** What an answer says is wrong, in a line that a terminal can show: it may be somebody else's. */
export function problemIn(answer: AdminAnswer): string {
  // Asked for this, an admin listener would have said more than that all is well.
  return answer.status === 200
    ? "what answers there is not an admin listener of sluice"
    : saidIn(answer).replaceAll(CONTROLS, "?");
}

/** What an answer holds as JSON; undefined if it is none. */
export function valueIn({ content }: AdminAnswer): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** The members of an answer that is an object; undefined if it is none. */
export function objectIn(
  answer: AdminAnswer,
): Record<string, unknown> | undefined {
  const value = valueIn(answer);
  return typeof value === "object" && value !== null
    ? value as Record<string, unknown>
    : undefined;
}

/** The `error` of an answer in JSON, or its first line. */
function saidIn(answer: AdminAnswer): string {
  const { status, content } = answer;
  const error = objectIn(answer)?.error;
  if (typeof error === "string") return error;
  // Somebody else's, or a plain one of the server's own.
  return content.trim().split("\n")[0] || `the status is ${status}`;
}
