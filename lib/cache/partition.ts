/**
 * What parts the stored responses of one resource besides `Vary` (pure): what the
 * operator adds to the key, and what a trusted proxy says of the request, since
 * the origin sees it and may answer by it.
 *
 * It is no part of the key, so that to purge or invalidate a resource reaches all
 * of its parts.
 */

import {
  CLIENT_ADDRESS,
  FIELD,
  FIELD_FLAGS,
  PROVENANCE,
} from "../http/field.ts";
import type { FieldSection } from "../http/section.ts";
import { fieldText } from "./vary.ts";

/** Fields and cookies whose values are part of what a response is found by. */
export interface KeyParts {
  /** Names of fields, in lower case. */
  readonly fields: readonly string[];
  /** Names of cookies. */
  readonly cookies: readonly string[];
}

/** The partition of a request; the empty one if nothing sets it apart. */
export function partitionOf(
  request: FieldSection,
  isTrusted: boolean,
  parts: KeyParts,
): string {
  let partition = "";
  if (isTrusted) partition = saidByProxies(request);
  for (const name of parts.fields) {
    partition += `${name}=${quoted(fieldText(request, name))};`;
  }
  for (const name of parts.cookies) {
    partition += `${name}=${quoted(cookieOf(request, name))};`;
  }
  return partition;
}

/** What a trusted proxy says of the request, but for who the client is: by name, in order. */
function saidByProxies(request: FieldSection): string {
  const said = new Map<string, string>();
  for (let i = 0; i < request.count; i++) {
    const flags = FIELD_FLAGS[request.id(i)]!;
    if ((flags & PROVENANCE) === 0 || (flags & CLIENT_ADDRESS) !== 0) continue;
    const name = request.nameText(i).toLowerCase();
    const before = said.get(name);
    const value = request.valueText(i);
    said.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  if (said.size === 0) return "";
  return [...said.keys()].sort()
    .map((name) => `${name}=${quoted(said.get(name))};`).join("");
}

/** So that no value can look like the next part. */
function quoted(value: string | undefined): string {
  return value === undefined ? "" : JSON.stringify(value);
}

/** The value of the first cookie with this name (RFC 6265 §4.2). */
function cookieOf(request: FieldSection, name: string): string | undefined {
  const cookies = request.text(FIELD.Cookie)?.split(/; ?|, /) ?? [];
  const pair = cookies.find((cookie) => cookie.startsWith(`${name}=`));
  return pair?.slice(name.length + 1);
}
