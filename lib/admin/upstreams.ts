/** `/upstreams`: how servers stand, and what is said of them. */

import type { ServerState } from "../upstream/administration.ts";
import type { ServerChange } from "./administered.ts";
import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
} from "./resource.ts";

const STATES: readonly string[] = ["up", "drain", "down"];
/** As in a configuration. */
const WEIGHT_MAX = 1_000_000;
const EXPECTED = 'expected { "state": "up", "drain" or "down", "weight": 1 }';

/** All upstreams, or, behind the path, one of them. */
export function readUpstreams(
  { administered, rest }: AdminRequest,
): AdminReply {
  const upstreams = administered.upstreams();
  if (rest === "") return jsonReply(200, upstreams);
  const name = decoded(rest.slice(1));
  const upstream = upstreams.find((one) => one.name === name);
  return upstream === undefined
    ? problemReply(404, `there is no upstream "${name}"`)
    : jsonReply(200, upstream);
}

/** Says something of a server: `/upstreams/NAME/HOST:PORT`. */
export function changeUpstreams(
  { administered, rest, content }: AdminRequest,
): AdminReply {
  const [name, server] = serverIn(rest);
  if (server === "") {
    return problemReply(404, "name a server: /upstreams/NAME/HOST:PORT");
  }
  const change = changeIn(content);
  if (typeof change === "string") return problemReply(400, change);
  const count = administered.changeServer(name, server, change);
  return count === 0
    ? problemReply(404, `upstream "${name}" has no server "${server}"`)
    : jsonReply(200, { changed: count });
}

/** A slash in a name (`http://10.0.0.1:80`, `unix:/run/app.sock`) is `%2F` here. */
function serverIn(rest: string): readonly [name: string, server: string] {
  const [, name = "", server = ""] = rest.split("/").map(decoded);
  return [name, server];
}

/** A part of a path; as it is if it cannot be decoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns What is wrong, if it is no change. */
function changeIn(content: string): ServerChange | string {
  let said: unknown;
  try {
    said = JSON.parse(content);
  } catch {
    return `the content is no JSON: ${EXPECTED}`;
  }
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    return EXPECTED;
  }
  const { state, weight, ...others } = said as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined) return `"${other}" is unknown: ${EXPECTED}`;
  if (state === undefined && weight === undefined) return EXPECTED;
  if (state !== undefined && !STATES.includes(state as string)) {
    return `state is not one of ${STATES.join(", ")}`;
  }
  const isWeight = Number.isInteger(weight) && (weight as number) >= 1 &&
    (weight as number) <= WEIGHT_MAX;
  if (weight !== undefined && !isWeight) {
    return `weight is not a whole number from 1 to ${WEIGHT_MAX}`;
  }
  return {
    state: state as ServerState | undefined,
    weight: weight as number | undefined,
  };
}
