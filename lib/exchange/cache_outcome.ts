/** What the cache has to do with one exchange: found out step by step, told at its end. */

import {
  CACHE_NAME,
  type ForwardReason,
  forwardStatus,
  keyParameter,
} from "../cache/policy/cache_status.ts";
import { type Directives, NO_DIRECTIVES } from "../cache/policy/directives.ts";
import type { SharedFetch } from "../cache/store/shared_fetch.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import type { CachePolicy } from "./route.ts";
import { textOf } from "../http/bytes.ts";
import { type Reason, tokenOf } from "../reasons/reason.ts";

/** The usual line of a hit, made once. */
const HIT_LINE = `${CACHE_NAME}; hit; ttl=`;

/** See the module's comment; reusable through `reset`. */
export type CacheOutcome = Readonly<OutcomeState>;

/** An outcome as this room sees it. */
export class OutcomeState {
  /** What is told of it in `Cache-Status`. */
  shown: CachePolicy["status"] = "off";
  /** Why the request goes, or went, to the origin; undefined if it did not. */
  reason: ForwardReason | undefined;
  /** The rule that sent it there, where that says more than `reason`; empty if not. */
  why: Reason | "" = "";
  /** Why it did not let others wait for its response; empty if it did, or if nobody could. */
  alone: Reason | "" = "";
  /** The key, if it is shown. */
  key: Uint8Array | undefined;
  /** The hash of the key. */
  hash = 0;
  /** Whether the target has a query: then nothing is guessed about its freshness. */
  hasQuery = false;
  /** Whether the target had dot segments: then what comes is not stored. */
  hadDotSegments = false;
  extraKey = "";
  /** Whether the origin is asked for one of few codings: see `ForwardingPlan`. */
  asksFewCodings = false;
  /** What is stored varies on these, and the request may have look-alikes of them: see `ForwardingPlan`. */
  varied: ReadonlyMap<string, string> | undefined;
  /** What the request asks of caches. */
  directives: Directives = NO_DIRECTIVES;
  /** The request that others may share, if this exchange makes it. */
  sharedFetch: SharedFetch | undefined;
  /** The store's epoch when it was found that the origin is to be asked; undefined if nothing was looked up. */
  epoch: number | undefined;
  /** Whether it waited for another exchange's request. */
  isCollapsed = false;
  isStored = false;
  /** What the log says of it: `hit`, `miss` and so on; empty as long as the cache has nothing to do with it. */
  result = "";
  /** How old the stored response is that answers, in seconds; -1 for none. */
  age = -1;
  /** How long it stays fresh, in ms, below 0 if it is stale; NaN for none. */
  ttlMs = NaN;
  /** Stored responses whose bytes are, or may yet be, on their way to the client. */
  readonly held: StoredResponse[] = [];
  /** The slice that the origin is asked for in place of the client's range; -1 if it is not. */
  sliceAsked = -1;
  /** Whether the client asked for everything as a range, and the origin is asked without. */
  asksForAll = false;
  /** Whether the origin is asked for the whole, if what is stored is no longer good: without the client's range. */
  isValidating = false;
  /** Whether the origin has given or confirmed the answer for this very request. */
  isFirstHand = false;
  /** Lines of the origin's response that are for this client alone; undefined for none. */
  ownLines: Uint8Array | undefined;
  /** Whether what the origin has confirmed is for this client alone: others ask for themselves. */
  isForOne = false;
  /** The status of the origin's response if the answer has another one; 0 if not. */
  originStatus = 0;
  /** Why the stored response did not stand in for the origin's failure; empty if that was no question. */
  staleRefusal: Reason | "" = "";
  /** The rule that decided what became of the response; empty if it was the usual one. */
  detail: Reason | "" = "";

  /** Begins as the outcome of a refresh of what this one has found stale. */
  becomeRefreshOf(other: CacheOutcome): void {
    this.reason = "stale";
    this.hash = other.hash;
    this.hasQuery = other.hasQuery;
    this.extraKey = other.extraKey;
    this.asksFewCodings = other.asksFewCodings;
    this.varied = other.varied;
    this.directives = other.directives;
  }

  /** Forgets everything. */
  reset(): void {
    this.shown = "off";
    this.reason =
      this.key =
      this.sharedFetch =
      this.epoch =
      this.varied =
      this.ownLines =
        undefined;
    this.hasQuery = this.hadDotSegments = this.asksFewCodings = false;
    this.isCollapsed =
      this.isStored =
      this.asksForAll =
      this.isValidating =
      this.isFirstHand =
      this.isForOne =
        false;
    this.hash = this.originStatus = 0;
    this.sliceAsked = -1;
    this.age = -1;
    this.ttlMs = NaN;
    this.extraKey = this.detail = this.result = "";
    this.why = this.alone = this.staleRefusal = "";
    this.directives = NO_DIRECTIVES;
  }

  /** The value of `Cache-Status` for a request that went to the origin; empty if none is shown. */
  forwardLine(): string {
    if (this.shown === "off" || this.reason === undefined) return "";
    if (
      this.originStatus === 0 && !this.isCollapsed && this.key === undefined
    ) return plainLine(this.reason, tokenOf(this.#shownDetail), this.isStored);
    return forwardStatus({
      reason: this.reason,
      status: this.originStatus,
      stored: this.isStored,
      collapsed: this.isCollapsed,
      detail: tokenOf(this.#shownDetail),
    }) + this.#keyPart();
  }

  /**
   * The reason that tells the most: of a bypass why it was one, else what became of
   * the response, else why it was asked for, unless `reason` says as much.
   */
  get #shownDetail(): Reason | "" {
    const { reason, detail, why } = this;
    if (reason === "bypass") return why;
    return detail || (reason === "stale" || reason === "request" ? why : "");
  }

  /** The token of the reason that tells the most, for the log; empty for an ordinary hit. */
  get decisive(): string {
    return tokenOf(this.#shownDetail || this.why) || (this.reason ?? "");
  }

  /** The value of `Cache-Status` for an answer from memory, up to `ttl`'s number. */
  hitLine(): string {
    return this.key === undefined
      ? HIT_LINE
      : `${CACHE_NAME}; hit${this.#keyPart()}; ttl=`;
  }

  #keyPart(): string {
    if (this.key === undefined) return "";
    return keyParameter(textOf(this.key, 0, this.key.length));
  }
}

/** The lines of a request that just went to the origin. */
interface PlainLines {
  readonly passed: string;
  readonly stored: string;
}

/** All of them by reason and rule, made once: there are few. */
const plainLines = new Map<ForwardReason, Map<string, PlainLines>>();

function plainLine(
  reason: ForwardReason,
  detail: string,
  isStored: boolean,
): string {
  let byDetail = plainLines.get(reason);
  if (byDetail === undefined) plainLines.set(reason, byDetail = new Map());
  let lines = byDetail.get(detail);
  if (lines === undefined) {
    const plain = { reason, detail, status: 0, collapsed: false };
    byDetail.set(
      detail,
      lines = {
        passed: forwardStatus({ ...plain, stored: false }),
        stored: forwardStatus({ ...plain, stored: true }),
      },
    );
  }
  return isStored ? lines.stored : lines.passed;
}
