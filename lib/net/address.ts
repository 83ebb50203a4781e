/** Addresses as people write them: those to listen on, and that of the origin. */

import type { ListenLimits } from "./listen_limits.ts";

/** A TCP port on an interface, or a Unix socket. */
export type SocketAddress =
  | {
    readonly transport: "tcp";
    readonly hostname: string;
    readonly port: number;
    /** Whether IPv6 is listened on, too: nobody has said which interface. */
    readonly isEveryFamily?: true;
  }
  | { readonly transport: "unix"; readonly path: string };

/** An address to listen on, and what clients speak there before HTTP. */
export type ListenAddress = SocketAddress & {
  /** TLS. */
  readonly secure?: boolean;
  /** The PROXY protocol, if they are trusted proxies. */
  readonly proxyProtocol?: boolean;
  /** Whether another sluice listens there, whose place this one takes. */
  readonly takesOver?: boolean;
  /** Its own limits, in place of those of all. */
  readonly limits?: ListenLimits;
};

/** Where the origin is, and how to speak to it. */
export interface OriginAddress {
  readonly socket: SocketAddress;
  readonly secure: boolean;
  /** What `Host` says if the request itself has none: `localhost` for a Unix socket. */
  readonly authority: string;
}

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, `:PORT` (every interface, IPv4 and IPv6) or
 * `unix:/path`.
 *
 * @throws {SyntaxError} if it is none of these.
 */
export function parseSocketAddress(text: string): SocketAddress {
  if (text.startsWith("unix:")) return unixSocket(text.slice("unix:".length));
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/@\s]*)):(\d{1,5})$/.exec(
    text,
  );
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new SyntaxError(
      `Cannot read the address "${text}": expected host:port or unix:/path`,
    );
  }
  return {
    transport: "tcp",
    hostname: match[1] ?? (match[2] || "0.0.0.0"),
    port,
    ...(match[1] === undefined && match[2] === ""
      ? { isEveryFamily: true }
      : {}),
  };
}

/**
 * Reads `http://host:port`, `https://host`, `host:port` or `unix:/path`.
 *
 * @throws {SyntaxError} if it is none of these, or has a path, a query or userinfo.
 */
export function parseOriginAddress(text: string): OriginAddress {
  if (text.startsWith("unix:")) {
    return {
      socket: unixSocket(text.slice("unix:".length)),
      secure: false,
      authority: "localhost",
    };
  }
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (
    url === null || !["http:", "https:"].includes(url.protocol) ||
    url.hostname === "" ||
    url.pathname !== "/" || url.search !== "" || url.hash !== "" ||
    url.username !== ""
  ) {
    throw new SyntaxError(
      `Cannot read the upstream "${text}": expected http://host:port, https://host:port or unix:/path`,
    );
  }
  const secure = url.protocol === "https:";
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return {
    socket: { transport: "tcp", hostname, port },
    secure,
    authority: url.host,
  };
}

/** Wildcard addresses are for listening; to connect to one means this machine. */
const LOOPBACK: Readonly<Record<string, string>> = {
  "0.0.0.0": "127.0.0.1",
  "::": "::1",
};

/** The address to connect to for a listener on `address`. */
export function reachable(address: SocketAddress): SocketAddress {
  if (address.transport === "unix") return address;
  const { hostname } = address;
  return { ...address, hostname: LOOPBACK[hostname] ?? hostname };
}

/** The origin as an operator knows it: `host:port`, or `unix:/path`. */
export function formatOriginAddress(
  { socket, authority }: OriginAddress,
): string {
  return socket.transport === "unix" ? formatSocketAddress(socket) : authority;
}

function unixSocket(path: string): SocketAddress {
  if (path === "") {
    throw new SyntaxError(
      `Cannot read the address "unix:": expected unix:/path`,
    );
  }
  return { transport: "unix", path };
}

/** The address in the form that {@linkcode parseSocketAddress} reads. */
export function formatSocketAddress(address: SocketAddress): string {
  if (address.transport === "unix") return `unix:${address.path}`;
  const { hostname, port } = address;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
