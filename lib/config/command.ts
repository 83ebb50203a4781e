/**
 * The command line: from arguments to one typed `Config`, or to the path of a file that
 * has it; or one clear complaint.
 */

import { parseArgs } from "@std/cli/parse-args";
import { formatSocketAddress, type SocketAddress } from "../net/address.ts";
import { isOnThisMachine } from "./address_values.ts";
import { checkCertificates } from "./certificates.ts";
import type { Config } from "./config.ts";
import {
  FLAG_NAMES,
  type FlagName,
  FLAGS,
  type FlagValues,
  isSwitch,
} from "./flags.ts";
import { parseObjectSize } from "./flag_values.ts";
import { fromFlags } from "./from_flags.ts";
import {
  type AdminCommand,
  adminCommand,
  isAdminWord,
} from "./admin_command.ts";
import { assemble } from "./assemble.ts";
import { type ExplainCommand, explainCommand } from "./explain_command.ts";
import { type InitCommand, initCommand } from "./init_command.ts";
import { type RouteCommand, routeCommand } from "./route_command.ts";
import {
  type CompletionsCommand,
  completionsCommand,
  type TopicCommand,
  topicCommand,
} from "./topic_command.ts";
import { type TopCommand, topCommand } from "./top_command.ts";
import { UsageError } from "./usage_error.ts";
import { nearest } from "./nearest.ts";
import type { Overrides } from "./overrides.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { formatSize } from "./units.ts";
import { WORD_NAMES } from "./words.ts";

/** The most edits between a mistyped flag and the one that is suggested. */
const EDITS_MAX = 3;

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "check"; readonly config: Config }
  | { readonly kind: "health"; readonly config: Config }
  | RunCommand
  | DemoCommand
  | TopicCommand
  | CompletionsCommand
  | InitCommand
  | DescribingCommand
  | FileCommand
  | RouteCommand
  | ExplainCommand
  | TopCommand
  | AdminCommand;

/** Runs by flags. */
export interface RunCommand {
  readonly kind: "run";
  readonly config: Config;
  /** What it was assembled from. */
  readonly resolved: ResolvedConfig;
  /** The admin listener of the running sluice that it takes the place of. */
  readonly replaces: SocketAddress | undefined;
}

/** `sluice --demo`: runs by a file that it writes. */
export interface DemoCommand {
  readonly kind: "demo";
  /** Where it listens: its file says so. */
  readonly listen: readonly SocketAddress[];
  /** What flags say in place of the file. */
  readonly overrides: Overrides;
}

/** A command that prints what a configuration file may be, or what the configuration of flags is. */
export type DescribingCommand =
  | { readonly kind: "schema" }
  | { readonly kind: "types" }
  | { readonly kind: "print-config"; readonly resolved: ResolvedConfig };

/** A command about a configuration file. */
export interface FileCommand {
  readonly kind: "file";
  readonly action: "run" | "check" | "health" | "print-config" | "permissions";
  readonly path: string;
  /** The admin listener of the running sluice that it takes the place of. */
  readonly replaces?: SocketAddress | undefined;
  /** Whether a change of the file is a reason to read it again. */
  readonly watches: boolean;
  /** What flags say in place of the file. */
  readonly overrides: Overrides;
}

/** The flags that may be used with a file. */
const BESIDE_FILE: readonly string[] = [
  "config",
  "watch",
  "check",
  "health",
  "listen",
  "workers",
  "log-format",
  "admin",
  "replace",
];

/** The flags that may be used with the demo. */
const BESIDE_DEMO: readonly string[] = [
  "demo",
  ...BESIDE_FILE.filter((name) =>
    !["config", "watch", "replace"].includes(name)
  ),
];

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
  const word = WORD_NAMES.find((word) => word === args[0]);
  const rest = word === undefined ? args : args.slice(1);
  if (word === "help") return topicCommand(rest);
  if (word === "completions") return completionsCommand(rest);
  if (word === "init") return initCommand(rest, refuse);
  if (word === "route") return routeCommand(rest, refuse);
  if (word === "explain") return explainCommand(rest, refuse);
  if (word === "top") return topCommand(rest, refuse);
  if (isAdminWord(word)) return adminCommand(word, rest);
  const texts = textsOf(rest);
  const values = readFlags(texts);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  if (word === "schema" || word === "types") {
    const [flag] = texts.keys();
    if (flag === undefined) return { kind: word };
    throw new UsageError(`--${flag} says nothing to ${word}`);
  }
  const kind = word ?? actionOf(values);
  if (texts.has("config")) return fileCommand(kind, values, texts);
  if (kind === "permissions") {
    throw new UsageError("permissions needs --config FILE");
  }
  if (values.demo) {
    checkBesideDemo(kind, texts);
    if (kind === "run") return demoCommand(values, texts);
  }
  if (values.watch) throw new UsageError("--watch needs --config");
  listenOf(values.listen);
  checkAdmin(values);
  const resolved = fromFlags(values, new Set(texts.keys()));
  if (kind === "print-config") return { kind, resolved };
  const config = assemble(resolved, {
    certificates: (path) => certificatesOf(path, readText),
    text: readText,
  });
  checkTogether(config, texts);
  if (kind !== "run") return { kind, config };
  return { kind, config, resolved, replaces: values.replace };
}

function actionOf({ check, health }: FlagValues): "check" | "health" | "run" {
  return check ? "check" : health ? "health" : "run";
}

/** A command about a file. Its values would hide what other flags say: only a few may be used with it. */
function fileCommand(
  action: FileCommand["action"],
  values: FlagValues,
  texts: ReadonlyMap<FlagName, string[]>,
): FileCommand {
  const other = [...texts.keys()].find((name) => !BESIDE_FILE.includes(name));
  if (other !== undefined) {
    const known = BESIDE_FILE.slice(1).map((name) => `--${name}`).join(", ");
    throw new UsageError(
      `--${other} cannot be used with --config: write it in the file; only ${known} can`,
    );
  }
  if (values.config === "") throw new UsageError("--config needs a value");
  return {
    kind: "file",
    action,
    path: values.config,
    watches: values.watch,
    ...(values.replace === undefined ? {} : { replaces: values.replace }),
    overrides: overridesOf(values, texts),
  };
}

/** The demo runs by a file of its own: what cannot be used with a file cannot be used with it. */
function checkBesideDemo(
  action: FileCommand["action"],
  texts: ReadonlyMap<FlagName, string[]>,
): void {
  if (action === "print-config") {
    throw new UsageError(`--demo says nothing to ${action}`);
  }
  const other = [...texts.keys()].find((name) => !BESIDE_DEMO.includes(name));
  if (other === undefined) return;
  const known = BESIDE_DEMO.slice(1).map((name) => `--${name}`).join(", ");
  throw new UsageError(
    `--${other} cannot be used with --demo, which runs by a file; only ${known} can`,
  );
}

function demoCommand(
  values: FlagValues,
  texts: ReadonlyMap<FlagName, string[]>,
): DemoCommand {
  const overrides = overridesOf(values, texts);
  return {
    kind: "demo",
    listen: listenOf(values.listen),
    overrides: { ...overrides, listen: undefined },
  };
}

/** What flags say in place of a file. */
function overridesOf(
  values: FlagValues,
  texts: ReadonlyMap<FlagName, string[]>,
): Overrides {
  return {
    listen: texts.has("listen") ? listenOf(values.listen) : undefined,
    workers: texts.has("workers") ? values.workers : undefined,
    logFormat: texts.has("log-format") ? values["log-format"] : undefined,
    ...(texts.has("admin") ? { admin: values.admin ?? "off" } : {}),
  };
}

/** The texts given for each flag. */
function textsOf(args: readonly string[]): Map<FlagName, string[]> {
  const valued = FLAG_NAMES.filter((name) => !isSwitch(name));
  const parsed = parseArgs(joinValues(args, valued), {
    string: valued,
    collect: valued,
    boolean: FLAG_NAMES.filter(isSwitch),
    alias: {
      h: "help",
      V: "version",
      c: "config",
      l: "listen",
      u: "upstream",
    },
    unknown: refuse,
  }) as Record<string, unknown>;
  const texts = new Map<FlagName, string[]>();
  for (const name of FLAG_NAMES) {
    const value = parsed[name];
    if (Array.isArray(value)) {
      if (value.length > 0) texts.set(name, value.map(String));
    } else if (value === true) texts.set(name, ["true"]);
  }
  return texts;
}

/** The flags with a value that have a short form. */
const SHORT: Readonly<Record<string, string>> = {
  "-c": "--config",
  "-l": "--listen",
  "-u": "--upstream",
};

/** Joins `--flag value` into `--flag=value`, so that a value may begin with a dash. */
function joinValues(
  args: readonly string[],
  valued: readonly string[],
): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const value = args[i + 1];
    const short = SHORT[arg];
    const takesValue = valued.includes(arg.slice(2)) && arg.startsWith("--");
    if (!takesValue && short === undefined) {
      joined.push(arg);
    } else if (value === undefined || value.startsWith("--")) {
      throw new UsageError(`${arg} needs a value`);
    } else {
      joined.push(`${short ?? arg}=${value}`);
      i++;
    }
  }
  return joined;
}

function refuse(arg: string): never {
  const name = arg.replace(/^-+/, "").split("=")[0]!;
  const meant = nearest(name, FLAG_NAMES, EDITS_MAX);
  const hint = meant === undefined ? "see --help" : `did you mean --${meant}?`;
  if (arg.startsWith("-")) throw new UsageError(`unknown flag ${arg}: ${hint}`);
  const word = nearest(arg, WORD_NAMES, EDITS_MAX);
  const meantWord = /\.(?:jsonc?|ts|js)$/.test(arg) ? `--config ${arg}` : word;
  const other = meantWord === undefined
    ? "see --help"
    : `did you mean ${meantWord}?`;
  throw new UsageError(`unexpected argument "${arg}": ${other}`);
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

/** There is no flag for a token: others could read it in the list of processes. */
function checkAdmin({ admin, listen }: FlagValues): void {
  if (admin === undefined) return;
  const name = formatSocketAddress(admin);
  if (!isOnThisMachine(admin)) {
    throw new UsageError(
      `--admin: "${name}" is not only this machine's own address, and so needs a token: use --config with admin.token`,
    );
  }
  const names = listen.map(formatSocketAddress);
  if (names.includes(name) && !name.endsWith(":0")) {
    throw new UsageError(`--admin: "${name}" is where clients are accepted`);
  }
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
