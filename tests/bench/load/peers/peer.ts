/** What a program that is measured has to say of itself. */

import type { Skill } from "../workloads.ts";

/** Where a program is to run. */
export interface Place {
  /** Of the loopback interface. */
  readonly port: number;
  readonly originPort: number;
  /** A directory of its own, in memory if there is any such. */
  readonly directory: string;
}

/** A proxy that can be installed, in its best shape for these workloads. */
export interface Peer {
  readonly name: string;
  /** Its name in the table. */
  readonly title: string;
  readonly executable: string;
  /** Arguments that make it print its version. */
  readonly versionArgs: readonly string[];
  readonly lacks: readonly Skill[];
  /** Writes what it needs into the place's directory; returns its command line. */
  prepare(place: Place): string[];
}

/** Writes a configuration file; returns its path. */
export function writeConfiguration(
  { directory }: Place,
  name: string,
  text: string,
): string {
  const path = `${directory}/${name}`;
  Deno.writeTextFileSync(path, text);
  return path;
}
