/**
 * What `--check` finds beyond the schema and the files that are named: guards that a
 * route loses, upstreams that nobody uses.
 *
 * Routes that nothing reaches are the router's to find: whoever has compiled it hands
 * what it says to {@linkcode reportRoutes}.
 */

import { isSecret } from "../observe/json_line.ts";
import { isOnThisMachine } from "./address_values.ts";
import { TOKEN_BYTES_MAX } from "./admin_token.ts";
import type { Disk } from "./file/disk.ts";
import { type Node, nodeAt, placeOf, plainOf, problemAt } from "./file/node.ts";
import { formatPlace, type Problem, type ValuePath } from "./file/place.ts";
import { GUARDS, isOff, membersOf } from "./resolve/layers.ts";
import { textOf } from "./resolve/written_values.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** Characters of a token below which it may be no random one. */
const TOKEN_LENGTH_MIN = 16;

/** Guards that a route replaces: what protects the host does not protect it. */
export function guardWarnings(root: Node): Problem[] {
  const warnings: Problem[] = [];
  for (const [key, host] of membersOf(nodeAt(root, ["hosts"]))) {
    warnings.push(...lostGuards([root, host], ["hosts", key]));
    for (const [path, routes] of membersOf(host)) {
      if (!path.startsWith("/")) continue;
      const isList = routes.content.kind === "list";
      const list = routes.content.kind === "list"
        ? routes.content.items
        : [routes];
      list.forEach((route, index) => {
        const at = ["hosts", key, path, ...(isList ? [index] : [])];
        warnings.push(...lostGuards([root, host, route], at));
      });
    }
  }
  return warnings;
}

/** The guards that the last of some scopes, one in the other, has in place of one outside. */
function lostGuards(scopes: readonly Node[], path: ValuePath): Problem[] {
  const own = membersOf(scopes.at(-1));
  return GUARDS.flatMap((guard) => {
    const node = own.get(guard);
    if (node === undefined) return [];
    const outer = scopes.slice(0, -1).map((scope) =>
      membersOf(scope).get(guard)
    )
      .findLast((node) => node !== undefined);
    if (outer === undefined || isOff(outer) || isSame(node, outer)) return [];
    const where = formatPlace(placeOf(outer, "name"));
    const message =
      `this takes the place of ${guard} in ${where}, which does not hold here`;
    return [
      {
        ...problemAt(node, [...path, guard], message, "name"),
        kind: "warning",
      } satisfies Problem,
    ];
  });
}

function isSame(a: Node, b: Node): boolean {
  return JSON.stringify(plainOf(a)) === JSON.stringify(plainOf(b));
}

/** Headers that are to be logged, but whose values never are. */
export function secretWarnings(root: Node): Problem[] {
  const path = ["log", "fields"];
  const fields = nodeAt(root, path);
  if (fields === undefined) return [];
  const isList = fields.content.kind === "list";
  const nodes = isList ? fields.content.items : [fields];
  return nodes.flatMap((node, index) => {
    const name = textOf(node);
    if (!isSecret(name)) return [];
    const at = isList ? [...path, index] : path;
    const message =
      `${name} is a secret: lines say only that it was there, not its value`;
    return [{ ...problemAt(node, at, message), kind: "warning" as const }];
  });
}

/**
 * A token of the admin listener that can be guessed from elsewhere. A right one is never
 * held up, so nothing keeps an attacker from thousands of guesses a second.
 */
export async function tokenWarnings(
  root: Node,
  { admin }: ResolvedConfig,
  disk: Disk,
): Promise<Problem[]> {
  const node = nodeAt(root, ["admin", "token"]);
  if (node === undefined || admin?.token === undefined) return [];
  if (isOnThisMachine(admin.address)) return [];
  const text = admin.token.kind === "text"
    ? admin.token.text
    // What cannot be read is an error of its own.
    : await disk.readText(admin.token.path, TOKEN_BYTES_MAX).catch(() => "");
  const { length } = text.trim();
  if (length === 0 || length >= TOKEN_LENGTH_MIN) return [];
  const message =
    "is short, and can be guessed: take a random one, as openssl rand -base64 32 makes";
  const problem = problemAt(node, ["admin", "token"], message, "name");
  return [{ ...problem, kind: "warning" }];
}

/** Upstreams with a name that no route and no mirror uses. */
export function unusedUpstreams(
  root: Node,
  { upstreams, hosts }: ResolvedConfig,
): Problem[] {
  const used = new Set<string>();
  for (const { routes } of hosts) {
    for (const { handler } of routes) {
      if (handler.kind === "proxy") used.add(handler.upstream);
    }
  }
  for (const { mirror } of upstreams.values()) {
    if (mirror !== undefined) used.add(mirror.upstream);
  }
  return [...membersOf(nodeAt(root, ["upstreams"]))]
    .filter(([name]) => !used.has(name))
    .map(([name, node]) => ({
      ...problemAt(node, ["upstreams", name], "no route uses it", "name"),
      kind: "warning",
    }));
}

/** What the router says of one route: that nothing reaches it, or that it cannot be. */
export interface RouteReport {
  readonly kind: "error" | "warning";
  /** Its place in {@linkcode ResolvedConfig.hosts}, and among the routes of the host; -1 for the host itself. */
  readonly host: number;
  readonly route: number;
  readonly message: string;
}

/** What the router says, as problems of the file that has the routes. */
export function reportRoutes(
  root: Node,
  { hosts }: ResolvedConfig,
  reports: readonly RouteReport[],
): Problem[] {
  return reports.map(({ kind, host, route, message }) => {
    const { key, routes } = hosts[host]!;
    const path = ["hosts", key, ...routePath(root, key, routes, route)];
    const node = nodeAt(root, path) ?? nodeAt(root, ["hosts", key])!;
    return { ...problemAt(node, path, message, "name"), kind };
  });
}

/** The pattern of a route, and its index if it is one of a list. */
function routePath(
  root: Node,
  key: string,
  routes: ResolvedConfig["hosts"][number]["routes"],
  index: number,
): ValuePath {
  const pattern = routes[index]?.pattern;
  if (pattern === undefined) return [];
  const node = nodeAt(root, ["hosts", key, pattern]);
  if (node === undefined) return []; // the host is its own route
  if (node.content.kind !== "list") return [pattern];
  const first = routes.findIndex((route) => route.pattern === pattern);
  return [pattern, index - first];
}
