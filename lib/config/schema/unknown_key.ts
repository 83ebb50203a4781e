/** What is said of a key that an object does not have. */

import { didYouMean, nearest } from "../nearest.ts";

/** The most edits between a mistyped key and the one that is suggested. */
const EDITS_MAX = 3;

/** Words from other servers' configurations, and what they are here. */
const SYNONYMS: Readonly<Record<string, string>> = {
  "proxy_pass": "proxy",
  "proxypass": "proxy",
  "reverse_proxy": "proxy",
  "reverseproxy": "proxy",
  "upstream": "proxy",
  "target": "proxy",
  "backend": "proxy",
  "static": "files",
  "file_server": "files",
  "root": "files",
  "return": "respond",
  "gzip": "compress",
  "encode": "compress",
  "basicauth": "auth",
  "basic_auth": "auth",
  "ratelimit": "limit",
  "rate_limit": "limit",
  "sites": "hosts",
  "vhosts": "hosts",
  "server": "hosts",
  "bind": "listen",
  "port": "listen",
};

/** By the name of a key that an object does not have: where it is known. */
export type Elsewhere = Readonly<Record<string, string>>;

/** What is said of keys that are for the top of the file. */
export const AT_THE_TOP = "stands at the top only";

/** Says the same of several keys. */
export function elsewhere(message: string, keys: readonly string[]): Elsewhere {
  return Object.fromEntries(keys.map((key) => [key, message]));
}

/** What to say of a key that an object does not have. */
export function unknownKey(
  key: string,
  known: readonly string[],
  others: Elsewhere = {},
): string {
  if (Object.hasOwn(others, key)) return others[key]!;
  const synonym = Object.hasOwn(SYNONYMS, key.toLowerCase())
    ? SYNONYMS[key.toLowerCase()]
    : undefined;
  const editsMax = key.length <= 3 ? 1 : key.length <= 6 ? 2 : EDITS_MAX;
  const meant = nearest(key, known, editsMax) ??
    (synonym !== undefined && known.includes(synonym) ? synonym : undefined);
  return meant === undefined
    ? `unknown; known here: ${known.join(", ")}`
    : `unknown${didYouMean(meant)}`;
}
