/** What is measured: the table of workloads. */

import { BROWSER_FIELDS } from "../messages.ts";
import { SITE_WORKLOADS, type SiteWorkload } from "./site/plan.ts";

/** What a program must be able to do to take part. */
export type Skill = "cache" | "gzip";

/** Requests of one kind, over and over. */
export interface LoadWorkload {
  readonly kind: "load";
  readonly name: string;
  readonly title: string;
  /** What is asked for; of numbered resources, the first. */
  readonly path: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly connections: number;
  readonly needs: readonly Skill[];
  /** Beyond plain GETs of one path: which script of `wrk/` makes the requests. */
  readonly script?: "upload" | "zipf";
  /** Requests per second, if not as many as there can be. */
  readonly rate?: number;
}

/** A measurement of programs started for it; see `memory.ts`, `start_up.ts`, `idle.ts`, `scaling.ts`. */
export interface OtherWorkload {
  readonly kind: "memory" | "start" | "idle" | "workers";
  readonly name: string;
  readonly title: string;
}

/** One of them. */
export type Workload =
  | LoadWorkload
  | OtherWorkload
  | SiteWorkload;

const NO_FIELDS = [] as const;
const GZIP = [["Accept-Encoding", "gzip"]] as const;
const CLOSE = [["Connection", "close"]] as const;
/** Enough to keep one core busy, few enough that it does not only manage them. */
const CONNECTIONS = 50;
/** For large content, whose bytes wait in buffers. */
const FEW_CONNECTIONS = 16;
/** Far from what any of the programs can do: what is measured is how long one request takes. */
const MODERATE_RATE = 2000;

function load(
  name: string,
  title: string,
  path: string,
  more: Partial<LoadWorkload> = {},
): LoadWorkload {
  return {
    kind: "load",
    name,
    title,
    path,
    fields: NO_FIELDS,
    connections: CONNECTIONS,
    needs: path.startsWith("/c/") ? ["cache"] : [],
    ...more,
  };
}

/** Small requests that go to the origin. */
export const PASS: LoadWorkload = load(
  "pass",
  "pass-through, 5 bytes",
  "/small",
);
/** Small requests that a cache answers. */
export const HIT: LoadWorkload = load("hit", "hit, 1 KiB", "/c/1k");

/** Small responses that a cache has many of. */
export const ZIPF: LoadWorkload = load(
  "zipf",
  "hit, 10,000 URLs by popularity",
  "/c/n/00000",
  { script: "zipf" },
);

/** All of them, in the order of the table. */
export const WORKLOADS: readonly Workload[] = [
  PASS,
  load("pass-browser", "pass-through, a browser's requests", "/small", {
    fields: BROWSER_FIELDS,
  }),
  load("pass-1m", "pass-through, 1 MiB", "/1m", {
    connections: FEW_CONNECTIONS,
  }),
  HIT,
  load("hit-browser", "hit, 1 KiB, a browser's requests", "/c/1k", {
    fields: BROWSER_FIELDS,
  }),
  load("hit-100k", "hit, 100 KiB", "/c/100k", {
    connections: FEW_CONNECTIONS,
  }),
  ZIPF,
  load("gzip", "gzip on the fly, 64 KiB", "/page", {
    fields: GZIP,
    connections: FEW_CONNECTIONS,
    needs: ["gzip"],
  }),
  load("gzip-hit", "gzip of a stored response, 64 KiB", "/c/page", {
    fields: GZIP,
    connections: FEW_CONNECTIONS,
    needs: ["gzip", "cache"],
  }),
  load("churn", "a new connection for each request", "/small", {
    fields: CLOSE,
  }),
  load("upload", "upload of 64 KiB", "/upload", {
    connections: FEW_CONNECTIONS,
    script: "upload",
  }),
  load("lat-pass", "pass-through, 2,000/s", "/small", {
    rate: MODERATE_RATE,
    connections: 40,
  }),
  load("lat-hit", "hit, 2,000/s", "/c/1k", {
    rate: MODERATE_RATE,
    connections: 40,
  }),
  { kind: "memory", name: "memory", title: "memory after load of all kinds" },
  { kind: "start", name: "start", title: "start-up to the first response" },
  { kind: "idle", name: "idle", title: "memory of an idle connection" },
  { kind: "workers", name: "workers", title: "hit" },
  ...SITE_WORKLOADS,
];
