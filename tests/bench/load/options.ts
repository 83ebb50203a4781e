/** The command line of the load benchmark (pure). */

import { parseArgs } from "@std/cli/parse-args";
import { ENGINE_FLAGS } from "../../../deploy/engine.ts";
import { PEERS } from "./peers/peers.ts";
import { type Workload, WORKLOADS } from "./workloads.ts";

/** A program to be measured beside the peers: what it is called, and how it is started. */
export interface Build {
  readonly name: string;
  /** Words, with `{listen}` and `{upstream}` in them. */
  readonly command: readonly string[];
}

/** What was asked for. */
export interface Options {
  /** Of one timed run. */
  readonly seconds: number;
  readonly rounds: number;
  readonly workloads: readonly Workload[];
  /** Names of peers. */
  readonly peers: readonly string[];
  readonly builds: readonly Build[];
  /** The first of a hundred ports of the loopback interface. */
  readonly port: number;
  readonly idleConnections: number;
  readonly writesPage: boolean;
  /** Where the results go, to be put together later; empty for nowhere. */
  readonly saveTo: string;
  /** Results that are put together in place of a run. */
  readonly from: readonly string[];
}

/** The help text. */
export const USAGE = `deno task bench:load [flags]

  --seconds 4        of one timed run
  --rounds 5         runs of each program, in turns
  --workloads a,b    of: ${WORKLOADS.map(({ name }) => name).join(" ")};
                     a* for all that begin so
  --peers a,b        of: ${PEERS.map(({ name }) => name).join(" ")}; none
  --sluice CMD       a build to measure, with {listen} (host:port) and {upstream}
                     (URL) in its command; NAME=CMD to name it; repeatable.
                     The default is this directory's main.ts
  --idle 5000        idle connections
  --port 9600        the first of a hundred ports to use
  --save FILE        keep the results, for --from
  --from FILE,FILE   measure nothing: put results together that --save kept
  --write-docs       put the tables into docs/performance.md, between their <!-- bench -->
                     marks, and the plots of them beside it

The workloads whose names begin with site- run one configuration of a thousand hosts with
TLS, a cache, compression, a rate limit, files, metrics and an access log. If the
environment has SITE_STORE, the URL of a Redis, sluice is measured a second time, with that
and a disk behind its cache.
`;

const DEFAULTS = { seconds: "4", rounds: "5", idle: "5000", port: "9600" };
const OWN_BUILD = `deno run -A ${ENGINE_FLAGS.join(" ")} main.ts ` +
  "--listen {listen} --upstream {upstream} --log-format off";
const FLAGS = ["seconds", "rounds", "workloads", "peers", "sluice", "idle"];
const FILE_FLAGS = ["save", "from"];

/**
 * Reads the command line.
 *
 * @returns Undefined if it asks for help.
 * @throws {SyntaxError} It cannot be understood.
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const flags = parseArgs([...args], {
    string: [...FLAGS, ...FILE_FLAGS, "port"],
    boolean: ["help", "write-docs"],
    collect: ["sluice"],
    default: DEFAULTS,
    unknown: (flag: string) => {
      throw new SyntaxError(`Unknown: ${flag}`);
    },
  }) as Record<string, unknown>;
  if (flags.help === true) return undefined;
  const peers = choose(PEERS, flags.peers).map(({ name }) => name);
  const builds = buildsOf(flags.sluice as string[]);
  assertDistinct([...peers, ...builds.map(({ name }) => name)]);
  return {
    seconds: countOf(flags, "seconds"),
    rounds: countOf(flags, "rounds"),
    workloads: choose(WORKLOADS, flags.workloads),
    peers,
    builds,
    port: countOf(flags, "port"),
    idleConnections: countOf(flags, "idle"),
    writesPage: flags["write-docs"] === true,
    saveTo: String(flags.save ?? ""),
    from: String(flags.from ?? "").split(",").filter((name) => name !== ""),
  };
}

function countOf(flags: Record<string, unknown>, name: string): number {
  const count = Number(flags[name]);
  if (Number.isInteger(count) && count > 0) return count;
  throw new SyntaxError(`--${name} wants a whole number: ${flags[name]}`);
}

function choose<T extends { readonly name: string }>(
  all: readonly T[],
  wished: unknown,
): readonly T[] {
  if (wished === undefined) return all;
  if (wished === "none") return [];
  const names = String(wished).split(",");
  const isMeant = (name: string, { name: own }: T): boolean =>
    name.endsWith("*") ? own.startsWith(name.slice(0, -1)) : name === own;
  const unknown = names.filter((name) =>
    !all.some((one) => isMeant(name, one))
  );
  if (unknown.length === 0) {
    return all.filter((one) => names.some((name) => isMeant(name, one)));
  }
  throw new SyntaxError(`Unknown: ${unknown.join(", ")}`);
}

function buildsOf(wished: readonly string[]): Build[] {
  const commands = wished.length === 0 ? [OWN_BUILD] : wished;
  return commands.map((text, index) => {
    const [, name, command] = /^(?:([\w.-]+)=)?(.+)$/.exec(text) ?? [];
    const words = (command ?? "").split(/\s+/).filter((word) => word !== "");
    for (const mark of ["{listen}", "{upstream}"]) {
      if (words.some((word) => word.includes(mark))) continue;
      throw new SyntaxError(`No ${mark} in --sluice '${text}'`);
    }
    const fallback = index === 0 ? "sluice" : `sluice-${index + 1}`;
    return { name: name ?? fallback, command: words };
  });
}

/** Results are kept by name. */
function assertDistinct(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SyntaxError(`Two are called ${twice}`);
}
