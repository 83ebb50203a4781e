/**
 * Replies that go on: server-sent events, made here, to a bounded number of clients.
 *
 * A client that does not take its events holds up nobody. What waits for it is bounded:
 * beyond that, it misses events, so each must make sense without those before. One that
 * takes nothing for as long as a write may last is closed, like any other client.
 */

import { bytesOf } from "../http/bytes.ts";
import { HttpError } from "../http/error.ts";
import type { ContentReader, StreamedContent } from "../deliver/reply.ts";
import type { Clock } from "../net/clock.ts";
import type { Exchange } from "../exchange/exchange_state.ts";

/** Clients that get events at the same time. */
const SUBSCRIBERS_MAX = 16;
/** How often each gets something, so that it is noticed when one has gone, in ms. */
export const HEARTBEAT_MS = 15_000;
/** Bytes that wait for one of them; events beyond are left out. */
const WAITING_BYTES_MAX = 512 * 1024;

const HEARTBEAT = bytesOf(":\n\n");

const encoder = new TextEncoder();

/** A source of events, for as long as anybody listens to it. */
export interface EventSource {
  /**
   * Begins; it is the only one for all clients.
   *
   * @param publish Sends an event to all of them.
   * @returns Ends it.
   */
  start(publish: (event: Uint8Array) => void): () => void;
  /** What a client gets first; undefined for nothing. */
  first?(): Uint8Array | undefined;
}

/** One event, as it is sent. `data` may have several lines. */
export function eventBytes(name: string, data: string): Uint8Array {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return encoder.encode(`event: ${name}\n${lines.join("")}\n`);
}

/** See the module's comment. */
export class EventStreams {
  readonly #sources = new Map<EventSource, Feed>();
  readonly #clock: Clock;
  #count = 0;
  #hasEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many clients get events. */
  get count(): number {
    return this.#count;
  }

  /**
   * The events of a source, for one client.
   *
   * @returns Undefined if there are as many clients as there may be, or the server stops.
   */
  open(x: Exchange, source: EventSource): StreamedContent | undefined {
    if (this.#count >= SUBSCRIBERS_MAX || this.#hasEnded) return undefined;
    return {
      length: -1,
      open: () => {
        this.#count++;
        const feed = this.#feedOf(source);
        const reader = new EventReader(x, () => {
          this.#count--;
          if (feed.leave(reader)) this.#sources.delete(source);
        });
        feed.enter(reader, source.first?.());
        // Several may have been let in at the same moment.
        if (this.#hasEnded || this.#count > SUBSCRIBERS_MAX) reader.end();
        return reader;
      },
    };
  }

  #feedOf(source: EventSource): Feed {
    let feed = this.#sources.get(source);
    if (feed === undefined) {
      feed = new Feed(source, this.#clock);
      this.#sources.set(source, feed);
    }
    return feed;
  }

  /** Ends all streams: what waits is still sent. */
  end(): void {
    this.#hasEnded = true;
    for (const feed of this.#sources.values()) feed.end();
  }
}

/** A source that runs, and who reads from it. */
class Feed {
  readonly #readers = new Set<EventReader>();
  readonly #stop: () => void;
  readonly #stopBeating: () => void;

  constructor(source: EventSource, clock: Clock) {
    this.#stop = source.start((event) => this.#publish(event));
    this.#stopBeating = clock.every(
      HEARTBEAT_MS,
      () => this.#publish(HEARTBEAT),
    );
  }

  #publish(event: Uint8Array): void {
    for (const reader of this.#readers) reader.add(event);
  }

  enter(reader: EventReader, first: Uint8Array | undefined): void {
    this.#readers.add(reader);
    if (first !== undefined) reader.add(first);
  }

  /** @returns Whether it was the last one: the source has been stopped. */
  leave(reader: EventReader): boolean {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return false;
    this.#stop();
    this.#stopBeating();
    return true;
  }

  end(): void {
    for (const reader of this.#readers) reader.end();
  }
}

/** Reads events for one client, from when it came to when it leaves. */
class EventReader implements ContentReader {
  done = false;
  contentBytes = 0;
  readonly #exchange: Exchange;
  readonly #onClose: () => void;
  /** The first is said at once, so that the client sees that its stream has begun. */
  #waiting: Uint8Array[] = [bytesOf(": sluice\n\n")];
  #waitingBytes = 0;
  #hasEnded = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(x: Exchange, onClose: () => void) {
    this.#exchange = x;
    this.#onClose = onClose;
    x.waitOn({ notify: () => this.#wake?.() });
  }

  /** Adds an event, unless too much waits already. */
  add(event: Uint8Array): void {
    if (this.#hasEnded) return;
    if (this.#waitingBytes + event.length > WAITING_BYTES_MAX) return;
    this.#waiting.push(event);
    this.#waitingBytes += event.length;
    this.#wake?.();
  }

  /** Nothing more will come. */
  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  take(): Uint8Array | undefined {
    if (this.#exchange.failure !== undefined) throw this.#exchange.failure;
    const event = this.#waiting.shift();
    if (event === undefined) {
      this.done = this.#hasEnded;
      return undefined;
    }
    this.#waitingBytes = Math.max(0, this.#waitingBytes - event.length);
    this.contentBytes += event.length;
    return event;
  }

  async more(): Promise<void> {
    const { failure } = this.#exchange;
    if (failure !== undefined) throw failure;
    if (this.#waiting.length > 0 || this.#hasEnded) return;
    await new Promise<void>((resolve) => this.#wake = resolve);
    this.#wake = undefined;
  }

  seek(): void {
    throw new HttpError("internal", "Events cannot be sought in");
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#exchange.waitOn();
    this.#onClose();
  }
}
