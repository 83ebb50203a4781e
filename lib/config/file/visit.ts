/** Looks at every value of a configuration under the name that its key has wherever it may stand. */

import type { Node } from "./node.ts";
import type { ValuePath } from "./place.ts";

/**
 * A key's name: its path without the hosts, paths, names of upstreams and indexes on
 * the way. `hosts["a"]["/"].cache.ttl` is `cache.ttl`; what belongs to an upstream,
 * wherever it stands, begins with `upstream`.
 */
function keyName(path: ValuePath): string {
  const names = path.filter((part) => typeof part === "string");
  if (names[0] === "upstreams") return join("upstream", names.slice(2));
  const own = names[0] !== "hosts"
    ? names
    : names.slice(names[2]?.startsWith("/") ? 3 : 2);
  return own[0] === "proxy" ? join("upstream", own.slice(1)) : own.join(".");
}

function join(first: string, rest: readonly string[]): string {
  return [first, ...rest].join(".");
}

/**
 * Calls `look` for each value, the outer before the inner.
 *
 * @param look Returns whether to look into the value.
 */
export function visitValues(
  root: Node,
  look: (node: Node, path: ValuePath, name: string) => boolean,
): void {
  const visit = (node: Node, path: ValuePath): void => {
    if (!look(node, path, keyName(path))) return;
    const { content } = node;
    if (content.kind === "list") {
      content.items.forEach((item, index) => visit(item, [...path, index]));
    } else if (content.kind === "object") {
      for (const [name, member] of content.members) {
        visit(member, [...path, name]);
      }
    }
  };
  visit(root, []);
}
