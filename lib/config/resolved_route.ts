/** A route that is in force: what answers, and every option that holds there. See `resolved.ts`. */

import type { Coding } from "../coding/negotiate.ts";
import type { Cidr } from "../net/cidr.ts";
import type { Rate } from "./units.ts";
import type { CachePolicy } from "../exchange/route.ts";
import type { FilesOptions } from "../handlers/files/options.ts";

/** What answers. */
export type ResolvedHandler =
  | ProxyHandler
  | FilesHandler
  | RedirectHandler
  | RespondHandler;

/** Passes requests on. */
export interface ProxyHandler {
  readonly kind: "proxy";
  /** A name in {@linkcode ResolvedConfig.upstreams}. */
  readonly upstream: string;
  readonly host: HostHeader;
  readonly rewrite: ResolvedRewrite | undefined;
}

/** The Host that the origin gets: the client's, the server's own, or a text. */
export interface HostHeader {
  readonly from: "client" | "upstream" | "text";
  readonly text: string;
}

/** What becomes of the target. */
export type ResolvedRewrite =
  | {
    readonly kind: "prefix";
    readonly strip: string;
    readonly prepend: string;
  }
  | { readonly kind: "match"; readonly match: string; readonly to: string };

/** Serves files. */
export interface FilesHandler extends Omit<FilesOptions, "hidden"> {
  readonly kind: "files";
  readonly rewrite: ResolvedRewrite | undefined;
}

/** Redirects. */
export interface RedirectHandler {
  readonly kind: "redirect";
  /** A template. */
  readonly to: string;
  readonly status: number;
}

/** Responds at once. */
export interface RespondHandler {
  readonly kind: "respond";
  readonly status: number;
  /** A template; empty for no body. */
  readonly body: string;
  readonly type: string;
  readonly headers: readonly HeaderRule[];
}

/** A change to the headers of one name. */
export interface HeaderRule {
  readonly action: "set" | "add" | "remove";
  /** As it was written. */
  readonly name: string;
  /** A template; empty for `remove`. */
  readonly value: string;
}

/** Everything that is inherited. */
export interface RouteOptions {
  readonly headers: readonly HeaderRule[];
  readonly requestHeaders: readonly HeaderRule[];
  readonly security: boolean;
  readonly cors: ResolvedCors | undefined;
  /** Whether responses say what they have waited for. */
  readonly serverTiming: boolean;
  readonly forwarded: boolean;
  /** Undefined if nothing is stored. */
  readonly cache: RouteCache | undefined;
  /** Undefined if nothing is compressed. */
  readonly compress: {
    readonly codings: readonly Coding[];
    readonly bytesMin: number;
    /** In lower case; undefined for the usual ones. */
    readonly types: readonly string[] | undefined;
  } | undefined;
  readonly bodyBytesMax: number;
  readonly timeouts: {
    readonly connectMs: number;
    readonly responseMs: number;
    readonly totalMs: number;
    readonly readMs: number;
    readonly writeMs: number;
    readonly bodyMs: number;
    readonly tunnelMs: number;
  };
  readonly limits: readonly ResolvedLimit[];
  /** Undefined if all may. */
  readonly allow: readonly Cidr[] | undefined;
  readonly deny: readonly Cidr[];
  readonly auth: ResolvedAuth | undefined;
  readonly satisfy: "all" | "any";
  readonly errors: {
    /** Files by status or class, such as `404` or `5xx`. */
    readonly pages: Readonly<Record<string, string>>;
    readonly intercept: boolean;
  };
  readonly maintenance: ResolvedMaintenance | undefined;
}

/** What is stored, for how long, and what it is found by. */
export interface RouteCache
  extends Omit<CachePolicy, "queryUse" | "defaultTtlMs"> {
  /** 0 to guess it. */
  readonly ttlMs: number;
  readonly query: "keep" | "ignore" | "sort" | {
    readonly names: readonly string[];
  };
}

/** Cross-origin requests. */
export interface ResolvedCors {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeMs: number;
}

/** How many requests are let through. */
export interface ResolvedLimit {
  /** What is counted together: limits with the same id share their counts. */
  readonly id: string;
  readonly rate: Rate | undefined;
  readonly burst: number;
  /** `client`, `user`, `all`, `header:name` or `cookie:name`. */
  readonly by: string;
  /** Undefined for no limit. */
  readonly concurrent: number | undefined;
  readonly queueMax: number;
  readonly queueMs: number;
  readonly status: number;
  readonly dryRun: boolean;
  readonly shared: boolean;
}

/** Who a client must be. */
export type ResolvedAuth =
  | { readonly kind: "basic"; readonly file: string; readonly pass: boolean }
  | {
    readonly kind: "forward";
    readonly url: string;
    readonly copy: readonly string[];
    readonly timeoutMs: number;
  }
  | {
    readonly kind: "jwt";
    /** A URL or a file. */
    readonly jwks: string;
    readonly issuer: string | undefined;
    readonly audiences: readonly string[];
    readonly algorithms: readonly string[];
    readonly skewMs: number;
    /** Claims by the header that they become. */
    readonly forward: Readonly<Record<string, string>>;
  };

/** A page while a file exists. */
export interface ResolvedMaintenance {
  readonly when: string;
  readonly page: string | undefined;
  readonly status: number;
  readonly retryAfterMs: number;
  readonly except: readonly Cidr[];
}
