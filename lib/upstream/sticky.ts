/**
 * A cookie that brings a client back to its server.
 *
 * Its value is a code of the server's name, made with a secret (HMAC-SHA-256): nobody
 * can make one up, and nobody learns the name from it. It is made once for each server,
 * so that a request costs one look-up.
 */

import { cookieOf } from "./balance/request_key.ts";
import type { RequestHead } from "../http/request_head.ts";
import type { Server } from "./server.ts";

/** Bytes of a code: enough that none can be guessed. */
const CODE_BYTES = 16;

/** How clients are brought back. */
export interface StickyOptions {
  readonly cookie: string;
  /** How long browsers keep the cookie, in ms; 0 for until they close. */
  readonly ttlMs: number;
  /** What signs it; undefined for one that is made at the start. */
  readonly secret: string | undefined;
}

/** See the module's comment. */
export class Sticky {
  readonly #options: StickyOptions;
  readonly #scope: string;
  readonly #key: Promise<CryptoKey>;
  readonly #byCode = new Map<string, Server>();
  readonly #codes = new Map<Server, string>();
  /** Resolves when every server has its code. */
  #ready: Promise<void> | undefined;

  /**
   * @param scope The upstream: a code of another one is no code here.
   * @param secret What is used if the options have none.
   */
  constructor(
    options: StickyOptions,
    scope: string,
    secret: Uint8Array<ArrayBuffer>,
  ) {
    this.#options = options;
    this.#scope = scope;
    const bytes = options.secret === undefined
      ? secret
      : new TextEncoder().encode(options.secret);
    this.#key = crypto.subtle.importKey(
      "raw",
      bytes,
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
  }

  /** Resolves when every server has its code; undefined if they have. */
  get ready(): Promise<void> | undefined {
    return this.#ready;
  }

  /** Makes the codes of these servers, in place of others. */
  setServers(servers: readonly Server[]): void {
    const ready = this.#make(servers);
    this.#ready = ready;
    ready.then(() => {
      if (this.#ready === ready) this.#ready = undefined;
    });
  }

  async #make(servers: readonly Server[]): Promise<void> {
    const key = await this.#key;
    const codes = await Promise.all(servers.map(async ({ name }) => {
      const text = new TextEncoder().encode(`${this.#scope}\n${name}`);
      const code = await crypto.subtle.sign("HMAC", key, text);
      return new Uint8Array(code, 0, CODE_BYTES).toHex();
    }));
    this.#byCode.clear();
    this.#codes.clear();
    for (const [index, server] of servers.entries()) {
      this.#byCode.set(codes[index]!, server);
      this.#codes.set(server, codes[index]!);
    }
  }

  /** The server that a request's cookie names; undefined if there is none such. */
  serverOf(request: RequestHead): Server | undefined {
    const code = cookieOf(request, this.#options.cookie);
    return code === undefined ? undefined : this.#byCode.get(code);
  }

  /**
   * The header line that brings a client back to a server, with its CRLF.
   *
   * @param isSecure Whether the client speaks TLS.
   */
  lineFor(server: Server, isSecure: boolean): string {
    const code = this.#codes.get(server);
    if (code === undefined) return "";
    const { cookie, ttlMs } = this.#options;
    const age = ttlMs === 0 ? "" : `; Max-Age=${Math.ceil(ttlMs / 1000)}`;
    const secure = isSecure ? "; Secure" : "";
    return `Set-Cookie: ${cookie}=${code}; Path=/${age}; HttpOnly; SameSite=Lax${secure}\r\n`;
  }
}
