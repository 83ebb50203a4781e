/** `sluice top`: what its flags say. */

import { parseArgs } from "@std/cli/parse-args";
import {
  type AdminTarget,
  adminTarget,
  TARGET_FLAGS,
} from "./admin_command.ts";
import { UsageError } from "./usage_error.ts";

/** `sluice top`: what the running sluice does, second by second. */
export interface TopCommand {
  readonly kind: "top";
  readonly target: AdminTarget;
  /** Whether it is told once, as lines. */
  readonly isOnce: boolean;
}

const USAGE =
  "sluice top (--admin ADDRESS | --config FILE) [--token-file FILE] [--once]";

/**
 * Reads it.
 *
 * @param refuse Complains about an unknown flag.
 * @throws {UsageError} if it is none.
 */
export function topCommand(
  args: readonly string[],
  refuse: (arg: string) => never,
): TopCommand {
  const { _: words, once, ...flags } = parseArgs([...args], {
    string: ["_", ...TARGET_FLAGS],
    boolean: ["once"],
    alias: { c: "config" },
    unknown: (arg: string) => !arg.startsWith("-") || refuse(arg),
  });
  if (words.length > 0) throw new UsageError(`expected: ${USAGE}`);
  return { kind: "top", target: adminTarget(flags, "top"), isOnce: once };
}
