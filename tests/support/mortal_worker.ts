/** A worker that says that it listens, and dies when it is told a word that no worker knows. */

import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

scope.onmessage = ({ data }) => {
  if (data.kind === "stop") return scope.postMessage({ kind: "stopped" });
  if (data.kind !== "start") return;
  const { worker, config: { listen, hosts } } = data;
  scope.postMessage({ kind: "listening", addresses: listen });
  const lines = new TextEncoder().encode(`worker ${worker} is here\n`);
  scope.postMessage({ kind: "log", lines });
  if (worker === 1 && hosts[0]!.routes[0]!.options.forwarded) {
    setTimeout(() => {
      throw new Error("a defect");
    }, 10);
  }
};
