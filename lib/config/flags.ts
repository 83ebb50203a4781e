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
import { parseAdmin, parseListen, parseUpstream } from "./address_values.ts";
import type { CachePolicy } from "../exchange/route.ts";
import type { LogFormat } from "../observe/access_log.ts";
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

/** The most bytes that a head may have: it must fit into the largest buffer, twice. */
export const HEAD_BYTES_CEILING = 128 * 1024;
/** The most headers that a head may have. */
export const FIELD_COUNT_CEILING = 10_000;

const head = upTo(parseSize, HEAD_BYTES_CEILING, formatSize);
const fields = upTo(parseCount, FIELD_COUNT_CEILING);

/** Every flag, in the order of the help text. */
export const FLAGS = {
  "config": one("Start", {
    placeholder: "FILE",
    help:
      "Read the configuration from a file (.json, .jsonc, .ts or .js); beside it only --watch, --check, --health, --listen, --admin, --workers, --log-format and --replace may be given",
  }, String),
  "watch": onOff("Start", "Read the configuration file again when it changes"),
  "listen": many<SocketAddress>("Start", {
    placeholder: "ADDRESS",
    fallback: "127.0.0.1:8000",
    help:
      "Where to accept clients: host:port, [ipv6]:port, :port for every interface, or unix:/path",
  }, parseListen),
  "upstream": single<OriginAddress>(
    "Start",
    {
      placeholder: "URL",
      fallback: "http://127.0.0.1:9000",
      help:
        "The origin to proxy to: http://host:port, https://host:port or unix:/path",
    },
    parseUpstream,
    "sluice has one upstream",
  ),
  "demo": onOff(
    "Start",
    "Run a sample configuration with several hosts and origins, and say what to ask each of them",
  ),
  "log-format": one<LogFormat>("Start", {
    placeholder: "FORMAT",
    fallback: "combined",
    help:
      "Format of the access log on standard output: common, combined, json or off",
  }, choice(["common", "combined", "json", "off"])),
  "workers": one<number>("Start", {
    placeholder: "COUNT",
    fallback: "1",
    help:
      "Threads that serve clients, with one shared cache (Linux): a number, or auto for one per core",
  }, parseWorkers),
  "admin": one<SocketAddress | undefined>("Start", {
    placeholder: "ADDRESS",
    fallback: "off",
    help:
      "Where to listen for those who administer sluice (metrics, purge, reload): an address of this machine only, or unix:/path",
  }, parseAdmin),
  "replace": one<SocketAddress | undefined>("Start", {
    placeholder: "ADDRESS",
    help:
      "Take the place of the running sluice with this admin listener, without losing a connection (Linux)",
  }, (text) => text === "" ? undefined : parseListen(text)),
  "check": onOff(
    "Start",
    "Check the configuration and exit: 0 if it is OK, 2 if not",
  ),
  "health": onOff(
    "Start",
    "Ask the running sluice at --listen whether it answers, and exit: 0 if it does, 1 if not",
  ),
  "help": onOff("Start", "Print this help"),
  "version": onOff("Start", "Print the version"),

  "host-header": one("Headers", {
    placeholder: "WHAT",
    fallback: "client",
    help:
      "The Host header for the origin: client (as received), upstream (from --upstream), or a name",
  }, parseHostHeader),
  "trust-proxy": many<Cidr[]>("Headers", {
    placeholder: "CIDR",
    help:
      "Proxies to trust to report the client address: their X-Forwarded-* and Forwarded are kept and extended; comma-separated",
  }, (text) => text.split(",").map(parseCidr)),
  "forwarded": onOff(
    "Headers",
    "Send Forwarded (RFC 7239) in addition to X-Forwarded-*",
  ),
  "request-header": many<FieldRule>("Headers", {
    placeholder: "RULE",
    help:
      "Set, add or remove a header of requests to the origin: 'name: value', '+name: value' or '-name'",
  }, parseFieldRule),
  "response-header": many<FieldRule>("Headers", {
    placeholder: "RULE",
    help: "The same for responses to clients",
  }, parseFieldRule),

  "no-cache": onOff("Cache", "Turn the cache off"),
  "cache-size": one("Cache", {
    placeholder: "SIZE",
    fallback: "256MiB",
    help: "Memory for the cache; 0 or off turns it off",
  }, parseCacheSize),
  "cache-max-object": one("Cache", {
    placeholder: "SIZE",
    fallback: "8MiB",
    help:
      "Largest response content to store, at most --cache-size; larger content passes through",
  }, parseObjectSize),
  "cache-default-ttl": one("Cache", {
    placeholder: "TIME",
    fallback: "off",
    help:
      "Lifetime of responses without Cache-Control or Expires; off: 10% of the time since Last-Modified, at most --cache-heuristic-max",
  }, parseDuration),
  "cache-heuristic-max": one("Cache", {
    placeholder: "TIME",
    fallback: "60s",
    help: "Longest lifetime to derive from Last-Modified; off: derive none",
  }, parseDuration),
  "cache-set-cookie": one<CachePolicy["setCookie"]>("Cache", {
    placeholder: "WHAT",
    fallback: "refuse",
    help:
      "Responses with Set-Cookie: refuse (do not store), strip (store without the cookie), or store (every client gets the cookie)",
  }, choice(["refuse", "strip", "store"])),
  "cache-targeted-field": one("Cache", {
    placeholder: "NAME",
    help:
      "A response header with directives for this cache only (RFC 9213), read before CDN-Cache-Control and Cache-Control",
  }, parseFieldName),
  "cache-key": many<KeyPart>("Cache", {
    placeholder: "PART",
    help:
      "Extra parts of the cache key: header:NAME, cookie:NAME; no-query ignores the query string, sort-query sorts its parameters",
  }, parseKeyPart),
  "cache-status": one<CachePolicy["status"]>("Cache", {
    placeholder: "WHAT",
    fallback: "on",
    help:
      "Send Cache-Status in responses: on, off, or full (with the cache key)",
  }, choice(["on", "off", "full"])),
  "cache-tags": onOff(
    "Cache",
    "Pass Cache-Tag and Surrogate-Key on to clients",
  ),
  "purge-from": many<Cidr[]>("Cache", {
    placeholder: "CIDR",
    fallback: "127.0.0.0/8,::1",
    help: "Client addresses that may use PURGE; comma-separated, or off",
  }, (text) => text === "off" ? [] : text.split(",").map(parseCidr)),

  "compress": one<Coding[]>("Compression", {
    placeholder: "CODINGS",
    fallback: "gzip,br",
    help: "Content codings to use, in order of preference: gzip, br; or off",
  }, parseCodings),
  "compress-min": one("Compression", {
    placeholder: "SIZE",
    fallback: "1KiB",
    help: "Smallest content to compress",
  }, parseSize),
  "compress-types": one<string[]>("Compression", {
    placeholder: "TYPES",
    help:
      "Media types to compress instead of the usual text types; comma-separated, text/ means every text type; +json and +xml are always compressed",
  }, parseTypes),

  "upstream-ca": many("Origin connections", {
    placeholder: "FILE",
    help:
      "File of PEM certificates to trust for https upstreams, in addition to the system's",
  }, String),
  "upstream-max": one("Origin connections", {
    placeholder: "COUNT",
    fallback: "512",
    help: "Most connections to the origin",
  }, atLeastOne),
  "upstream-max-idle": one("Origin connections", {
    placeholder: "COUNT",
    fallback: "64",
    help: "Most idle connections to keep for reuse",
  }, parseCount),
  "upstream-idle-timeout": one("Origin connections", {
    placeholder: "TIME",
    fallback: "30s",
    help:
      "How long to keep an idle connection; less if the origin's Keep-Alive header says so (minus 1s)",
  }, parseDuration),
  "upstream-queue": one("Origin connections", {
    placeholder: "COUNT",
    fallback: "1024",
    help: "Most requests that wait for a connection; one more gets 503",
  }, parseCount),
  "upstream-queue-timeout": one("Origin connections", {
    placeholder: "TIME",
    fallback: "5s",
    help: "How long a request may wait for a connection; then 503",
  }, parseDuration),

  "max-head": one("Limits", {
    placeholder: "SIZE",
    fallback: "32KiB",
    help: "Largest request head; a larger one gets 431",
  }, head),
  "max-fields": one("Limits", {
    placeholder: "COUNT",
    fallback: "100",
    help: "Most headers in a request; more get 431",
  }, fields),
  "max-target": one("Limits", {
    placeholder: "SIZE",
    fallback: "8KiB",
    help: "Longest request target (path and query); a longer one gets 414",
  }, head),
  "max-body": one("Limits", {
    placeholder: "SIZE",
    fallback: "off",
    help: "Largest request content; more gets 413",
  }, unlimited(parseSize)),
  "max-response-head": one("Limits", {
    placeholder: "SIZE",
    fallback: "64KiB",
    help: "Largest response head from the origin; a larger one gets 502",
  }, head),
  "max-response-fields": one("Limits", {
    placeholder: "COUNT",
    fallback: "200",
    help: "Most headers in a response from the origin; more get 502",
  }, fields),
  "max-connections": one("Limits", {
    placeholder: "COUNT",
    fallback: "10000",
    help:
      "Most client connections; for one more, the longest idle one is closed, or if none is idle, the new one gets 503",
  }, unlimited(parseCount)),

  "max-connections-per-client": {
    ...one("Limits", {
      placeholder: "COUNT",
      fallback: "256",
      help:
        "Most connections from one client address (IPv6: /64); one more gets 503. Proxies in --trust-proxy have no limit; this machine has none unless the flag is given",
    }, String),
    read: (texts: readonly string[]) => parsePerClient(texts, "256"),
  },
  "max-tunnels": one("Limits", {
    placeholder: "COUNT",
    fallback: "10000",
    help:
      "Most upgraded connections (WebSocket), which do not count toward --upstream-max; one more gets 503",
  }, unlimited(parseCount)),
  "min-upload-rate": one("Limits", {
    placeholder: "SIZE",
    fallback: "256",
    help:
      "Bytes of request content a client must send each second once --min-upload-grace is used up; else 408",
  }, parseSize),

  "header-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "15s",
    help: "Time for a whole request head, from its first byte; then 408",
  }, parseDuration),
  "idle-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "75s",
    help: "Time until the next request on a client connection",
  }, parseDuration),
  "body-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "60s",
    help: "Time until the next bytes of request content; then 408",
  }, parseDuration),
  "min-upload-grace": one("Timeouts", {
    placeholder: "TIME",
    fallback: "30s",
    help: "How long request content may be slower than --min-upload-rate",
  }, parseDuration),
  "write-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "60s",
    help: "Time for a peer to accept the bytes written to it",
  }, parseDuration),
  "connect-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "3s",
    help: "Time to open a connection to the origin; then 504",
  }, parseDuration),
  "response-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "60s",
    help: "Time from the end of a request to the response head; then 504",
  }, parseDuration),
  "read-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "60s",
    help:
      "Time until the next bytes of response content; event streams may pause without limit",
  }, parseDuration),
  "tunnel-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "1h",
    help:
      "Time until the next bytes in either direction of an upgraded connection",
  }, parseDuration),
  "drain-timeout": one("Timeouts", {
    placeholder: "TIME",
    fallback: "30s",
    help:
      "Time for in-flight requests to finish after SIGTERM, SIGINT or SIGQUIT",
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
