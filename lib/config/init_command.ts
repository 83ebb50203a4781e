/** `sluice init`: what its words and flags say. */

import { parseArgs } from "@std/cli/parse-args";
import { parseUpstream } from "./address_values.ts";
import type { StarterAnswers } from "./starter.ts";
import { UsageError } from "./usage_error.ts";
import { isUpstreamName, parseOneHost } from "./written.ts";

/** `sluice init`: writes a configuration. */
export interface InitCommand {
  readonly kind: "init";
  /** Where to. */
  readonly path: string;
  /** What flags have answered; undefined if the user is to be asked. */
  readonly answers: StarterAnswers | undefined;
  /** Whether a file that is there already is replaced. */
  readonly isForced: boolean;
}

const PATH = "sluice.json";
const USAGE =
  "sluice init [FILE] [--domain NAME] [--upstream URL]… [--files FOLDER] [--email ADDRESS] [--force]";

/**
 * Reads it.
 *
 * @param refuse Complains about an unknown flag.
 * @throws {UsageError} if it is none.
 */
export function initCommand(
  args: readonly string[],
  refuse: (arg: string) => never,
): InitCommand {
  const { _: words, upstream, domain, files, email, force } = parseArgs(
    [...args],
    {
      string: ["_", "domain", "upstream", "files", "email"],
      collect: ["upstream"],
      boolean: ["force"],
      alias: { u: "upstream" },
      unknown: (arg: string) => !arg.startsWith("-") || refuse(arg),
    },
  );
  const [path = PATH] = words.map(String);
  const given = { domain, files, email };
  for (const [name, value] of Object.entries(given)) {
    if (value === "") throw new UsageError(`--${name} needs a value`);
  }
  if (words.length > 1) throw new UsageError(`expected: ${USAGE}`);
  if (!/\.jsonc?$/.test(path)) {
    throw new UsageError(
      `init writes JSON with comments: "${path}" does not end with .json or .jsonc`,
    );
  }
  const hasAnswer = files !== undefined || upstream.length > 0;
  if (!hasAnswer && (domain !== undefined || email !== undefined)) {
    throw new UsageError(
      "init: what do visitors get? Add --upstream URL, --files FOLDER, or both",
    );
  }
  return {
    kind: "init",
    path,
    isForced: force,
    answers: hasAnswer
      ? {
        domain: read("--domain", domain, parseDomain),
        upstreams: upstream.map((url: string) =>
          read("--upstream", url, parseServer)
        ),
        files,
        email: read("--email", email, parseEmail),
      }
      : undefined,
  };
}

function read<Text extends string | undefined>(
  flag: string,
  text: Text,
  parse: (text: string) => string,
): Text {
  if (text === undefined) return text;
  try {
    return parse(text) as Text;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(`${flag}: ${error.message}`, { cause: error });
  }
}

/**
 * The name that visitors use, in lower case.
 *
 * @throws {SyntaxError} if it is none.
 */
export function parseDomain(text: string): string {
  return parseOneHost(text);
}

/**
 * A server behind sluice. A bare port is one of this machine, a bare name a host: in a
 * file, it would be the name of an upstream.
 *
 * @throws {SyntaxError} if it is none.
 */
export function parseServer(text: string): string {
  const url = /^:?\d{1,5}$/.test(text)
    ? `http://127.0.0.1:${text.replace(":", "")}`
    : isUpstreamName(text)
    ? `http://${text}`
    : text;
  parseUpstream(url);
  return url;
}

/**
 * An address for mail, by its form.
 *
 * @throws {SyntaxError} if it is none.
 */
export function parseEmail(text: string): string {
  if (/^[^\s@<>"]+@[^\s@<>"]+$/.test(text)) return text;
  throw new SyntaxError(`"${text}" is not an address like me@example.com`);
}
