/**
 * Follows the purges of a fleet, for all threads of a node: carries them out here, in
 * order, and says how far the node has come. See `docs/fleet.md` for the model.
 *
 * It is woken when there is a purge, and looks once in a second besides. A node that
 * was away catches up; one that cannot know what it has missed forgets all that it has.
 */

import type { Clock } from "../../net/clock.ts";
import type { FleetFacts } from "../../observe/metrics/snapshot.ts";
import type { TierWatcher } from "../store/tiers/guarded_tier.ts";
import {
  type Connect,
  connectToStore,
  type Reply,
  type StoreAccess,
} from "./connection.ts";
import { FleetState, generationText } from "./fleet_state.ts";
import type { FleetLink } from "./fleet_tier.ts";
import { FleetNames } from "./names.ts";
import { readSync, type SyncReply, unknownUpTo } from "./purge_entries.ts";
import type { FleetPurge } from "./purge_text.ts";
import { SYNC } from "./scripts.ts";
import { within } from "./within.ts";

/** Between two looks without being woken, in ms. */
const LOOK_MS = 1000;
/** For an answer, in ms. */
const ANSWER_MS = 2000;
/** A node that has not looked for so long is out of step, in ms. */
const SILENT_MS = 3000;
/** Purges that are read, and carried out, at a time. */
const PAGE = 256;

const EVERYTHING: FleetPurge = { kind: "all", isSoft: false };

/** Is told how a node gets on with its fleet. */
export interface FleetWatcher extends TierWatcher {
  /** It has joined: at the start, or because it could not know what it had missed. */
  joined(tier: string, again: boolean): void;
}

/** See the module's comment. */
export class FleetFollower {
  readonly #clock: Clock;
  readonly #watcher: FleetWatcher;
  readonly #carryOut: (purges: readonly FleetPurge[]) => Promise<void>;
  readonly #names: FleetNames;
  readonly #state: FleetState;
  readonly #connection: StoreAccess;
  readonly #ears: StoreAccess;
  readonly #end = new AbortController();
  #isListening = false;
  /** Where this node is; undefined until it has joined. */
  #generation: bigint | undefined;
  #position = 0;
  #lastLookMs: number;
  #isInStep = false;
  #isFailing = false;
  #isLooking = false;
  #isWoken = false;
  #endLooks: () => void;
  #purges = 0;
  #lagMs = 0;
  #resets = 0;

  /**
   * @param carryOut Carries out purges in what this node keeps for itself; when it
   *   resolves, nothing of that is found any more.
   */
  constructor(
    link: FleetLink,
    clock: Clock,
    watcher: FleetWatcher,
    carryOut: (purges: readonly FleetPurge[]) => Promise<void>,
    connect: Connect = connectToStore,
  ) {
    this.#clock = clock;
    this.#watcher = watcher;
    this.#carryOut = carryOut;
    this.#names = new FleetNames(link.prefix);
    this.#state = new FleetState(link.memory);
    this.#lastLookMs = clock.monotonic();
    const { url, tls } = link;
    this.#connection = connect({
      url,
      tls,
      onOpen: () => this.#wake(),
      onFailure: (why) => this.#failed(why),
    });
    this.#ears = connect({ url, tls, onOpen: () => this.#listen() });
    this.#endLooks = clock.every(LOOK_MS, () => this.#wake());
  }

  /** How this node gets on, as of now. */
  get facts(): FleetFacts {
    return {
      ...this.#state.counts,
      isStorePaused: this.#clock.now() < this.#state.pausedUntilMs,
      isInStep: this.#isInStep,
      purges: this.#purges,
      lagMs: this.#lagMs,
      resets: this.#resets,
    };
  }

  /** Ends it. */
  close(): void {
    this.#endLooks();
    this.#end.abort();
    this.#state.leave();
    this.#connection.close();
    this.#ears.close();
  }

  #listen(): void {
    if (this.#isListening) return this.#wake(); // the client subscribes once more by itself
    this.#isListening = true;
    this.#ears.subscribe(this.#names.channel, () => this.#wake())
      .catch((error: Error) => {
        this.#isListening = false;
        this.#failed(error.message);
      });
  }

  /** Looks, now or once more when the look that is under way has ended. */
  #wake(): void {
    this.#isWoken = true;
    if (!this.#isLooking) this.#lookWhileWoken();
  }

  async #lookWhileWoken(): Promise<void> {
    this.#isLooking = true;
    while (this.#isWoken && !this.#end.signal.aborted) {
      this.#isWoken = false;
      try {
        await this.#look();
      } catch (error) {
        if (!this.#end.signal.aborted) this.#failed((error as Error).message);
      }
    }
    this.#isLooking = false;
  }

  #failed(why: string): void {
    this.#isFailing = true;
    this.#watcher.failed("shared", why);
    const silentMs = this.#clock.monotonic() - this.#lastLookMs;
    if (this.#isInStep && silentMs >= SILENT_MS) this.#leave();
  }

  #leave(): void {
    this.#isInStep = false;
    this.#state.leave();
  }

  /** Learns what is new, and does it. */
  async #look(): Promise<void> {
    const reply = await this.#ask(this.#position);
    const isNew = reply.generation !== this.#generation;
    const unknown = isNew ? undefined : unknownUpTo(this.#position, reply);
    if (isNew) await this.#join(reply);
    else if (unknown !== undefined) await this.#skip(unknown);
    else await this.#follow(reply);
    this.#lastLookMs = this.#clock.monotonic();
    if (!this.#isInStep) this.#enter();
    if (isNew || unknown !== undefined) {
      this.#watcher.joined("shared", this.#resets > 1);
    }
    if (this.#isFailing) this.#watcher.recovered("shared");
    this.#isFailing = false;
  }

  #enter(): void {
    this.#state.leave();
    this.#state.enter({
      generation: this.#generation!,
      position: this.#position,
    });
    this.#isInStep = true;
  }

  async #ask(after: number): Promise<SyncReply> {
    const { control, purges } = this.#names;
    const fresh = crypto.getRandomValues(new BigInt64Array(1))[0]!;
    const given = [generationText(fresh), after, PAGE];
    const ask = (signal: AbortSignal): Promise<Reply> =>
      this.#connection.run(SYNC, [control, purges], given, signal);
    return readSync(
      await within(this.#clock, ANSWER_MS, ask, this.#end.signal),
    );
  }

  /**
   * Begins in another generation. What is here may be something that a purge of the old
   * one named, or one before this node came: it goes. The purges up to now are noted, so
   * that records of others are good that none of them names.
   */
  async #join({ generation, last }: SyncReply): Promise<void> {
    this.#leave();
    this.#generation = undefined; // until it has heard of all, whatever fails
    await this.#forgetAll();
    this.#state.forget();
    let at = 0;
    while (at < last) {
      const reply = await this.#ask(at);
      if (reply.generation !== generation) {
        this.#isWoken = true;
        throw new Error("it has begun anew");
      }
      const unknown = unknownUpTo(at, reply);
      if (unknown !== undefined) this.#state.note(EVERYTHING, unknown);
      for (const { number, purge } of reply.entries) {
        if (number <= last) this.#state.note(purge, number);
      }
      at = reply.entries.at(-1)?.number ?? last;
    }
    this.#generation = generation;
    this.#position = last;
  }

  /** Purges are lost that this node has not heard of: it forgets everything, and goes on behind them. */
  async #skip(unknown: number): Promise<void> {
    this.#state.note(EVERYTHING, unknown);
    await this.#forgetAll();
    this.#position = unknown;
    this.#state.advance(unknown);
    this.#isWoken = true;
  }

  async #forgetAll(): Promise<void> {
    this.#resets++;
    await this.#carryOut([EVERYTHING]);
  }

  /** Carries out the next purges. */
  async #follow({ entries, last, nowMs }: SyncReply): Promise<void> {
    if (entries.length === 0) return;
    const heardMs = this.#clock.monotonic();
    for (const { number, purge } of entries) this.#state.note(purge, number);
    await this.#carryOut(entries.map(({ purge }) => purge));
    this.#purges += entries.length;
    this.#position = entries.at(-1)!.number;
    this.#state.advance(this.#position);
    // From its turn in the store, by the store's clock, to its end here, by ours.
    const { atMs = nowMs } = entries[0]!;
    const onTheWayMs = nowMs === undefined ? 0 : Math.max(0, nowMs - atMs!);
    this.#lagMs = onTheWayMs + this.#clock.monotonic() - heardMs;
    if (this.#position < last) this.#isWoken = true;
  }
}
