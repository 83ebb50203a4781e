/**
 * Who may ask at all (pure): what a web page of somebody else makes a browser send
 * does not get through, whether or not there is a token.
 *
 * - A name of somebody else that leads to this machine (DNS rebinding) is in `Host`:
 *   only names of this listener are taken.
 * - A page of another origin, or of another port of this host, is in `Origin`: it has to
 *   be the one that the browser asks. Browsers send it with every POST.
 * - What such a page loads without a word of its own (an image, a script) is told by
 *   `Sec-Fetch-Site`: it would keep sluice busy, though the page could not read it.
 */

import { isInBlocks, LOOPBACK } from "../net/cidr.ts";

/** What a request says of where it comes from and where it wants to go. */
export interface Caller {
  /** The authority of its target or of `Host`, as it came; empty if it names none. */
  readonly authority: string;
  /** Undefined if there is none. */
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, by which browsers tell whose page asks; undefined if there is none. */
  readonly fetchSite: string | undefined;
  /** `Sec-Fetch-Mode`: `navigate` for what the browser will show; undefined if there is none. */
  readonly fetchMode: string | undefined;
  /** Whether it would change something. */
  readonly isChange: boolean;
}

/** What a listener may be called. */
export interface ListenerNames {
  /** The IP address that the connection came to; undefined for a Unix socket. */
  readonly address: string | undefined;
  /** The host that the listener was given; undefined for a Unix socket. */
  readonly host: string | undefined;
  /** Other names, in lower case. */
  readonly hosts: readonly string[];
}

/**
 * Why a request does not get through.
 *
 * @returns A line that says why; undefined if it does.
 */
export function refusalOf(
  caller: Caller,
  names: ListenerNames,
): { readonly status: 403 | 421; readonly message: string } | undefined {
  const { authority, origin, fetchSite, fetchMode, isChange } = caller;
  // Only HTTP/1.0 may leave it out, which no browser speaks.
  if (authority !== "" && !isOwnName(hostOf(authority), names)) {
    const message =
      `the host "${authority}" is not one of this listener's: if it should be, add it to admin.hosts`;
    return { status: 421, message };
  }
  if (origin !== undefined && !isOwnOrigin(origin, authority, names)) {
    return {
      status: 403,
      message: "the request comes from a page of another origin",
    };
  }
  const isForeign = fetchSite === "cross-site" || fetchSite === "same-site";
  // A link that was followed is the user's own wish; an image or a script is the page's.
  const isWished = fetchMode === "navigate" && !isChange;
  return isForeign && !isWished && origin === undefined
    ? { status: 403, message: "the request comes from a page of another site" }
    : undefined;
}

function isOwnName(host: string, names: ListenerNames): boolean {
  if (host === "localhost" || isListed(host, names.hosts)) return true;
  const { address } = names;
  if (address === undefined) return false;
  return host === bare(address) || host === names.host?.toLowerCase() ||
    isInBlocks(address, LOOPBACK) && isInBlocks(host, LOOPBACK);
}

/** IPv6 addresses have brackets in a configuration. */
function isListed(host: string, hosts: readonly string[]): boolean {
  return hosts.includes(host) || hosts.includes(`[${host}]`);
}

/** The page that the browser shows is ours if it was got by the name that is asked now. */
function isOwnOrigin(
  origin: string,
  authority: string,
  { hosts }: ListenerNames,
): boolean {
  const [, scheme, own] = /^(https?):\/\/([^/?#@\s]+)$/.exec(
    origin.toLowerCase(),
  ) ?? [];
  if (scheme === undefined || own === undefined) return false;
  const port = scheme === "https" ? ":443" : ":80";
  return withoutPort(own, port) ===
      withoutPort(authority.toLowerCase(), port) ||
    isListed(hostOf(own), hosts);
}

function withoutPort(authority: string, port: string): string {
  return authority.endsWith(port)
    ? authority.slice(0, -port.length)
    : authority;
}

/** The host of an authority: in lower case, without port, brackets and a trailing dot. */
export function hostOf(authority: string): string {
  const text = authority.toLowerCase();
  if (text.startsWith("[")) return text.slice(1).split("]", 1)[0]!;
  const host = text.split(":", 1)[0]!;
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

const MAPPED = "::ffff:";

/** An address as a URL has it, without what a mapped IPv4 address begins with. */
function bare(address: string): string {
  const text = address.toLowerCase();
  const isMapped = text.startsWith(MAPPED) && text.includes(".");
  return isMapped ? text.slice(MAPPED.length) : text;
}
