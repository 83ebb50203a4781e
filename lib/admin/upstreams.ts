/** `/upstreams`: the state of servers, and how it is changed. */

import { didYouMean, nearest } from "../config/nearest.ts";
import type {
  ServerState,
  UpstreamReport,
} from "../upstream/administration.ts";
import type { Administered, ServerChange } from "./administered.ts";
import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
} from "./resource.ts";

const STATES: readonly string[] = ["up", "drain", "down"];
/** As in a configuration. */
const WEIGHT_MAX = 1_000_000;
/** Between a name and the one that was probably meant. */
const EDITS_MAX = 2;
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
    ? noUpstream(name, administered)
    : jsonReply(200, upstream);
}

/** Says something of a server: `/upstreams/NAME/HOST:PORT`. */
export function changeUpstreams(
  { administered, rest, content }: AdminRequest,
): AdminReply {
  const named = serverIn(rest);
  if (named === undefined) {
    return problemReply(
      404,
      "name a server: /upstreams/NAME/HOST:PORT, with %2F for a slash in a name",
    );
  }
  const [name, server] = named;
  const change = changeIn(content);
  if (typeof change === "string") return problemReply(400, change);
  const count = administered.changeServer(name, server, change);
  if (count > 0) return jsonReply(200, { changed: count });
  const upstream = administered.upstreams().find((one) => one.name === name);
  return upstream === undefined
    ? noUpstream(name, administered)
    : noServer(upstream, server);
}

/** A slash in a name (`http://10.0.0.1:80`, `unix:/run/app.sock`) is `%2F` here. */
function serverIn(
  rest: string,
): readonly [name: string, server: string] | undefined {
  const [, name = "", server = "", ...others] = rest.split("/").map(decoded);
  return server === "" || others.length > 0 ? undefined : [name, server];
}

function noUpstream(name: string, administered: Administered): AdminReply {
  const names = administered.upstreams().map((upstream) => upstream.name);
  const hint = didYouMean(nearest(name, names, EDITS_MAX));
  return problemReply(404, `there is no upstream "${name}"${hint}`);
}

function noServer({ name, servers }: UpstreamReport, text: string): AdminReply {
  const hint = didYouMean(
    nearest(text, servers.map((server) => server.name), EDITS_MAX),
  );
  const message = `upstream "${name}" has no server "${text}"${hint}`;
  return problemReply(404, message);
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
    return `the content is not JSON: ${EXPECTED}`;
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
