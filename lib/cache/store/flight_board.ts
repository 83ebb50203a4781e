/**
 * Who fetches what, as all workers see it: collapsed forwarding across threads.
 *
 * A key has one place on the board by its hash. If another key has it, the two
 * workers go on by themselves: that costs a request, never a wrong answer.
 */

import { Flight } from "./flight.ts";
import { FLIGHT_WORDS, type SharedMemory } from "./shared_memory.ts";

/** Words of a flight, by number. */
const FLIGHT = {
  /** The hash of the key plus one; 0 if nobody fetches. */
  Hash: 0,
  /** The worker that fetches; -1 as long as it has not said which it is. */
  Worker: 1,
  /** Counts the ends of flights: others wait for it to change. */
  Landings: 2,
  /** How many other workers wait. */
  Waiting: 3,
} as const;

/** See the module's comment. */
export class FlightBoard {
  readonly #words: Int32Array;
  readonly #worker: number;
  /** Flights of other workers that somebody here waits for, by hash. */
  readonly #awaited = new Map<number, Flight>();

  constructor(memory: SharedMemory, worker: number) {
    this.#words = new Int32Array(memory.flights);
    this.#worker = worker;
  }

  /** Prepares the memory; once, before there are others. */
  initialise(): void {
    for (let at = 0; at < this.#words.length; at += FLIGHT_WORDS) {
      this.#words[at + FLIGHT.Worker] = -1;
    }
  }

  #at(hash: number): number {
    const count = this.#words.length / FLIGHT_WORDS;
    return hash % count * FLIGHT_WORDS;
  }

  /** Says that this worker fetches. */
  begin(hash: number): void {
    const at = this.#at(hash);
    const before = Atomics.compareExchange(this.#words, at, 0, hash + 1);
    if (before === 0) {
      Atomics.store(this.#words, at + FLIGHT.Worker, this.#worker);
    }
  }

  /** Says that this worker fetches, unless another does: of two at once, one is told of the other's flight. */
  beginUnlessElsewhere(hash: number): Flight | undefined {
    this.begin(hash);
    return this.elsewhere(hash);
  }

  /** Says that this worker has fetched: others look again. */
  end(hash: number): void {
    const at = this.#at(hash);
    if (this.#isOwn(at, hash)) this.#clear(at);
  }

  #isOwn(at: number, hash: number): boolean {
    return Atomics.load(this.#words, at) === hash + 1 &&
      Atomics.load(this.#words, at + FLIGHT.Worker) === this.#worker;
  }

  /** Whether other workers wait for what this one fetches. */
  isAwaited(hash: number): boolean {
    const at = this.#at(hash);
    return this.#isOwn(at, hash) &&
      Atomics.load(this.#words, at + FLIGHT.Waiting) > 0;
  }

  #clear(at: number): void {
    Atomics.store(this.#words, at + FLIGHT.Worker, -1);
    Atomics.store(this.#words, at + FLIGHT.Waiting, 0);
    Atomics.store(this.#words, at, 0);
    Atomics.add(this.#words, at + FLIGHT.Landings, 1);
    Atomics.notify(this.#words, at + FLIGHT.Landings);
  }

  /** The flight of another worker, to wait for; undefined if there is none. */
  elsewhere(hash: number): Flight | undefined {
    const at = this.#at(hash);
    const landings = Atomics.load(this.#words, at + FLIGHT.Landings);
    const isElsewhere = Atomics.load(this.#words, at) === hash + 1 &&
      Atomics.load(this.#words, at + FLIGHT.Worker) !== this.#worker;
    if (!isElsewhere) return undefined;
    const known = this.#awaited.get(hash);
    if (known !== undefined) return known;
    const flight = new Flight();
    this.#awaited.set(hash, flight);
    Atomics.add(this.#words, at + FLIGHT.Waiting, 1);
    this.#settleAt(at + FLIGHT.Landings, landings).then(() => {
      this.#awaited.delete(hash);
      flight.settle("look");
    });
    return flight;
  }

  async #settleAt(word: number, landings: number): Promise<void> {
    const { async: isPending, value } = Atomics.waitAsync(
      this.#words,
      word,
      landings,
    );
    if (isPending) await value;
  }

  /** Ends the flights of a worker that has died. */
  forgetWorker(worker: number): void {
    for (let at = 0; at < this.#words.length; at += FLIGHT_WORDS) {
      const isIts = Atomics.load(this.#words, at) !== 0 &&
        Atomics.load(this.#words, at + FLIGHT.Worker) === worker;
      if (isIts) this.#clear(at);
    }
  }
}
