/**
 * Requests that an operator follows: whoever has a token, which is made here and good for
 * one request, gets the line that the log would have of that request.
 *
 * The memory is fixed, and threads share it: one makes the token, another serves the
 * request and leaves the line, and the first one picks it up.
 */

import type { Clock } from "../net/clock.ts";

/** Requests that are followed at the same time. */
const SLOTS = 8;
/** How long a token is good, and its line is kept, in ms. */
export const TRACE_MS = 30_000;
/** Bytes of a line; of what is longer, nothing is kept. */
const LINE_BYTES_MAX = 16 * 1024;
const TOKEN_BYTES = 16;
const TOKEN = /^[0-9a-f]{32}$/;

/** What a slot is for. */
const STATE = { Free: 0, Awaited: 1, Taken: 2, Done: 3 } as const;
/** Bytes of a slot: state and length, how long it holds, token, line. */
const UNTIL_AT = 8;
const TOKEN_AT = 16;
const LINE_AT = TOKEN_AT + TOKEN_BYTES;
const SLOT_BYTES = LINE_AT + LINE_BYTES_MAX;

/** What is known of a request that is followed. */
export type TraceFound =
  /** The token is none, or has been for too long. */
  | { readonly kind: "unknown" }
  /** It has not come, or has not ended. */
  | { readonly kind: "awaited" }
  | { readonly kind: "done"; readonly line: string };

/** Memory for them, which threads may share. */
export function createTraceMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(SLOTS * SLOT_BYTES);
}

/** See the module's comment. */
export class LiveTraces {
  readonly #clock: Clock;
  readonly #words: Int32Array;
  readonly #times: Float64Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer, clock: Clock) {
    this.#clock = clock;
    this.#words = new Int32Array(memory);
    this.#times = new Float64Array(memory);
    this.#bytes = new Uint8Array(memory);
  }

  /** A token for one request; undefined if as many are followed as may be. */
  begin(): string | undefined {
    const nowMs = this.#clock.now();
    for (let slot = 0; slot < SLOTS; slot++) {
      const state = Atomics.load(this.#words, wordOf(slot));
      if (state !== STATE.Free && this.#untilMs(slot) > nowMs) continue;
      const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
      this.#bytes.set(token, slot * SLOT_BYTES + TOKEN_AT);
      this.#times[(slot * SLOT_BYTES + UNTIL_AT) / 8] = nowMs + TRACE_MS;
      Atomics.store(this.#words, wordOf(slot), STATE.Awaited);
      return token.toHex();
    }
    return undefined;
  }

  /**
   * Takes the token of a request; it is good for no other one.
   *
   * @returns What {@linkcode LiveTraces.finish} is told; -1 if it is no token.
   */
  take(token: string): number {
    const slot = this.#slotOf(token);
    if (slot < 0) return -1;
    const before = Atomics.compareExchange(
      this.#words,
      wordOf(slot),
      STATE.Awaited,
      STATE.Taken,
    );
    return before === STATE.Awaited ? slot : -1;
  }

  /** Leaves the line of a request whose token was taken. */
  finish(slot: number, line: Uint8Array): void {
    const isShort = line.length <= LINE_BYTES_MAX;
    if (isShort) this.#bytes.set(line, slot * SLOT_BYTES + LINE_AT);
    this.#words[wordOf(slot) + 1] = isShort ? line.length : 0;
    Atomics.store(this.#words, wordOf(slot), STATE.Done);
  }

  /** What is known of the request with a token; what is done is told once. */
  find(token: string): TraceFound {
    const slot = this.#slotOf(token);
    if (slot < 0) return { kind: "unknown" };
    const state = Atomics.load(this.#words, wordOf(slot));
    if (state !== STATE.Done) return { kind: "awaited" };
    const start = slot * SLOT_BYTES + LINE_AT;
    const end = start + this.#words[wordOf(slot) + 1]!;
    const line = new TextDecoder().decode(this.#bytes.slice(start, end));
    Atomics.store(this.#words, wordOf(slot), STATE.Free);
    return { kind: "done", line };
  }

  /** The slot of a token that holds; -1 for none. It takes the same time for every token. */
  #slotOf(token: string): number {
    if (!TOKEN.test(token)) return -1;
    const wanted = Uint8Array.fromHex(token);
    const nowMs = this.#clock.now();
    let found = -1;
    for (let slot = 0; slot < SLOTS; slot++) {
      const start = slot * SLOT_BYTES + TOKEN_AT;
      let difference = 0;
      for (let at = 0; at < TOKEN_BYTES; at++) {
        difference |= this.#bytes[start + at]! ^ wanted[at]!;
      }
      const isFree = Atomics.load(this.#words, wordOf(slot)) === STATE.Free;
      if (difference === 0 && !isFree && this.#untilMs(slot) > nowMs) {
        found = slot;
      }
    }
    return found;
  }

  #untilMs(slot: number): number {
    return this.#times[(slot * SLOT_BYTES + UNTIL_AT) / 8]!;
  }
}

/** The place of a slot's state among the words; its line's length is behind it. */
function wordOf(slot: number): number {
  return slot * SLOT_BYTES / Int32Array.BYTES_PER_ELEMENT;
}
