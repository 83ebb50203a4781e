/** A worker that counts a connection and a request that does not end, and dies in its first life. */

import { Meter } from "../../lib/observe/metrics/meter.ts";
import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") return scope.postMessage({ kind: "stopped" });
  if (data.kind !== "start") return;
  const meter = new Meter(data.metrics, data.worker);
  meter.accepted();
  meter.began();
  scope.postMessage({ kind: "listening", addresses: data.config.listen });
  const lives = new Int32Array(data.memory!.uncacheable.hashes);
  const life = data.worker === 0 ? -1 : Atomics.add(lives, 0, 1);
  const lines = new TextEncoder().encode(`life ${life}\n`);
  scope.postMessage({ kind: "log", lines });
  if (life !== 0) return;
  setTimeout(() => {
    throw new Error("a defect");
  }, 0);
};
