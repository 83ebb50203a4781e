/** A worker that dies in its first life, cannot listen in its second, and says so when it lives a third time. */

import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

/** What all lives share: memory that nobody else uses here. */
function lifeOf({ memory }: Extract<ToWorker, { kind: "start" }>): number {
  return Atomics.add(new Int32Array(memory!.uncacheable.hashes), 0, 1);
}

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") return scope.postMessage({ kind: "stopped" });
  if (data.kind !== "start") return;
  const life = data.worker === 0 ? -1 : lifeOf(data);
  if (life === 1) {
    return scope.postMessage({ kind: "failed", message: "no luck" });
  }
  scope.postMessage({ kind: "listening", addresses: data.config.listen });
  const lines = new TextEncoder().encode(`life ${life}\n`);
  scope.postMessage({ kind: "log", lines });
  if (life !== 0) return;
  setTimeout(() => {
    throw new Error("a defect");
  }, 0);
};
