/**
 * The keys that tokens are signed with: a set (RFC 7517 §5) in a file, or at a service.
 * It is fetched again for a key that it does not have, and now and then, so that a key
 * that was taken back is not believed for ever. If that fails, the known keys hold.
 */

import type { JSONWebKeySet } from "jose";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { PageFile } from "../../files/page_file.ts";
import { HttpError } from "../../http/error.ts";
import { bytesOf } from "../../http/bytes.ts";
import type { Clock } from "../../net/clock.ts";
import { logEvent } from "../../observe/event_log.ts";
import type { Service } from "../forward/service.ts";

/** Between two fetches, whatever comes, in ms. */
const FLOOR_MS = 30_000;
/** How long a set is believed without a look, in ms. */
const BELIEVED_MS = 600_000;
const decoder = new TextDecoder();

/** Gives the bytes of a set; undefined, or an error, if there are none. */
type Source = (x: Exchange) => Promise<Uint8Array | undefined>;

/** The source that is a file. */
export function keysInFile(path: string, clock: Clock): Source {
  const file = new PageFile(path, clock);
  return () => file.read();
}

/** The source that is a service. */
export function keysAt(service: Service, target: string): Source {
  const question = bytesOf(
    `GET ${target} HTTP/1.1\r\nHost: service\r\nAccept: application/json\r\n\r\n`,
  );
  return (x) =>
    service.ask(
      x,
      question,
      ({ status }, content) => status === 200 ? content : undefined,
    );
}

/** See the module's comment. */
export class KeySet {
  readonly #source: Source;
  readonly #clock: Clock;
  #keys: JSONWebKeySet | undefined;
  #askedMs = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(source: Source, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /**
   * The keys.
   *
   * @throws {HttpError} `auth_unavailable` if none are known.
   */
  async read(x: Exchange): Promise<JSONWebKeySet> {
    const ageMs = this.#clock.monotonic() - this.#askedMs;
    const isDue = this.#keys === undefined || ageMs >= BELIEVED_MS;
    if (isDue) await this.refresh(x);
    if (this.#keys !== undefined) return this.#keys;
    throw new HttpError("auth_unavailable", "There are no keys for tokens");
  }

  /** Looks for newer keys, unless somebody has just done so; never rejects. Returns whether there are some. */
  async refresh(x: Exchange): Promise<boolean> {
    const before = this.#keys;
    const nowMs = this.#clock.monotonic();
    const mayAsk = nowMs - this.#askedMs >= FLOOR_MS;
    if (this.#asking === undefined && !mayAsk) return false;
    if (this.#asking === undefined) {
      this.#askedMs = nowMs;
      this.#asking = this.#ask(x).finally(() => this.#asking = undefined);
    }
    await this.#asking;
    return this.#keys !== before;
  }

  async #ask(x: Exchange): Promise<void> {
    try {
      const bytes = await this.#source(x);
      if (bytes === undefined) throw new SyntaxError("there is no set of keys");
      this.#keys = keySetOf(JSON.parse(decoder.decode(bytes)));
    } catch (error) {
      logEvent("error", `keys for tokens: ${(error as Error).message}`);
    }
  }
}

function keySetOf(value: unknown): JSONWebKeySet {
  const keys = (value as { keys?: unknown } | null)?.keys;
  if (Array.isArray(keys)) return { keys };
  throw new SyntaxError("this is no set of keys: expected { keys: [...] }");
}
