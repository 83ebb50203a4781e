/** A worker that logs what it is asked, and dies of a purge. */

import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

let index = -1;

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start":
      index = data.worker;
      return scope.postMessage({
        kind: "listening",
        addresses: data.config.listen,
      });
    case "ask": {
      const { id, question: { kind, asked } } = data;
      if (kind === "purge") {
        setTimeout(() => {
          throw new Error("a defect");
        });
        return;
      }
      const line = `${index}: ${kind} ${JSON.stringify(asked)}\n`;
      const lines = new TextEncoder().encode(line);
      scope.postMessage({ kind: "log", lines });
      return scope.postMessage({
        kind: "answer",
        id,
        answer: { answer: null },
      });
    }
    case "stop":
      return scope.postMessage({ kind: "stopped" });
  }
};
