/**
 * A configuration as it was read: values that know where they stand.
 *
 * Everything that finds a mistake after the file was read asks these for the line and
 * column; what the configuration says is made of them by {@linkcode plainOf}.
 */

import type { Place, Problem, ValuePath } from "./place.ts";

/** How deep values may be nested: a configuration needs about ten levels. */
export const DEPTH_MAX = 32;

/** A file that was read. */
export interface Source {
  /** As the user named it, or as an `include` found it. */
  readonly name: string;
  /** The folder that its relative paths begin at. */
  readonly folder: string;
  /** Its text; undefined if it is a program. */
  readonly text: string | undefined;
}

/** A value and where it stands. */
export interface Node {
  readonly source: Source;
  /** Offset in the text; of a program's value, 0. */
  readonly start: number;
  /** Offset of the name of this member, or that of the value. */
  readonly nameStart: number;
  readonly content: Content;
}

/** What a node holds. */
export type Content =
  | { readonly kind: "scalar"; readonly value: Scalar }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "object"; readonly members: ReadonlyMap<string, Node> };

/** What has no parts. */
export type Scalar = string | number | boolean | null;

/** Why a key cannot be one: it would change what objects inherit. */
export const FORBIDDEN_KEY = "__proto__";

/** The value itself. */
export function plainOf({ content }: Node): unknown {
  switch (content.kind) {
    case "scalar":
      return content.value;
    case "list":
      return content.items.map(plainOf);
    case "object":
      return Object.fromEntries(
        [...content.members].map(([name, member]) => [name, plainOf(member)]),
      );
  }
}

/** The part of a node at a path; undefined if there is none. */
export function nodeAt(node: Node, path: ValuePath): Node | undefined {
  let at: Node | undefined = node;
  for (const part of path) {
    const content: Content | undefined = at?.content;
    at = content?.kind === "object"
      ? content.members.get(String(part))
      : content?.kind === "list"
      ? content.items[Number(part)]
      : undefined;
  }
  return at;
}

/** The deepest part of a node on the way to a path, and the path of it. */
export function nearestNode(
  node: Node,
  path: ValuePath,
): { readonly node: Node; readonly path: ValuePath } {
  for (let length = path.length; length > 0; length--) {
    const found = nodeAt(node, path.slice(0, length));
    if (found !== undefined) {
      return { node: found, path: path.slice(0, length) };
    }
  }
  return { node, path: [] };
}

/** Where a value stands, or the name of the member that it is. */
export function placeOf(node: Node, what: "value" | "name" = "value"): Place {
  const { source: { name, text } } = node;
  if (text === undefined) return { file: name };
  return placeIn(name, text, what === "name" ? node.nameStart : node.start);
}

/** The line and column of an offset, both from 1; a column is a UTF-16 unit, as editors count. */
export function placeIn(file: string, text: string, offset: number): Place {
  const starts = lineStarts(text);
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { file, line: low + 1, column: offset - starts[low]! + 1 };
}

/** The offsets where lines begin, of the text that was asked for last. */
let known: { readonly text: string; readonly starts: readonly number[] } = {
  text: "",
  starts: [0],
};

function lineStarts(text: string): readonly number[] {
  if (known.text === text) return known.starts;
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) {
    starts.push(index + end.length);
  }
  known = { text, starts };
  return starts;
}

/** What is wrong with a node. */
export function problemAt(
  node: Node,
  path: ValuePath,
  message: string,
  what: "value" | "name" = "value",
): Problem {
  return { kind: "error", place: placeOf(node, what), path, message };
}
