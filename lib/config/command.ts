/** The command line: from arguments to one typed `Config`, or one clear complaint. */

import { parseArgs } from "@std/cli/parse-args";
import { resolveFieldRules } from "../http/field_rule.ts";
import { COMPRESSIBLE_TYPES } from "../coding/eligible.ts";
import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import { checkCertificates } from "./certificates.ts";
import type { StoreLimits } from "../cache/store/store.ts";
import type {
  CachePolicy,
  CodingPolicy,
  RouteOptions,
} from "../exchange/route.ts";
import type { UpstreamOptions } from "../upstream/upstream.ts";
import type { Config } from "./config.ts";
import {
  FLAG_NAMES,
  type FlagName,
  FLAGS,
  type FlagValues,
  isSwitch,
} from "./flags.ts";
import { parseObjectSize } from "./flag_values.ts";
import { nearest } from "./nearest.ts";
import { formatSize } from "./units.ts";

/** The most edits between a mistyped flag and the one that is suggested. */
const EDITS_MAX = 3;

/** There is no flag for this: a refusal takes seconds at most. */
const REFUSALS_MAX = 256;

/** The command line is wrong: the message is one line for the user. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "check"; readonly config: Config }
  | { readonly kind: "health"; readonly config: Config }
  | { readonly kind: "run"; readonly config: Config };

/**
 * Reads the command line.
 *
 * @param args As in `Deno.args`.
 * @param readText Reads a file that a flag names, such as certificates.
 * @throws {UsageError} on an unknown flag or a value that its flag cannot take.
 */
export function parseCommand(
  args: readonly string[],
  readText: (path: string) => string,
): Command {
  const texts = textsOf(args);
  const values = readFlags(texts);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const kind = values.check ? "check" : values.health ? "health" : "run";
  const config = configOf(values, readText);
  checkTogether(config, texts);
  return { kind, config };
}

/** The texts given for each flag. */
function textsOf(args: readonly string[]): Map<FlagName, string[]> {
  const valued = FLAG_NAMES.filter((name) => !isSwitch(name));
  const parsed = parseArgs(joinValues(args, valued), {
    string: valued,
    collect: valued,
    boolean: FLAG_NAMES.filter(isSwitch),
    alias: { h: "help", V: "version", l: "listen", u: "upstream" },
    unknown: refuse,
  }) as Record<string, unknown>;
  const texts = new Map<FlagName, string[]>();
  for (const name of FLAG_NAMES) {
    const value = parsed[name];
    if (Array.isArray(value)) texts.set(name, value.map(String));
    else if (value === true) texts.set(name, ["true"]);
  }
  return texts;
}

/** Joins `--flag value` into `--flag=value`, so that a value may begin with a dash. */
function joinValues(
  args: readonly string[],
  valued: readonly string[],
): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const value = args[i + 1];
    const takesValue = valued.includes(arg.slice(2)) && arg.startsWith("--");
    if (!takesValue && arg !== "-l" && arg !== "-u") {
      joined.push(arg);
    } else if (value === undefined || value.startsWith("--")) {
      throw new UsageError(`${arg} needs a value`);
    } else {
      const name = arg === "-l"
        ? "--listen"
        : arg === "-u"
        ? "--upstream"
        : arg;
      joined.push(`${name}=${value}`);
      i++;
    }
  }
  return joined;
}

function refuse(arg: string): never {
  const name = arg.replace(/^-+/, "").split("=")[0]!;
  const meant = nearest(name, FLAG_NAMES, EDITS_MAX);
  const hint = meant === undefined ? "see --help" : `did you mean --${meant}?`;
  throw new UsageError(
    arg.startsWith("-")
      ? `unknown flag ${arg}: ${hint}`
      : `unexpected argument "${arg}": see --help`,
  );
}

function readFlags(texts: ReadonlyMap<FlagName, string[]>): FlagValues {
  const values: Record<string, unknown> = {};
  for (const name of FLAG_NAMES) {
    try {
      values[name] = FLAGS[name].read(texts.get(name) ?? []);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new UsageError(`--${name}: ${error.message}`, { cause: error });
    }
  }
  return values as FlagValues;
}

function configOf(
  values: FlagValues,
  readText: (path: string) => string,
): Config {
  return {
    listen: listenOf(values.listen),
    connection: {
      headLimits: {
        headBytesMax: values["max-head"],
        targetBytesMax: values["max-target"],
        fieldCountMax: values["max-fields"],
      },
      headerMs: values["header-timeout"],
      idleMs: values["idle-timeout"],
      trustedProxies: values["trust-proxy"].flat(),
    },
    upstreams: [upstreamOf(values, readText)],
    hosts: [{
      names: ["*"],
      routes: [{
        pattern: "/",
        handler: { kind: "proxy", upstream: UPSTREAM_NAME },
        options: routeOf(values),
      }],
    }],
    store: storeOf(values),
    connectionsMax: values["max-connections"],
    perClient: values["max-connections-per-client"],
    refusalsMax: REFUSALS_MAX,
    drainMs: values["drain-timeout"],
    logFormat: values["log-format"],
    workers: values.workers,
    demo: values.demo,
  };
}

/** The name of the one upstream that flags make. */
const UPSTREAM_NAME = "upstream";

function upstreamOf(
  values: FlagValues,
  readText: (path: string) => string,
): UpstreamOptions {
  return {
    name: UPSTREAM_NAME,
    origin: values.upstream,
    certificates: values["upstream-ca"].map((path) =>
      certificatesOf(path, readText)
    ),
    pool: {
      connectionsMax: values["upstream-max"],
      idleMax: values["upstream-max-idle"],
      idleMs: values["upstream-idle-timeout"],
      queueMax: values["upstream-queue"],
      queueMs: values["upstream-queue-timeout"],
      tunnelsMax: values["max-tunnels"],
    },
    connectMs: values["connect-timeout"],
  };
}

function routeOf(values: FlagValues): RouteOptions {
  return {
    origin: { authority: values.upstream.authority },
    hostHeader: values["host-header"],
    forwarded: values.forwarded,
    requestRules: resolveFieldRules(values["request-header"]),
    responseRules: resolveFieldRules(values["response-header"]),
    responseLimits: {
      headBytesMax: values["max-response-head"],
      targetBytesMax: 0,
      fieldCountMax: values["max-response-fields"],
    },
    coding: codingOf(values),
    cache: hasCache(values) ? cacheOf(values) : undefined,
    contentBytesMax: values["max-body"],
    uploadRate: {
      bytesPerSecond: values["min-upload-rate"],
      graceMs: values["min-upload-grace"],
    },
    timeouts: {
      bodyMs: values["body-timeout"],
      writeMs: values["write-timeout"],
      responseMs: values["response-timeout"],
      readMs: values["read-timeout"],
      tunnelMs: values["tunnel-timeout"],
    },
  };
}

function certificatesOf(
  path: string,
  readText: (path: string) => string,
): string {
  let text: string;
  try {
    text = readText(path);
  } catch (error) {
    throw new UsageError(`--upstream-ca: cannot read "${path}"`, {
      cause: error,
    });
  }
  try {
    return checkCertificates(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`--upstream-ca: "${path}": ${error.message}`, {
      cause: error,
    });
  }
}

/** The addresses to listen on. The same one twice is refused: we would find it in use ourselves. */
function listenOf(
  addresses: readonly SocketAddress[],
): readonly SocketAddress[] {
  const fixed = addresses.map(formatSocketAddress).filter((address) =>
    !address.endsWith(":0")
  );
  const twice = fixed.find((address, at) => fixed.indexOf(address) !== at);
  if (twice === undefined) return addresses;
  throw new UsageError(`--listen: "${twice}" is given twice`);
}

/** Refuses flags that contradict each other, although each is valid. */
function checkTogether(
  { store }: Config,
  texts: ReadonlyMap<FlagName, string[]>,
): void {
  const object = texts.get("cache-max-object")?.at(-1);
  if (
    store !== undefined && object !== undefined &&
    parseObjectSize(object) > store.bytesMax
  ) {
    throw new UsageError(
      `--cache-max-object: "${object}" is more than --cache-size, which is ${
        formatSize(store.bytesMax)
      }: raise --cache-size or lower --cache-max-object`,
    );
  }
}

function hasCache(values: FlagValues): boolean {
  return !values["no-cache"] && values["cache-size"] > 0;
}

function storeOf(values: FlagValues): StoreLimits | undefined {
  if (!hasCache(values)) return undefined;
  return {
    bytesMax: values["cache-size"],
    objectBytesMax: Math.min(values["cache-max-object"], values["cache-size"]),
  };
}

function cacheOf(values: FlagValues): CachePolicy {
  const parts = values["cache-key"];
  const named = (kind: string): string[] =>
    parts.filter((part) => part.kind === kind).map(({ name }) => name);
  return {
    defaultTtlMs: values["cache-default-ttl"],
    forceMs: 0,
    staleMs: 0,
    heuristicMaxMs: values["cache-heuristic-max"],
    targetedField: values["cache-targeted-field"],
    setCookie: values["cache-set-cookie"],
    queryUse: named("no-query").length > 0
      ? "drop"
      : named("sort-query").length > 0
      ? "sort"
      : "keep",
    keyParts: { fields: named("header"), cookies: named("cookie") },
    status: values["cache-status"],
    purgeFrom: values["purge-from"].flat(),
    passesTags: values["cache-tags"],
  };
}

function codingOf(values: FlagValues): CodingPolicy | undefined {
  const types = values["compress-types"];
  return values.compress.length === 0 ? undefined : {
    offered: values.compress,
    onTheFly: values.compress.toSorted((a, b) =>
      Number(b === "gzip") - Number(a === "gzip")
    ),
    bytesMin: values["compress-min"],
    types: new Set(types.length > 0 ? types : COMPRESSIBLE_TYPES),
  };
}
