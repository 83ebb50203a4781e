/** A worker that listens, dies of the first question that it is asked, and whose successor answers. */

import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

let hasDied = false;

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start": {
      const lives = new Int32Array(data.weakenedTags);
      hasDied = Atomics.add(lives, 0, 1) >= data.config.workers;
      return scope.postMessage({
        kind: "listening",
        addresses: data.config.listen,
      });
    }
    case "ask":
      if (hasDied) {
        const { id } = data;
        return scope.postMessage({ kind: "answer", id, answer: { answer: 7 } });
      }
      setTimeout(() => {
        throw new Error("a defect");
      });
      return;
    case "stop":
      return scope.postMessage({ kind: "stopped" });
  }
};
