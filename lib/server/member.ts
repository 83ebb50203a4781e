/** A worker as the main thread sees it. */

import type { SocketAddress } from "../net/address.ts";
import type { ToWorker } from "./messages.ts";

/** One of the workers; a restarted one takes the same place. */
export interface Member {
  readonly index: number;
  thread: Worker;
  /** On the clock that never goes back. */
  startedMs: number;
  /** Settles when the first of them listens, or cannot. */
  readonly listening: PromiseWithResolvers<readonly SocketAddress[]>;
  hasListened: boolean;
  /** Settles when it does not listen any more. */
  readonly deaf: PromiseWithResolvers<void>;
  readonly stopped: PromiseWithResolvers<void>;
  /** Settles when it has done what it was asked for another configuration, or says why it cannot; undefined if it is not asked. */
  asked: PromiseWithResolvers<void> | undefined;
  /** Cancels its restart; undefined if none is due. */
  cancelRevival: (() => void) | undefined;
}

/** Sends a message, of which the compiler knows the shape. */
export function post(thread: Worker, message: ToWorker): void {
  thread.postMessage(message);
}

/** Resolves when it does not listen any more, whatever the reason. */
export function untilDeaf({ deaf, stopped }: Member): Promise<void> {
  return Promise.race([deaf.promise, stopped.promise]);
}
