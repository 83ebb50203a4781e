/**
 * Who fetches what, as all workers see it: collapsed forwarding across threads.
 *
 * A key has one place in the table by its hash. If another key has it, the two
 * workers go on by themselves: that costs a request, never a wrong answer.
 */

import { SharedFetch } from "../shared_fetch.ts";
import { SHARED_FETCH_WORDS, type SharedMemory } from "./shared_memory.ts";
import type { WorkerFetches } from "../store.ts";
import type { StoredResponse } from "../stored_response.ts";

/** Words of a shared fetch, by number. */
const SHARED_FETCH = {
  /** The hash of the key plus one; 0 if nobody fetches. */
  Hash: 0,
  /** The worker that fetches; -1 as long as it has not said which it is. */
  Worker: 1,
  /** Counts the ends of shared fetches: others wait for it to change. */
  Ends: 2,
  /** How many other workers wait. */
  Waiting: 3,
} as const;

/** See the module's comment. */
export class SharedFetchTable implements WorkerFetches {
  readonly #words: Int32Array;
  readonly #worker: number;
  /** Fetches of other workers that somebody here waits for, by hash. */
  readonly #awaited = new Map<number, SharedFetch>();

  constructor(memory: SharedMemory, worker: number) {
    this.#words = new Int32Array(memory.sharedFetches);
    this.#worker = worker;
  }

  /** Prepares the memory; once, before there are others. */
  initialise(): void {
    for (let at = 0; at < this.#words.length; at += SHARED_FETCH_WORDS) {
      this.#words[at + SHARED_FETCH.Worker] = -1;
    }
  }

  #at(hash: number): number {
    const count = this.#words.length / SHARED_FETCH_WORDS;
    return hash % count * SHARED_FETCH_WORDS;
  }

  begin(hash: number): void {
    const at = this.#at(hash);
    const before = Atomics.compareExchange(this.#words, at, 0, hash + 1);
    if (before === 0) {
      Atomics.store(this.#words, at + SHARED_FETCH.Worker, this.#worker);
    }
  }

  beginUnlessElsewhere(hash: number): SharedFetch | undefined {
    this.begin(hash);
    return this.elsewhere(hash);
  }

  end(hash: number, stored: StoredResponse | undefined): void {
    if (stored?.isLinked && stored.incoming !== undefined) {
      stored.isAwaited = true;
    } else this.#end(hash);
  }

  /** A response is whole, or has been taken out: those who waited for that look again. */
  settle(stored: StoredResponse): void {
    if (!stored.isAwaited) return;
    stored.isAwaited = false;
    this.#end(stored.entry.hash);
  }

  #end(hash: number): void {
    const at = this.#at(hash);
    if (this.#isOwn(at, hash)) this.#clear(at);
  }

  #isOwn(at: number, hash: number): boolean {
    return Atomics.load(this.#words, at) === hash + 1 &&
      Atomics.load(this.#words, at + SHARED_FETCH.Worker) === this.#worker;
  }

  isAwaited(hash: number): boolean {
    const at = this.#at(hash);
    return this.#isOwn(at, hash) &&
      Atomics.load(this.#words, at + SHARED_FETCH.Waiting) > 0;
  }

  #clear(at: number): void {
    Atomics.store(this.#words, at + SHARED_FETCH.Worker, -1);
    Atomics.store(this.#words, at + SHARED_FETCH.Waiting, 0);
    Atomics.store(this.#words, at, 0);
    Atomics.add(this.#words, at + SHARED_FETCH.Ends, 1);
    Atomics.notify(this.#words, at + SHARED_FETCH.Ends);
  }

  elsewhere(hash: number): SharedFetch | undefined {
    const at = this.#at(hash);
    const ends = Atomics.load(this.#words, at + SHARED_FETCH.Ends);
    const isElsewhere = Atomics.load(this.#words, at) === hash + 1 &&
      Atomics.load(this.#words, at + SHARED_FETCH.Worker) !== this.#worker;
    if (!isElsewhere) return undefined;
    const known = this.#awaited.get(hash);
    if (known !== undefined) return known;
    const sharedFetch = new SharedFetch();
    this.#awaited.set(hash, sharedFetch);
    Atomics.add(this.#words, at + SHARED_FETCH.Waiting, 1);
    this.#settleAt(at + SHARED_FETCH.Ends, ends).then(() => {
      this.#awaited.delete(hash);
      sharedFetch.settle("look");
    });
    return sharedFetch;
  }

  async #settleAt(word: number, ends: number): Promise<void> {
    const { async: isPending, value } = Atomics.waitAsync(
      this.#words,
      word,
      ends,
    );
    if (isPending) await value;
  }

  /** Ends the shared fetches of a worker that has died. */
  forgetWorker(worker: number): void {
    for (let at = 0; at < this.#words.length; at += SHARED_FETCH_WORDS) {
      const isIts = Atomics.load(this.#words, at) !== 0 &&
        Atomics.load(this.#words, at + SHARED_FETCH.Worker) === worker;
      if (isIts) this.#clear(at);
    }
  }
}
