/**
 * TLS without a socket: encrypted bytes in and out on one side, plain ones on the
 * other. What moves them is `tls_socket.ts`.
 *
 * `Deno.listenTls` cannot tell the server name, set `TCP_NODELAY` or hand over a
 * connection that has begun with something else. `node:tls` can, but its sockets stand
 * on two layers of streams, which cost more than the encryption (docs/performance.md),
 * and a `node:net` server that has once run out of descriptors never accepts again. So
 * this file, and no other, uses the object that `node:tls` itself stands on: `TLSWrap`,
 * in the mode in which it leaves input and output to JavaScript. It is no documented
 * part of the runtime, whose version is fixed; the tests of this room fail if another
 * version changes it.
 */

import { nodeModule } from "./node_module.ts";

/** The runtime's object: the part that is used. Its callbacks must not call it. */
interface TlsWrap {
  initServerTls(context: unknown): number;
  initClientTls(serverName: string, context: unknown): number;
  attachJsStream(): number;
  setHandle(handle: TlsWrap): void;
  setAlpnProtocols(protocols: readonly string[]): void;
  start(): number;
  readStart(): number;
  /** Takes encrypted bytes. */
  readBuffer(bytes: Uint8Array): void;
  /** Takes plain bytes. */
  writeBuffer(request: object, bytes: Uint8Array): number;
  /** Gives encrypted bytes; none if there are none. */
  drainEncOut(): Uint8Array | undefined;
  /** Says that this was all. */
  shutdown(request: object): number;
  setVerifyMode(requests: boolean, rejects: boolean): void;
  getPeerCertificate(isWholeChain: boolean):
    | { readonly raw?: Uint8Array }
    | undefined;
  destroySsl?(): void;
  onhandshakestart: () => void;
  onhandshakedone: () => void;
  onerror: (error: Error & { readonly code?: string }) => void;
  /** Gives plain bytes; undefined at the end. */
  onread: (bytes: ArrayBuffer | undefined) => void;
}

type TlsWrapClass = new (kind: number, asyncId: number) => TlsWrap;

const KIND_CLIENT = 0;
const KIND_SERVER = 1;
/** HTTP/1.0 is spoken by clients that ask for no protocol at all. */
const PROTOCOLS: readonly string[] = ["http/1.1"];

/** A certificate with its key, ready for use. */
export interface TlsContext {
  /** The runtime's. */
  readonly context: unknown;
}

/**
 * Makes a certificate ready for use.
 *
 * @param cert The chain, in PEM.
 * @param key The private key, in PEM.
 * @throws {Error} if they are no certificate and its key.
 */
export function createTlsContext(cert: string, key: string): TlsContext {
  const { createSecureContext } = nodeModule("node:tls");
  const { context } = createSecureContext({ cert, key }) as {
    context: object;
  };
  const ready = { ...context, requestCert: false, rejectUnauthorized: false };
  TlsEngine.forServer({ context: ready }, () => {}); // fails if the key is not the certificate's
  return { context: ready };
}

/** How a server is spoken to. */
export interface ClientTlsOptions {
  /** Certificates to trust besides the usual ones, in PEM. */
  readonly authorities: readonly string[];
  /** What we show if we are asked, in PEM; undefined for nothing. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Whether any server is taken for the right one. */
  readonly insecure: boolean;
}

/**
 * Makes what is needed to speak to a server.
 *
 * @throws {Error} if `cert` and `key` are no certificate and its key.
 */
export function createClientContext(
  { authorities, cert, key, insecure }: ClientTlsOptions,
): TlsContext {
  const { createSecureContext, getCACertificates } = nodeModule("node:tls");
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  const trusted = authorities.length === 0 ? {} : {
    ca: [...authorities, ...getCACertificates("system")],
  };
  const { context } = createSecureContext({ ...own, ...trusted }) as {
    context: object;
  };
  const ready = {
    ...context,
    requestCert: false,
    rejectUnauthorized: !insecure,
  };
  TlsEngine.forClient({ context: ready }, "localhost", () => {}).close();
  return { context: ready };
}

let TlsWrapConstructor: TlsWrapClass | undefined;

/** The class of the runtime's object: a socket of `node:tls` has one. */
function tlsWrapClass(): TlsWrapClass {
  if (TlsWrapConstructor !== undefined) return TlsWrapConstructor;
  const { Duplex } = nodeModule("node:stream");
  const { TLSSocket } = nodeModule("node:tls");
  const stream = new Duplex({
    read(): void {},
    write(_chunk: unknown, _encoding: string, done: () => void): void {
      done();
    },
  });
  const socket = new TLSSocket(stream, { isServer: true } as object);
  socket.on("error", () => {});
  const { _handle } = socket as unknown as { _handle: TlsWrap | null };
  const made = _handle?.constructor as TlsWrapClass | undefined;
  socket.destroy();
  stream.destroy();
  if (typeof made?.prototype?.drainEncOut !== "function") {
    throw new Error("This version of the runtime has another TLS");
  }
  return TlsWrapConstructor = made;
}

const NONE = new Uint8Array(0);
/** A request whose end nobody waits for: the bytes are fetched, not written. */
const onComplete = (): void => {};

/** One connection's TLS; see the module's comment. */
export class TlsEngine {
  /** Whether the handshake is complete. */
  isEstablished = false;
  /** Whether the peer has said that it sends nothing more. */
  hasEnded = false;
  /** What went wrong, for good. */
  error: (Error & { readonly code?: string }) | undefined;
  readonly #wrap: TlsWrap;
  /** Plain bytes that have come. */
  #plain: Uint8Array[] = [];

  /**
   * The TLS of a server with a client.
   *
   * @param onPlain Called when plain bytes or the end have come: mostly, but not
   *   always, while `receive` runs. It must not call the engine.
   */
  static forServer({ context }: TlsContext, onPlain: () => void): TlsEngine {
    const wrap = new (tlsWrapClass())(KIND_SERVER, 0);
    if (wrap.initServerTls(context) !== 0) {
      throw new Error("the certificate and its key cannot be used together");
    }
    return new TlsEngine(wrap, onPlain);
  }

  /**
   * The TLS of a client with a server. That the certificate is one for this name
   * is for the caller to check: {@linkcode TlsEngine.peerCertificate}.
   *
   * @param serverName The name, or the address, of the server.
   * @param onPlain As for a server.
   */
  static forClient(
    { context }: TlsContext,
    serverName: string,
    onPlain: () => void,
  ): TlsEngine {
    const wrap = new (tlsWrapClass())(KIND_CLIENT, 0);
    if (wrap.initClientTls(serverName, context) !== 0) {
      throw new Error("the certificate and its key cannot be used together");
    }
    const { rejectUnauthorized } = context as { rejectUnauthorized: boolean };
    wrap.setVerifyMode(true, rejectUnauthorized);
    return new TlsEngine(wrap, onPlain);
  }

  private constructor(wrap: TlsWrap, onPlain: () => void) {
    this.#wrap = wrap;
    wrap.attachJsStream();
    wrap.setHandle(wrap);
    wrap.onhandshakestart = (): void => {};
    wrap.onhandshakedone = (): void => {
      this.isEstablished = true;
    };
    wrap.onerror = (error): void => {
      this.error ??= error;
      onPlain();
    };
    wrap.onread = (bytes): void => {
      if (bytes === undefined) this.hasEnded = true;
      else this.#plain.push(new Uint8Array(bytes));
      onPlain();
    };
    wrap.setAlpnProtocols(PROTOCOLS);
    wrap.start();
    wrap.readStart();
  }

  /** Takes encrypted bytes from the peer, all of them. */
  receive(bytes: Uint8Array): void {
    this.#wrap.readBuffer(bytes);
  }

  /** The next plain bytes that have come; undefined if there are none. */
  takePlain(): Uint8Array | undefined {
    return this.#plain.shift();
  }

  /** The certificate that the peer has shown (DER); undefined if there is none. */
  get peerCertificate(): Uint8Array | undefined {
    return this.#wrap.getPeerCertificate(false)?.raw;
  }

  /** Takes plain bytes for the peer. */
  encrypt(bytes: Uint8Array): void {
    this.#wrap.writeBuffer({ oncomplete: onComplete }, bytes);
  }

  /** Says that nothing more comes (`close_notify`). */
  end(): void {
    this.#wrap.shutdown({ oncomplete: onComplete });
  }

  /** The encrypted bytes that are due to the peer; none if there are none. */
  takeEncrypted(): Uint8Array {
    const bytes = this.#wrap.drainEncOut();
    return bytes === undefined || bytes.byteLength === 0 ? NONE : bytes;
  }

  /** Frees what the runtime holds. */
  close(): void {
    this.#plain = [];
    this.#wrap.destroySsl?.();
  }
}
