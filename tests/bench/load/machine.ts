/** Where and with what was measured. */

import type { Subject } from "./subject.ts";

/** See the module's comment. */
export interface Machine {
  readonly cpu: string;
  readonly coreCount: number;
  readonly kernel: string;
  readonly date: Date;
  /** Names with versions. */
  readonly programs: readonly string[];
}

/** Looks around. */
export function describeMachine(
  subjects: readonly Subject[],
  coreCount: number,
): Machine {
  const cpuinfo = Deno.readTextFileSync("/proc/cpuinfo");
  const model = /^(?:model name|Processor|cpu model)\s*: *(.*)$/m.exec(cpuinfo);
  const peers = subjects.filter(({ isBuild }) => !isBuild);
  return {
    cpu: model?.[1] ?? Deno.build.arch,
    coreCount,
    kernel: Deno.osRelease().split("-")[0]!,
    date: new Date(),
    programs: [
      `Deno ${Deno.version.deno}`,
      ...peers.map(({ title, versionCommand }) =>
        `${title} ${versionOf(versionCommand)}`
      ),
      `wrk ${versionOf(["wrk", "-v"])}`,
    ],
  };
}

/** The first thing that looks like a version in what a program prints about itself. */
function versionOf([executable = "", ...args]: readonly string[]): string {
  // Whatever its exit code: wrk fails when it has told its version.
  const { stdout, stderr } = new Deno.Command(executable, { args })
    .outputSync();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? "of unknown version";
}

/** Whether a program can be started by its name. */
export function isInstalled(executable: string): boolean {
  const places = (Deno.env.get("PATH") ?? "").split(":");
  return places.some((place) => {
    try {
      return Deno.statSync(`${place}/${executable}`).isFile;
    } catch {
      return false; // not here
    }
  });
}
