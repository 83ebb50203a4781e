/**
 * Moving content from the origin into the cache, at the origin's pace, whoever
 * reads it there and whether or not the client that asked first is still with us.
 */

import type {
  IncomingContent,
  IncomingOwner,
} from "../../cache/store/incoming_content.ts";
import type { Store } from "../../cache/store/store.ts";
import type { StoredResponse } from "../../cache/store/stored_response.ts";
import { FIELD } from "../../http/field.ts";
import { HttpError } from "../../http/error.ts";
import { Deadline, type DeadlineOwner } from "../../net/deadline.ts";
import { logEvent } from "../../observe/event_log.ts";
import type { OriginConnection } from "../../upstream/origin_connection.ts";
import type { Body } from "../../exchange/body.ts";
import type { Fetch } from "../../exchange/fetch_state.ts";
import type { Generation } from "../../exchange/generation.ts";
import type { Route } from "../../exchange/route.ts";
import type { Site } from "../../exchange/site.ts";
import { RELAY_BUFFER_BYTES } from "../../exchange/relay.ts";
import type { SharedCache } from "../../exchange/shared_cache.ts";
import { endingOf } from "../../exchange/ending.ts";
import { isPlain } from "../../coding/eligible.ts";
import { keepLarge } from "./large/keep_large.ts";
import { writeBehind } from "./write_behind.ts";

/** How long content is fetched that nobody reads: nearly there, awaited elsewhere, or refreshed. */
const UNREAD_MS = 60_000;
/** How long readers of content that only passes wait, in all, for those that are behind. */
const HELD_UP_MS = 5000;

/**
 * Takes in the content of `fetch.response`. If it has not arrived whole, the origin's
 * connection and the body are no longer the exchange's.
 */
export function receiveContent(
  fetch: Fetch,
  cache: SharedCache,
  stored: StoredResponse,
  incoming: IncomingContent,
): void {
  const { responseBody: body } = fetch;
  const isReusable = fetch.response.persists;
  const origin = fetch.origin!;
  let unplaced: Uint8Array | undefined;
  try {
    unplaced = takeArrived(body, incoming);
  } catch (error) {
    incoming.fail();
    cache.store.remove(stored);
    cache.store.ledger.settle(stored);
    throw error;
  }
  if (isWhole(body, incoming) && unplaced === undefined) {
    finish(cache, stored, incoming);
    if (body.done) fetch.releaseOrigin();
    else fetch.discardOrigin();
    return;
  }
  fetch.handOver(cache.takeBody());
  const receiving = new Receiving(fetch, stored, incoming, body, origin);
  cache.track(receiving, receiving.run(unplaced, isReusable));
}

/**
 * Takes what has arrived, up to where it may no longer be kept.
 *
 * @returns A run that may not.
 */
function takeArrived(
  body: Body,
  incoming: IncomingContent,
): Uint8Array | undefined {
  while (!isWhole(body, incoming)) {
    const run = body.take();
    if (run === undefined) return undefined;
    const wanted = incoming.length < 0
      ? run.length
      : incoming.length - incoming.arrived;
    const piece = run.length <= wanted ? run : run.subarray(0, wanted);
    if (!incoming.append(piece)) return piece;
  }
  return undefined;
}

/** Whether all is there that is wanted: of a body that is a slice's only at its beginning, no more. */
function isWhole(body: Body, { length, arrived }: IncomingContent): boolean {
  return body.done || length >= 0 && arrived >= length;
}

/** The content is whole. */
function finish(
  cache: SharedCache,
  stored: StoredResponse,
  incoming: IncomingContent,
): void {
  takeContent(cache.store, stored, incoming);
  writeBehind(cache, stored);
  cache.store.complete(stored);
}

/** Gives a response its content, which is whole; `complete` makes the store take it. */
export function takeContent(
  store: Store,
  stored: StoredResponse,
  incoming: IncomingContent,
): void {
  incoming.complete();
  stored.buffer = incoming.content();
  stored.length = incoming.arrived;
  stored.lingeringBytes = incoming.retiredBytes;
  stored.incoming = undefined;
  if (incoming.isRead) {
    // Those who read it as it came read this buffer: it is theirs until the last has left.
    store.pin(stored);
    incoming.owner = {
      onNoReaders(): void {
        stored.lingeringBytes = 0;
        store.ledger.recount(stored);
        store.unpin(stored);
      },
    };
  }
}

/** Content that has not arrived whole; goes on when the exchange has gone its own way. */
class Receiving implements IncomingOwner, DeadlineOwner {
  readonly #site: Site;
  readonly #route: Route;
  readonly #generation: Generation;
  readonly #cache: SharedCache;
  readonly #stored: StoredResponse;
  readonly #incoming: IncomingContent;
  readonly #body: Body;
  readonly #origin: OriginConnection;
  /** Whether it may be kept in pieces, from which nobody takes a coding: it has none, or whoever selects it reads it. */
  readonly #mayBeApart: boolean;
  /** For what nobody reads to be whole, or for those who hold up others to catch up. */
  readonly #deadline: Deadline;
  /** Bytes of a run that has no way because of readers that are behind; 0 if none waits. */
  #waitingBytes = 0;
  /** Whether it has turned out to be too large for memory. */
  #isPassing = false;
  /** How long readers have waited for others. */
  #heldUpMs = 0;

  constructor(
    { site, route, generation, response }: Fetch,
    stored: StoredResponse,
    incoming: IncomingContent,
    body: Body,
    origin: OriginConnection,
  ) {
    this.#site = site;
    this.#route = route;
    this.#generation = generation!;
    this.#generation.enter();
    this.#cache = site.cache!;
    this.#stored = stored;
    this.#incoming = incoming;
    this.#body = body;
    this.#origin = origin;
    this.#mayBeApart = isPlain(response.fields) ||
      stored.traits.selecting.some(({ id }) => id === FIELD.AcceptEncoding);
    this.#deadline = new Deadline(site.wheel, this);
    incoming.owner = this;
    this.#deadline.set(UNREAD_MS); // until somebody reads, at least
  }

  /** Nobody reads any more: it is received to its end if that is near, and comes soon. */
  onNoReaders(): void {
    const { store } = this.#cache;
    const { hash } = this.#stored.entry;
    if (this.#incoming.state !== "receiving") return;
    if (this.#incoming.isNearlyDone || store.workerFetches?.isAwaited(hash)) {
      this.#deadline.set(UNREAD_MS);
    } else this.close();
  }

  onDeadline(): void {
    if (this.#waitingBytes > 0) this.#incoming.cutOff(this.#waitingBytes);
    else if (!this.#incoming.isRead) this.close();
  }

  /** Ends it. */
  close(): void {
    this.#incoming.fail();
    this.#origin.close("upstream_unwanted");
  }

  /**
   * Takes in the rest as it arrives; never rejects: readers learn of failures by the content.
   *
   * @param unplaced A run that has arrived and may not be kept.
   * @param isReusable Whether the origin's connection may carry another exchange.
   */
  async run(
    unplaced: Uint8Array | undefined,
    isReusable: boolean,
  ): Promise<void> {
    const { store } = this.#cache;
    try {
      this.#origin.reader.growsTo = RELAY_BUFFER_BYTES;
      await this.#takeRest(unplaced);
      this.#origin.reader.growsTo = 0;
      this.#incoming.owner = undefined; // from here on, the connection is the pool's
      if (this.#incoming.isTooLargeToStore) {
        this.#incoming.complete();
        this.#abandon();
      } else finish(this.#cache, this.#stored, this.#incoming);
      if (this.#body.done) this.#origin.release(isReusable);
      else this.#origin.discard("upstream_unwanted");
    } catch (error) {
      if (!(error instanceof HttpError)) {
        logEvent("error", `A bug in sluice: ${(error as Error).stack}`);
      }
      this.#incoming.owner = undefined;
      this.#incoming.fail();
      store.remove(this.#stored);
      this.#abandon();
      const isKnown = error instanceof HttpError;
      const reason = isKnown ? endingOf(error.code, true) : "internal";
      this.#origin.discard(reason);
    } finally {
      this.#deadline.dispose();
      store.ledger.settle(this.#stored);
      this.#cache.keepBody(this.#body);
      this.#generation.leave();
    }
  }

  /** Nothing comes of it for others who may wait for it. */
  #abandon(): void {
    this.#cache.tiers?.abandon(this.#stored.entry.key);
  }

  async #takeRest(unplaced: Uint8Array | undefined): Promise<void> {
    const incoming = this.#incoming;
    const body = this.#body;
    const origin = this.#origin;
    const { readMs } = this.#route.timeouts;
    let run = unplaced;
    for (;;) {
      run ??= takeArrived(body, incoming);
      if (run !== undefined) await this.#pass(run);
      run = undefined;
      this.#cache.store.ledger.recount(this.#stored);
      if (isWhole(body, incoming)) return;
      incoming.notify();
      if (incoming.isFailed) throw deserted();
      origin.deadline.set(readMs);
      await body.more();
      origin.deadline.clear(); // the time that readers take is not the origin's
      if (incoming.isFailed) throw deserted();
      if (origin.timedOut) {
        throw new HttpError("origin_timeout", "The response came to a halt");
      }
    }
  }

  /**
   * Lets what has arrived pass through, run by run, as long as somebody reads, or is
   * about to. Nobody new may join.
   */
  async #pass(first: Uint8Array): Promise<void> {
    const { store } = this.#cache;
    const incoming = this.#incoming;
    if (!this.#isPassing) this.#beginPassing();
    for (
      let run: Uint8Array | undefined = first;
      run !== undefined;
      run = this.#body.take()
    ) {
      incoming.notify();
      await this.#wayFor(run.length);
      incoming.append(run);
      store.ledger.recount(this.#stored);
    }
  }

  /** It cannot be stored in memory: a tier keeps it, or nobody does. */
  #beginPassing(): void {
    this.#isPassing = true;
    const { store } = this.#cache;
    store.remove(this.#stored);
    const isKept = this.#mayBeApart &&
      keepLarge(this.#cache, this.#stored, this.#incoming);
    if (isKept) return;
    const { hash } = this.#stored.entry;
    const nowMs = this.#site.clock.now();
    store.uncacheable.noteOutgrown(hash, nowMs);
    store.refusals.note(hash, "too-large", nowMs);
  }

  /** Waits until a run of so many bytes has its way; readers that hold up others for too long are cut off. */
  async #wayFor(count: number): Promise<void> {
    const incoming = this.#incoming;
    const { wheel } = this.#site;
    while (incoming.state === "receiving") {
      const { isRead } = incoming;
      const isWanted = isRead || this.#stored.pins > 0; // somebody may be about to read
      if (!isWanted && !this.#body.done) break;
      if ((isRead || !isWanted) && incoming.hasWay(count)) return;
      if (incoming.isHeldUp(count)) {
        incoming.letGo(count);
        if (incoming.hasWay(count)) return;
      }
      const isHeldUp = incoming.isHeldUp(count);
      const startedMs = wheel.now();
      if (isHeldUp) {
        this.#waitingBytes = count;
        this.#deadline.set(Math.max(1, HELD_UP_MS - this.#heldUpMs));
      }
      await incoming.wait();
      if (!isHeldUp) continue;
      this.#waitingBytes = 0;
      this.#deadline.clear();
      this.#heldUpMs += wheel.now() - startedMs;
    }
    throw deserted();
  }
}

function deserted(): HttpError {
  return new HttpError("client_gone", "Nobody reads any more");
}
