/** `sluice help` and `sluice completions`: what their words say. */

import { type Shell, SHELLS } from "./completions.ts";
import { UsageError } from "./usage_error.ts";

/** `sluice help TOPIC`. */
export interface TopicCommand {
  readonly kind: "topic";
  readonly topic: string;
}

/** `sluice completions SHELL`. */
export interface CompletionsCommand {
  readonly kind: "completions";
  readonly shell: Shell;
}

/**
 * Reads `help TOPIC`; without a topic, it is `--help`.
 *
 * @throws {UsageError} if it is neither.
 */
export function topicCommand(
  args: readonly string[],
): TopicCommand | { readonly kind: "help" } {
  const [topic] = args;
  if (args.length > 1) throw new UsageError("expected: sluice help TOPIC");
  return topic === undefined ? { kind: "help" } : { kind: "topic", topic };
}

/**
 * Reads `completions SHELL`.
 *
 * @throws {UsageError} if there is no such shell.
 */
export function completionsCommand(
  args: readonly string[],
): CompletionsCommand {
  const shell = SHELLS.find((shell) => shell === args[0]);
  if (shell === undefined || args.length > 1) {
    throw new UsageError(`expected: sluice completions ${SHELLS.join(" | ")}`);
  }
  return { kind: "completions", shell };
}
