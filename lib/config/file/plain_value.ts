/** Reads what a configuration module exports: plain data, or an error that says what is not. */

import {
  DEPTH_MAX,
  FORBIDDEN_KEY,
  type Node,
  problemAt,
  type Scalar,
  type Source,
} from "./node.ts";
import type { Reading } from "./json_text.ts";
import type { Problem, ValuePath } from "./place.ts";

/** Turns a value into nodes that know its source. */
export function readValue(source: Source, value: unknown): Reading {
  const problems: Problem[] = [];
  const node = nodeOf(source, value, [], problems);
  return { node: problems.length > 0 ? undefined : node, problems };
}

function nodeOf(
  source: Source,
  value: unknown,
  path: ValuePath,
  problems: Problem[],
): Node {
  const at = { source, start: 0, nameStart: 0 };
  const what = problemWith(value, path.length);
  const empty: Node = { ...at, content: { kind: "scalar", value: null } };
  if (what !== undefined) {
    problems.push(problemAt(empty, path, what));
    return empty;
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      nodeOf(source, item, [...path, index], problems)
    );
    return { ...at, content: { kind: "list", items } };
  }
  if (typeof value !== "object" || value === null) {
    return { ...at, content: { kind: "scalar", value: value as Scalar } };
  }
  const members = new Map<string, Node>();
  for (const [name, member] of Object.entries(value)) {
    const inner = [...path, name];
    if (name === FORBIDDEN_KEY) {
      problems.push(problemAt(empty, inner, "cannot be a name"));
    } else if (member !== undefined) {
      members.set(name, nodeOf(source, member, inner, problems));
    }
  }
  return { ...at, content: { kind: "object", members } };
}

/** Why a value is not plain data; undefined if it is. */
function problemWith(value: unknown, depth: number): string | undefined {
  if (depth > DEPTH_MAX) return `is nested more than ${DEPTH_MAX} deep`;
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : `is ${value}`;
    case "object":
      return value === null || Array.isArray(value) || isPlain(value)
        ? undefined
        : "is not plain data: write texts, numbers, true, false, null, lists and objects";
    default:
      return `is a ${typeof value}: a configuration is plain data`;
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
