/** The tries of one request: which server is asked, and whether another one is after a failure. */

import type { HttpError } from "../http/error.ts";
import { retryAfterMs } from "../http/retry_after.ts";
import { isIdempotent } from "../http/method.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import { failureKind, isRetriedStatus, mayRetry } from "../upstream/retry.ts";
import { namedText } from "../http/named_field.ts";
import type { Server } from "../upstream/server.ts";
import { isTooLate as isTooLateFor } from "./total_time.ts";
import { fetching } from "./writes.ts";

const NONE: ReadonlySet<Server> = new Set();
/** Between two tries of a connection that is refused, in ms. */
const REFUSED_EVERY_MS = 100;
/** Statuses that count as failures of a server. */
const FAILED_STATUSES: readonly number[] = [502, 503, 504];

/** Chooses the server that is asked first, if there are several. */
export async function chooseFirst(fetch: Fetch): Promise<void> {
  const { upstream } = fetch;
  upstream.budget.noteRequest();
  if (upstream.sticky?.ready !== undefined) await upstream.sticky.ready;
  chooseServer(fetch, NONE);
}

function chooseServer(fetch: Fetch, tried: ReadonlySet<Server>): void {
  const { request, part, client, upstream } = fetch;
  const needsClient = upstream.options.hashBy === "client";
  fetching(fetch).server = upstream.choose({
    request,
    client: needsClient ? client?.address ?? "" : "",
    part,
    tried,
  });
}

/** See the module's comment; made after the first failure. */
export class Tries {
  readonly #fetch: Fetch;
  /** Servers that have failed the request. */
  readonly tried = new Set<Server>();
  /** How often it has been sent once more, refused connections apart. */
  #count = 0;
  /** Since when connections are refused, on the wheel's clock. */
  #refusedMs: number | undefined;
  /** How long to wait before the next try, in ms; 0 for not. */
  delayMs = 0;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** Whether the request has been sent on a connection that failed. */
  get isRetry(): boolean {
    return this.#count > 0;
  }

  /**
   * Whether a request that failed is sent once more, and if so, to which server;
   * `fetch.retryReason` tells why, or why not.
   *
   * @param isSent Whether something of it has been sent.
   */
  again(error: HttpError, isSent: boolean): boolean {
    const fetch = this.#fetch;
    const { upstream, part, request } = fetch;
    this.#note(error, isSent);
    if (error.code === "overloaded" || error.code === "no_server") return false;
    if (this.#isTooLate(0)) return false;
    if (this.#waitsForRestart(error)) return true;
    const hasOther = upstream.hasOther(part, this.tried);
    if (!isSent && !upstream.isGroup && !hasOther) return false;
    const { options: { retry } } = upstream;
    const isStale = error.retry === "nothing-processed";
    const { verdict, reason } = mayRetry(error.retry, {
      isIdempotent: isIdempotent(request.method),
      hasContent: isSent && request.framing.kind !== "none",
      // A connection that has grown old is no failure of its server.
      isRetry:
        this.#count >= (isStale ? Math.max(retry.tries, 1) : retry.tries),
      hasOther,
    });
    fetching(fetch).retryReason = reason;
    return verdict && (isStale || this.#isWanted(failureKind(error))) &&
      this.#next(isStale || !isSent);
  }

  #isTooLate(delayMs: number): boolean {
    const isTooLate = isTooLateFor(this.#fetch, delayMs);
    if (isTooLate) fetching(this.#fetch).retryReason = "retry-too-late";
    return isTooLate;
  }

  #isWanted(kind: string): boolean {
    const isWanted = this.#fetch.upstream.options.retry.on.includes(kind);
    if (!isWanted) fetching(this.#fetch).retryReason = "retry-not-wanted";
    return isWanted;
  }

  /**
   * Takes one more try, if the budget allows it.
   *
   * @param isFree Whether no server has had work from the try before: then this one
   *   adds to nobody's load.
   */
  #next(isFree: boolean): boolean {
    const fetch = this.#fetch;
    if (!isFree && !fetch.upstream.budget.take()) {
      fetching(fetch).retryReason = "retry-budget";
      return false;
    }
    this.#count++;
    fetching(fetch).tryCount++;
    this.delayMs = 0;
    chooseServer(fetch, this.tried);
    return true;
  }

  /** Counts the failure against the server. */
  #note(error: HttpError, isSent: boolean): void {
    const { server, upstream } = this.#fetch;
    if (error.fault !== "origin") return;
    // One that ends a reused connection has not failed.
    const isStale = isSent && error.retry === "nothing-processed";
    const failed = server ?? upstream.servers[0]!;
    if (!isStale) upstream.failed(failed, error.message);
    this.tried.add(upstream.known(failed));
  }

  /** Whether the connection is refused, and it is not too late to try again. */
  #waitsForRestart(error: HttpError): boolean {
    const fetch = this.#fetch;
    const { upstream, part, site } = fetch;
    const { forMs } = upstream.options.retry;
    const isRefused = error.code === "origin_refused" ||
      error.code === "origin_socket_missing";
    if (forMs === 0 || !isRefused || upstream.hasOther(part, this.tried)) {
      return false;
    }
    const nowMs = site.wheel.now();
    this.#refusedMs ??= nowMs;
    if (nowMs - this.#refusedMs >= forMs) return false;
    if (this.#isTooLate(REFUSED_EVERY_MS)) return false;
    this.#wait(REFUSED_EVERY_MS, "server-restarts");
    return true;
  }

  #wait(delayMs: number, reason: "server-restarts" | "retried-status"): void {
    const fetch = this.#fetch;
    this.tried.clear();
    this.delayMs = delayMs;
    fetching(fetch).retryReason = reason;
    fetching(fetch).tryCount++;
    chooseServer(fetch, this.tried);
  }

  /**
   * Whether a request is sent once more although it has been answered: the status is
   * one after which it is tried again.
   */
  afterAnswer(server: Server): boolean {
    const fetch = this.#fetch;
    const { upstream, part, request, response } = fetch;
    const { retry } = upstream.options;
    const isAgain = isRetriedStatus(retry.on, response.status) &&
      isIdempotent(request.method) && request.framing.kind === "none" &&
      this.#count < retry.tries;
    if (!isAgain || this.#isTooLate(0)) return false;
    this.tried.add(upstream.known(server));
    if (upstream.hasOther(part, this.tried)) {
      fetching(fetch).retryReason = "retried-status";
      return this.#next(false);
    }
    const waitMs = response.status === 503
      ? retryAfterMs(
        namedText(response.fields, "retry-after"),
        fetch.site.clock.now(),
      )
      : undefined;
    if (waitMs === undefined || waitMs > retry.forMs) return false;
    if (this.#isTooLate(waitMs)) return false;
    if (!upstream.budget.take()) return false;
    this.#count++;
    this.#wait(Math.max(waitMs, 1), "retried-status");
    return true;
  }
}

/**
 * Counts an answer for or against the server that gave it.
 *
 * @param tries Those before, if there were some.
 * @returns The tries, if the request is sent once more; undefined if the answer stands.
 */
export function afterAnswer(
  fetch: Fetch,
  tries: Tries | undefined,
): Tries | undefined {
  const { upstream, origin, response: { status } } = fetch;
  const server = origin!.server!;
  if (FAILED_STATUSES.includes(status)) {
    upstream.failed(server, `status ${status}`);
  } else upstream.succeeded(server);
  if (status < 400 || upstream.options.retry.tries === 0) return undefined;
  const next = tries ?? new Tries(fetch);
  return next.afterAnswer(server) ? next : undefined;
}
