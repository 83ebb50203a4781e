/** File systems that only the program sees: in a name space of mounts of its own. */

import { assert } from "./assert.ts";

/** Whether there can be one: it takes root on Linux, and `unshare`. */
export const canMount: boolean = await mayMount();

async function mayMount(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  try {
    const { success } = await new Deno.Command("unshare", {
      args: ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"],
      stderr: "null",
    }).output();
    const { success: canEnter } = await new Deno.Command("nsenter", {
      args: ["--version"],
      stdout: "null",
    }).output();
    return success && canEnter;
  } catch {
    return false;
  }
}

/** What starts a program behind mounts of its own; `$CACHE` is a folder for them. */
export function behindMounts(mount: string, folder: string): string[] {
  return [
    "unshare",
    "--mount",
    "sh",
    "-c",
    `CACHE="${folder}" && ${mount} && exec "$0" "$@"`,
  ];
}

/** Runs a script of the shell where a program has its mounts. */
export async function inMountsOf(pid: number, script: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("nsenter", {
    args: ["--mount", "--target", `${pid}`, "sh", "-c", script],
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}
