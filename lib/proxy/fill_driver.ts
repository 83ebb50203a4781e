/**
 * Moving content from the origin into the cache, at the origin's pace, whoever
 * reads it there and whether or not the client that asked first is still with us.
 */

import { Fill } from "../cache/fill.ts";
import type { StoredResponse } from "../cache/stored_response.ts";
import { HttpError } from "../http/error.ts";
import { logEvent } from "../observe/event_log.ts";
import type { OriginConnection } from "../upstream/origin_connection.ts";
import type { Body } from "./body.ts";
import type { Exchange } from "./exchange_state.ts";
import type { Gateway } from "./gateway.ts";
import { noteIdleHint, releaseOrigin } from "./pass.ts";
import { RELAY_BUFFER_BYTES } from "./relay.ts";
import type { SharedCache } from "./shared_cache.ts";

/** What is under way: all that is needed once the exchange has gone its own way. */
interface Filling {
  readonly gateway: Gateway;
  readonly cache: SharedCache;
  readonly stored: StoredResponse;
  readonly fill: Fill;
  readonly body: Body;
  readonly origin: OriginConnection;
  readonly isReusable: boolean;
}

/**
 * Takes in the content of `x.response`. If it has not arrived whole, the origin's
 * connection and the body are no longer the exchange's.
 */
export function fillFrom(
  x: Exchange,
  cache: SharedCache,
  stored: StoredResponse,
  fill: Fill,
): void {
  const { responseBody: body, gateway } = x;
  const isReusable = x.response.persists;
  const origin = x.origin!;
  try {
    takeArrived(body, fill);
  } catch (error) {
    cache.store.remove(stored);
    throw error;
  }
  if (body.done && !fill.isPassing) {
    finish(cache, stored, fill);
    releaseOrigin(x);
    return;
  }
  noteIdleHint(x);
  x.origin = undefined;
  x.responseBody = cache.takeBody();
  const filling = { gateway, cache, stored, fill, body, origin, isReusable };
  fill.owner = {
    onDeserted(): void {
      if (cache.store.isAwaitedElsewhere(stored.resource.hash)) return;
      fill.fail();
      origin.close();
    },
  };
  cache.track(
    { close: () => origin.close() },
    drive(filling),
  );
}

/** Takes what has arrived, up to where it may no longer be kept. */
function takeArrived(body: Body, fill: Fill): void {
  while (!fill.isPassing) {
    const run = body.take();
    if (run === undefined) return;
    fill.append(run);
  }
}

/** The content is whole. */
function finish(cache: SharedCache, stored: StoredResponse, fill: Fill): void {
  fill.complete();
  stored.buffer = fill.content();
  stored.length = fill.arrived;
  stored.fill = undefined;
  if (fill.isRead) {
    // Those who read the fill read this buffer: it is theirs until the last has left.
    cache.store.pin(stored);
    fill.owner = {
      onDeserted(): void {
        cache.store.unpin(stored);
      },
    };
  }
  cache.store.complete(stored);
}

/** Takes in the rest as it arrives; never rejects: readers learn of failures by the fill. */
async function drive(filling: Filling): Promise<void> {
  const { gateway, cache, stored, fill, origin, isReusable } = filling;
  try {
    origin.reader.growsTo = RELAY_BUFFER_BYTES;
    await takeRest(filling);
    origin.reader.growsTo = 0;
    fill.owner = undefined; // from here on, the connection is the pool's
    if (fill.isPassing) fill.complete();
    else finish(cache, stored, fill);
    gateway.pool.release(origin, isReusable);
  } catch (error) {
    if (!(error instanceof HttpError)) {
      logEvent("error", `A defect of sluice: ${(error as Error).stack}`);
    }
    fill.owner = undefined;
    fill.fail();
    cache.store.remove(stored);
    gateway.pool.discard(origin);
  } finally {
    cache.keepBody(filling.body);
  }
}

async function takeRest(filling: Filling): Promise<void> {
  const { gateway, cache, stored, fill, body, origin } = filling;
  const { readMs } = gateway.route.timeouts;
  for (;;) {
    takeArrived(body, fill);
    if (fill.isPassing) {
      // Larger than may be stored: nobody new may join, and the readers set the pace.
      cache.store.remove(stored);
      await passRest(filling);
    } else cache.store.recount(stored);
    if (body.done) return;
    fill.announce();
    if (fill.state === "failed") throw deserted();
    origin.deadline.set(readMs);
    await body.more();
    origin.deadline.clear(); // the time that readers take is not the origin's
    if (origin.timedOut) {
      throw new HttpError("origin_timeout", "The response came to a halt");
    }
  }
}

/** Lets what has arrived pass through, run by run, as long as somebody reads, or is about to. */
async function passRest({ stored, fill, body }: Filling): Promise<void> {
  for (;;) {
    fill.announce();
    await fill.drained(() => stored.pins > 0);
    if (fill.state === "failed") return;
    if (!fill.isRead && !body.done) throw deserted();
    const run = body.take();
    if (run === undefined) return;
    fill.append(run);
  }
}

function deserted(): HttpError {
  return new HttpError("client_gone", "Nobody reads any more");
}
