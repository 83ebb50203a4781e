/**
 * A purge as people and programs order it: by URL, prefix, tag or host, or of all there
 * is; and what it names of what is stored.
 */

import type { Purge } from "../../cache/store/purge.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import type { CacheSpace } from "../../exchange/route.ts";
import { bytesOf, textOf } from "../../http/bytes.ts";
import { keysLike, makeKeyOf, usual } from "./invalidate.ts";
import { SCHEMES } from "../../cache/policy/cache_key.ts";
import { purgeAll } from "./take_out.ts";

/** What an order names. */
export type PurgeName =
  /** One URL, of both schemes: every variant. */
  | { readonly url: string }
  /** Everything whose URL begins so: `shop.example/item/`. */
  | { readonly prefix: string }
  /** Everything that carries the tag. */
  | { readonly tag: string }
  /** Everything of a host, of every port unless it has one. */
  | { readonly host: string }
  | { readonly all: true };

/** See the module's comment. */
export type PurgeOrder = PurgeName & {
  /** Whether what it names is only marked stale; it is removed unless this is given. */
  readonly soft?: boolean;
};

const NAMES = ["url", "prefix", "tag", "host", "all"] as const;
const TAG_LENGTH_MAX = 256;

/**
 * Reads an order, as JSON has it.
 *
 * @throws {SyntaxError} What is wrong with it, in a line.
 */
export function readPurgeOrder(value: unknown): PurgeOrder {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(
      `a purge is an object with one of ${NAMES.join(", ")}`,
    );
  }
  const order = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(order)) {
    if (key !== "soft" && !NAMES.some((name) => name === key)) {
      throw new SyntaxError(
        `${key}: unknown; a purge has one of ${NAMES.join(", ")}, and soft`,
      );
    }
  }
  const given = NAMES.filter((name) => order[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1) {
    throw new SyntaxError(
      `a purge has exactly one of ${NAMES.join(", ")}${
        name === undefined ? "" : `, not ${given.join(" and ")}`
      }`,
    );
  }
  const { soft = false } = order;
  if (typeof soft !== "boolean") {
    throw new SyntaxError("soft: must be true or false");
  }
  return { ...readName(name, order[name]), soft };
}

function readName(name: typeof NAMES[number], value: unknown): PurgeName {
  if (name === "all") {
    if (value !== true) throw new SyntaxError("all: must be true");
    return { all: true };
  }
  if (typeof value !== "string") {
    throw new SyntaxError(`${name}: must be a text`);
  }
  switch (name) {
    case "url":
    case "prefix":
      if (referencesOf(value) === undefined) {
        throw new SyntaxError(
          `${name}: "${value}" is not a URL like http://shop.example/item/7`,
        );
      }
      return name === "url" ? { url: value } : { prefix: value };
    case "tag":
      if (
        value === "" || /[\s,]/.test(value) || value.length > TAG_LENGTH_MAX
      ) {
        throw new SyntaxError(`tag: "${value}" is not one tag`);
      }
      return { tag: value };
    case "host":
      if (readHost(value) === undefined) {
        throw new SyntaxError(
          `host: "${value}" is not a host like shop.example`,
        );
      }
      return { host: value };
  }
}

/**
 * Carries out an order: what it names is taken out, or marked stale, in memory (that of
 * all workers) and behind it.
 *
 * @param cache Undefined if nothing is stored.
 * @param spaces Where routes store: a URL may be stored by each.
 * @returns How many stored responses it has hit.
 * @throws {SyntaxError} as {@linkcode readPurgeOrder}.
 */
export async function purgeByOrder(
  order: PurgeOrder,
  cache: SharedCache | undefined,
  spaces: readonly CacheSpace[],
): Promise<number> {
  return cache === undefined
    ? 0
    : await purgeAll(cache, purgesOfOrder(order, cache, spaces));
}

/** What an order names. */
export function purgesOfOrder(
  order: PurgeOrder,
  cache: SharedCache,
  spaces: readonly CacheSpace[],
): Purge[] {
  const { soft: isSoft = false, ...name } = readPurgeOrder(order);
  return namedBy(name, cache, spaces).map((purge) => ({ ...purge, isSoft }));
}

function namedBy(
  name: PurgeName,
  cache: SharedCache,
  spaces: readonly CacheSpace[],
): Purge[] {
  if ("all" in name) return [{ kind: "all" }];
  if ("tag" in name) return [{ kind: "tag", tag: name.tag }];
  if ("host" in name) {
    return [{ kind: "host", host: bytesOf(readHost(name.host)!) }];
  }
  return "url" in name
    ? keysOf(referencesOf(name.url)!, cache, spaces)
    : prefixesOf(referencesOf(name.prefix)!);
}

/** The ways in which a URL may be written in keys. */
interface References {
  readonly authorities: ReadonlySet<string>;
  /** Path and query. */
  readonly targets: ReadonlySet<string>;
}

/** A URL as it was written, and as clients send it; undefined if it is none. */
function referencesOf(text: string): References | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.parse(whole);
  const [, authority = "", target = ""] =
    /^https?:\/\/(?:[^/?#@]*@)?([^/?#]*)([^#]*)/i.exec(whole) ?? [];
  if (url === null || authority === "") return undefined;
  const written = target.startsWith("/") ? target : `/${target}`;
  return {
    authorities: new Set([url.host, authority].filter(isSendable)),
    targets: new Set([written, url.pathname + url.search].filter(isSendable)),
  };
}

/** Whether clients can send it as it is. */
function isSendable(text: string): boolean {
  return /^[!-~]+$/.test(text);
}

function keysOf(
  { authorities, targets }: References,
  cache: SharedCache,
  spaces: readonly CacheSpace[],
): Purge[] {
  const found = new Map<string, Purge>();
  for (const { scope, queryUse } of spaces) {
    cache.key.scope = scope;
    cache.key.queryUse = queryUse;
    for (const authority of authorities) {
      for (const target of targets) {
        makeKeyOf(cache, authority, target, "http");
        for (const named of keysLike(cache)) {
          found.set(textOf(named.key, 0, named.key.length), named);
        }
      }
    }
  }
  return [...found.values()];
}

function prefixesOf({ authorities, targets }: References): Purge[] {
  const hosts = new Set([...authorities].flatMap((authority) => [
    authority,
    ...SCHEMES.map((scheme) => usual(authority, scheme)),
  ]));
  const prefixes = [...hosts].flatMap((host) =>
    [...targets].map((target) => `${host} ${target.replace(/\*$/, "")}`)
  );
  return [...new Set(prefixes)].map((prefix) => ({
    kind: "prefix",
    prefix: bytesOf(prefix),
  }));
}

/** A host as a purge names it; undefined if it is none. */
function readHost(text: string): string | undefined {
  const [, name, port = ""] = /^([^\s/?#@:]+|\[[^\s/?#@\]]+\])(:\d+)?$/
    .exec(text) ?? [];
  return name && name.toLowerCase().replace(/\.$/, "") + port;
}
