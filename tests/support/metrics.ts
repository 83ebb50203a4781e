/** A snapshot of metrics as a test wants it, and `promtool`, if it is there. */

import { createMetricsMemory } from "../../lib/observe/metrics/layout.ts";
import {
  type MeterNames,
  NO_NAMES,
} from "../../lib/observe/metrics/meter_names.ts";
import type { MetricsSnapshot } from "../../lib/observe/metrics/snapshot.ts";
import { readTotals } from "../../lib/observe/metrics/totals.ts";

/** Nothing has been counted, but for what a test says. */
export function snapshotOf(
  parts: Partial<MetricsSnapshot> = {},
  memory: SharedArrayBuffer = createMetricsMemory(1),
  names: MeterNames = NO_NAMES,
): MetricsSnapshot {
  return {
    nowMs: 1_764_187_200_000,
    process: {
      version: "1.2.3",
      runtime: "2.9.6",
      workers: 2,
      startedMs: 1_764_180_000_000,
      cpuSeconds: 1.5,
      residentBytes: 5e7,
      openDescriptors: undefined,
    },
    config: { isLastReloadGood: true, loadedMs: 1_764_180_000_000 },
    totals: readTotals(memory, names),
    tiers: [],
    servers: [],
    certificates: [],
    recentErrors: [],
    ...parts,
  };
}

/** Whether a program is installed. */
export function hasProgram(name: string): boolean {
  try {
    new Deno.Command(name, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return true;
  } catch {
    return false;
  }
}

/** What `promtool` says of a text on its input; empty for nothing. */
export async function promtool(
  args: readonly string[],
  input = "",
): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout, stderr, success } = await child.output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stderr) + decoder.decode(stdout);
  return success ? "" : said || "it failed";
}
