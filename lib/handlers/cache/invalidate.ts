/** What a successful unsafe request makes of the stored responses (RFC 9111 §4.4). */

import { type Scheme, SCHEMES } from "../../cache/policy/cache_key.ts";
import { FIELD } from "../../http/field.ts";
import { isSafe, METHOD } from "../../http/method.ts";
import { bytesOf, SP, textOf } from "../../http/bytes.ts";
import { namedLines } from "../../http/named_field.ts";
import { publicLocation } from "../../head/public_urls.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import { makeKey } from "../../exchange/lookup.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import type { Purge } from "../../cache/store/purge.ts";
import { forgetKey } from "./take_out.ts";

const SEPARATOR = " ";
/** The ends of authorities that say nothing. */
const DEFAULT_PORTS: Readonly<Record<Scheme, string>> = {
  http: ":80",
  https: ":443",
};
/** An absolute reference, or one without a scheme, up to the end of its authority. */
const NAMES_AUTHORITY = /^(?:https?:)?[/\\]{2}([^/?#\\]*)/i;
/** In place of an authority that no URL can have. */
const STAND_IN = "authority.invalid";

/**
 * Forgets what is stored for the target of an unsafe request that did not fail, and
 * for what `Location` and `Content-Location`, and the request's `Destination` (MOVE
 * and COPY, RFC 4918 §10.3), name of the same authority. What is below a moved
 * collection stays: a client could empty the cache by moving `/`. A target with dot
 * segments may be another one for the origin than the one it resolves to: nothing is
 * forgotten for it. All routes for the URL forget it, whichever the request took: one
 * for POST mostly has other rules than that for GET, or stores nothing.
 */
export function forgetInvalidated(fetch: Fetch, cache: SharedCache): void {
  const { status } = fetch.response;
  if (isSafe(fetch.request.method) || status < 200 || status > 399) return;
  for (const space of fetch.route.urlSpaces) {
    makeKey(fetch, cache, space);
    if (cache.key.hadDotSegments) return;
    forgetIn(fetch, cache);
  }
}

/**
 * Forgets what is stored under the key that has just been made, and what the response
 * names beside it: as the origin says it, and as clients ask for that.
 */
function forgetIn(fetch: Fetch, cache: SharedCache): void {
  const { fields } = fetch.response;
  const key = forgetMade(cache);
  for (const id of [FIELD.Location, FIELD.ContentLocation]) {
    const reference = fields.text(id);
    if (reference === undefined) continue;
    forgetReference(cache, key, reference);
    const asked = publicReference(fetch, reference);
    if (asked !== reference) forgetReference(cache, key, asked);
  }
  if (fetch.request.method === METHOD.Other) {
    forgetDestinations(fetch, cache, key);
  }
}

/** What the origin says of itself, as clients ask for it: a path, if it has to be another. */
export function publicReference(
  { route, target }: Fetch,
  reference: string,
): string {
  const mapping = target === undefined
    ? route.plainMapping
    : route.publicMapping;
  return mapping === undefined
    ? reference
    : publicLocation(reference, mapping, "") ?? reference;
}

/** MOVE, COPY and their kin change what is at another target, too. */
function forgetDestinations(
  { request: { fields } }: Fetch,
  cache: SharedCache,
  key: Uint8Array,
): void {
  for (const destination of namedLines(fields, "destination")) {
    forgetReference(cache, key, destination);
  }
}

function forgetReference(
  cache: SharedCache,
  key: Uint8Array,
  reference: string,
): void {
  const url = resolve(reference, key);
  if (url === undefined) return;
  for (const target of new Set([url.target, url.asClientsSend])) {
    makeKeyOf(cache, url.authority, target, "http");
    forgetMade(cache);
  }
}

/** Forgets what is stored under the key that has just been made, which it returns, for `http`. */
function forgetMade(cache: SharedCache): Uint8Array {
  const keys = keysLike(cache);
  for (const { key, hash } of keys) forgetKey(cache, key, hash);
  return keys[0]!.key;
}

/** One key, to be taken out. */
type NamedKey = Extract<Purge, { readonly kind: "key" }>;

/**
 * The key that has just been made, and the same one with the host as most clients
 * write it, of both schemes.
 */
export function keysLike(cache: SharedCache): NamedKey[] {
  const { key } = cache;
  const made = key.written.view().slice();
  const hostEnd = made.indexOf(SP);
  const start = hostEnd + 1;
  const next = made.indexOf(SP, start);
  const end = next < 0 ? made.length : next;
  const authority = textOf(made, 0, hostEnd);
  const keys: NamedKey[] = [];
  for (const scheme of SCHEMES) {
    key.make(made, 0, hostEnd, made, start, end, scheme);
    keys.push(namedKey(cache));
    const host = usual(authority, scheme);
    if (host === authority) continue;
    const name = bytesOf(host);
    key.make(name, 0, name.length, made, start, end, scheme);
    keys.push(namedKey(cache));
  }
  return keys;
}

/** The key that has just been made, to be kept. */
function namedKey({ key: { written, hash } }: SharedCache): NamedKey {
  return { kind: "key", key: written.view().slice(), hash };
}

/**
 * Makes the key that has just been made anew, with the host as most clients write
 * it: in lower case, without the default port.
 *
 * @returns Whether that is another key.
 */
export function makeUsualKey(cache: SharedCache): boolean {
  const { authority, target } = partsOf(cache);
  const host = usual(authority, "http");
  if (host === authority) return false;
  makeKeyOf(cache, host, target, "http");
  return true;
}

/** An authority as most clients write it: in lower case, without the default port. */
export function usual(authority: string, scheme: Scheme): string {
  const host = authority.toLowerCase();
  for (const port of [DEFAULT_PORTS[scheme], ":"]) {
    if (host.endsWith(port)) return host.slice(0, -port.length);
  }
  return host;
}

/** Authority and target of the key that has just been made. */
function partsOf(
  { key: { written } }: SharedCache,
): { authority: string; target: string } {
  const text = textOf(written.bytes, 0, written.length);
  const [authority = "", target = ""] = text.split(SEPARATOR);
  return { authority, target };
}

/** Makes the key of an authority and a target, where the one before was made. */
export function makeKeyOf(
  { key }: SharedCache,
  authority: string,
  target: string,
  scheme: Scheme,
): void {
  const host = bytesOf(authority);
  const bytes = bytesOf(target);
  key.make(host, 0, host.length, bytes, 0, bytes.length, scheme);
}

/** Where a reference leads. */
export interface Reference {
  readonly authority: string;
  /** Path and query as the reference has them. */
  readonly target: string;
  /** The same as a client sends them that follows it: what a URL cannot hold is encoded. */
  readonly asClientsSend: string;
}

/** Where a reference leads, if that is the same authority as the key's. */
export function resolve(
  reference: string,
  key: Uint8Array,
): Reference | undefined {
  const [authority = "", path = "/"] = textOf(key, 0, key.length).split(
    SEPARATOR,
  );
  const base = URL.parse(`http://${authority}${path}`);
  if (base === null) return resolveBeside(reference, authority, path);
  const url = URL.parse(reference, base);
  if (url === null || url.host !== base.host) return undefined;
  return referenceTo(url, reference, authority, path);
}

/** The same for an authority that HTTP allows and a URL does not: it must be named as it is. */
function resolveBeside(
  reference: string,
  authority: string,
  path: string,
): Reference | undefined {
  const [whole = "", named] = NAMES_AUTHORITY.exec(reference) ?? [];
  if (
    named !== undefined && named.toLowerCase() !== authority.toLowerCase()
  ) return undefined;
  const url = named === undefined
    ? URL.parse(reference, `http://${STAND_IN}${path}`)
    : URL.parse(`http://${STAND_IN}${reference.slice(whole.length)}`);
  if (url === null || url.host !== STAND_IN) return undefined;
  return referenceTo(url, reference, authority, path);
}

function referenceTo(
  url: URL,
  reference: string,
  authority: string,
  path: string,
): Reference {
  const asClientsSend = url.pathname + url.search;
  const target = targetIn(reference, path) ?? asClientsSend;
  return { authority, target, asClientsSend };
}

/** Path and query as the reference has them, whose encoding the URL parser may change. */
function targetIn(reference: string, path: string): string | undefined {
  if (reference === "") return path;
  const [, target] =
    /^(?:[a-z]+:\/\/[^/?#]*)?(\/(?!\/)[^#]*)/i.exec(reference) ??
      [];
  return target;
}
