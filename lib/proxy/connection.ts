/**
 * The life of one client connection: requests in order, each answered before the
 * next, until one side has had enough. What is next is decided in one place,
 * `decideNext`; this file finds out the state, and does what was decided.
 *
 * This is the one place where an error becomes an answer, or the abrupt end that
 * tells the client that its response is not whole.
 */

import { HttpError } from "../http/error.ts";
import { logEvent } from "../observe/event_log.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import {
  ClientConnection,
  type ClientOwner,
  LINGER_MS,
} from "../client/client_connection.ts";
import { decideNext, type Next } from "../client/keep_alive.ts";
import { carryOut, type CurrentGeneration } from "./phases.ts";
import type { Exchange, ExchangeStock } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import type { Site } from "../exchange/site.ts";
import { type IdleClient, IdlePlace } from "../client/idle_clients.ts";
import { discardContent } from "../deliver/client_content.ts";
import { deliver, ownReply } from "../deliver/deliver.ts";
import { errorResponse } from "../head/own_response.ts";
import { endingOf } from "../exchange/ending.ts";

/** The status in the log of a request whose client left before the answer. */
const CLIENT_CLOSED_REQUEST = 499;
/** For a client to close when the server stops: what it had sent before it knew is here by then. */
const LAST_LINGER_MS = 500;

/** See the module's comment. */
export class Connection implements ClientOwner, IdleClient {
  readonly client: ClientConnection;
  /** Whether it was closed while it was idle, to make room for another. */
  isEvicted = false;
  readonly #site: Site;
  readonly #generation: CurrentGeneration;
  readonly #stock: ExchangeStock;
  readonly #place: IdlePlace = new IdlePlace(this);
  #exchange: Exchange | undefined;

  /**
   * @param address The peer's IP address; `unknown` if it has none.
   * @param isTrusted Whether the peer is a trusted proxy.
   */
  constructor(
    socket: Deno.Conn,
    options: ConnectionOptions,
    address: string,
    isTrusted: boolean,
    site: Site,
    generation: CurrentGeneration,
    stock: ExchangeStock,
  ) {
    this.client = new ClientConnection(
      socket,
      options,
      address,
      isTrusted,
      site.wheel,
      this,
    );
    this.#site = site;
    this.#generation = generation;
    this.#stock = stock;
  }

  /** Serves the connection to its end; never rejects. */
  async run(): Promise<void> {
    const { client } = this;
    const { reader } = client;
    const { idleMs } = client.options;
    let next: Next;
    do {
      if (reader.available === 0) {
        client.shrink();
        client.expect("request", idleMs);
        this.#site.idle.add(this.#place);
        while (reader.available === 0 && !reader.ended) await reader.more();
        if (reader.available === 0) {
          next = decideNext("ended", "none", "yes");
          break;
        }
        this.#site.loop.noteEffect(client.sentAt);
      }
      const x = this.#begin();
      try {
        if (!x.request.parse(reader.bytes, reader.end)) {
          await this.#receiveHead(x);
        }
        await this.#carryOut(x);
        x.writing = "whole";
      } catch (error) {
        this.#site.idle.remove(this.#place);
        await this.#fail(x, asHttpError(error));
      }
      next = this.#next(x);
      if (next.step === "discard") {
        await discardContent(x);
        next = this.#next(x);
      }
      this.#end(x);
    } while (next.step === "next");
    const reason = next.reason ?? "internal"; // no step that has none ends the loop
    if (next.step === "linger") {
      this.#site.idle.add(this.#place);
      await client.linger(this.#lingerMs, reason);
    }
    this.#site.idle.remove(this.#place);
    client.close(reason);
  }

  /** What is next, as far as the exchange has come. */
  #next(x: Exchange): Next {
    const { reader, closed } = this.client;
    let { reading, keepAlive } = x;
    const { writing } = x;
    if (writing === "whole" && reader.available === 0) {
      if (reader.ended) reading = "ended";
      // The stop came after the head, which could not say so; a request that is here is still answered.
      else if (keepAlive === "yes" && this.#site.isDraining) {
        keepAlive = "server_stopped";
      }
    }
    return decideNext(reading, closed ? "broken" : writing, keepAlive);
  }

  /** How long the client has to close after its last response, in ms. */
  get #lingerMs(): number {
    return this.#site.isDraining ? LAST_LINGER_MS : LINGER_MS;
  }

  /** Closes the connection if it waits for a request; else its response will be the last. */
  stop(): void {
    if (this.#exchange === undefined) this.client.close("server_stopped");
  }

  /** Closes the connection, whatever is under way. */
  abort(): void {
    this.#exchange?.abort(new HttpError("client_gone", "The server stops"));
    this.client.close("server_stopped");
  }

  /** Closes the connection, which is idle, to make room for another. */
  evict(): void {
    this.isEvicted = true;
    this.client.close("evicted");
  }

  onClientGone(error: HttpError): void {
    this.#exchange?.cancel(error);
  }

  onHeadLate(): void {
    const x = this.#exchange!;
    x.failure ??= new HttpError("request_timeout", "No request head in time");
    this.client.reader.interrupt();
  }

  /** Begins the exchange of a request whose first bytes have arrived. */
  #begin(): Exchange {
    const { client } = this;
    const x = this.#stock.take();
    this.#exchange = x;
    client.bytesOut = 0;
    x.begin(client, client.reader.start, this.#generation.current.fallback);
    return x;
  }

  /** Carries out the exchange of a request whose head is there. */
  #carryOut(x: Exchange): Promise<void> {
    const { client } = this;
    const { reader } = client;
    this.#site.idle.remove(this.#place);
    x.bytesIn = x.request.end - reader.start;
    reader.start = x.request.end;
    x.reading = "content";
    client.deadline.clear();
    return carryOut(x, this.#generation);
  }

  /** Waits for the rest of a head that has begun. */
  async #receiveHead(x: Exchange): Promise<void> {
    const { client } = this;
    const { reader } = client;
    client.expect("head", client.options.headerMs);
    this.#site.idle.add(this.#place);
    do {
      const { start, bytes } = reader;
      await reader.moreOrInterrupted();
      if (x.failure !== undefined) throw x.failure;
      if (reader.ended) throw this.#endOfHead();
      if (reader.start !== start || reader.bytes !== bytes) {
        x.request.shift(reader.bytes, reader.start - start);
      }
    } while (!x.request.parse(reader.bytes, reader.end));
    x.headEndMs = this.#site.clock.now();
  }

  #endOfHead(): HttpError {
    return this.isEvicted
      ? new HttpError("overloaded", "It made room for another connection")
      : new HttpError(
        "client_gone",
        "The request head broke off",
        this.client.reader.failure,
      );
  }

  /** Logs the exchange and gives it back. */
  #end(x: Exchange): void {
    const { client } = this;
    client.unwatch();
    this.#exchange = undefined;
    x.bytesIn += x.requestBody.contentBytes;
    const { failure } = x;
    if (failure !== undefined && x.errorCode === "") {
      // The response was whole before the upload failed; that its reader leaves then is no fault.
      if (failure.code !== "client_gone") x.errorCode = failure.code;
    }
    if (client.isTrusted && this.#site.log.isOn) {
      x.clientAddress = clientOf(x).address;
    }
    if (x.errorCode !== "") {
      const hasHead = x.reading !== "head";
      x.ending = client.closeReason ?? endingOf(x.errorCode, hasHead);
    }
    this.#site.log.record(x);
    this.#stock.give(x);
  }

  /** Answers with an error, or, if it is too late for that, breaks off. */
  async #fail(x: Exchange, found: HttpError): Promise<void> {
    const { client } = this;
    // What was cancelled fails, too, in some way of its own: the reason is what ended it.
    const error = found.code === "internal" ? found : x.failure ?? found;
    this.#tell(x, error);
    x.errorCode = error.code;
    x.failure ??= error; // ends an upload
    const hasResponded = x.writing !== "none";
    if (x.fetch.origin !== undefined && hasResponded) {
      // So much of a response that breaks off has been passed on.
      x.contentBytesOut ||= x.fetch.responseBody.contentBytes;
    }
    const ending = endingOf(error.code, x.reading !== "head");
    x.fetch.discardOrigin(ending);
    if (x.fetch.upload !== undefined) {
      x.fetch.upload.stop();
      await x.fetch.upload.ended;
    }
    if (hasResponded || error.status === 0) x.writing = "broken";
    if (error.close || x.writing === "broken") x.keepAlive = ending;
    if (this.#next(x).step === "respond") return await this.#answer(x, error);
    if (!hasResponded) x.status = CLIENT_CLOSED_REQUEST;
    client.close(ending);
  }

  /** Tells the operator what is not the affair of this client alone. */
  #tell(x: Exchange, error: HttpError): void {
    if (error.code === "internal") logEvent("error", describe(error));
    else if (error.code === "tls_on_plain_port") {
      const text =
        `${this.client.address} speaks TLS to a port for plain HTTP: ` +
        "sluice has no TLS for clients, the URL must begin with http://";
      this.#site.incidents.report({
        reason: error.code,
        text,
        lasts: false,
        count: 1,
      });
    } else x.route.upstream?.failures.requestFailed(error);
  }

  async #answer(x: Exchange, error: HttpError): Promise<void> {
    try {
      await deliver(x, ownReply(errorResponse(error.status)));
      x.writing = "whole";
    } catch (gone) {
      if (!(gone instanceof HttpError)) throw gone;
      x.writing = "broken"; // the client did not wait for its error
    }
  }
}

function asHttpError(error: unknown): HttpError {
  return error instanceof HttpError
    ? error
    : new HttpError("internal", "A bug in sluice", error);
}

function describe(error: HttpError): string {
  const { cause } = error;
  return `${error.message}: ${
    cause instanceof Error ? cause.stack ?? cause.message : cause
  }`;
}
