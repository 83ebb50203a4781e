/**
 * A worker that says by which header rules it goes. The second one dies when it is
 * asked to prepare others for the first time, after all others have.
 */

import type { Config } from "../../lib/config/config.ts";
import type { FromWorker, ToWorker } from "../../lib/server/messages.ts";

const scope = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

/** How long the others take at most, in ms. */
const LAST_MS = 50;

let isFragile = false;
let index = -1;
let next: Config | undefined;

function say(what: string, { hosts }: Config): void {
  const [rule] = hosts[0]!.routes[0]!.options.responseRules;
  const line = `worker ${index} ${what} ${rule?.name ?? "nothing"}\n`;
  scope.postMessage({ kind: "log", lines: new TextEncoder().encode(line) });
}

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "start": {
      index = data.worker;
      const lives = new Int32Array(data.memory!.uncacheable.hashes);
      isFragile = index === 1 && Atomics.add(lives, 0, 1) === 0;
      scope.postMessage({ kind: "listening", addresses: data.config.listen });
      return say("starts with", data.config);
    }
    case "prepare":
      if (isFragile) {
        setTimeout(() => {
          throw new Error("a defect");
        }, LAST_MS);
        return;
      }
      next = data.config;
      return scope.postMessage({ kind: "prepared" });
    case "commit":
      say("goes by", next!);
      return scope.postMessage({ kind: "committed" });
    case "stop":
      return scope.postMessage({ kind: "stopped" });
  }
};
