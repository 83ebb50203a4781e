/**
 * The life of one client connection: requests in order, each answered before the
 * next, until one side has had enough. The life of a request is in `phases.ts`. What
 * the connection does after it is decided in one place, `decideNext`.
 */

import { HttpError } from "../http/error.ts";
import { SectionMemory } from "../http/section_memory.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import {
  ClientConnection,
  type ClientOwner,
  LINGER_MS,
} from "../client/client_connection.ts";
import { decideNext, type Next } from "../client/keep_alive.ts";
import { beginEnd, DELIVERED } from "../deliver/send_content.ts";
import { carryOut, type CurrentGeneration } from "./phases.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import { type Exchange, resumeReading } from "../exchange/exchange_state.ts";
import type { ExchangeStock } from "../exchange/exchange_stock.ts";
import type { Site } from "../exchange/site.ts";
import { type IdleClient, IdlePlace } from "../client/idle_clients.ts";
import type { ClientPeer } from "../client/client_peer.ts";
import type { OpenConnection } from "../client/open_connections.ts";
import { discardContent } from "./discard_content.ts";
import { fail } from "./fail.ts";
import { logExchange } from "./log_exchange.ts";
import { nextOf } from "./next.ts";
import { proceeding } from "./writes.ts";

/** For a client to close when the server stops: what it had sent before it knew is here by then. */
const LAST_LINGER_MS = 500;

/** What the connections of a server share. */
export interface ConnectionPlace {
  readonly site: Site;
  readonly generation: CurrentGeneration;
  readonly stock: ExchangeStock;
  /** A connection has ended. */
  onEnd(connection: Connection): void;
}

/** See the module's comment. */
export class Connection implements ClientOwner, IdleClient, OpenConnection {
  readonly client: ClientConnection;
  /** Whether it was closed while it was idle, to make room for another. */
  isEvicted = false;
  openIndex = -1;
  readonly peer: ClientPeer;
  readonly #shared: ConnectionPlace;
  readonly #site: Site;
  readonly #place: IdlePlace = new IdlePlace(this);
  #exchange: Exchange | undefined;
  /** Undefined before the second request. */
  #sections: SectionMemory | undefined;

  constructor(
    socket: ClientSocket,
    options: ConnectionOptions,
    peer: ClientPeer,
    shared: ConnectionPlace,
  ) {
    const { site } = shared;
    this.client = new ClientConnection(
      socket,
      options,
      peer.address,
      peer.isTrusted,
      site.wheel,
      this,
    );
    this.peer = peer;
    this.#shared = shared;
    this.#site = site;
  }

  /** Serves the connection to its end, of which `onEnd` is told; never rejects. */
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
        while (reader.available === 0 && !reader.ended) {
          const reading = reader.begin();
          if (reading === undefined) await reader.more();
          else {
            try {
              reader.arrive(await reading);
            } catch (error) {
              reader.fail(error);
            }
          }
        }
        if (reader.available === 0) {
          next = decideNext("ended", "none", "yes");
          break;
        }
        client.noteRequest();
        this.#site.loop.noteEffect(client.sentAt);
      }
      const x = this.#begin();
      try {
        if (!x.request.parse(reader.bytes, reader.end, this.#sections)) {
          await this.#receiveHead(x);
        }
        const carried = this.#carryOut(x);
        if (carried !== DELIVERED) await carried;
        if (x.out.length > 0) {
          const writing = beginEnd(x);
          let rest: Promise<void> | undefined;
          try {
            rest = client.wrote(await writing);
          } catch (reason) {
            client.failWrite(reason);
          }
          if (rest !== undefined) await rest;
        }
        proceeding(x).writing = "whole";
        if (nextOf(x).step === "discard") await discardContent(x);
      } catch (error) {
        this.#site.idle.remove(this.#place);
        await fail(x, asHttpError(error));
      }
      next = nextOf(x);
      this.#end(x);
      if (next.step === "next") this.#sections ??= new SectionMemory();
    } while (next.step === "next");
    const reason = next.reason ?? "internal"; // no step that has none ends the loop
    if (next.step === "linger") {
      this.#site.idle.add(this.#place);
      await client.linger(this.#lingerMs, reason);
    }
    this.#site.idle.remove(this.#place);
    client.close(reason);
    this.#shared.onEnd(this);
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
    x.endBy(new HttpError("request_timeout", "No request head in time"));
    this.client.reader.interrupt();
  }

  onWatchDue(): void {
    resumeReading(this.#exchange!, true);
  }

  /** Begins the exchange of a request whose first bytes have arrived. */
  #begin(): Exchange {
    const { client } = this;
    const x = this.#shared.stock.take();
    this.#exchange = x;
    client.bytesOut = 0;
    x.begin(
      client,
      client.reader.start,
      this.#shared.generation.current.fallback,
    );
    this.#site.meter?.began();
    return x;
  }

  /** Carries out the exchange of a request whose head is there. */
  #carryOut(x: Exchange): Promise<void> {
    const { client } = this;
    const { reader } = client;
    this.#site.idle.remove(this.#place);
    x.countIn(x.request.end - reader.start);
    reader.start = x.request.end;
    client.deadline.clear();
    return carryOut(x, this.#shared.generation);
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
    } while (!x.request.parse(reader.bytes, reader.end, this.#sections));
    proceeding(x).headEndMs = this.#site.clock.now();
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

  /** The exchange is over: it is logged, and given back. */
  #end(x: Exchange): void {
    this.client.unwatch();
    this.#exchange = undefined;
    logExchange(x);
    this.#shared.stock.give(x);
  }
}

function asHttpError(error: unknown): HttpError {
  return error instanceof HttpError
    ? error
    : new HttpError("internal", "A bug in sluice", error);
}
