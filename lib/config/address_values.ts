/**
 * Reads the addresses of flags.
 *
 * Each function throws a {@linkcode SyntaxError} that names the value, the accepted
 * forms, and what was probably meant.
 */

import {
  type OriginAddress,
  parseOriginAddress,
  parseSocketAddress,
  type SocketAddress,
} from "../net/address.ts";
import { isInBlocks, LOOPBACK } from "../net/cidr.ts";
import { didYouMean } from "./nearest.ts";

const LISTEN_FORMS = "host:port, [ipv6]:port, :port or unix:/path";
const UPSTREAM_FORMS = "http://host:port, https://host:port or unix:/path";
/** Bytes of the path of a Unix socket (Linux; others have a few less). */
const UNIX_PATH_BYTES_MAX = 107;
const DEFAULT_PORT = 8000;
const PORT_MAX = 65535;

/** Where to listen: `host:port`, `[ipv6]:port`, `:port` or `unix:/path`. */
export function parseListen(text: string): SocketAddress {
  let address: SocketAddress;
  try {
    if (text.includes("*")) throw new SyntaxError("A wildcard");
    address = parseSocketAddress(text);
  } catch (cause) {
    throw refusal(text, "an address", LISTEN_FORMS, listenHint(text), cause);
  }
  checkUnixPath(text, address);
  return address;
}

function listenHint(text: string): string {
  if (/^https:\/\//i.test(text)) {
    return "; TLS for clients needs --config and listen.https";
  }
  const port = /^\d+$/.test(text) ? text : /^\*:?(\d+)$/.exec(text)?.[1];
  if (port !== undefined) {
    return isPort(port) ? didYouMean(`:${port}`) : BAD_PORT;
  }
  if (text === "*") return didYouMean(`:${DEFAULT_PORT}`);
  if (text.startsWith("/")) return didYouMean(`unix:${text}`);
  const bare = text.replace(/^\w+:\/\//, "").split("/", 1)[0]!;
  const v6 = bracketed(bare, `:${DEFAULT_PORT}`);
  if (v6 !== undefined) return didYouMean(v6);
  const digits = /:(\d+)$/.exec(bare)?.[1];
  if (digits !== undefined && !isPort(digits)) return BAD_PORT;
  const fixed = digits !== undefined || bare.endsWith(":")
    ? bare
    : `${bare}:${DEFAULT_PORT}`;
  return fixed !== text && canRead(parseSocketAddress, fixed)
    ? didYouMean(fixed)
    : "";
}

/** Whether only this machine reaches an address. */
export function isOnThisMachine(address: SocketAddress): boolean {
  return address.transport === "unix" || address.hostname === "localhost" ||
    isInBlocks(address.hostname, LOOPBACK);
}

/** Where the admin listener is; undefined for `off`. */
export function parseAdmin(text: string): SocketAddress | undefined {
  return text === "off" ? undefined : parseListen(text);
}

/** Where the origin is: `http://host:port`, `https://host`, `host:port` or `unix:/path`. */
export function parseUpstream(text: string): OriginAddress {
  let address: OriginAddress;
  try {
    address = readUpstream(text);
  } catch (cause) {
    const hint = upstreamHint(text);
    throw refusal(text, "an upstream", UPSTREAM_FORMS, hint, cause);
  }
  checkUnixPath(text, address.socket);
  return address;
}

function readUpstream(text: string): OriginAddress {
  if (!text.startsWith("unix:")) checkHost(text);
  const address = parseOriginAddress(text);
  if (address.socket.transport === "tcp" && address.socket.port === 0) {
    throw new SyntaxError("Port 0");
  }
  return address;
}

/** Refuses a host that the platform's URLs would read in another way: `3000` as 0.0.11.184. */
function checkHost(text: string): void {
  const host = text.replace(/^\w+:\/\//, "").replace(/:\d+$/, "");
  const isNumber = /^[\d.]+$/.test(host) || /^0x[\da-f.]*$/i.test(host);
  const isQuad = /^\d+\.\d+\.\d+\.\d+$/.test(host.replace(/\/$/, ""));
  if ((isNumber && !isQuad) || /[\s*,\\]/.test(text)) {
    throw new SyntaxError("Not a host");
  }
}

function upstreamHint(text: string): string {
  if (text.includes(",")) return "; sluice has one upstream";
  if (text.startsWith("/")) return didYouMean(`unix:${text}`);
  if (text === "" || text === "unix:") return "";
  if (/^srv:/i.test(text)) {
    return "; SRV records are not read: name the servers, or a name that stands for all of their addresses";
  }
  const [, web, other, rest = ""] =
    /^(?:(https?):\/{0,2}|([a-z+]+):?\/{1,2})?(.*)$/is.exec(text)!;
  const scheme = (web ?? other ?? "").toLowerCase();
  const meant = nearestScheme(scheme);
  if (meant === undefined) return `; sluice does not speak ${scheme}`;
  const authority = rest.split(/[/?#\\]/, 1)[0]!.split("@").at(-1)!;
  const fixed = authorityMeant(authority);
  if (fixed === undefined) return BAD_PORT;
  const why = rest.includes("@")
    ? "; it cannot have a user name"
    : /[/?#\\]./s.test(rest)
    ? "; it cannot have a path"
    : "";
  const url = `${meant}://${fixed}`;
  return url === text || !canRead(readUpstream, url)
    ? why
    : why + didYouMean(url);
}

/** The address that was probably meant by a lone port, or by IPv6 without brackets; undefined if the port is wrong. */
function authorityMeant(text: string): string | undefined {
  const [, lonePort] = /^\*?:?(\d+)$/.exec(text) ?? [];
  const port = lonePort ?? /:(\d+)$/.exec(text)?.[1];
  const v6 = bracketed(text, "");
  if (v6 !== undefined) return v6;
  if (port !== undefined && (!isPort(port) || Number(port) === 0)) {
    return undefined;
  }
  return lonePort === undefined ? text : `127.0.0.1:${lonePort}`;
}

/** The scheme that was probably meant; undefined if there is none. */
function nearestScheme(scheme: string): "http" | "https" | undefined {
  const word = scheme.toLowerCase();
  if (word === "" || /^(?:h?t+p|ht+p*|ws|tcp|h2c)$/.test(word)) return "http";
  return /^(?:h?t+ps|ht+p*s|wss|tls|ssl)$/.test(word) ? "https" : undefined;
}

/**
 * Puts brackets around an IPv6 address that lacks them.
 *
 * @param port The text to append if there is no port. `::1:80` could be a whole
 *   address; its last group is read as a port.
 */
function bracketed(text: string, port: string): string | undefined {
  const [, address = "", last = ""] = /^(.*):(\d{2,5})$/.exec(text) ?? [];
  if (isIpv6(address)) return `[${address}]:${last}`;
  return isIpv6(text) ? `[${text}]${port}` : undefined;
}

function isIpv6(text: string): boolean {
  return text.includes(":") && URL.canParse(`http://[${text}]/`);
}

const BAD_PORT = `; a port is a number from 1 to ${PORT_MAX}`;

function isPort(text: string): boolean {
  return Number(text) <= PORT_MAX;
}

function canRead(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false; // then it is no help
  }
}

function checkUnixPath(text: string, address: SocketAddress): void {
  if (address.transport !== "unix") return;
  if (new TextEncoder().encode(address.path).length > UNIX_PATH_BYTES_MAX) {
    throw new SyntaxError(
      `"${text}" is too long for a Unix socket: at most ${UNIX_PATH_BYTES_MAX} bytes of path`,
    );
  }
}

function refusal(
  text: string,
  what: string,
  forms: string,
  hint: string,
  cause: unknown,
): SyntaxError {
  return new SyntaxError(`"${text}" is not ${what}: write ${forms}${hint}`, {
    cause,
  });
}
