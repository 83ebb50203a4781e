/**
 * What is known of an upstream's servers, in memory that all workers share: which are
 * out, how many connections each has, whose turn it is.
 *
 * A server has a slot, found by a number that its address makes. Words that only one
 * worker writes are added up by those who read, so that what a crashed worker has
 * counted can be cleared. Words of all are written in single steps. Nobody waits for
 * anybody: what two do at the same time may be off by one, never wrong for long.
 */

import { textOf as latin1Of } from "../http/bytes.ts";
import type { Clock } from "../net/clock.ts";

/** Servers of one upstream; further addresses of a name are left out. */
export const SERVERS_MAX = 128;
/** Servers that have a place: those of a configuration, and of the one before whose requests still run. */
export const SLOTS_MAX = 2 * SERVERS_MAX;

/** Words of the upstream, by number. */
const UPSTREAM = {
  /** Counts the turns of round-robin. */
  Turn: 0,
  /** Changes when somebody waits, or has made room. */
  Bell: 1,
  /** 1 once the operator has had a word on one of its servers. */
  Administered: 2,
  /** Random: what signs cookies where the configuration has no secret. */
  Secret: 3,
  /** Seconds, requests and retries, for the budget. */
  Budget: 11,
} as const;
/** Words of the secret. */
const SECRET_WORDS = 8;
/** Seconds that a budget remembers: a power of two above those that count. */
export const BUDGET_SECONDS = 16;
/** Words of one second of a budget. */
export const BUDGET_WORDS = 3;
const UPSTREAM_WORDS = UPSTREAM.Budget + BUDGET_SECONDS * BUDGET_WORDS;

/** Words of a server that all write, by number. */
export const SERVER = {
  /** What its address makes; 0 for a slot that is free. */
  Key: 0,
  /** Whether probes have put it out: 1 if so. */
  Down: 1,
  /** Until when failed requests have put it out; 0 for not. */
  EjectedUntil: 2,
  /** How often in a row. */
  Ejections: 3,
  /** Failed requests in a row. */
  Failures: 4,
  /** Since when it is back; 0 for always. */
  BackSince: 5,
  /** By the word of the operator: see `ADMINISTERED`. */
  Administered: 6,
  /** Good probes in a row, or failed ones below 0. */
  Probes: 7,
  /** When it was last probed; 0 for never. */
  ProbedAt: 8,
  /** The weight that the operator has given it; 0 for none. */
  Weight: 9,
  /** The weight of the configuration that this one is in place of. */
  WeightBefore: 10,
  /** Why it was put out last: a text. */
  Reason: 11,
  /** The address that its name stands for: a text. */
  Address: 31,
} as const;
/** Texts of a server, and how many characters each may have. */
const TEXT_LENGTHS = { [SERVER.Reason]: 80, [SERVER.Address]: 48 };
const SERVER_WORDS = 43;

/** Words of a server that one worker writes, by number. */
export const OWN = {
  /** How often it uses the slot: for each generation of the configuration. */
  Uses: 0,
  /** Connections, tunnels not included. */
  Connections: 1,
  /** Requests in flight. */
  Load: 2,
} as const;
const OWN_WORDS = 3;

/** Ticks of the clock that all share, in ms: words of 32 bits count them for months. */
const TICK_MS = 10;

/** Words for each worker that belong to no server: how many requests wait there. */
const WAITING_WORDS = 1;

/** Memory for the state of an upstream, and its random secret. */
export function createUpstreamMemory(workers: number): SharedArrayBuffer {
  const places = workers + 1; // the main thread, which probes
  const words = UPSTREAM_WORDS + places * WAITING_WORDS +
    SLOTS_MAX * (SERVER_WORDS + places * OWN_WORDS);
  const memory = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
  const secret = crypto.getRandomValues(new Int32Array(SECRET_WORDS));
  new Int32Array(memory).set(secret, UPSTREAM.Secret);
  return memory;
}

/** See the module's comment. */
export class SharedState {
  readonly #words: Int32Array;
  readonly #places: number;
  readonly #own: number;
  readonly #clock: Clock;
  #isClosed = false;

  /** @param place Which worker this is, from 0; the main thread is behind the last. */
  constructor(memory: SharedArrayBuffer, place: number, clock: Clock) {
    this.#words = new Int32Array(memory);
    const slotted = this.#words.length - UPSTREAM_WORDS -
      SLOTS_MAX * SERVER_WORDS;
    this.#places = slotted / (WAITING_WORDS + SLOTS_MAX * OWN_WORDS);
    this.#own = place;
    this.#clock = clock;
  }

  /** Whether other workers use it, too. */
  get isShared(): boolean {
    return this.#places > 2;
  }

  /** The secret that is made at the start. */
  get secret(): Uint8Array<ArrayBuffer> {
    const words = this.#words.slice(
      UPSTREAM.Secret,
      UPSTREAM.Secret + SECRET_WORDS,
    );
    const bytes = new Uint8Array(words.byteLength);
    bytes.set(new Uint8Array(words.buffer, 0, words.byteLength));
    return bytes;
  }

  /** The next turn of round-robin, from 0. */
  nextTurn(): number {
    return Atomics.add(this.#words, UPSTREAM.Turn, 1) >>> 0;
  }

  /** The turn that the next request gets; nothing is counted. */
  get turn(): number {
    return Atomics.load(this.#words, UPSTREAM.Turn) >>> 0;
  }

  /** The words of the budget. */
  get budget(): Int32Array {
    return this.#words.subarray(UPSTREAM.Budget, UPSTREAM_WORDS);
  }

  /** The time that all share, in ticks that wrap around. */
  ticks(afterMs = 0): number {
    return Math.floor((this.#clock.now() + afterMs) / TICK_MS) | 0;
  }

  /** Milliseconds from one time to another, in ticks. */
  static between(from: number, to: number): number {
    return ((to - from) | 0) * TICK_MS;
  }

  #slotAt(slot: number): number {
    return UPSTREAM_WORDS + this.#places * WAITING_WORDS +
      slot * (SERVER_WORDS + this.#places * OWN_WORDS);
  }

  /**
   * The slot of a server, which this worker uses from now on.
   *
   * @param key What its address makes; not 0.
   * @returns -1 if all are taken.
   */
  enter(key: number): number {
    for (;;) {
      const slot = this.#find(key);
      if (slot < 0) return -1;
      const at = this.#slotAt(slot) + SERVER.Key;
      const known = Atomics.compareExchange(this.#words, at, 0, key);
      if (known !== 0 && known !== key) continue; // another one was faster
      this.addOwn(slot, OWN.Uses, 1);
      return slot;
    }
  }

  #find(key: number): number {
    let free = -1;
    for (let slot = 0; slot < SLOTS_MAX; slot++) {
      const known = this.get(slot, SERVER.Key);
      if (known === key) return slot;
      if (known === 0 && free < 0) free = slot;
    }
    return free;
  }

  /** Gives a slot back; it is free when nobody uses it. */
  leave(slot: number): void {
    this.addOwn(slot, OWN.Uses, -1);
    this.#freeIfUnused(slot);
  }

  #freeIfUnused(slot: number): void {
    if (this.sum(slot, OWN.Uses) > 0) return;
    for (let word = SERVER_WORDS - 1; word >= 0; word--) {
      this.set(slot, word, 0);
    }
  }

  /** A word of a server. */
  get(slot: number, word: number): number {
    return Atomics.load(this.#words, this.#slotAt(slot) + word);
  }

  /** Sets a word of a server. */
  set(slot: number, word: number, value: number): void {
    Atomics.store(this.#words, this.#slotAt(slot) + word, value);
  }

  /** Adds to a word of a server, and returns what it is then. */
  add(slot: number, word: number, count: number): number {
    const at = this.#slotAt(slot) + word;
    return Atomics.add(this.#words, at, count) + count;
  }

  /** Sets a word of a server to a value if it has another one: of several who do, one is told so. */
  change(slot: number, word: number, from: number, to: number): boolean {
    const at = this.#slotAt(slot) + word;
    return Atomics.compareExchange(this.#words, at, from, to) === from;
  }

  /** A text of a server; empty for none. */
  textOf(slot: number, text: keyof typeof TEXT_LENGTHS): string {
    const bytes = this.#bytesOf(slot, text).slice(); // what others write meanwhile does not matter
    const end = bytes.indexOf(0);
    return latin1Of(bytes, 0, end < 0 ? bytes.length : end);
  }

  /** Sets a text of a server; what is too long is cut. */
  setText(
    slot: number,
    text: keyof typeof TEXT_LENGTHS,
    value: string,
  ): void {
    const bytes = this.#bytesOf(slot, text);
    for (let i = 0; i < bytes.length; i++) {
      const code = value.charCodeAt(i); // NaN behind the end: 0
      bytes[i] = code > 255 ? 0x3f : code;
    }
  }

  #bytesOf(slot: number, text: keyof typeof TEXT_LENGTHS): Uint8Array {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.#words;
    const at = (this.#slotAt(slot) + text) * BYTES_PER_ELEMENT;
    return new Uint8Array(buffer, byteOffset + at, TEXT_LENGTHS[text]);
  }

  /** Whether the operator has had a word on a server. */
  get isAdministered(): boolean {
    return this.#words[UPSTREAM.Administered] !== 0; // asked thrice a request: who is told a moment later does not mind
  }

  /** The operator has had a word on a server: all workers look again. */
  noteAdministered(): void {
    Atomics.store(this.#words, UPSTREAM.Administered, 1);
    this.ring();
  }

  /** Adds to a word that only this worker writes. */
  addOwn(slot: number, word: number, count: number): void {
    const at = this.#slotAt(slot) + SERVER_WORDS + this.#own * OWN_WORDS;
    Atomics.add(this.#words, at + word, count);
  }

  /**
   * As {@linkcode SharedState.addOwn}, for what others may learn a moment later: each
   * request to an origin does it twice, and an atomic add takes ten times as long.
   */
  addOwnSoon(slot: number, word: number, count: number): void {
    const at = this.#slotAt(slot) + SERVER_WORDS + this.#own * OWN_WORDS;
    this.#words[at + word]! += count;
  }

  /** Words that each worker writes, added up. */
  sum(slot: number, word: number): number {
    let at = this.#slotAt(slot) + SERVER_WORDS + word;
    let sum = 0;
    for (let place = 0; place < this.#places; place++) {
      sum += Atomics.load(this.#words, at);
      at += OWN_WORDS;
    }
    return sum;
  }

  /** Tells the others that one queue more of this worker has requests that wait, or one less. */
  addWaiting(count: 1 | -1): void {
    Atomics.add(this.#words, UPSTREAM_WORDS + this.#own, count);
  }

  /** Whether requests wait in other workers. */
  get othersWait(): boolean {
    for (let place = 0; place < this.#places; place++) {
      const waiting = Atomics.load(this.#words, UPSTREAM_WORDS + place);
      if (place !== this.#own && waiting > 0) return true;
    }
    return false;
  }

  /** Has all workers look again who waits, and where there is room. */
  ring(): void {
    Atomics.add(this.#words, UPSTREAM.Bell, 1);
    Atomics.notify(this.#words, UPSTREAM.Bell);
  }

  /** Calls `onRing` after each ring, until it is closed. */
  async listen(onRing: () => void): Promise<void> {
    let heard = Atomics.load(this.#words, UPSTREAM.Bell);
    while (!this.#isClosed) {
      const wait = Atomics.waitAsync(this.#words, UPSTREAM.Bell, heard);
      if (wait.async) await wait.value;
      heard = Atomics.load(this.#words, UPSTREAM.Bell);
      onRing();
    }
  }

  /** Ends {@linkcode SharedState.listen}. */
  close(): void {
    this.#isClosed = true;
    this.ring();
  }

  /** Forgets what a worker has counted: it has crashed. */
  static forget(memory: SharedArrayBuffer, place: number, clock: Clock): void {
    const state = new SharedState(memory, place, clock);
    Atomics.store(state.#words, UPSTREAM_WORDS + place, 0);
    for (let slot = 0; slot < SLOTS_MAX; slot++) {
      if (state.get(slot, SERVER.Key) === 0) continue;
      const at = state.#slotAt(slot) + SERVER_WORDS + place * OWN_WORDS;
      state.#words.fill(0, at, at + OWN_WORDS);
      state.#freeIfUnused(slot);
    }
    state.ring();
  }

  /** Forgets what probes have found: servers are not probed any more. */
  static forgetProbes(memory: SharedArrayBuffer, clock: Clock): void {
    const state = new SharedState(memory, 0, clock);
    for (let slot = 0; slot < SLOTS_MAX; slot++) {
      state.set(slot, SERVER.Down, 0);
      state.set(slot, SERVER.Probes, 0);
      state.set(slot, SERVER.ProbedAt, 0);
    }
  }
}
