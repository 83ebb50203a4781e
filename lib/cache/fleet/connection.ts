/**
 * A connection to the store that a fleet shares (Valkey or Redis), through the client
 * `@redis/client`. The client is loaded when a connection is first opened. What it does
 * of its own accord is bounded: it connects again, but not more often than once in two
 * seconds; it keeps so many commands at most, and none while there is no connection.
 * A caller waits no longer than its signal says; an answer that comes later is dropped.
 */

import { nodeModule } from "../../net/node_module.ts";
import type { Script } from "./scripts.ts";

/** Commands on their way. */
const COMMANDS_MAX = 512;
/** For a connection to be made, in ms. */
const CONNECT_MS = 2000;
/** Between two tries to connect, in ms: more each time. */
const RETRY_MS = { first: 50, last: 2000 } as const;
/** How often an idle connection is tried, in ms; one that is silent for longer is made anew. */
const PING_MS = 5000;
const SILENCE_MS = 12_000;

/** What a script returns. */
export type Reply = Uint8Array | number | null | readonly Reply[];

/** What is given to a script. */
export type Argument = string | number | Uint8Array;

type Buffer = import("node:buffer").Buffer;
type Library = typeof import("@redis/client");
type Client = ReturnType<typeof clientOf>;

/** How the store is known over TLS, and what it is shown; in PEM. */
export interface StoreTls {
  /** To trust in place of the system's; empty for the system's. */
  readonly ca: readonly string[];
  /** The name that its certificate must have, if not that of the URL. */
  readonly name: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Where the store is, and who is told of the connection. */
export interface ConnectionOptions {
  /** `redis://`, `rediss://` or `unix:///path`, perhaps with a name and a password. */
  readonly url: string;
  /** For `rediss://`. */
  readonly tls?: StoreTls | undefined;
  /** There is a connection, perhaps once more. */
  onOpen?(): void;
  /** There is none, and why. */
  onFailure?(why: string): void;
}

/** The store, as its users see it. */
export type StoreAccess = Pick<
  FleetConnection,
  "isOpen" | "run" | "command" | "subscribe" | "close"
>;

/** Opens a connection; a test brings a model of the store. */
export type Connect = (options: ConnectionOptions) => StoreAccess;

/** To a real store. */
export function connectToStore(options: ConnectionOptions): StoreAccess {
  return new FleetConnection(options);
}

// deno-lint-ignore explicit-function-return-type -- its type depends on the options
function clientOf(
  { createClient, RESP_TYPES }: Library,
  { url, tls }: ConnectionOptions,
) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: COMMANDS_MAX,
    pingInterval: PING_MS,
    commandOptions: {
      typeMapping: {
        [RESP_TYPES.BLOB_STRING]: nodeModule("node:buffer").Buffer,
      },
    },
    socket: {
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      reconnectStrategy: (tries: number): number =>
        Math.min(RETRY_MS.first * 2 ** Math.min(tries, 10), RETRY_MS.last) *
        (0.75 + Math.random() / 2),
      ...(url.startsWith("rediss:") ? tlsOptions(tls) : {}),
    },
  });
}

// deno-lint-ignore explicit-function-return-type -- what the client takes
function tlsOptions(tls: StoreTls | undefined) {
  return {
    tls: true as const,
    ...(tls?.ca.length ? { ca: [...tls.ca] } : {}),
    ...(tls?.name === undefined ? {} : { servername: tls.name }),
    ...(tls?.cert === undefined ? {} : { cert: tls.cert, key: tls.key! }),
  };
}

/** See the module's comment. */
export class FleetConnection {
  readonly #options: ConnectionOptions;
  #client: Client | undefined;
  #isClosed = false;

  /** Begins to connect; until there is a connection, every call is refused. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#open();
  }

  async #open(): Promise<void> {
    try {
      const library = await import("@redis/client") as Library & {
        readonly default?: Library;
      };
      if (this.#isClosed) return;
      const client = clientOf(library.default ?? library, this.#options);
      this.#client = client;
      client.on("error", (error: Error) => this.#failed(error));
      client.on("ready", () => this.#options.onOpen?.());
      await client.connect();
    } catch (error) {
      this.#failed(error as Error); // the client goes on to try
    }
  }

  #failed(error: Error): void {
    if (!this.#isClosed) this.#options.onFailure?.(reasonOf(error));
  }

  /** Whether there is a connection. */
  get isOpen(): boolean {
    return this.#client?.isReady === true;
  }

  /**
   * Runs a script.
   *
   * @param keys As many as it has.
   * @throws {Error} It was refused, or is not wanted any more.
   */
  async run(
    { text, keys: count }: Script,
    keys: readonly string[],
    given: readonly Argument[],
    signal: AbortSignal,
  ): Promise<Reply> {
    const rest = [String(count), ...keys, ...given];
    try {
      return await this.command(["EVALSHA", shaOf(text), ...rest], signal);
    } catch (error) {
      if (!(error as Error).message.startsWith("NOSCRIPT")) throw error;
      return await this.command(["EVAL", text, ...rest], signal);
    }
  }

  /**
   * Sends a command.
   *
   * @throws {Error} as {@linkcode FleetConnection.run}.
   */
  async command(
    words: readonly Argument[],
    signal: AbortSignal,
  ): Promise<Reply> {
    const client = this.#client;
    if (client?.isReady !== true) throw new Error("there is no connection");
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(new Error("not wanted any more"));
    signal.addEventListener("abort", giveUp);
    try {
      const sent = client.sendCommand(words.map(wordOf)) as Promise<Reply>;
      sent.catch(() => {}); // nobody may be waiting any more
      return await Promise.race([sent, promise]);
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /**
   * Listens to a channel, from now on and after each new connection; on a connection of
   * its own, which does nothing else.
   */
  async subscribe(channel: string, heard: () => void): Promise<void> {
    await this.#client?.subscribe(channel, heard);
  }

  /** Ends it, with what is on its way. */
  close(): void {
    this.#isClosed = true;
    try {
      this.#client?.destroy();
    } catch {
      // it had no connection
    }
  }
}

function wordOf(word: Argument): string | Buffer {
  if (typeof word === "string") return word;
  if (typeof word === "number") return String(word);
  const { Buffer } = nodeModule("node:buffer");
  return Buffer.from(word.buffer as ArrayBuffer, word.byteOffset, word.length);
}

const SHAS = new Map<string, string>();

/** The name that the store has for a script. */
function shaOf(text: string): string {
  let sha = SHAS.get(text);
  if (sha === undefined) {
    sha = nodeModule("node:crypto").createHash("sha1").update(text)
      .digest("hex");
    SHAS.set(text, sha);
  }
  return sha;
}

/** Why there is no connection, without the address: it may have a password. */
function reasonOf(error: Error): string {
  const { code } = error as Error & { readonly code?: string };
  return code ?? error.message.split("\n")[0]!.slice(0, 200);
}
