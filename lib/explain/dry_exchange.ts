/**
 * An exchange that is only thought through: the request has come from nowhere, and
 * what would be written to its client is kept. All that decides about requests takes it
 * for one of theirs.
 */

import { ClientConnection } from "../client/client_connection.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { ExchangeStock } from "../exchange/exchange_stock.ts";
import type { Route } from "../exchange/route.ts";
import type { Site } from "../exchange/site.ts";
import { textOf } from "../http/bytes.ts";
import { matchesBlocks, parseIp } from "../net/cidr.ts";
import type { ClientSocket, ServerIdentity } from "../net/client_socket.ts";
import { parseWhole, requestBytes, splitUrl } from "../router/route_request.ts";
import type { Question } from "./question.ts";

/** Bytes of a response's head that are kept; behind them the client is gone. */
const HEAD_BYTES_MAX = 64 * 1024;
const END_OF_HEAD = "\r\n\r\n";
const PORTS = { http: 80, https: 443 } as const;

/** A socket without a client: nothing comes, and of what is written the head is kept. */
class DrySocket implements ClientSocket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly identity?: ServerIdentity;
  readonly #closed = Promise.withResolvers<null>();
  #written = "";

  constructor({ url, client }: Question) {
    const isSecure = /^https:/i.test(url);
    const { authority } = splitUrl(url);
    const port = Number(/:(\d{1,5})$/.exec(authority)?.[1]) ||
      PORTS[isSecure ? "https" : "http"];
    this.localAddr = { transport: "tcp", hostname: "127.0.0.1", port };
    this.remoteAddr = { transport: "tcp", hostname: client, port: 0 };
    if (isSecure) {
      const name = authority.replace(/:\d*$/, "").replace(/\.$/, "");
      this.identity = { serverName: name.toLowerCase(), covers: () => true };
    }
  }

  /** The head of the response that was written; empty for none. */
  get head(): string {
    const end = this.#written.indexOf(END_OF_HEAD);
    return end < 0 ? "" : this.#written.slice(0, end);
  }

  read(): Promise<number | null> {
    return this.#closed.promise;
  }

  /** Once the head is there, the client is gone: nobody wants the content. */
  async write(bytes: Uint8Array): Promise<number> {
    if (this.head !== "" || this.#written.length > HEAD_BYTES_MAX) {
      throw new Deno.errors.BrokenPipe("Nobody reads on");
    }
    this.#written += textOf(bytes, 0, Math.min(bytes.length, HEAD_BYTES_MAX));
    return await Promise.resolve(bytes.length);
  }

  async closeWrite(): Promise<void> {}

  close(): void {
    this.#closed.resolve(null);
  }
}

/** See the module's comment; `end` it. */
export class DryExchange {
  readonly x: Exchange;
  readonly #stock: ExchangeStock;
  readonly #socket: DrySocket;

  /** @param fallback What holds as long as there is no route. */
  constructor(
    site: Site,
    options: ConnectionOptions,
    fallback: Route,
    question: Question,
  ) {
    const { client } = question;
    const isTrusted = matchesBlocks(parseIp(client), options.trustedProxies);
    this.#socket = new DrySocket(question);
    const connection = new ClientConnection(
      this.#socket,
      options,
      client,
      isTrusted,
      site.wheel,
      { onClientGone: () => {}, onHeadLate: () => {}, onWatchDue: () => {} },
    );
    this.#stock = new ExchangeStock(site);
    this.x = this.#stock.take();
    this.x.begin(connection, 0, fallback);
  }

  /**
   * Reads the head that a client would send.
   *
   * @throws {HttpError} What is wrong with it.
   */
  readHead({ method, url, headers }: Question): void {
    parseWhole(this.x.request, requestBytes(method, url, headers));
  }

  /** The head of the response that was written; empty for none. */
  get responseHead(): string {
    return this.#socket.head;
  }

  /** Gives back what it borrowed. */
  end(): void {
    this.x.client.close("client_closed");
    this.#stock.give(this.x);
  }
}
