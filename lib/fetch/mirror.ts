/**
 * Copies of requests for another upstream: nobody waits for its answers, and they
 * change nothing.
 *
 * A copy is what has gone to the origin, byte for byte. Requests whose content had not
 * arrived when they left are not copied, nor are those that ask for a tunnel; and of
 * too many at the same time, some are left out.
 */

import { HttpError } from "../http/error.ts";
import { isInterim } from "../http/status.ts";
import { ResponseHead } from "../http/response_head.ts";
import { Body } from "../exchange/body.ts";
import type { Fetch } from "../exchange/fetch_state.ts";
import type { HeadLimits } from "../http/head.ts";
import type { OriginConnection } from "../upstream/origin_connection.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { CopyInFlight } from "../upstream/upstream_options.ts";
import { prefaceFor } from "./preface.ts";

/** Copies of one upstream's requests under way at the same time, in one worker. */
const COPIES_MAX = 64;
/** Bytes of a copy. */
const COPY_BYTES_MAX = 64 * 1024;

/** One copy: what is sent, and what its answer needs. */
interface Copy {
  /** What a new connection begins with. */
  readonly preface: Uint8Array | undefined;
  readonly bytes: Uint8Array;
  readonly method: number;
  readonly limits: HeadLimits;
  readonly responseMs: number;
}

/**
 * Sends a copy of the request that is in `fetch.out`, if it is one of those that are
 * copied.
 *
 * @param random Chance, for the share of them.
 */
export function mirrorRequest(fetch: Fetch, random: () => number): void {
  const { upstream, generation, out, request, route, peer } = fetch;
  const { mirror } = upstream.options;
  if (mirror === undefined || random() * 100 >= mirror.percent) return;
  const target = generation?.upstreams.get(mirror.upstream);
  if (target === undefined || out.length > COPY_BYTES_MAX) return;
  if (target.copies.size >= COPIES_MAX) return;
  const copy = {
    preface: prefaceFor(target, peer),
    bytes: out.view().slice(),
    method: request.method,
    limits: route.responseLimits,
    responseMs: route.timeouts.responseMs,
  };
  generation!.enter();
  send(copy, target).finally(() => generation!.leave());
}

/** Sends a copy, and reads the answer so that the connection can be used again. Never rejects. */
async function send(copy: Copy, target: Upstream): Promise<void> {
  const place: CopyInFlight = {};
  target.copies.add(place);
  try {
    const server = target.isGroup ? target.any() : undefined;
    if (target.isGroup && server === undefined) return;
    const wish = {
      isRepeatable: false,
      isRetry: false,
      server,
      preface: copy.preface,
    };
    const origin = await target.acquire(wish).connection;
    place.origin = origin;
    const isReusable = await exchange(copy, origin).catch(() => false);
    if (isReusable) origin.release(true);
    else origin.discard("upstream_unwanted");
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    // The operator has been told: there is no connection.
  } finally {
    target.copies.delete(place);
  }
}

/** Resolves to whether the connection may carry another exchange. */
async function exchange(
  { bytes, method, limits, responseMs }: Copy,
  origin: OriginConnection,
): Promise<boolean> {
  const { reader } = origin;
  const response = new ResponseHead();
  origin.deadline.set(responseMs);
  await origin.write(bytes);
  do {
    response.begin(reader.start, limits, method);
    while (!response.parse(reader.bytes, reader.end)) {
      await reader.more();
      origin.noteResponse();
      if (reader.ended) return false;
      const { bytes, start } = reader;
      response.shift(bytes, start - response.start);
    }
    reader.start = response.end;
  } while (isInterim(response.status) && response.status !== 101);
  if (response.status === 101) return false;
  const { persists } = response;
  const body = new Body();
  body.begin(reader, response.framing, Infinity, "origin_body_cut");
  while (!body.done) {
    if (body.take() === undefined && !body.done) await body.more();
  }
  origin.deadline.clear();
  return persists;
}
