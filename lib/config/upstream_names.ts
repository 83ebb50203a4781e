/** Names of upstreams that routes and mirrors say, and that nothing has. */

import { type Node, nodeAt, plainOf, problemAt } from "./file/node.ts";
import type { Problem } from "./file/place.ts";
import { visitValues } from "./file/visit.ts";
import { didYouMean, nearest } from "./nearest.ts";
import { membersOf } from "./resolve/layers.ts";
import { isUpstreamName } from "./written.ts";

/** How many letters of a name may be wrong. */
const MISTAKES_MAX = 2;

/** What is said of each name that no upstream has; the rest of the file may have errors. */
export function unknownUpstreams(root: Node): Problem[] {
  const names = [...membersOf(nodeAt(root, ["upstreams"])).keys()];
  const problems: Problem[] = [];
  visitValues(root, (node, path, name) => {
    const isReference = name === "upstream.mirror.to" ||
      path[0] === "hosts" && path.at(-1) === "proxy";
    const said = plainOf(node);
    if (!isReference || typeof said !== "string") return true;
    if (!isUpstreamName(said) || names.includes(said)) return true;
    const meant = nearest(said, names, MISTAKES_MAX);
    const hint = meant === undefined
      ? "; the URL of a server begins with http:// or https://"
      : didYouMean(meant);
    const message = `there is no upstream "${said}"${hint}`;
    problems.push(problemAt(node, path, message));
    return true;
  });
  return problems;
}
