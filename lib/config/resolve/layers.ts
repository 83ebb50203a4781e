/**
 * Inheritance: what is said at the top holds for all hosts, what is said at a host for
 * all its routes, and the nearest wins.
 *
 * A layer has one entry for each thing that is said by itself: `body`, `cache.ttl`,
 * `headers.x-frame-options`. So merging two layers is the same for all options, but
 * for what `off` and a header that is set put an end to.
 */

import type { Node } from "../file/node.ts";
import type { ValuePath } from "../file/place.ts";

/** A value, and its path in the configuration. */
export interface Entry {
  readonly node: Node;
  readonly path: ValuePath;
}

/** What is said at one place, or at several that were merged: by key, the value. */
export type Layer = ReadonlyMap<string, Entry>;

/** Options that are replaced whole. */
const WHOLE = [
  "security",
  "cors",
  "serverTiming",
  "body",
  "limit",
  "allow",
  "deny",
  "auth",
  "satisfy",
  "forwarded",
  "maintenance",
] as const;

/** Options that protect: a route that has its own loses its host's. */
export const GUARDS = ["limit", "allow", "deny", "auth"] as const;

/** Options that merge by key, and which key a shorthand sets. */
const BY_KEY: Readonly<Record<string, string>> = {
  "cache": "ttl",
  "timeout": "response",
  "compress": "codings",
  "errors": "",
};

/** Options that merge by the name of a header. */
const BY_NAME = ["headers", "requestHeaders"] as const;

/** The keys of `timeout`. */
const TIMEOUT_KEYS = [
  "connect",
  "response",
  "total",
  "read",
  "write",
  "body",
  "tunnel",
] as const;

/** Members of `cache` at the top that concern the process, not routes. */
const OF_THE_PROCESS: readonly string[] = [
  "cache.memory",
  "cache.maxObject",
  "cache.slice",
  "cache.disk",
  "cache.shared",
];

/** The members of an object; none if it is something else. */
export function membersOf(node: Node | undefined): ReadonlyMap<string, Node> {
  return node?.content.kind === "object" ? node.content.members : NO_MEMBERS;
}

const NO_MEMBERS: ReadonlyMap<string, Node> = new Map();

/** What is said at the top, at a host or at a route. */
export function layerOf({ node: scope, path }: Entry): Layer {
  const members = membersOf(scope);
  const layer = new Map<string, Entry>();
  const at = (...names: readonly string[]): ValuePath => [...path, ...names];
  for (const name of WHOLE) {
    const node = members.get(name);
    if (node !== undefined) layer.set(name, { node, path: at(name) });
  }
  for (const [name, short] of Object.entries(BY_KEY)) {
    const node = members.get(name);
    if (node === undefined) continue;
    addByKey(layer, name, short, { node, path: at(name) });
  }
  for (const name of BY_NAME) {
    for (const [header, node] of membersOf(members.get(name))) {
      const key = `${name}.${header.toLowerCase()}`;
      layer.set(key, { node, path: at(name, header) });
    }
  }
  for (const key of OF_THE_PROCESS) layer.delete(key);
  return layer;
}

function addByKey(
  layer: Map<string, Entry>,
  name: string,
  short: string,
  entry: Entry,
): void {
  const { node: { content }, path } = entry;
  if (content.kind === "object") {
    for (const [key, node] of content.members) {
      layer.set(`${name}.${key}`, { node, path: [...path, key] });
    }
    // An empty object still ends an outer "off".
    if (content.members.size === 0) layer.set(`${name}.`, entry);
  } else if (!isOff(entry.node)) {
    layer.set(`${name}.${short}`, entry);
  } else if (name === "timeout") {
    for (const key of TIMEOUT_KEYS) layer.set(`timeout.${key}`, entry);
  } else layer.set(name, entry);
}

/** Whether a value is `off`. */
export function isOff({ content }: Node): boolean {
  return content.kind === "scalar" && content.value === "off";
}

/** What holds where `inner` is said inside of `outer`. */
export function merged(outer: Layer, inner: Layer): Layer {
  if (inner.size === 0) return outer;
  const layer = new Map(outer);
  for (const key of inner.keys()) {
    const [name, part] = split(key);
    if (part === undefined) {
      if (name in BY_KEY) dropAll(layer, `${name}.`); // it is "off"
    } else if (name in BY_KEY) layer.delete(name); // whatever is said ends an "off"
    else if (!part.startsWith("+")) layer.delete(`${name}.+${part}`); // a header that is set or removed
  }
  for (const [key, entry] of inner) layer.set(key, entry);
  return layer;
}

/** `cache.ttl` is `cache` and `ttl`, `body` is itself. */
function split(key: string): [name: string, part: string | undefined] {
  const dot = key.indexOf(".");
  return dot < 0 ? [key, undefined] : [key.slice(0, dot), key.slice(dot + 1)];
}

function dropAll(layer: Map<string, Entry>, prefix: string): void {
  for (const key of [...layer.keys()]) {
    if (key.startsWith(prefix)) layer.delete(key);
  }
}

/** The entries below a name: those of `cache` by `ttl` and so on. */
export function below(layer: Layer, name: string): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const [key, entry] of layer) {
    if (key.startsWith(`${name}.`)) {
      found.set(key.slice(name.length + 1), entry);
    }
  }
  return found;
}
