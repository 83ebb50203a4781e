/**
 * The ACME library, loaded with the first order, and how it speaks to authorities: it
 * has one HTTP client for all of them. Each has its own trust, and a failed request is
 * not repeated there, where nobody sees it: the whole order is, later.
 */

import { retryAfterMs } from "../http/retry_after.ts";
import { nodeModule } from "../net/node_module.ts";

/** The library's module. */
export type AcmeLibrary = typeof import("acme-client");

/** For one exchange with an authority. */
export const STEP_MS = 30_000;
/** The most bytes of one answer. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/** What is known of an authority. */
interface Authority {
  /** Undefined for the usual trust. */
  readonly agent: object | undefined;
  /** Its last `Retry-After`, unless another answer came since. */
  retryAfter: string | undefined;
}

/** By the origin of the directory. */
const AUTHORITIES = new Map<string, Authority>();

let loading: Promise<AcmeLibrary> | undefined;

/** The library. */
export function loadAcmeLibrary(): Promise<AcmeLibrary> {
  return loading ??= load();
}

async function load(): Promise<AcmeLibrary> {
  // Node's modules have one export, whatever their types say.
  const module = await import("acme-client") as AcmeLibrary & {
    readonly default?: AcmeLibrary;
  };
  const library = module.default ?? module;
  const { defaults, interceptors } = library.axios;
  interceptors.request.clear();
  interceptors.response.clear();
  defaults.timeout = STEP_MS;
  defaults.maxContentLength = ANSWER_BYTES_MAX;
  defaults.validateStatus = null; // the library looks at it
  interceptors.request.use((config) => {
    const agent = authorityOf(config.url)?.agent;
    if (agent !== undefined) config.httpsAgent = agent;
    return config;
  });
  interceptors.response.use((response) => {
    const authority = authorityOf(response.config.url);
    if (authority !== undefined) {
      authority.retryAfter = response.status >= 400
        ? response.headers["retry-after"] as string | undefined
        : undefined;
    }
    return response;
  });
  return library;
}

function authorityOf(url: string | undefined): Authority | undefined {
  return url === undefined ? undefined : AUTHORITIES.get(new URL(url).origin);
}

/**
 * Says whom to trust when an authority is asked.
 *
 * @param ca Certificates in PEM; undefined for the usual ones.
 */
export function trustFor(directory: string, ca: string | undefined): void {
  const agent = ca === undefined
    ? undefined
    : new (nodeModule("node:https").Agent)({ ca });
  const { origin } = new URL(directory);
  AUTHORITIES.set(origin, { agent, retryAfter: undefined });
}

/**
 * How long an authority has asked to be left alone with its last answer, in ms; 0 if
 * it has not.
 *
 * @param nowMs The time, in ms since the epoch.
 */
export function askedPauseMs(directory: string, nowMs: number): number {
  return retryAfterMs(authorityOf(directory)?.retryAfter, nowMs) ?? 0;
}
