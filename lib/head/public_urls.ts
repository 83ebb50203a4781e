/**
 * URLs and cookies of a response as the client has to see them (pure): where a prefix
 * was taken off the path, or the origin was asked by its own name, what the origin says
 * of itself would lead nowhere, or give away where it is.
 */

import { trimmed } from "../http/list.ts";

/** An authority that is the origin's. */
export interface OriginName {
  /** In lower case, IPv6 in brackets; without port. */
  readonly host: string;
  readonly port: number;
}

/** How what the origin says of itself becomes public. */
export interface PublicMapping {
  /** The prefix that was taken off paths: canonical, without a slash at its end; empty for none. */
  readonly strip: string;
  /** The one that was put before them; likewise. */
  readonly prepend: string;
  /** Names of the origin that clients must not see: those by which it was asked. */
  readonly origins: readonly OriginName[];
}

/** What makes URLs and cookies of the origin public, for one request. */
export interface PublicUrls {
  readonly mapping: PublicMapping;
  /** What the client asked: `https://acme.example`. */
  readonly origin: string;
}

/** Whether anything is to be mapped. */
export function mapsAnything(
  { strip, prepend, origins }: PublicMapping,
): boolean {
  return strip !== "" || prepend !== "" || origins.length > 0;
}

/** An absolute URL of HTTP, or one without its scheme: scheme, authority, what follows. */
const ABSOLUTE = /^(?:(https?):)?\/\/([^/?#\\]*)/i;

/**
 * What a `Location` says to the client.
 *
 * A path gets back the prefix that was taken off, and loses the one that was put
 * before it. A URL that names the origin gets the public scheme and authority, too.
 *
 * @param value As it came.
 * @param publicOrigin What the client asked: `https://acme.example`.
 * @returns Undefined if it stays as it came.
 */
export function publicLocation(
  value: string,
  mapping: PublicMapping,
  publicOrigin: string,
): string | undefined {
  const absolute = ABSOLUTE.exec(value);
  if (absolute === null) {
    const isPath = value.startsWith("/") && !value.startsWith("/\\");
    const path = isPath ? publicPath(value, mapping) : value;
    return path === value ? undefined : path;
  }
  const [whole, scheme = "", authority = ""] = absolute;
  if (!namesOrigin(authority, scheme.toLowerCase(), mapping.origins)) {
    return undefined;
  }
  const rest = value.slice(whole.length);
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return publicOrigin + publicPath(path, mapping);
}

/** A path, perhaps with query and fragment, as clients ask for it. */
function publicPath(
  path: string,
  { strip, prepend }: PublicMapping,
): string {
  const next = path[prepend.length];
  const isBelow = path.startsWith(prepend) &&
    (prepend === "" || next === undefined || "/?#".includes(next));
  if (!isBelow) return path; // nothing that clients could ask for leads there
  const rest = path.slice(prepend.length);
  const inner = rest.startsWith("/") ? rest : `/${rest}`;
  if (strip !== "") return strip + inner;
  // What the prefix hid must not become another host.
  return prepend === "" ? inner : inner.replace(/^[/\\\t]+/, "/");
}

/** Whether an authority is the origin's, with its port or with the usual one of its scheme. */
function namesOrigin(
  authority: string,
  scheme: string,
  origins: readonly OriginName[],
): boolean {
  const colon = authority.indexOf(":", authority.lastIndexOf("]") + 1);
  const host = colon < 0 ? authority : authority.slice(0, colon);
  const port = colon < 0 ? "" : authority.slice(colon + 1);
  const isDefault = port === "" || port === "80" && scheme === "http" ||
    port === "443" && scheme === "https";
  return origins.some((origin) =>
    origin.host === withoutDot(host.toLowerCase()) &&
    (isDefault
      ? origin.port === 80 || origin.port === 443
      : String(origin.port) === port)
  );
}

function withoutDot(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

/**
 * What a `Set-Cookie` says to the client: without a `Domain` that names the origin, so
 * that the cookie is one of the host that was asked; with a `Path` as clients ask for
 * it. The cookie itself is never touched, nor is one whose name begins with `__Host-`,
 * which must have the path `/` (RFC 6265bis §4.1.3).
 *
 * @param value As it came.
 * @returns Undefined if it stays as it came.
 */
export function publicCookie(
  value: string,
  mapping: PublicMapping,
): string | undefined {
  const [cookie = "", ...attributes] = value.split(";");
  const isHostOnly = trimmed(cookie).toLowerCase().startsWith("__host-");
  const kept: string[] = [cookie];
  let isChanged = false;
  for (const attribute of attributes) {
    const equals = attribute.indexOf("=");
    const name = trimmed(attribute.slice(0, Math.max(equals, 0))).toLowerCase();
    const text = trimmed(attribute.slice(equals + 1));
    if (name === "domain" && isOriginDomain(text, mapping.origins)) {
      isChanged = true;
      continue;
    }
    const path = name === "path" && !isHostOnly && text.startsWith("/")
      ? cookiePath(text, mapping)
      : text;
    isChanged ||= path !== text;
    kept.push(path === text ? attribute : ` Path=${path}`);
  }
  return isChanged ? kept.join(";") : undefined;
}

function isOriginDomain(
  domain: string,
  origins: readonly OriginName[],
): boolean {
  const host = withoutDot(domain.toLowerCase().replace(/^\./, ""));
  return origins.some((origin) => origin.host === host);
}

/** A cookie's path as clients ask for it; without a slash at its end where it is a prefix itself. */
function cookiePath(path: string, mapping: PublicMapping): string {
  const { strip } = mapping;
  return path === "/" && strip !== "" ? strip : publicPath(path, mapping);
}
