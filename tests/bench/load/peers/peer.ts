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

/** Where a program is to run a site: see `site/plan.ts`. */
export interface SitePlace extends Place {
  /** For TLS; `port` is for plain HTTP. */
  readonly tlsPort: number;
  readonly adminPort: number;
  /** A file with the certificate, one with its key, and one with both. */
  readonly certificate: {
    readonly cert: string;
    readonly key: string;
    readonly both: string;
  };
  /** The folder of the files. */
  readonly root: string;
  /** The access log. */
  readonly log: string;
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
