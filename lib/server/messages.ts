/** The messages between the main thread and its workers. */

import type { Config } from "../config/config.ts";
import type { Level } from "../observe/event_log.ts";
import type { Incident } from "../observe/incidents.ts";
import type { SocketAddress } from "../net/address.ts";
import type { BehindLink } from "./behind.ts";
import type { Answer, Question } from "./questions.ts";
import type { SharedMemory } from "../cache/store/shared/shared_memory.ts";

/** What workers share. */
export interface WorkersPlace {
  /** How many connections each client address has. */
  readonly clientCounts: SharedArrayBuffer;
  /** How many requests there were: what limits share. */
  readonly limits: SharedArrayBuffer;
  /** What is counted of requests. */
  readonly metrics: SharedArrayBuffer;
  /** Undefined if nothing is stored. */
  readonly memory: SharedMemory | undefined;
  /** What `WeakenedTags` shares. */
  readonly weakenedTags: SharedArrayBuffer;
  /** What `LiveTraces` shares. */
  readonly traces: SharedArrayBuffer;
}

/** To a worker. */
export type ToWorker =
  | WorkersPlace & {
    readonly kind: "start";
    /** To the caches behind the one in memory. */
    readonly behind: BehindLink;
    readonly config: Config;
    /** Which worker it is, from 0. */
    readonly worker: number;
    /** Whether event lines begin with a priority. */
    readonly hasPriorities: boolean;
  }
  /** To make another configuration ready, and say whether it could. */
  | { readonly kind: "prepare"; readonly config: Config }
  /** What was prepared holds from now on. */
  | { readonly kind: "commit" }
  /** What was prepared is given up: another worker could not. */
  | { readonly kind: "discard" }
  /** To answer a question about what it serves by. */
  | { readonly kind: "ask"; readonly id: number; readonly question: Question }
  /** The last lines that it sent have been written. */
  | { readonly kind: "logged" }
  /** To stop; perhaps another process listens in its place. */
  | { readonly kind: "stop"; readonly isReplaced: boolean };

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
  /** It has logged an event. */
  | { readonly kind: "event"; readonly level: Level; readonly text: string }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "log"; readonly lines: Uint8Array<ArrayBuffer> }
  /** It does not listen any more. */
  | { readonly kind: "deaf" }
  | { readonly kind: "stopped" };
