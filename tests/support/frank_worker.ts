/** A worker that logs which bounds it was given. */

import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") return scope.postMessage({ kind: "stopped" });
  if (data.kind !== "start") return;
  const { listen, connectionsMax, upstreams: [upstream] } = data.config;
  const { pool } = upstream!;
  scope.postMessage({ kind: "listening", addresses: listen });
  const bounds = [connectionsMax, pool.connectionsMax, pool.queueMax];
  const lines = new TextEncoder().encode(`${bounds.join(" ")}\n`);
  scope.postMessage({ kind: "log", lines });
};
