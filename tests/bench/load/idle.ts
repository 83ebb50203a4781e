/** What a connection costs on which nothing happens. */

import { Peer as Connection } from "../../support/peer.ts";
import { generate } from "./measure.ts";
import { patiently } from "./patience.ts";
import { memoryBytes } from "./process_tree.ts";
import type { Results } from "./results.ts";
import { type Live, type Rig, startSubject } from "./rig.ts";
import type { Subject } from "./subject.ts";
import { type OtherWorkload, PASS } from "./workloads.ts";
import { wrkCommand } from "./wrk.ts";

/** Opened side by side. */
const BATCH = 50;
/** Requests beforehand, so that what grows later does so for connections. */
const WARM_UP_SECONDS = 1;
/** Until memory has settled. */
const SETTLE_MS = 1500;
/** Files that the programs need for anything but these connections. */
const OTHER_FILES = 500;
const KIB = 1024;

/** How many connections a process may have open, as its limit of files allows. */
export function connectionsAllowed(wished: number): number {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity);
  return Math.max(BATCH, Math.min(wished, files - OTHER_FILES));
}

/** Starts a subject afresh, opens connections that each make one request, and weighs it. */
export async function measureIdle(
  rig: Rig,
  subject: Subject,
  port: number,
  { name: workload, title }: OtherWorkload,
  round: number,
  results: Results,
): Promise<void> {
  const count = connectionsAllowed(rig.options.idleConnections);
  const live = await startSubject(rig, subject, port);
  await generate(rig, wrkCommand(PASS, port, WARM_UP_SECONDS));
  await settle();
  const before = memoryBytes(live.running.pid);
  const connections = await openAll(live, count);
  try {
    await settle();
    const growth = memoryBytes(live.running.pid) - before;
    const kind = { workload, title, unit: " KiB", better: "less" } as const;
    const value = growth / count / KIB;
    results.add(kind, subject.name, round, { value });
  } finally {
    for (const connection of connections) connection.close();
  }
  await rig.stage.stop(live.running);
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

async function openAll({ port }: Live, count: number): Promise<Connection[]> {
  const connections: Connection[] = [];
  const request = `GET /small HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  const open = async (): Promise<void> => {
    const connection = await Connection.connect(port);
    connections.push(connection);
    await patiently(connection, async () => {
      await connection.send(request);
      await connection.readMessage();
    });
  };
  while (connections.length < count) {
    const missing = Math.min(BATCH, count - connections.length);
    await Promise.all(Array.from({ length: missing }, open));
  }
  return connections;
}
