/**
 * A connection from a client, as everything behind the listener sees it: the same for
 * plain TCP, a Unix socket and TLS.
 */

/** What TLS has told of a connection. */
export interface ServerIdentity {
  /** The name that the client asked for, in lower case; empty for none. */
  readonly serverName: string;
  /** Whether the certificate that it was shown is one for this name, which is in lower case. */
  covers(name: string): boolean;
}

/** See the module's comment; `Deno.Conn` is one. */
export interface ClientSocket {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  /** What TLS has told; not there without TLS. */
  readonly identity?: ServerIdentity;
  /** Reads what has arrived: the number of bytes, or null at the end of the input. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of `bytes`, which must not change until the promise settles. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the sending side, so that the peer knows that this was all. */
  closeWrite(): Promise<void>;
  /** Closes both sides at once; what is under way ends. In TLS, the peer sees that it is cut. */
  close(): void;
  /** Has the system send what is written at once, also if it is little and more has not been acknowledged; not there where it does anyway. */
  setNoDelay?(isOn: boolean): void;
  /** Closes when nothing is under way, and tells the peer so, if that takes more than closing. */
  finish?(): void;
  /**
   * Once the peer has said that it sends nothing more: calls back when its connection
   * ends after that word, which only TLS can tell. At most once, and not after `close`.
   */
  watchEnd?(onEnd: (wasReset: boolean) => void): void;
}
