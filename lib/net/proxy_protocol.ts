/**
 * The header of the PROXY protocol, versions 1 and 2 (pure): a proxy in front says
 * with it, before anything else, whose connection it passes on
 * (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt).
 */

import { isIp } from "./cidr.ts";

/** The most bytes of a header: version 1 has up to 107, version 2 may carry more than addresses. */
export const PROXY_HEADER_BYTES_MAX = 4096;

/** One end of a TCP connection. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** Both ends of a TCP connection. */
export interface ConnectionEnds {
  readonly client: Endpoint;
  readonly server: Endpoint;
}

/** What the bytes so far are. */
export type ProxyHeader =
  /** The beginning of a header. */
  | { readonly kind: "more" }
  /** No header. */
  | { readonly kind: "none" }
  /** A header that cannot be read: why. */
  | { readonly kind: "bad"; readonly detail: string }
  | {
    readonly kind: "header";
    /** Its bytes. */
    readonly length: number;
    /** Undefined if the proxy speaks for itself, or does not know its client. */
    readonly client: Endpoint | undefined;
    /** What the client connected to; undefined as for the client. */
    readonly server: Endpoint | undefined;
  };

const MORE: ProxyHeader = { kind: "more" };
const NONE: ProxyHeader = { kind: "none" };

const V1_START = "PROXY ";
const V1_BYTES_MAX = 107;
const V2_START = "\r\n\r\n\0\r\nQUIT\n";
const V2_HEAD_BYTES = 16;
const CR = 13;
const LF = 10;

/** Reads what a peer has sent so far: `bytes[0, end)`. */
export function readProxyHeader(bytes: Uint8Array, end: number): ProxyHeader {
  for (const start of [V1_START, V2_START]) {
    const count = Math.min(end, start.length);
    let at = 0;
    while (at < count && bytes[at] === start.charCodeAt(at)) at++;
    if (at < count) continue;
    if (count < start.length) return MORE;
    return start === V1_START ? readV1(bytes, end) : readV2(bytes, end);
  }
  return NONE;
}

function bad(detail: string): ProxyHeader {
  return { kind: "bad", detail };
}

/** `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443` and CRLF. */
function readV1(bytes: Uint8Array, end: number): ProxyHeader {
  const max = Math.min(end, V1_BYTES_MAX);
  let at = V1_START.length;
  while (at < max && bytes[at] !== LF) at++;
  if (at === max) {
    return max < V1_BYTES_MAX ? MORE : bad("version 1, without an end");
  }
  if (bytes[at - 1] !== CR) return bad("version 1, with a bare LF");
  const length = at + 1;
  const line = String.fromCharCode(
    ...bytes.subarray(V1_START.length, length - 2),
  );
  if (/^UNKNOWN(?: |$)/.test(line)) {
    return { kind: "header", length, client: undefined, server: undefined };
  }
  const [family, from, to, fromPort, toPort, ...rest] = line.split(" ");
  const isFamily = family === "TCP4" || family === "TCP6";
  const hasRight = (address: string | undefined): address is string =>
    address !== undefined && isIp(address) &&
    address.includes(":") === (family === "TCP6");
  const client = portOf(fromPort);
  const server = portOf(toPort);
  if (
    !isFamily || !hasRight(from) || !hasRight(to) || rest.length > 0 ||
    client === undefined || server === undefined
  ) {
    return bad("version 1, malformed");
  }
  return {
    kind: "header",
    length,
    client: { hostname: from, port: client },
    server: { hostname: to, port: server },
  };
}

/** Undefined if it is not a port. */
function portOf(text: string | undefined): number | undefined {
  const isPort = text !== undefined && /^(?:0|[1-9]\d{0,4})$/.test(text) &&
    Number(text) < 65536;
  return isPort ? Number(text) : undefined;
}

function readV2(bytes: Uint8Array, end: number): ProxyHeader {
  if (end < V2_HEAD_BYTES) return MORE;
  const command = bytes[12]!;
  const family = bytes[13]!;
  const length = V2_HEAD_BYTES + (bytes[14]! << 8 | bytes[15]!);
  if (command >> 4 !== 2 || (command & 15) > 1) {
    return bad("version 2, of an unknown kind");
  }
  if (length > PROXY_HEADER_BYTES_MAX) return bad("version 2, too long");
  if (end < length) return MORE;
  const isLocal = (command & 15) === 0;
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (isLocal || size === 0) {
    return { kind: "header", length, client: undefined, server: undefined };
  }
  if (length < V2_HEAD_BYTES + 2 * size + 4) {
    return bad("version 2, too short for its addresses");
  }
  const ports = V2_HEAD_BYTES + 2 * size;
  const endpoint = (index: number): Endpoint => ({
    hostname: formatIp(
      bytes.subarray(
        V2_HEAD_BYTES + index * size,
        V2_HEAD_BYTES + (index + 1) * size,
      ),
    ),
    port: bytes[ports + 2 * index]! << 8 | bytes[ports + 2 * index + 1]!,
  });
  return { kind: "header", length, client: endpoint(0), server: endpoint(1) };
}

/** An address of 4 or 16 bytes as text. */
function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let i = 0; i < bytes.length; i += 2) {
    groups.push((bytes[i]! << 8 | bytes[i + 1]!).toString(16));
  }
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/**
 * The header of version 1 that tells an origin whose connection it gets.
 *
 * @param client Undefined if nobody's: sluice asks for itself.
 */
export function proxyHeader(
  client?: Endpoint,
  server?: Endpoint,
): string {
  if (
    client === undefined || server === undefined || !isIp(client.hostname) ||
    !isIp(server.hostname)
  ) {
    return "PROXY UNKNOWN\r\n";
  }
  const isV6 = [client, server].some(({ hostname }) => hostname.includes(":"));
  const [from, to] = [client.hostname, server.hostname].map((address) =>
    isV6 && !address.includes(":") ? `::ffff:${address}` : address
  );
  const family = isV6 ? "TCP6" : "TCP4";
  return `PROXY ${family} ${from} ${to} ${client.port} ${server.port}\r\n`;
}
