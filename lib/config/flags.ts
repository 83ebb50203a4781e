/**
 * The flags of the command line: one table, from which the parser, the help text
 * and the table in docs/flags.md follow.
 *
 * Every default stands here, once, as the text that a user would type.
 */

import type { Coding } from "../coding/negotiate.ts";
import { type FieldRule, parseFieldRule } from "../http/field_rule.ts";
import type { OriginAddress, SocketAddress } from "../net/address.ts";
import { type Cidr, parseCidr } from "../net/cidr.ts";
import { parseListen, parseUpstream } from "./address_values.ts";
import type { CachePolicy, LogFormat } from "./config.ts";
import { many, one, onOff, single } from "./flag.ts";
import {
  atLeastOne,
  choice,
  type KeyPart,
  parseCacheSize,
  parseCodings,
  parseFieldName,
  parseHostHeader,
  parseKeyPart,
  parseObjectSize,
  parsePerClient,
  parseTypes,
  parseWorkers,
  unlimited,
  upTo,
} from "./flag_values.ts";
import { formatSize, parseCount, parseDuration, parseSize } from "./units.ts";

/** Octets that a head may have at the most: it must fit into the largest buffer, twice. */
const HEAD_BYTES_CEILING = 128 * 1024;
const FIELD_COUNT_CEILING = 10_000;

const head = upTo(parseSize, HEAD_BYTES_CEILING, formatSize);
const fields = upTo(parseCount, FIELD_COUNT_CEILING);

/** Every flag, in the order of the help text. */
export const FLAGS = {
  "listen": many<SocketAddress>("Start", {
    placeholder: "ADDRESS",
    fallback: "127.0.0.1:8000",
    help:
      "Where clients connect: host:port, [ipv6]:port, :port for every IPv4 interface, or unix:/path",
  }, parseListen),
  "upstream": single<OriginAddress>(
    "Start",
    {
      placeholder: "URL",
      fallback: "http://127.0.0.1:9000",
      help: "The origin: http://host:port, https://host:port or unix:/path",
    },
    parseUpstream,
    "sluice has one upstream",
  ),
  "demo": onOff("Start", "Start a sample origin too, and proxy to it"),
  "log-format": one<LogFormat>("Start", {
    placeholder: "FORMAT",
    fallback: "combined",
    help: "The access log on standard output: common, combined, json or off",
  }, choice(["common", "combined", "json", "off"])),
  "workers": one<number>("Start", {
    placeholder: "COUNT",
    fallback: "1",
    help:
      "Threads that serve, on Linux: a number, or auto for one on each core; the cache is one for all",
  }, parseWorkers),
  "check": onOff(
    "Start",
    "Check the command line, say what is wrong, and exit",
  ),
  "health": onOff(
    "Start",
    "Ask the sluice that runs with the same --listen whether it answers, and exit: 0 if so",
  ),
  "help": onOff("Start", "Print this text"),
  "version": onOff("Start", "Print the version"),

  "host-header": one("Fields", {
    placeholder: "WHAT",
    fallback: "client",
    help:
      "The Host that the origin gets: client (as it came), upstream (its own), or a name",
  }, parseHostHeader),
  "trust-proxy": many<Cidr[]>("Fields", {
    placeholder: "CIDR",
    help:
      "Peers whose X-Forwarded-* and Forwarded are kept and appended to; a list with commas",
  }, (text) => text.split(",").map(parseCidr)),
  "forwarded": onOff(
    "Fields",
    "Send Forwarded (RFC 7239) beside X-Forwarded-*",
  ),
  "request-header": many<FieldRule>("Fields", {
    placeholder: "RULE",
    help:
      "Change what the origin gets: 'name: value' sets, '+name: value' adds, '-name' removes",
  }, parseFieldRule),
  "response-header": many<FieldRule>("Fields", {
    placeholder: "RULE",
    help: "Change what the client gets, likewise",
  }, parseFieldRule),

  "no-cache": onOff("Cache", "Store nothing, answer nothing from memory"),
  "cache-size": one("Cache", {
    placeholder: "SIZE",
    fallback: "256MiB",
    help: "Memory for stored responses; 0 or off: no cache",
  }, parseCacheSize),
  "cache-max-object": one("Cache", {
    placeholder: "SIZE",
    fallback: "8MiB",
    help:
      "The largest content that is stored, at most --cache-size; larger passes through",
  }, parseObjectSize),
  "cache-default-ttl": one("Cache", {
    placeholder: "TIME",
    fallback: "off",
    help:
      "How long a response is fresh that does not say; off: 10% of the time since Last-Modified, at most --cache-heuristic-max",
  }, parseDuration),
  "cache-heuristic-max": one("Cache", {
    placeholder: "TIME",
    fallback: "60s",
    help:
      "The longest lifetime that is guessed from Last-Modified; off: none is guessed",
  }, parseDuration),
  "cache-set-cookie": one<CachePolicy["setCookie"]>("Cache", {
    placeholder: "WHAT",
    fallback: "refuse",
    help:
      "What becomes of responses with Set-Cookie: refuse (not stored), strip (stored without it), or store (everybody gets the cookie)",
  }, choice(["refuse", "strip", "store"])),
  "cache-targeted-field": one("Cache", {
    placeholder: "NAME",
    help:
      "A field for this cache alone (RFC 9213), read before CDN-Cache-Control and Cache-Control",
  }, parseFieldName),
  "cache-key": many<KeyPart>("Cache", {
    placeholder: "PART",
    help:
      "What responses are found by, besides host, path and query: header:NAME, cookie:NAME; no-query, sort-query",
  }, parseKeyPart),
  "cache-status": one<CachePolicy["status"]>("Cache", {
    placeholder: "WHAT",
    fallback: "on",
    help:
      "Whether responses carry Cache-Status: on, off, or full (with the key)",
  }, choice(["on", "off", "full"])),
  "cache-tags": onOff(
    "Cache",
    "Pass Cache-Tag and Surrogate-Key on to clients",
  ),
  "purge-from": many<Cidr[]>("Cache", {
    placeholder: "CIDR",
    fallback: "127.0.0.0/8,::1",
    help: "Peers that may use PURGE; a list with commas, or off",
  }, (text) => text === "off" ? [] : text.split(",").map(parseCidr)),

  "compress": one<Coding[]>("Compression", {
    placeholder: "CODINGS",
    fallback: "gzip,br",
    help: "Content codings to make, the preferred first: gzip, br; or off",
  }, parseCodings),
  "compress-min": one("Compression", {
    placeholder: "SIZE",
    fallback: "1KiB",
    help: "The smallest content that is compressed",
  }, parseSize),
  "compress-types": one<string[]>("Compression", {
    placeholder: "TYPES",
    help:
      "Media types to compress in place of the usual text types; a list with commas, text/ for all of text, +json and +xml always",
  }, parseTypes),

  "upstream-ca": many("Origin connections", {
    placeholder: "FILE",
    help: "PEM certificates to trust for https upstreams, besides the system's",
  }, String),
  "upstream-max": one("Origin connections", {
    placeholder: "COUNT",
    fallback: "512",
    help: "Connections to the origin, at most",
  }, atLeastOne),
  "upstream-max-idle": one("Origin connections", {
    placeholder: "COUNT",
    fallback: "64",
    help: "Idle connections kept for reuse",
  }, parseCount),
  "upstream-idle-timeout": one("Origin connections", {
    placeholder: "TIME",
    fallback: "30s",
    help:
      "How long one is kept idle; the origin's own Keep-Alive hint, less 1s, if that is shorter",
  }, parseDuration),
  "upstream-queue": one("Origin connections", {
    placeholder: "COUNT",
    fallback: "1024",
    help: "Requests that may wait for a connection; one more is answered 503",
  }, parseCount),
  "upstream-queue-timeout": one("Origin connections", {
    placeholder: "TIME",
    fallback: "5s",
    help:
      "How long a request may wait for a connection before it is answered 503",
  }, parseDuration),

  "max-head": one("Limits", {
    placeholder: "SIZE",
    fallback: "32KiB",
    help: "A request head in all; a larger one is answered 431",
  }, head),
  "max-fields": one("Limits", {
    placeholder: "COUNT",
    fallback: "100",
    help: "Field lines of a request; more are answered 431",
  }, fields),
  "max-target": one("Limits", {
    placeholder: "SIZE",
    fallback: "8KiB",
    help: "A request target; a longer one is answered 414",
  }, head),
  "max-body": one("Limits", {
    placeholder: "SIZE",
    fallback: "off",
    help: "The content of a request; more is answered 413",
  }, unlimited(parseSize)),
  "max-response-head": one("Limits", {
    placeholder: "SIZE",
    fallback: "64KiB",
    help: "A response head in all; a larger one is answered 502",
  }, head),
  "max-response-fields": one("Limits", {
    placeholder: "COUNT",
    fallback: "200",
    help: "Field lines of a response; more are answered 502",
  }, fields),
  "max-connections": one("Limits", {
    placeholder: "COUNT",
    fallback: "10000",
    help:
      "Client connections; for one more the longest idle one is closed, or, if none is idle, it is answered 503",
  }, unlimited(parseCount)),

  "max-connections-per-client": {
    ...one("Limits", {
      placeholder: "COUNT",
      fallback: "256",
      help:
        "Connections of one client address (IPv6: /64); one more is answered 503. Not those of --trust-proxy, nor, unless the flag is given, of this machine",
    }, String),
    read: (texts: readonly string[]) => parsePerClient(texts, "256"),
  },
  "max-tunnels": one("Limits", {
    placeholder: "COUNT",
    fallback: "10000",
    help:
      "Upgraded connections (WebSocket), which do not count for --upstream-max; one more is answered 503",
  }, unlimited(parseCount)),
  "min-upload-rate": one("Limits", {
    placeholder: "SIZE",
    fallback: "256",
    help:
      "What a client must send of a request's body each second, once --min-upload-grace is used up; else 408",
  }, parseSize),

  "header-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "15s",
    help: "A request head in all, from its first byte; then 408",
  }, parseDuration),
  "idle-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "75s",
    help: "A client connection between requests",
  }, parseDuration),
  "body-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "60s",
    help: "Between two reads of a request's body; then 408",
  }, parseDuration),
  "min-upload-grace": one("Time", {
    placeholder: "TIME",
    fallback: "30s",
    help: "How long a request's body may come more slowly",
  }, parseDuration),
  "write-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "60s",
    help: "For a peer to take what is written to it",
  }, parseDuration),
  "connect-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "3s",
    help: "To open a connection to the origin; then 504",
  }, parseDuration),
  "response-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "60s",
    help: "From the end of the request to the response head; then 504",
  }, parseDuration),
  "read-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "60s",
    help: "Between two reads of a response's body; event streams have none",
  }, parseDuration),
  "tunnel-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "1h",
    help: "An upgraded connection without bytes in either direction",
  }, parseDuration),
  "drain-timeout": one("Time", {
    placeholder: "TIME",
    fallback: "30s",
    help: "How long exchanges may go on after SIGTERM or SIGINT",
  }, parseDuration),
} as const;

/** The name of a flag, without its dashes. */
export type FlagName = keyof typeof FLAGS;

/** The names of all flags, in the order of the help text. */
export const FLAG_NAMES: readonly FlagName[] = Object.keys(FLAGS) as FlagName[];

/** The values of all flags. */
export type FlagValues = {
  [Name in FlagName]: ReturnType<(typeof FLAGS)[Name]["read"]>;
};

/** Whether the flag takes no value. */
export function isSwitch(name: FlagName): boolean {
  return FLAGS[name].placeholder === "";
}
