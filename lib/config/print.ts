/**
 * The configuration in force as JSON: `sluice print-config`.
 *
 * Durations and sizes are written as in a file, addresses as text; secrets are not
 * shown. Beside the options of each route stands where each of them comes from.
 */

import { formatOriginAddress, formatSocketAddress } from "../net/address.ts";
import type { OriginAddress, SocketAddress } from "../net/address.ts";
import type { Cidr } from "../net/cidr.ts";
import { isSecretHeader } from "../http/secret_header.ts";
import { DEFAULTS } from "./defaults.ts";
import type { Origins, ResolvedConfig, ResolvedRoute } from "./resolved.ts";
import { formatDuration, formatSize } from "./units.ts";

/** What is shown in place of a secret. */
export const MASK = "***";
/** Groups of options that a route inherits. */
const INHERITED = /^(?:cache|timeout|compress|errors)\.|^(?:body|satisfy)$/;
/** What only the process has. */
const OF_THE_PROCESS =
  /^(?:limits|log)\.|^cache\.(?:memory|maxObject|slice)$|^(?:listen|workers|drain)$/;

/** The text of `sluice print-config`. */
export function printedConfig(config: ResolvedConfig): string {
  const { hosts, from, options: _, ...process } = config; // of the top: every route has them
  return JSON.stringify(
    {
      ...printed(process) as Record<string, unknown>,
      from: withDefaults(from, OF_THE_PROCESS),
      hosts: Object.fromEntries(
        hosts.map(({ key, routes, tls, names }) => [key, {
          names,
          ...(tls === undefined ? {} : { tls: printed(tls) }),
          routes: routes.map(printedRoute),
        }]),
      ),
    },
    undefined,
    2,
  );
}

function printedRoute(
  { pattern, when, handler, options, from, place }: ResolvedRoute,
): unknown {
  return {
    path: pattern,
    at: place,
    ...(when === undefined ? {} : { when }),
    handler: printed(handler),
    options: printed(options),
    from: withDefaults(from, INHERITED, OF_THE_PROCESS),
  };
}

/** Where values come from, with those that are defaults. */
function withDefaults(
  from: Origins,
  keys: RegExp,
  except = /^$/,
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const key of Object.keys(DEFAULTS)) {
    const isPart = keys.test(key) && !except.test(key) &&
      !/^cache\.(?:disk|shared)\./.test(key);
    if (isPart) all[key] = "default";
  }
  return { ...all, ...from };
}

/** A value as it is shown. */
export function printed(value: unknown, key = ""): unknown {
  if (typeof value === "number") return printedNumber(value, key);
  if (value instanceof Map) return printed(Object.fromEntries(value));
  if (Array.isArray(value)) return value.map((item) => printed(item, key));
  if (typeof value === "string") return masked(value);
  if (typeof value !== "object" || value === null) return value;
  return printedObject(value as Record<string, unknown>);
}

function printedObject(value: Record<string, unknown>): unknown {
  if (isCidr(value)) return printedCidr(value);
  if ("transport" in value) {
    return formatSocketAddress(value as unknown as SocketAddress);
  }
  if ("socket" in value) {
    const address = value as unknown as OriginAddress;
    const scheme = address.secure ? "https://" : "http://";
    const text = formatOriginAddress(address);
    return text.startsWith("unix:") ? text : scheme + text;
  }
  if (value.kind === "text" && "text" in value) return MASK;
  if ("action" in value && isSecretHeader(String(value.name))) {
    return { ...value, value: value.value === "" ? "" : MASK };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.replace(/Ms$/, ""),
      printed(member, key),
    ]),
  );
}

function printedNumber(value: number, key: string): unknown {
  if (value === Infinity) return "off";
  if (key.endsWith("Ms")) return value === 0 ? "off" : formatDuration(value);
  return /[bB]ytes/.test(key) ? formatSize(value) : value;
}

function isCidr(value: object): value is Cidr {
  return "prefixBits" in value;
}

function printedCidr({ bytes, prefixBits }: Cidr): string {
  const address = bytes.length === 4 ? bytes.join(".") : ipv6Text(bytes);
  return prefixBits === bytes.length * 8 ? address : `${address}/${prefixBits}`;
}

/** The platform shortens IPv6 addresses (RFC 5952). */
function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, at) => (bytes[2 * at]! << 8 | bytes[2 * at + 1]!).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/** A URL without the password in it. */
function masked(text: string): string {
  return text.replace(/^(\w+:\/\/)[^/?#@]*@/, `$1${MASK}@`);
}
