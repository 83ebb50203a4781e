/** A snapshot of metrics as a test wants it, and `promtool`, if it is there. */

import { METHOD } from "../../lib/http/method.ts";
import type {
  Meter,
  MeteredExchange,
} from "../../lib/observe/metrics/meter.ts";
import { assert } from "./assert.ts";
import type { AdministeredSite } from "./admin.ts";
import { Peer } from "./peer.ts";
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

/** What of an exchange is other than usual. */
export type MeteredParts = Partial<Omit<MeteredExchange, "fetch">> & {
  readonly fetch?: Partial<MeteredExchange["fetch"]>;
  readonly use?: Partial<MeteredExchange["fetch"]["use"]>;
};

/** Counts a GET of the route `a.test/` of the upstream `app`, which took 7 ms. */
export function meteredExchange(
  meter: Meter,
  { use, fetch, ...parts }: MeteredParts = {},
): void {
  meter.began();
  const route = {
    meterRow: meter.routeRow("a.test/"),
    upstream: { meterRow: meter.upstreamRow("app") },
  };
  meter.ended({
    route,
    request: { method: METHOD.Get, hasRequestLine: true },
    status: 200,
    bytesIn: 100,
    client: { bytesOut: 1000 },
    startedMs: 10_000,
    errorCode: "",
    ending: "ok",
    codingReason: "",
    accessReason: "",
    ...parts,
    fetch: {
      route,
      response: { status: 200 },
      startedMs: 0,
      sentMs: 0,
      originMs: -1,
      isReused: false,
      tryCount: 0,
      retryReason: "",
      ...fetch,
      use: {
        result: "",
        decisive: "",
        reason: undefined,
        why: "",
        detail: "",
        alone: "",
        staleRefusal: "",
        isStored: false,
        ...use,
      },
    },
  }, 10_007);
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

/** Times that the metrics are asked for until they say what is waited for. */
const TRIES_MAX = 500;

/** The values of a text, by name and labels. */
export function valuesOf(text: string): Map<string, number> {
  return new Map(
    text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
  );
}

/** Asks for metrics until they say this: an exchange is counted a moment after its last byte. */
export async function metricsWith(
  site: AdministeredSite,
  name: string,
  value: number,
): Promise<Map<string, number>> {
  let found: number | undefined;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const values = valuesOf((await site.get("/metrics")).content);
    found = values.get(name);
    if (found === value) return values;
  }
  throw new Error(`${name} is ${found}, and not ${value}`);
}

/** The sum of all samples of a metric that have these labels. */
export function sumOf(
  values: Map<string, number>,
  name: string,
  label = "",
): number {
  let sum = 0;
  for (const [key, value] of values) {
    if (key.startsWith(`${name}{`) && key.includes(label)) sum += value;
  }
  return sum;
}

/** Sends requests to the server, each on a connection of its own, and reads the responses. */
export async function ask(
  site: AdministeredSite,
  ...requests: string[]
): Promise<void> {
  const { address } = site;
  assert(address?.transport === "tcp");
  for (const request of requests) {
    using peer = await Peer.connect(address.port);
    await peer.send(request);
    await peer.readMessage();
  }
}
