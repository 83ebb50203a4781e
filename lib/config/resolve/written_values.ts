/** The values of nodes, by the functions that read them. All of them are valid: the schema has seen them. */

import type { When } from "../../router/when.ts";
import { type Cidr, parseCidr } from "../../net/cidr.ts";
import { type DefaultKey, defaultText } from "../defaults.ts";
import { pathFrom } from "../file/disk.ts";
import { type Node, plainOf } from "../file/node.ts";
import { parseHostHeader } from "../flag_values.ts";
import type { HostHeader } from "../resolved_route.ts";
import type { ResolvedSecret } from "../resolved_upstream.ts";
import { parseCount } from "../units.ts";
import { membersOf } from "./layers.ts";

/** The text of a scalar, a number written as such. */
export function textOf(node: Node): string {
  return String(plainOf(node));
}

/** What a function reads in a node's text, or in the default. */
export function read<Value>(
  node: Node | undefined,
  parse: (text: string) => Value,
  fallback: DefaultKey | { readonly text: string },
): Value {
  if (node !== undefined) return parse(textOf(node));
  return parse(
    typeof fallback === "string" ? defaultText(fallback) : fallback.text,
  );
}

/** What a function reads in a node's text; undefined if there is none. */
export function readOptional<Value>(
  node: Node | undefined,
  parse: (text: string) => Value,
): Value | undefined {
  return node === undefined ? undefined : parse(textOf(node));
}

/** A whole number, or the default, which is one; 0 for `off`. */
export function numberOf(node: Node | undefined, fallback: DefaultKey): number {
  return read(node, parseCount, fallback);
}

/** `true` or not. */
export function isTrue(node: Node | undefined, fallback = false): boolean {
  return node === undefined ? fallback : plainOf(node) === true;
}

/** The nodes of one or more. */
export function each(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  return node.content.kind === "list" ? node.content.items : [node];
}

/** The texts of one or more. */
export function textsOf(node: Node | undefined): string[] {
  return each(node).map(textOf);
}

/** The texts of one or more, or those of a default that is written with commas. */
export function textsOr(
  node: Node | undefined,
  fallback: DefaultKey,
): string[] {
  return node === undefined
    ? defaultText(fallback).split(",").map((text) => text.trim())
    : textsOf(node);
}

/** A path, relative to the file that says it. */
export function pathOf(node: Node): string {
  return pathFrom(node.source.folder, textOf(node));
}

/** The same; undefined if there is none. */
export function optionalPath(node: Node | undefined): string | undefined {
  return node === undefined ? undefined : pathOf(node);
}

/** Blocks of addresses. */
export function cidrsOf(node: Node | undefined): Cidr[] {
  return textsOf(node).map(parseCidr);
}

/** Texts by name; names in lower case. */
export function textsByName(
  node: Node | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...membersOf(node)].map((
      [name, value],
    ) => [name.toLowerCase(), textOf(value)]),
  );
}

/** A secret or its file. */
export function secretOf(node: Node): ResolvedSecret {
  const file = membersOf(node).get("file");
  return file === undefined
    ? { kind: "text", text: textOf(node) }
    : { kind: "file", path: pathOf(file) };
}

/** The Host that an origin gets. */
export function hostHeaderOf(node: Node | undefined): HostHeader {
  return read(node, parseHostHeader, "host");
}

/** Conditions. */
export function whenOf(node: Node | undefined): When | undefined {
  if (node === undefined) return undefined;
  const when = plainOf(node) as When;
  const client = membersOf(node).get("client");
  return client === undefined ? when : { ...when, client: textsOf(client) };
}
