/** What takes part in a run: peers and builds, seen alike. */

import type { Build, Options } from "./options.ts";
import type { Peer, Place } from "./peers/peer.ts";
import { PEERS } from "./peers/peers.ts";
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
}

/** Who takes part, in the order of the table: the reference, the builds, the other peers. */
export function subjectsOf({ peers, builds }: Options): Subject[] {
  const chosen = PEERS.filter(({ name }) => peers.includes(name))
    .map(peerSubject);
  return chosen.toSpliced(1, 0, ...builds.map(buildSubject));
}

function peerSubject(peer: Peer): Subject {
  return {
    name: peer.name,
    title: peer.title,
    isBuild: false,
    lacks: peer.lacks,
    versionCommand: [peer.executable, ...peer.versionArgs],
    prepare: (place) => peer.prepare(place),
  };
}

function buildSubject({ name, command }: Build): Subject {
  return {
    name,
    title: name,
    isBuild: true,
    lacks: [],
    versionCommand: [],
    prepare: ({ port, originPort }) =>
      command.map((word, index) =>
        // The one that runs this, not whatever launcher has that name.
        index === 0 && word === "deno" ? Deno.execPath() : word
          .replaceAll("{listen}", `127.0.0.1:${port}`)
          .replaceAll("{upstream}", `http://127.0.0.1:${originPort}`)
      ),
  };
}

/** Whether a subject can do what a workload needs. */
export function isAble({ lacks }: Subject, workload: Workload): boolean {
  return workload.kind !== "load" ||
    !workload.needs.some((skill) => lacks.includes(skill));
}
