/**
 * What a connection begins with before its first request: the header of the PROXY
 * protocol, if a proxy in front sends one, then the TLS handshake, if the listener's
 * clients speak TLS.
 *
 * All of it has one deadline. Whoever is still opening counts as idle: it makes room for
 * others when there are too many. Why a client did not get that far is told to the
 * operator, in one line for many.
 */

import { errorResponse } from "../head/own_response.ts";
import type { ListenAddress } from "../net/address.ts";
import { BegunSocket } from "../net/begun_socket.ts";
import {
  CLIENT_HELLO_BYTES_MAX,
  readClientHello,
} from "../net/client_hello.ts";
import type { ClientSocket } from "../net/client_socket.ts";
import {
  Deadline,
  type DeadlineOwner,
  type DeadlineWheel,
} from "../net/deadline.ts";
import {
  PROXY_HEADER_BYTES_MAX,
  type ProxyHeader,
  readProxyHeader,
} from "../net/proxy_protocol.ts";
import type { TlsContext } from "../net/tls_engine.ts";
import { TlsSocket } from "../net/tls_socket.ts";
import type { IncidentSink } from "../observe/incidents.ts";
import { type IdleClient, IdlePlace } from "./idle_clients.ts";

/** For all of it. */
export const OPENING_MS = 10_000;
/** Bytes of the buffer for what comes first; it grows. */
const FIRST_BYTES = 2048;
const BYTES_MAX = PROXY_HEADER_BYTES_MAX + CLIENT_HELLO_BYTES_MAX;

/** The alerts that end a handshake before it has begun (RFC 8446 §6.2). */
const ALERT = { decode: 50, version: 70, unrecognizedName: 112 } as const;

/** A certificate, as a handshake needs it. */
export interface ServedCertificate {
  readonly context: TlsContext;
  covers(name: string): boolean;
}

/** What the TLS of a server goes by. */
export interface TlsTerms {
  /** The certificate for a name, which may be empty; undefined if there is none for it. */
  choose(serverName: string): ServedCertificate | undefined;
  /** Whether clients must know TLS 1.3. */
  readonly needsTls13: boolean;
}

/** What openings share. */
export interface OpeningPlace {
  readonly wheel: DeadlineWheel;
  readonly incidents: IncidentSink;
  /** Undefined if there are no certificates. */
  readonly terms: TlsTerms | undefined;
}

/** How an opening ends. */
export type Opened =
  | { readonly kind: "open"; readonly socket: ClientSocket }
  /** The client speaks HTTP where TLS is spoken: it can be told so. */
  | { readonly kind: "plain"; readonly socket: ClientSocket }
  /** It is closed. */
  | { readonly kind: "closed" };

/** Why a connection did not open: for the operator. */
class OpeningError extends Error {
  readonly reason: string;

  constructor(reason: string, text: string) {
    super(text);
    this.reason = reason;
  }
}

/** See the module's comment. */
export class Opening implements IdleClient, DeadlineOwner {
  readonly place = new IdlePlace(this);
  /** Whether it was closed to make room for another. */
  isEvicted = false;
  readonly #socket: ClientSocket;
  readonly #at: ListenAddress;
  readonly #shared: OpeningPlace;
  readonly #deadline: Deadline;
  /** What has come. */
  #bytes = new Uint8Array(FIRST_BYTES);
  #start = 0;
  #end = 0;
  #isClosed = false;
  #isLate = false;

  constructor(socket: ClientSocket, at: ListenAddress, shared: OpeningPlace) {
    this.#socket = socket;
    this.#at = at;
    this.#shared = shared;
    this.#deadline = new Deadline(shared.wheel, this);
  }

  /**
   * Opens the connection; never rejects.
   *
   * @param address The peer's, for the operator.
   * @param isTrusted Whether the peer is a trusted proxy.
   */
  async run(address: string, isTrusted: boolean): Promise<Opened> {
    this.#deadline.set(OPENING_MS);
    try {
      const socket = await this.#proxied(isTrusted);
      return this.#at.secure === true
        ? await this.#secured(socket)
        : { kind: "open", socket };
    } catch (error) {
      const wasClosed = this.#isClosed;
      this.close();
      // Whoever only looks whether somebody listens is no incident.
      const isProbe = this.#end === 0 && !this.#isLate;
      if ((!wasClosed || this.#isLate) && !isProbe) {
        this.#report(error as Error, address);
      }
      return { kind: "closed" };
    } finally {
      this.#deadline.dispose();
    }
  }

  #report(error: Error, address: string): void {
    const reason = error instanceof OpeningError ? error.reason : "handshake";
    const why = this.#isLate
      ? `not finished within ${OPENING_MS / 1000} s`
      : error.message;
    const step = reason === "handshake" ? "a TLS handshake failed: " : "";
    this.#shared.incidents.report({
      reason: `opening_${reason}`,
      text: `${step}${why} (client ${address})`,
      lasts: false,
      count: 1,
    });
  }

  /** Reads the PROXY header, where one may come. */
  async #proxied(isTrusted: boolean): Promise<ClientSocket> {
    if (this.#at.proxyProtocol !== true) return this.#socket;
    const header = await this.#proxyHeader();
    if (header.kind === "header") {
      if (!isTrusted) {
        throw new OpeningError(
          "proxy",
          "a PROXY header from a peer that is not a trusted proxy",
        );
      }
      this.#start = header.length;
    } else if (header.kind === "bad") {
      throw new OpeningError("proxy", `a bad PROXY header: ${header.detail}`);
    } else if (isTrusted) {
      throw new OpeningError(
        "proxy",
        "a trusted proxy sent no PROXY header, which this listener expects",
      );
    }
    const { client, server } = header.kind === "header"
      ? header
      : { client: undefined, server: undefined };
    const isSecure = this.#at.secure === true; // then the bytes go to TLS
    const begun = isSecure
      ? new Uint8Array(0)
      : this.#bytes.slice(this.#start, this.#end);
    return new BegunSocket(this.#socket, begun, client, server);
  }

  async #proxyHeader(): Promise<ProxyHeader> {
    for (;;) {
      const header = readProxyHeader(this.#bytes, this.#end);
      if (header.kind !== "more") return header;
      await this.#more();
    }
  }

  /** Shakes hands. */
  async #secured(socket: ClientSocket): Promise<Opened> {
    const { terms } = this.#shared;
    for (;;) {
      const hello = readClientHello(this.#bytes, this.#start, this.#end);
      if (hello.kind === "more") {
        // Not for each byte: all of it is read again.
        const least = this.#end + hello.least;
        while (this.#end < least) await this.#more();
        continue;
      }
      if (hello.kind === "plain") return this.#plain(socket);
      if (hello.kind === "bad") {
        await this.#alert(ALERT.decode);
        throw new OpeningError(
          "handshake",
          "this is not the hello of a TLS client",
        );
      }
      const { serverName, knowsTls12, knowsTls13 } = hello;
      const needsTls13 = terms?.needsTls13 === true;
      if (!knowsTls13 && (needsTls13 || !knowsTls12)) {
        await this.#alert(ALERT.version);
        const lacks = needsTls13 ? "no TLS 1.3" : "neither TLS 1.2 nor 1.3";
        throw new OpeningError("handshake", `the client has ${lacks}`);
      }
      const certificate = terms?.choose(serverName);
      if (certificate === undefined) {
        await this.#alert(ALERT.unrecognizedName);
        const name = serverName === "" ? "no name" : `"${serverName}"`;
        throw new OpeningError("name", `no certificate for ${name}`);
      }
      return await this.#shake(socket, certificate, serverName);
    }
  }

  async #shake(
    socket: ClientSocket,
    certificate: ServedCertificate,
    serverName: string,
  ): Promise<Opened> {
    const secure = TlsSocket.ofClient(socket, certificate.context, {
      serverName,
      covers: (name) => certificate.covers(name),
    });
    try {
      await secure.handshake(this.#bytes.subarray(this.#start, this.#end));
    } catch (error) {
      secure.free();
      throw error;
    }
    return { kind: "open", socket: secure };
  }

  #plain(socket: ClientSocket): Opened {
    this.#shared.incidents.report({
      reason: "opening_plain",
      text: "a client speaks plain HTTP where TLS is expected",
      lasts: false,
      count: 1,
    });
    const begun = this.#bytes.slice(this.#start, this.#end);
    return {
      kind: "plain",
      socket: new BegunSocket(socket, begun, undefined, undefined),
    };
  }

  async #alert(description: number): Promise<void> {
    const record = Uint8Array.of(0x15, 3, 3, 0, 2, 2, description);
    await this.#socket.write(record);
    await this.#socket.closeWrite();
  }

  /** Reads more of what comes first. */
  async #more(): Promise<void> {
    if (this.#end === this.#bytes.length) {
      if (this.#end >= BYTES_MAX) {
        throw new OpeningError("handshake", "its first message is too long");
      }
      const larger = new Uint8Array(Math.min(this.#end * 4, BYTES_MAX));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const count = await this.#socket.read(this.#bytes.subarray(this.#end));
    if (count === null) {
      throw new OpeningError("left", "a client left before it had begun");
    }
    this.#end += count;
  }

  onDeadline(): void {
    this.#isLate = true;
    this.close();
  }

  evict(): void {
    this.isEvicted = true;
    this.close();
  }

  /** Closes the connection, which has not opened. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

/** The answer to plain HTTP where TLS is expected. */
export const PLAIN_ON_TLS = {
  ...errorResponse(400),
  content: {
    kind: "bytes",
    bytes: new TextEncoder().encode(
      "400 Bad Request: this port speaks HTTPS, and this request is plain HTTP\n",
    ),
  },
} as const;
