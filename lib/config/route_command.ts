/** `sluice route`: what its words and flags say. */

import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "./usage_error.ts";

/** `sluice route`: which route takes a request. */
export interface RouteCommand {
  readonly kind: "route";
  readonly path: string;
  readonly method: string;
  readonly url: string;
  /** As they follow `-H`. */
  readonly headers: readonly string[];
  /** Whether the answer is an object for programs. */
  readonly isJson: boolean;
}

/**
 * Reads it: `route METHOD URL --config FILE`, in any order.
 *
 * @param refuse Complains about an unknown flag.
 * @throws {UsageError} if it is none.
 */
export function routeCommand(
  args: readonly string[],
  refuse: (arg: string) => never,
): RouteCommand {
  const { _: words, config, H: headers, json } = parseArgs([...args], {
    string: ["_", "config", "H"],
    collect: ["H"],
    boolean: ["json"],
    alias: { c: "config", header: "H" },
    unknown: (arg: string) => !arg.startsWith("-") || refuse(arg),
  });
  const [method, url] = words.map(String);
  if (words.length !== 2 || config === undefined || config === "") {
    throw new UsageError(
      "expected: sluice route METHOD URL [-H 'name: value'] [--json] --config FILE",
    );
  }
  return {
    kind: "route",
    path: config,
    method: method!,
    url: url!,
    headers,
    isJson: json,
  };
}
