/**
 * The extra key: what parts the stored responses of one resource besides `Vary`
 * (pure). It is what the operator adds to the key, and what a trusted proxy says of
 * the request, since the origin sees it and may answer by it.
 *
 * It is no part of the key, so that to purge or invalidate a resource reaches all
 * of its parts.
 */

import {
  CLIENT_ADDRESS,
  FIELD,
  FIELD_FLAGS,
  fieldIdOf,
  FORWARDING,
} from "../../http/field.ts";
import { cookiesCalled } from "./cookies.ts";
import type { Scheme } from "./cache_key.ts";
import type { SelectingRequest } from "./vary.ts";

/** Fields and cookies whose values are part of what a response is found by. */
export interface KeyParts {
  /** Names of fields, in lower case. */
  readonly fields: readonly string[];
  /** Names of cookies. */
  readonly cookies: readonly string[];
}

/**
 * The scheme that a trusted proxy says that its client used, if it says so plainly.
 * It is part of the key then, and of nothing beside it.
 */
export function schemeSaid(
  { fields }: Pick<SelectingRequest, "fields">,
): Scheme | undefined {
  const line = fields.first(FIELD.XForwardedProto);
  if (line < 0 || fields.isRepeated(FIELD.XForwardedProto)) return undefined;
  const value = fields.valueText(line);
  return value === "http" || value === "https" ? value : undefined;
}

/** A request of which an extra key is made. */
export interface ExtraKeyRequest extends SelectingRequest {
  /** Whether a trusted proxy has sent it. */
  readonly isTrusted: boolean;
  /** Whether nothing removes the client's `index`th line. */
  isKept(index: number): boolean;
  /** The value of a field, by its name in lower case, that the origin gets; undefined if there is none. */
  text(name: string, id: number): string | undefined;
  /** The values of the lines of a field, by its name in lower case, that the origin gets. */
  lines(name: string, id: number): readonly string[];
}

/** The extra key of a request; the empty one if nothing sets it apart. */
export function extraKeyOf(
  request: ExtraKeyRequest,
  parts: KeyParts,
): string {
  let extraKey = request.isTrusted ? saidByProxies(request) : "";
  for (const name of parts.fields) {
    const value = request.text(name, fieldIdOf(name));
    extraKey += `${name}=${quoted(value)};`;
  }
  if (parts.cookies.length === 0) return extraKey;
  const lines = request.lines("cookie", FIELD.Cookie);
  for (const name of parts.cookies) {
    extraKey += `${name}=${quoted(cookiesCalled(name, lines))};`;
  }
  return extraKey;
}

/** What a trusted proxy says of the request, other than who the client is: by name, in order. */
function saidByProxies(request: ExtraKeyRequest): string {
  const { fields } = request;
  const said = new Map<string, string>();
  for (let i = 0; i < fields.count; i++) {
    const flags = FIELD_FLAGS[fields.id(i)]!;
    if ((flags & FORWARDING) === 0 || (flags & CLIENT_ADDRESS) !== 0) continue;
    if (!request.isKept(i)) continue;
    const isScheme = fields.id(i) === FIELD.XForwardedProto;
    if (isScheme && schemeSaid(request) !== undefined) continue; // the key has it
    const name = fields.nameText(i).toLowerCase();
    const before = said.get(name);
    const value = fields.valueText(i);
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
