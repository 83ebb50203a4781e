/**
 * The keys that tokens are signed with: a set (RFC 7517 §5) in a file, or at a service.
 * It is fetched again for a key that it does not have, and now and then, so that a key
 * that was taken back is not believed for ever. If that fails, the known keys hold.
 */

import type { JSONWebKeySet } from "jose";
import type { Exchange } from "../../exchange/exchange_state.ts";
import { PageFile } from "../../files/page_file.ts";
import { bytesOf } from "../../http/bytes.ts";
import type { Clock } from "../../net/clock.ts";
import { logEvent } from "../../observe/event_log.ts";
import { Refusal } from "../refusal.ts";
import { parseKeySet } from "./key_set_text.ts";
import type { Service } from "../forward/service.ts";

/** When a set is looked at again, in ms. */
export interface KeyTimes {
  /** Between two looks, whatever comes. */
  readonly floorMs: number;
  /** How old a set is when it is looked at again, in the background. */
  readonly refreshedMs: number;
  /** How long it is believed without a look. */
  readonly believedMs: number;
}

/** A look costs a question to another machine. */
export const TIMES_OF_SERVICES: KeyTimes = {
  floorMs: 30_000,
  refreshedMs: 480_000,
  believedMs: 600_000,
};
/** A look is one at the file's time. */
export const TIMES_OF_FILES: KeyTimes = {
  floorMs: 1000,
  refreshedMs: 1000,
  believedMs: 60_000,
};
const decoder = new TextDecoder();

/** Gives the bytes of a set; undefined, or an error, if there are none. */
export type KeySource = (x: Exchange) => Promise<Uint8Array | undefined>;

/** The source that is a file. */
export function keysInFile(path: string, clock: Clock): KeySource {
  const file = new PageFile(path, clock);
  return () => file.read();
}

/** The source that is a service. */
export function keysAt(service: Service, target: string): KeySource {
  const question = bytesOf(
    `GET ${target} HTTP/1.1\r\nHost: service\r\nAccept: application/json\r\n\r\n`,
  );
  return (x) =>
    service.ask(
      x,
      question,
      ({ status }) => (content) => status === 200 ? content : undefined,
    );
}

/** See the module's comment. */
export class KeySet {
  readonly #times: KeyTimes;
  readonly #clock: Clock;
  #keys: JSONWebKeySet | undefined;
  /** What they were read from. */
  #text = "";
  /** When that was known to hold, on the clock that never goes back. */
  #learnedMs = -Infinity;
  #askedMs = -Infinity;
  /** Whether nothing came of the last question. */
  #hasFailed = false;
  #asking: Promise<void> | undefined;

  constructor(times: KeyTimes, clock: Clock) {
    this.#times = times;
    this.#clock = clock;
  }

  /**
   * The keys. A request waits for them only if there are none, or if nobody has asked
   * for so long that they may not hold any more: else they are fetched in the background
   * before that.
   *
   * @throws {HttpError} `auth_unavailable` if none are known.
   */
  async read(x: Exchange, source: KeySource): Promise<JSONWebKeySet> {
    const { believedMs, refreshedMs } = this.#times;
    const ageMs = this.#clock.monotonic() - this.#learnedMs;
    const isOverdue = ageMs >= believedMs && !this.#hasFailed;
    if (this.#keys === undefined || isOverdue) await this.refresh(x, source);
    else if (ageMs >= refreshedMs) this.refresh(x, source);
    if (this.#keys !== undefined) return this.#keys;
    throw new Refusal("auth-unavailable", {
      detail: "There are no keys for tokens",
    });
  }

  /** Looks for newer keys, unless somebody has just done so; never rejects. Returns whether there are some. */
  async refresh(x: Exchange, source: KeySource): Promise<boolean> {
    const before = this.#keys;
    const nowMs = this.#clock.monotonic();
    if (this.#asking === undefined) {
      if (nowMs - this.#askedMs < this.#times.floorMs) return false;
      this.#askedMs = nowMs;
      this.#asking = this.#ask(x, source).finally(() =>
        this.#asking = undefined
      );
    }
    await this.#asking;
    return this.#keys !== before;
  }

  async #ask(x: Exchange, source: KeySource): Promise<void> {
    try {
      const bytes = await source(x);
      if (bytes === undefined) throw new SyntaxError("there is no set of keys");
      const text = decoder.decode(bytes);
      if (text !== this.#text) this.#keys = parseKeySet(text);
      this.#text = text;
      this.#learnedMs = this.#clock.monotonic();
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      logEvent("error", `keys for tokens: ${(error as Error).message}`);
    }
  }
}
