/**
 * Following one real request: the running sluice gives a token for it, the request is
 * sent to it like any client's, and what the log would say of it is asked for.
 */

import { secureOwn } from "../net/own_tls.ts";
import type { Following } from "../admin/administered.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { WrittenQuestion } from "../explain/question.ts";
import { parseHeaderArgument } from "../router/route_report.ts";
import { requestBytes, splitUrl } from "../router/route_request.ts";
import {
  formatSocketAddress,
  type ListenAddress,
  reachable,
} from "../net/address.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import type { Clock } from "../net/clock.ts";
import { textOf } from "../http/bytes.ts";
import {
  type AdminAddress,
  askAdmin,
  objectIn,
  problemIn,
} from "./admin_client.ts";

/** For the whole response, in ms. */
const RESPONSE_MS = 60_000;
/** Bytes of a response that are read; what is behind them is not waited for. */
const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;
const HEAD_BYTES_MAX = 64 * 1024;

/** What became of a request that was sent. */
export interface LiveExplanation extends Explanation {
  /** The head of the response, and the bytes of its content as they came. */
  readonly response: {
    readonly head: readonly string[];
    readonly contentBytes: number;
  };
  /** The line that the log would have of it, with its times in seconds. */
  readonly logged: Readonly<Record<string, unknown>>;
}

/**
 * Sends a request and follows it.
 *
 * @throws {Error} A line for the operator: why it could not be sent, or followed.
 */
export async function explainLive(
  admin: AdminAddress,
  question: WrittenQuestion,
  clock: Clock,
): Promise<LiveExplanation> {
  const begun = await askAdmin(admin, {
    method: "POST",
    target: "/explain",
    content: question,
  }, clock);
  const following = objectIn(begun);
  if (begun.status !== 200 || typeof following?.token !== "string") {
    throw new Error(problemIn(begun));
  }
  const { token, explanation, listening } = following as unknown as Following;
  const response = await send(question, token, listening, clock);
  const traced = await askAdmin(admin, {
    method: "GET",
    target: `/explain/${token}`,
  }, clock);
  if (traced.status !== 200) {
    throw new Error(
      `the request was answered, but not followed: only this machine and trusted proxies can be (${
        problemIn(traced)
      })`,
    );
  }
  return { ...explanation, response, logged: JSON.parse(traced.content) };
}

async function send(
  { url, method = "GET", headers = [] }: WrittenQuestion,
  token: string,
  listening: readonly ListenAddress[],
  clock: Clock,
): Promise<LiveExplanation["response"]> {
  const isSecure = /^https:/i.test(url);
  const at = listening.find(({ secure = false, proxyProtocol = false }) =>
    secure === isSecure && !proxyProtocol
  );
  if (at === undefined) {
    const what = isSecure ? "TLS" : "plain HTTP";
    throw new Error(
      `sluice listens nowhere for ${what} without a proxy before it`,
    );
  }
  const request = requestBytes(method, url, [
    ...headers.map(parseHeaderArgument),
    ["Sluice-Trace", token],
    ["Connection", "close"],
  ]);
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => {}); // nobody may wait for it yet
  const name = formatSocketAddress(at);
  const cancel = clock.after(RESPONSE_MS, () => {
    late.reject(new Error(`${name}: no response within ${RESPONSE_MS} ms`));
  });
  let socket: ClientSocket | undefined;
  try {
    const connected = connect(at, url);
    socket = await Promise.race([connected, late.promise]);
    const exchanged = exchange(socket, request);
    exchanged.catch(() => {}); // after the deadline, nobody waits for it
    return await Promise.race([exchanged, late.promise]);
  } finally {
    cancel();
    socket?.close();
  }
}

async function connect(
  address: ListenAddress,
  url: string,
): Promise<ClientSocket> {
  const to = reachable(address);
  const socket: ClientSocket = to.transport === "unix"
    ? await Deno.connect({ transport: "unix", path: to.path })
    : await Deno.connect({ hostname: to.hostname, port: to.port });
  if (address.secure !== true) return socket;
  const { authority } = splitUrl(url);
  return await secureOwn(socket, authority.replace(/:\d*$/, ""));
}

/** Sends the request, and reads the response to its end; of the content, only the length is kept. */
async function exchange(
  socket: ClientSocket,
  request: Uint8Array,
): Promise<LiveExplanation["response"]> {
  for (let at = 0; at < request.length;) {
    at += await socket.write(request.subarray(at));
  }
  const buffer = new Uint8Array(64 * 1024);
  let beginning = "";
  let length = 0;
  while (length < RESPONSE_BYTES_MAX) {
    const count = await socket.read(buffer);
    if (count === null) break;
    length += count;
    if (beginning.length < HEAD_BYTES_MAX) {
      beginning += textOf(buffer, 0, count);
    }
  }
  const end = beginning.indexOf("\r\n\r\n");
  if (end < 0) throw new Error("the response has no head");
  return {
    head: beginning.slice(0, end).split("\r\n"),
    contentBytes: length - end - 4,
  };
}
