/**
 * Everything that there is to know of a running sluice at one moment, as plain data:
 * `/metrics`, the live page and `sluice top` are made of it, each in its own way.
 */

import type { Totals } from "./totals.ts";

/** The process. */
export interface ProcessFacts {
  readonly version: string;
  /** The runtime's version. */
  readonly runtime: string;
  readonly workers: number;
  /** When it started, in ms since the epoch. */
  readonly startedMs: number;
  /** Of all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Undefined if nobody may look. */
  readonly openDescriptors: number | undefined;
}

/** The configuration. */
export interface ConfigFacts {
  /** Whether the last reload, or the start, was successful. */
  readonly isLastReloadGood: boolean;
  /** When the configuration that holds was taken on, in ms since the epoch. */
  readonly loadedMs: number;
}

/** A tier of the cache. */
export interface TierFacts {
  /** `memory`, or the name of a slower one. */
  readonly tier: string;
  readonly bytes: number;
  /** What it may take. */
  readonly bytesMax: number;
  /** Stored responses. */
  readonly objects: number;
  /** How many went to make room. */
  readonly evicted: number;
  /** How many should have been written there, and were not: undefined where nothing waits. */
  readonly dropped?: number;
}

/** How this node gets on with the others of its fleet. */
export interface FleetFacts {
  /** Lookups that the shared store answered with a record, and without one. */
  readonly hits: number;
  readonly misses: number;
  /** What was asked of the store and not answered in time, and what it refused. */
  readonly timeouts: number;
  readonly errors: number;
  /** Whether a worker leaves the store alone, as it has failed in the last second. */
  readonly isStorePaused: boolean;
  /** Keys that this node has fetched for the whole fleet. */
  readonly leasesTaken: number;
  /** Keys that another node fetched, and brought. */
  readonly leasesShared: number;
  /** Keys that another node was to fetch, whose lease ended before it had. */
  readonly leasesLost: number;
  /** Keys that each node fetched for itself, as the last fetch brought nothing to store. */
  readonly leasesAlone: number;
  /** Keys that another node was still fetching when nobody waited any more. */
  readonly leasesLate: number;
  /** Whether it hears of the others' purges. */
  readonly isInStep: boolean;
  /** Purges of the whole fleet that were carried out here. */
  readonly purges: number;
  /** How long the last ones took from their turn in the store to their end here, in ms. */
  readonly lagMs: number;
  /** How often it has forgotten what it had, because it may have missed purges. */
  readonly resets: number;
}

/** A server of an upstream. */
export interface ServerFacts {
  readonly upstream: string;
  /** As an operator knows it: `10.0.0.11:3000`, or `app:3000 (10.0.0.11)`. */
  readonly server: string;
  /** What the operator says of it, or else the configuration. */
  readonly state: "up" | "drain" | "down";
  /** Whether it may be asked: neither an operator, nor probes, nor failed requests have put it out. */
  readonly isHealthy: boolean;
  /** Why it was put out last; empty for never. */
  readonly reason: string;
  readonly weight: number;
  /** Open connections that carry a request, or are being opened. */
  readonly busyConnections: number;
  readonly idleConnections: number;
}

/** A certificate that clients are shown. */
export interface CertificateFacts {
  /** The names that it is valid for, or the first of them. */
  readonly name: string;
  /** When it expires, in ms since the epoch. */
  readonly expiresMs: number;
}

/** Something that went wrong lately. */
export interface RecentError {
  /** When it was told last, in ms since the epoch. */
  readonly atMs: number;
  readonly level: "warn" | "error";
  /** For the operator. */
  readonly text: string;
  /** How often that was. */
  readonly count: number;
}

/** See the module's comment. */
export interface MetricsSnapshot {
  /** When it was taken, in ms since the epoch. */
  readonly nowMs: number;
  readonly process: ProcessFacts;
  readonly config: ConfigFacts;
  /** What was counted since the start. */
  readonly totals: Totals;
  readonly tiers: readonly TierFacts[];
  /** Undefined if it has none. */
  readonly fleet?: FleetFacts | undefined;
  readonly servers: readonly ServerFacts[];
  readonly certificates: readonly CertificateFacts[];
  /** The latest first. */
  readonly recentErrors: readonly RecentError[];
}

/** What those who sum a snapshot up pass on as it is. */
export type Unchanged = Pick<
  MetricsSnapshot,
  | "nowMs"
  | "process"
  | "config"
  | "tiers"
  | "servers"
  | "certificates"
  | "recentErrors"
>;
