/** `sluice explain`: what its words and flags say. */

import { parseArgs } from "@std/cli/parse-args";
import { readQuestion, type WrittenQuestion } from "../explain/question.ts";
import {
  type AdminTarget,
  adminTarget,
  TARGET_FLAGS,
} from "./admin_command.ts";
import { UsageError } from "./usage_error.ts";

/** Who is asked: the sluice that runs, or only its configuration. */
export type ExplainPlace =
  | {
    readonly kind: "running";
    readonly target: AdminTarget;
    /** Whether the request is sent, and followed. */
    readonly isLive: boolean;
  }
  | { readonly kind: "offline"; readonly config: string };

/** `sluice explain`: what becomes of a request, and why. */
export interface ExplainCommand {
  readonly kind: "explain";
  readonly question: WrittenQuestion;
  readonly place: ExplainPlace;
  /** Whether the answer is an object for programs. */
  readonly isJson: boolean;
}

const USAGE =
  "sluice explain URL [-X METHOD] [-H 'name: value'] [--client ADDRESS] [--json] " +
  "(--admin ADDRESS | --config FILE) [--token-file FILE] [--live], " +
  "or with --offline --config FILE";

/**
 * Reads it: `explain URL`, and flags in any order.
 *
 * @param refuse Complains about an unknown flag.
 * @throws {UsageError} if it is none, or the request cannot be one.
 */
export function explainCommand(
  args: readonly string[],
  refuse: (arg: string) => never,
): ExplainCommand {
  const flags = parseArgs([...args], {
    string: ["_", "H", "X", "client", ...TARGET_FLAGS],
    collect: ["H"],
    boolean: ["json", "live", "offline"],
    alias: { c: "config", header: "H", method: "X" },
    unknown: (arg: string) => !arg.startsWith("-") || refuse(arg),
  });
  const { _: words, X: method, H: headers, client, json } = flags;
  const [url] = words.map(String);
  if (words.length !== 1) throw new UsageError(`expected: ${USAGE}`);
  const question = { url: url!, method, headers, client };
  try {
    readQuestion(question);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
  return { kind: "explain", question, place: placeOf(flags), isJson: json };
}

function placeOf(
  flags: Readonly<Record<string, unknown>>,
): ExplainPlace {
  const isLive = flags.live === true;
  if (isLive && flags.client !== undefined) {
    throw new UsageError(
      "--client cannot be used with --live: the request is sent from this machine",
    );
  }
  if (flags.offline !== true) {
    return { kind: "running", target: adminTarget(flags, "explain"), isLive };
  }
  const { config } = flags;
  if (typeof config !== "string" || config === "") {
    throw new UsageError("--offline needs --config FILE");
  }
  const other = isLive
    ? "--live"
    : flags.admin !== undefined
    ? "--admin"
    : undefined;
  if (other === undefined) return { kind: "offline", config };
  throw new UsageError(`${other} cannot be used with --offline`);
}
