/**
 * A site as they are run (pure): a thousand hosts with five routes each, TLS, a cache,
 * compression, a rate limit, files, metrics and an access log, all at once; and what
 * its clients ask for.
 */

import { pageOf } from "../content.ts";

/** How many hosts there are. */
export const HOST_COUNT = 1000;
/** Of all hosts, for the certificate. */
export const HOST_WILDCARD = "*.bench.test";
/** So much a second that nobody is refused. */
export const RATE = 1_000_000;
/** How far a client may be ahead of it. */
export const BURST = 100_000;
/** Where the files are, below their root. */
export const FILES_PATH = "/assets/";

/** Where a response comes from. */
export type Source = "cache" | "origin" | "file";

/** A kind of request. */
export interface SitePart {
  readonly name: string;
  readonly path: string;
  readonly status: number;
  readonly from: Source;
  /** Whether a client that accepts gzip gets gzip. */
  readonly isCoded: boolean;
  /** Of a hundred requests of the mix. */
  readonly share: number;
}

/** Every kind of request. */
export const SITE_PARTS: readonly SitePart[] = [
  {
    name: "hit",
    path: "/c/image",
    status: 200,
    from: "cache",
    isCoded: false,
    share: 45,
  },
  {
    name: "page",
    path: "/c/article",
    status: 200,
    from: "cache",
    isCoded: true,
    share: 5,
  },
  {
    name: "pass",
    path: "/api/orders",
    status: 200,
    from: "origin",
    isCoded: false,
    share: 20,
  },
  {
    name: "file",
    path: `${FILES_PATH}app.css`,
    status: 200,
    from: "file",
    isCoded: true,
    share: 25,
  },
  {
    name: "missing",
    path: `${FILES_PATH}gone.css`,
    status: 404,
    from: "file",
    isCoded: false,
    share: 5,
  },
];

/** How a client comes. */
export type Scheme = "http" | "https";

/** Requests to the site, of one kind or of all. */
export interface SiteWorkload {
  readonly kind: "site";
  readonly name: string;
  readonly title: string;
  readonly parts: readonly SitePart[];
  /** With both, half of the connections have TLS. */
  readonly schemes: readonly Scheme[];
}

function site(
  name: string,
  title: string,
  part: string,
  ...schemes: readonly Scheme[]
): SiteWorkload {
  const parts = SITE_PARTS.filter((one) => part === "all" || one.name === part);
  return { kind: "site", name: `site-${name}`, title, parts, schemes };
}

/** In the order of the table. */
export const SITE_WORKLOADS: readonly SiteWorkload[] = [
  site("hit", "stored image, 10 KiB", "hit", "http"),
  site("hit-tls", "the same by TLS", "hit", "https"),
  site("page", "stored page, 16 KiB, as gzip", "page", "http"),
  site("pass", "API, 700 bytes, from the origin", "pass", "http"),
  site("pass-tls", "API by TLS", "pass", "https"),
  site("file", "file, 8 KiB, with a gzip beside it", "file", "http"),
  site("file-tls", "file by TLS", "file", "https"),
  site("missing", "a file that is not there", "missing", "http"),
  site("mix", "all of them, half by TLS", "all", "http", "https"),
];

/** The name of a host, by its number. */
export function hostName(number: number): string {
  return `h${String(number).padStart(4, "0")}.bench.test`;
}

/** The names of all hosts. */
export const HOSTS: readonly string[] = Array.from(
  { length: HOST_COUNT },
  (_, number) => hostName(number),
);

/** What is in the file that there is. */
export const FILE_CONTENT: Uint8Array<ArrayBuffer> = pageOf(8 * 1024);

/** The part of some requests that a condition holds for. */
export function shareOf(
  parts: readonly SitePart[],
  holds: (part: SitePart) => boolean,
): number {
  const sum = (some: readonly SitePart[]): number =>
    some.reduce((total, { share }) => total + share, 0);
  return sum(parts.filter(holds)) / sum(parts);
}
