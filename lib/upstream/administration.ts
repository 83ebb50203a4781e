/**
 * What the operator is told of an upstream's servers, and what he may say of them while
 * the program runs. It is in the memory that all workers share, so any thread that has
 * the upstream's options can ask and say it; all of them go by it at once.
 *
 * What has been said of a server holds until something else is said, and over reloads
 * as long as the server stays.
 */

import type { OriginAddress } from "../net/address.ts";
import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import {
  ADMINISTERED,
  identityOf,
  type ServerOptions,
  twinsOf,
} from "./server.ts";
import { OWN, SERVER, SharedState, SLOTS_MAX } from "./shared_state.ts";
import type { UpstreamOptions } from "./upstream_options.ts";

/** `drain`: no new requests as long as another server can; `down`: none at all. */
export type ServerState = "up" | "drain" | "down";

/** The last probe of a server. */
export interface ProbeReport {
  /** How long ago it was, in ms. */
  readonly agoMs: number;
  /** Good ones in a row, or failed ones below 0. */
  readonly inARow: number;
}

/** The state of a server. */
export interface ServerReport {
  /** `10.0.0.11:3000`, or `app:3000 (10.0.0.11)`: as events call it. */
  readonly name: string;
  /** By the operator's word, or else the configuration's. */
  readonly state: ServerState;
  readonly weight: number;
  readonly isBackup: boolean;
  /** Whether it gets requests: it is `up`, not ejected, and its probes are good. */
  readonly isInService: boolean;
  /** Whether its probes put it out. */
  readonly isFailingProbes: boolean;
  /** How much longer failed requests keep it out, in ms; 0 for not. */
  readonly ejectedForMs: number;
  /** Why it was put out last; empty for never. */
  readonly reason: string;
  /** Undefined if it has not been probed. */
  readonly probe: ProbeReport | undefined;
  /** Requests in flight, of all workers. */
  readonly inFlight: number;
  /** Connections, idle ones included, tunnels not. */
  readonly connections: number;
}

/** The state of the servers of an upstream. */
export interface UpstreamReport {
  readonly name: string;
  readonly servers: readonly ServerReport[];
}

/** A server's place in the shared memory. */
interface Found {
  readonly options: ServerOptions;
  readonly name: string;
  readonly slot: number;
}

/** The state of the servers of an upstream, in the order of the configuration. */
export function reportServers(
  options: UpstreamOptions,
  clock: Clock,
): readonly ServerReport[] {
  const state = stateOf(options, clock);
  return state === undefined
    ? []
    : serversIn(options, state).map((found) => reportOf(found, state));
}

/** Whether there is a server that can be asked. */
export function hasServer(servers: readonly ServerReport[]): boolean {
  return servers.some(({ state, ejectedForMs, isFailingProbes }) =>
    state !== "down" && ejectedForMs === 0 && !isFailingProbes
  );
}

/**
 * Takes a server out of use, or back. `up` ends an ejection, too; probes go on to have
 * their say.
 *
 * @param server `HOST:PORT` as the configuration has it, for all addresses of that name,
 *   or one of these addresses.
 * @returns How many servers this is; 0 if there is none such.
 */
export function setServerState(
  options: UpstreamOptions,
  server: string,
  state: ServerState,
  clock: Clock,
): number {
  return change(options, server, clock, (shared, { slot, name }) => {
    shared.set(slot, SERVER.Administered, WORDS[state]);
    if (state === "up") {
      shared.set(slot, SERVER.EjectedUntil, 0);
      shared.set(slot, SERVER.Failures, 0);
      shared.set(slot, SERVER.Ejections, 0);
      shared.set(slot, SERVER.BackSince, shared.ticks() || 1);
    }
    tell(options, name, TEXTS[state]);
  });
}

/**
 * Gives a server another weight than the configuration's; a reload that changes the
 * configuration's weight ends that.
 *
 * @param weight A whole number, at least 1.
 * @returns How many servers this is, as {@linkcode setServerState}.
 */
export function setWeight(
  options: UpstreamOptions,
  server: string,
  weight: number,
  clock: Clock,
): number {
  return change(
    options,
    server,
    clock,
    (shared, { slot, name, options: of }) => {
      shared.set(slot, SERVER.WeightBefore, of.weight);
      shared.set(slot, SERVER.Weight, weight);
      tell(options, name, `given the weight ${weight} by the operator`);
    },
  );
}

/** Another configuration holds: weights that were given in place of others than its own are over, for good. */
export function forgetWeights(options: UpstreamOptions, clock: Clock): void {
  const state = stateOf(options, clock);
  if (state === undefined) return;
  for (const { options: { weight }, slot } of serversIn(options, state)) {
    if (state.get(slot, SERVER.WeightBefore) === weight) continue;
    state.set(slot, SERVER.Weight, 0);
  }
}

const WORDS: Readonly<Record<ServerState, number>> = {
  up: ADMINISTERED.Up,
  drain: ADMINISTERED.Drain,
  down: ADMINISTERED.Down,
};
const TEXTS: Readonly<Record<ServerState, string>> = {
  up: "set to up by the operator",
  drain: "drained by the operator: it gets no new requests while another can",
  down: "set to down by the operator: it gets no requests",
};

function tell(options: UpstreamOptions, name: string, text: string): void {
  logEvent("info", `upstream ${options.name}: ${name} is ${text}`);
}

function change(
  options: UpstreamOptions,
  server: string,
  clock: Clock,
  apply: (state: SharedState, found: Found) => void,
): number {
  const state = stateOf(options, clock);
  if (state === undefined) return 0;
  const meant = serversIn(options, state).filter((found) =>
    isMeant(found, state, server)
  );
  for (const found of meant) apply(state, found);
  if (meant.length > 0) state.noteAdministered();
  return meant.length;
}

function isMeant(
  { options: { address }, slot, name }: Found,
  state: SharedState,
  server: string,
): boolean {
  const { socket, authority } = address;
  if (server === authority || server === name) return true;
  if (socket.transport === "unix") return server === socket.path;
  const host = state.textOf(slot, SERVER.Address) || socket.hostname;
  const isSame = (text: string): boolean => server === `${text}:${socket.port}`;
  return isSame(socket.hostname) || isSame(host) || isSame(`[${host}]`);
}

function stateOf(
  { memory }: UpstreamOptions,
  clock: Clock,
): SharedState | undefined {
  return memory && new SharedState(memory, -1, clock);
}

/** The servers that workers have in the shared memory, as far as these options name them. */
function serversIn(options: UpstreamOptions, state: SharedState): Found[] {
  const twins = twinsOf(options.servers);
  const slots = new Map<number, number>();
  const hosts = new Set<string>();
  for (let slot = 0; slot < SLOTS_MAX; slot++) {
    const key = state.get(slot, SERVER.Key);
    if (key === 0) continue;
    slots.set(key, slot);
    hosts.add(state.textOf(slot, SERVER.Address));
  }
  return options.servers.flatMap((server, index) =>
    [...hosts].flatMap((host) => {
      const address = withHost(server.address, host);
      if (address === undefined) return [];
      const { name, id } = identityOf(server, address, twins[index]!);
      const slot = slots.get(id | 0);
      return slot === undefined ? [] : [{ options: server, name, slot }];
    })
  );
}

/** A server's address with the one that its name stands for. */
function withHost(
  address: OriginAddress,
  hostname: string,
): OriginAddress | undefined {
  if (hostname === "") return address;
  const { socket } = address;
  return socket.transport === "unix"
    ? undefined
    : { ...address, socket: { ...socket, hostname } };
}

function reportOf(
  { options, name, slot }: Found,
  state: SharedState,
): ServerReport {
  const said = state.get(slot, SERVER.Administered);
  const own = options.drain ? "drain" : "up";
  const stands = STATES[said] ?? own;
  const now = state.ticks();
  const until = state.get(slot, SERVER.EjectedUntil);
  const ejectedForMs = until === 0
    ? 0
    : Math.max(0, SharedState.between(now, until));
  const isFailingProbes = state.get(slot, SERVER.Down) !== 0;
  const probedAt = state.get(slot, SERVER.ProbedAt);
  const given = state.get(slot, SERVER.Weight);
  const isGiven = given !== 0 &&
    state.get(slot, SERVER.WeightBefore) === options.weight;
  return {
    name,
    state: stands,
    weight: isGiven ? given : options.weight,
    isBackup: options.backup,
    isInService: stands === "up" && ejectedForMs === 0 && !isFailingProbes,
    isFailingProbes,
    ejectedForMs,
    reason: state.textOf(slot, SERVER.Reason),
    probe: probedAt === 0 ? undefined : {
      agoMs: Math.max(0, SharedState.between(probedAt, now)),
      inARow: state.get(slot, SERVER.Probes),
    },
    inFlight: state.sum(slot, OWN.Load),
    connections: state.sum(slot, OWN.Connections),
  };
}

/** By word of the operator's; the first is none. */
const STATES: readonly (ServerState | undefined)[] = [
  undefined,
  "drain",
  "down",
  "up",
];
