/** The commands that are words: what `sluice --help` says of them, and what shells complete. */

/** A command that is a word. */
export interface Word {
  /** What follows it, as in `--help`. */
  readonly usage: string;
  readonly help: string;
  /** The flags that it takes. */
  readonly flags: readonly string[];
}

const FILE = ["--config"];
const RUNNING = ["--admin", "--config", "--token-file"];

/** The commands, in the order of `--help`. */
export const WORDS = {
  "init": {
    usage: "[FILE]",
    help: "write a configuration, by a few questions or by flags",
    flags: ["--domain", "--upstream", "--files", "--email", "--force"],
  },
  "print-config": {
    usage: "[--config FILE]",
    help: "the configuration in force, as JSON",
    flags: FILE,
  },
  "route": {
    usage: "METHOD URL --config FILE",
    help: "which route takes a request, and why",
    flags: ["--config", "--header", "--json"],
  },
  "explain": {
    usage: "URL --config FILE",
    help: "what becomes of a request, and why; --offline, --live, --json",
    flags: [
      ...RUNNING,
      "--method",
      "--header",
      "--client",
      "--offline",
      "--live",
      "--json",
    ],
  },
  "top": {
    usage: "--config FILE",
    help: "what the running sluice does, second by second; --once",
    flags: [...RUNNING, "--once"],
  },
  "reload": {
    usage: "--config FILE",
    help: "have the running sluice read its file again",
    flags: RUNNING,
  },
  "purge": {
    usage: "URL… --config FILE",
    help: "take URLs out of its cache; --prefix, --tag, --host, --all, --soft",
    flags: [...RUNNING, "--prefix", "--tag", "--host", "--all", "--soft"],
  },
  "upstreams": {
    usage: "--config FILE",
    help: "the state of its servers; NAME HOST:PORT drain changes it",
    flags: RUNNING,
  },
  "permissions": {
    usage: "--config FILE",
    help: "what Deno must allow a run from source",
    flags: FILE,
  },
  "schema": {
    usage: "",
    help: "the JSON Schema of a configuration file",
    flags: [],
  },
  "types": { usage: "", help: "the same as types: sluice.d.ts", flags: [] },
  "completions": {
    usage: "bash | zsh | fish",
    help: "what a shell needs to complete these words and flags",
    flags: [],
  },
  "help": {
    usage: "TOPIC",
    help: "a page of the documentation, or what a word, key or flag means",
    flags: [],
  },
} as const satisfies Readonly<Record<string, Word>>;

/** The first word of a command line. */
export type WordName = keyof typeof WORDS;

/** All of them. */
export const WORD_NAMES: readonly WordName[] = Object.keys(
  WORDS,
) as WordName[];
