/** An exchange as logs see it: texts and numbers, made when they are asked for. */

import type { ErrorCode } from "../http/error.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { LogEntry, SentEntry } from "../observe/log_entry.ts";
import { tokenOf } from "../reasons/reason.ts";
import type { Exchange } from "./exchange_state.ts";

/** See the module's comment; it lasts as long as the exchange that it shows. */
export class LoggedExchange implements LogEntry {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get request(): RequestHead {
    return this.#exchange.request;
  }

  get routeName(): string {
    return this.#exchange.route.name;
  }

  get scheme(): string {
    return this.#exchange.client.scheme;
  }

  get clientAddress(): string {
    return this.#exchange.clientAddress;
  }

  get remoteAddress(): string {
    return this.#exchange.client.address;
  }

  get status(): number {
    return this.#exchange.status;
  }

  get bytesIn(): number {
    return this.#exchange.bytesIn;
  }

  get bytesOut(): number {
    return this.#exchange.client.bytesOut;
  }

  get contentBytesOut(): number {
    return this.#exchange.contentBytesOut;
  }

  get startedMs(): number {
    return this.#exchange.startedMs;
  }

  get originMs(): number {
    return this.#exchange.fetch.originMs;
  }

  get sent(): SentEntry | undefined {
    const { fetch } = this.#exchange;
    return fetch.sentOn === undefined ? undefined : fetch;
  }

  get server(): string {
    return this.#exchange.fetch.server?.name ?? "";
  }

  get tryCount(): number {
    return this.#exchange.fetch.tryCount;
  }

  get cacheStatus(): string {
    return this.#exchange.outcome.result;
  }

  get cacheReason(): string {
    return this.#exchange.outcome.decisive;
  }

  get cacheAge(): number {
    return this.#exchange.outcome.age;
  }

  get cacheTtl(): number | undefined {
    const { ttlMs } = this.#exchange.outcome;
    return Number.isNaN(ttlMs) ? undefined : Math.floor(ttlMs / 1000);
  }

  get aloneReason(): string {
    return tokenOf(this.#exchange.outcome.alone);
  }

  get staleRefusal(): string {
    return tokenOf(this.#exchange.outcome.staleRefusal);
  }

  get coding(): string {
    return this.#exchange.coding;
  }

  get codingReason(): string {
    return this.#exchange.codingReason;
  }

  get retryReason(): string {
    return tokenOf(this.#exchange.fetch.retryReason);
  }

  get ending(): string {
    return this.#exchange.ending;
  }

  get user(): string {
    return this.#exchange.user;
  }

  get accessReason(): string {
    return this.#exchange.accessReason;
  }

  get limitId(): string {
    return this.#exchange.limitId;
  }

  get isLimitDry(): boolean {
    return this.#exchange.isLimitDry;
  }

  get requestId(): string {
    return this.#exchange.fetch.requestId;
  }

  get errorCode(): ErrorCode | "" {
    return this.#exchange.errorCode;
  }
}
