/** What takes part in a run: peers and builds, seen alike. */

import type { Build, Options } from "./options.ts";
import type { Peer, Place, SitePlace } from "./peers/peer.ts";
import { PEERS } from "./peers/peers.ts";
import { SITE_PEERS } from "./site/peers.ts";
import { writeSluiceSite } from "./site/sluice.ts";
import type { Skill, Workload } from "./workloads.ts";

/** One program that is measured. */
export interface Subject {
  readonly name: string;
  /** Its name in the table. */
  readonly title: string;
  /** Whether it is a build of sluice and not a peer. */
  readonly isBuild: boolean;
  readonly lacks: readonly Skill[];
  /** What prints its version; empty if that is known otherwise. */
  readonly versionCommand: readonly string[];
  /** Writes what it needs into the place's directory; returns its command line. */
  prepare(place: Place): string[];
  /** The same for a site; undefined if there is no configuration for it. */
  readonly prepareSite: ((place: SitePlace) => string[]) | undefined;
}

/**
 * Who takes part, in the order of the table: the reference, the builds, the other peers.
 *
 * @param storeUrl The store of a fleet: each build takes part a second time, with that
 *   behind its cache; undefined for none.
 */
export function subjectsOf(
  { peers, builds }: Options,
  storeUrl?: string,
): Subject[] {
  const chosen = PEERS.filter(({ name }) => peers.includes(name))
    .map(peerSubject);
  const plain = builds.map((build) => buildSubject(build));
  const stored = storeUrl === undefined ? [] : builds.map((build) => ({
    ...buildSubject(build, storeUrl),
    name: `${build.name}+store`,
    title: `${build.name} and a store`,
  }));
  return chosen.toSpliced(1, 0, ...plain, ...stored);
}

function peerSubject(peer: Peer): Subject {
  return {
    name: peer.name,
    title: peer.title,
    isBuild: false,
    lacks: peer.lacks,
    versionCommand: [peer.executable, ...peer.versionArgs],
    prepare: (place) => peer.prepare(place),
    prepareSite: SITE_PEERS[peer.name],
  };
}

function buildSubject({ name, command }: Build, storeUrl?: string): Subject {
  // The one that runs this, not whatever launcher has that name.
  const words = command.map((word, index) =>
    index === 0 && word === "deno" ? Deno.execPath() : word
  );
  const flags = words.findIndex((word) => word.startsWith("--listen"));
  return {
    name,
    title: name,
    isBuild: true,
    lacks: [],
    versionCommand: [],
    prepare: ({ port, originPort }) =>
      words.map((word) =>
        word.replaceAll("{listen}", `127.0.0.1:${port}`)
          .replaceAll("{upstream}", `http://127.0.0.1:${originPort}`)
      ),
    // A file takes the place of its flags.
    prepareSite: flags < 0 ? undefined : (place) => [
      ...words.slice(0, flags),
      "--config",
      writeSluiceSite(place, storeUrl),
    ],
  };
}

/** Whether a subject can do what a workload needs. */
export function isAble(
  { lacks, prepareSite }: Subject,
  workload: Workload,
): boolean {
  if (workload.kind === "site") return prepareSite !== undefined;
  return workload.kind !== "load" ||
    !workload.needs.some((skill) => lacks.includes(skill));
}
