/** What the system says of a process; NaN where it does not tell. */

/** Between two looks at a count that is to settle. */
const LOOK_MS = 250;

/** Resident memory in MiB. */
export async function residentMebibytes(pid: number): Promise<number> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/VmRSS:\s*(\d+)/.exec(status)![1]) / 1024;
  } catch {
    return NaN;
  }
}

/** Open descriptors. */
export async function descriptorCount(pid: number): Promise<number> {
  try {
    return (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length;
  } catch {
    return NaN;
  }
}

/** The least count of descriptors within some time; sooner if it is no more than `enough`. */
export async function settledDescriptorCount(
  pid: number,
  enough: number,
  withinMs: number,
): Promise<number> {
  const endMs = performance.now() + withinMs;
  let least = await descriptorCount(pid);
  while (least > enough && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    least = Math.min(least, await descriptorCount(pid));
  }
  return least;
}
