/**
 * A flood from 100,000 addresses, with a limit of rates and without: memory of the
 * program, and how long honest clients wait. It needs Linux.
 *
 * `deno run -A tests/bench/flood.ts`
 */

import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { memoryBytes } from "./load/process_tree.ts";

const ADDRESSES = 100_000;
const FLOODERS = 32;
/** Between two requests of the honest client, in ms. */
const PAUSE_MS = 5;

interface Outcome {
  readonly statuses: Map<number, number>;
  readonly beforeBytes: number;
  readonly afterBytes: number;
  /** Of honest requests, in ms, sorted. */
  readonly waitsMs: readonly number[];
  readonly honestFailures: number;
  readonly seconds: number;
}

function request(address: string): string {
  return `GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ${address}\r\n\r\n`;
}

/** Asks again and again in the name of one address, and notes how long it takes. */
async function beHonest(
  port: number,
  isOver: () => boolean,
): Promise<{ readonly waitsMs: number[]; readonly failures: number }> {
  using peer = await Peer.connect(port);
  const waitsMs: number[] = [];
  let failures = 0;
  while (!isOver()) {
    const sentMs = performance.now();
    await peer.send(request("203.0.113.9"));
    if ((await peer.readMessage()).status !== 200) failures++;
    waitsMs.push(performance.now() - sentMs);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return { waitsMs: waitsMs.toSorted((a, b) => a - b), failures };
}

async function flood(
  port: number,
  statuses: Map<number, number>,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: FLOODERS }, async () => {
    using peer = await Peer.connect(port);
    for (let n = next++; n < ADDRESSES; n = next++) {
      await peer.send(request(`198.${n >> 16}.${(n >> 8) & 255}.${n & 255}`));
      const { status } = await peer.readMessage();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  }));
}

async function measure(limit: object | undefined): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sluice.json`;
  const host = { respond: 200, ...limit && { limit } };
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      listen: "127.0.0.1:0",
      trustedProxies: "127.0.0.1",
      log: { format: "off" },
      hosts: { "*": host },
    }),
  );
  const program = new Program("-c", file);
  const port = await program.port();
  const statuses = new Map<number, number>();
  let isOver = false;
  // What runs for the first time is compiled, and that takes memory, too.
  await flood(port, new Map());
  const beforeBytes = memoryBytes(program.pid);
  const honest = beHonest(port, () => isOver);
  const beganMs = performance.now();
  await flood(port, statuses);
  const seconds = (performance.now() - beganMs) / 1000;
  isOver = true;
  const { waitsMs, failures } = await honest;
  const afterBytes = memoryBytes(program.pid);
  program.signal("SIGTERM");
  await program.ended();
  await Deno.remove(folder, { recursive: true });
  const honestFailures = failures;
  return {
    statuses,
    beforeBytes,
    afterBytes,
    waitsMs,
    honestFailures,
    seconds,
  };
}

for (const limit of [undefined, { rate: "1000/s", burst: 1000 }]) {
  const { statuses, waitsMs, ...found } = await measure(limit);
  const quantile = (part: number): string =>
    waitsMs[Math.floor(waitsMs.length * part)]!.toFixed(1);
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  // deno-lint-ignore no-console -- it is what this program is for
  console.log(
    `${limit === undefined ? "without a limit" : "with a limit   "}  ` +
      `${ADDRESSES} requests in ${found.seconds.toFixed(1)} s, ` +
      `statuses ${JSON.stringify(Object.fromEntries(statuses))}; ` +
      `memory ${mib(found.beforeBytes)} → ${mib(found.afterBytes)} MiB; ` +
      `honest p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, ` +
      `${found.honestFailures} of ${waitsMs.length} refused`,
  );
}
