/** The commands that speak to the admin listener of a running sluice: what their words and flags say. */

import { parseArgs } from "@std/cli/parse-args";
import type { SocketAddress } from "../net/address.ts";
import type { ServerState } from "../upstream/administration.ts";
import { parseListen } from "./address_values.ts";
import { nearest } from "./nearest.ts";
import { parseCount } from "./units.ts";
import { UsageError } from "./usage_error.ts";

/** Where the running sluice is found: by an address, by its configuration, or by both. */
export interface AdminTarget {
  /** Undefined if the configuration has it. */
  readonly address: SocketAddress | undefined;
  /** The path of the configuration file; undefined for none. */
  readonly config: string | undefined;
  /** A file that holds the token; undefined for that of the configuration. */
  readonly tokenFile: string | undefined;
}

/** What a purge names; the listener reads it. */
export type PurgeRequest = Readonly<Record<string, string | boolean>>;

/** What is asked of the running sluice. */
export type AdminAction =
  | { readonly action: "reload" }
  /** One after another. */
  | { readonly action: "purge"; readonly orders: readonly PurgeRequest[] }
  | { readonly action: "show-upstreams" }
  | {
    readonly action: "change-server";
    readonly upstream: string;
    /** `HOST:PORT`. */
    readonly server: string;
    readonly change:
      | { readonly state: ServerState }
      | { readonly weight: number };
  };

/** A command that speaks to the admin listener. */
export type AdminCommand =
  & { readonly kind: "admin"; readonly target: AdminTarget }
  & AdminAction;

/** The words that begin these commands. */
const ADMIN_WORDS = ["purge", "reload", "upstreams"] as const;

type AdminWord = typeof ADMIN_WORDS[number];

/** Whether a word begins one of these commands. */
export function isAdminWord(word: string | undefined): word is AdminWord {
  return ADMIN_WORDS.some((known) => known === word);
}

const WHERE = "(--admin ADDRESS | --config FILE) [--token-file FILE]";
const USAGE: Readonly<Record<AdminWord, string>> = {
  "purge":
    `sluice purge (URL... | --prefix URL | --tag TAG | --host HOST | --all) [--soft] ${WHERE}`,
  "reload": `sluice reload ${WHERE}`,
  "upstreams":
    `sluice upstreams [NAME HOST:PORT (up | drain | down | weight N)] ${WHERE}`,
};
/** What names stored responses, besides URLs. */
const NAMES = ["prefix", "tag", "host"] as const;
const STATES: readonly string[] = ["up", "drain", "down"];
/** Between a word and the one that was probably meant. */
const EDITS_MAX = 2;

/** The flags by which the running sluice is found, for commands that have others, too. */
export const TARGET_FLAGS = ["admin", "config", "token-file"] as const;

/**
 * Reads a command.
 *
 * @param word Its first word.
 * @param args What follows that.
 * @throws {UsageError} if it is none of those that there are.
 */
export function adminCommand(
  word: AdminWord,
  args: readonly string[],
): AdminCommand {
  const expected = new UsageError(`expected: ${USAGE[word]}`);
  const isPurge = word === "purge";
  const { _: rest, ...flags } = parseArgs([...args], {
    string: ["_", ...TARGET_FLAGS, ...(isPurge ? NAMES : [])],
    boolean: isPurge ? ["all", "soft"] : [],
    collect: isPurge ? [...NAMES] : [],
    alias: { c: "config" },
    unknown: (arg: string) => {
      if (!arg.startsWith("-")) return true;
      throw unknownFlag(arg, word, expected);
    },
  }) as { readonly _: readonly unknown[] } & Readonly<Record<string, unknown>>;
  const words = rest.map(String);
  const target = adminTarget(flags, word);
  switch (word) {
    case "reload":
      if (words.length > 0) throw expected;
      return { kind: "admin", target, action: "reload" };
    case "purge":
      return { kind: "admin", target, ...purgeOf(words, flags, expected) };
    case "upstreams":
      return { kind: "admin", target, ...upstreamsOf(words, expected) };
  }
}

function unknownFlag(
  arg: string,
  word: AdminWord,
  expected: UsageError,
): UsageError {
  const flags = word === "purge"
    ? [...TARGET_FLAGS, ...NAMES, "all", "soft"]
    : TARGET_FLAGS;
  const name = arg.replace(/^-+/, "").split("=")[0]!;
  const meant = nearest<string>(name, flags, EDITS_MAX);
  const hint = meant === undefined
    ? `; ${expected.message}`
    : `: did you mean --${meant}?`;
  return new UsageError(`unknown flag ${arg} for ${word}${hint}`);
}

/**
 * Where a command finds the running sluice.
 *
 * @param flags The values of {@linkcode TARGET_FLAGS}.
 * @param word The command, for what is said if they do not say it.
 * @throws {UsageError} if they do not say it.
 */
export function adminTarget(
  flags: Readonly<Record<string, unknown>>,
  word: string,
): AdminTarget {
  const [address, config, tokenFile] = TARGET_FLAGS.map((name) => {
    const value = flags[name];
    if (value === "") throw new UsageError(`--${name} needs a value`);
    return value as string | undefined;
  });
  if (address === undefined && config === undefined) {
    throw new UsageError(
      `${word} needs the running sluice: --admin ADDRESS, or --config FILE with admin.listen`,
    );
  }
  return { address: addressIn(address), config, tokenFile };
}

function addressIn(text: string | undefined): SocketAddress | undefined {
  if (text === undefined) return undefined;
  try {
    return parseListen(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`--admin: ${error.message}`, { cause: error });
  }
}

function purgeOf(
  urls: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  expected: UsageError,
): AdminAction {
  const soft = flags.soft === true ? { soft: true } : {};
  const named = NAMES.flatMap((name) =>
    (flags[name] as readonly string[]).map((value) => ({ [name]: value }))
  );
  const kinds = [
    urls.length > 0,
    ...NAMES.map((name) => (flags[name] as readonly string[]).length > 0),
    flags.all === true,
  ].filter((isGiven) => isGiven);
  if (kinds.length !== 1) throw expected;
  const orders = flags.all === true
    ? [{ all: true }]
    : [...urls.map((url) => ({ url })), ...named];
  return {
    action: "purge",
    orders: orders.map((order) => ({ ...order, ...soft })),
  };
}

function upstreamsOf(
  words: readonly string[],
  expected: UsageError,
): AdminAction {
  const [upstream, server, verb, number] = words;
  if (upstream === undefined) return { action: "show-upstreams" };
  if (server === undefined || verb === undefined) throw expected;
  const place = { action: "change-server", upstream, server } as const;
  if (verb === "weight" && words.length === 4) {
    return { ...place, change: { weight: weightIn(number!) } };
  }
  const meant = nearest(verb, [...STATES, "weight"], EDITS_MAX);
  if (meant !== undefined && meant !== verb) {
    throw new UsageError(`"${verb}" is no state: did you mean ${meant}?`);
  }
  if (!STATES.includes(verb) || words.length !== 3) throw expected;
  return { ...place, change: { state: verb as ServerState } };
}

function weightIn(text: string): number {
  try {
    const weight = parseCount(text);
    if (weight >= 1) return weight;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`weight: "${text}" is not a whole number from 1`);
}
