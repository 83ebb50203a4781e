/** The messages between the main thread and its workers. */

import type { Config } from "../config/config.ts";
import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";
import type { Incident } from "../observe/incidents.ts";
import type { SocketAddress } from "../net/address.ts";

/** To a worker. */
export type ToWorker =
  | {
    readonly kind: "start";
    readonly config: Config;
    /** Which worker it is, from 0. */
    readonly worker: number;
    /** How many connections each client address has. */
    readonly clientCounts: SharedArrayBuffer;
    /** How many requests there were: what limits share. */
    readonly limits: SharedArrayBuffer;
    /** Undefined if nothing is stored. */
    readonly memory: SharedMemory | undefined;
    /** Whether event lines begin with a priority. */
    readonly hasPriorities: boolean;
    /** What `WeakenedTags` shares. */
    readonly weakenedTags: SharedArrayBuffer;
  }
  /** To make another configuration ready, and say whether it could. */
  | { readonly kind: "prepare"; readonly config: Config }
  /** What was prepared holds from now on. */
  | { readonly kind: "commit" }
  /** What was prepared is given up: another worker could not. */
  | { readonly kind: "discard" }
  /** The last lines that it sent have been written. */
  | { readonly kind: "logged" }
  | { readonly kind: "stop" };

/** From a worker. */
export type FromWorker =
  | { readonly kind: "listening"; readonly addresses: readonly SocketAddress[] }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "prepared" }
  | { readonly kind: "committed" }
  /** It cannot go by the configuration: why not. */
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "incident"; readonly incident: Incident }
  | { readonly kind: "recovered"; readonly text: string }
  | { readonly kind: "log"; readonly lines: Uint8Array<ArrayBuffer> }
  | { readonly kind: "stopped" };
