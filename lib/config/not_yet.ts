/**
 * Keys that the schema has, but that do not work in this version. Each is an error:
 * a guard that is not there must not look as if it were. Once one works, its
 * line is deleted.
 */

import { type Node, plainOf, problemAt } from "./file/node.ts";
import type { Problem } from "./file/place.ts";
import { visitValues } from "./file/visit.ts";

/** By the name of a key: what does not work. */
export const NOT_YET: Readonly<Record<string, string>> = {};

/** Values that ask for nothing. */
const NOTHING: readonly unknown[] = ["off", false];

/** What a configuration asks for that does not work yet. */
export function notYetProblems(root: Node): Problem[] {
  const problems: Problem[] = [];
  visitValues(root, (node, path, name) => {
    const what = Object.hasOwn(NOT_YET, name) ? NOT_YET[name] : undefined;
    const isNothing = node.content.kind === "scalar" &&
      NOTHING.includes(plainOf(node));
    if (what === undefined || isNothing) return true;
    const message = `not yet: ${what}`;
    problems.push({
      ...problemAt(node, path, message, "name"),
      kind: "not-yet",
    });
    return false;
  });
  return problems;
}
