/** The sample origin's streams: each ends by itself or when its reader leaves. */

import type { Clock } from "../net/clock.ts";

const encoder = new TextEncoder();

/** Lines of `/slow`, and the time between them in ms. */
const SLOW_LINES = 10;
const SLOW_MS = 300;
/** Between two events, in ms. */
const EVENT_MS = 1000;

/** A stream that makes a piece every `ms`, until `next` returns undefined or the reader leaves. */
function paced(
  clock: Clock,
  ms: number,
  next: (index: number) => string | undefined,
): ReadableStream<Uint8Array> {
  let stop = (): void => {};
  let index = 0;
  return new ReadableStream({
    start(controller): void {
      stop = clock.every(ms, () => {
        const piece = next(index++);
        if (piece !== undefined) {
          return controller.enqueue(encoder.encode(piece));
        }
        stop();
        controller.close();
      });
    },
    cancel(): void {
      stop();
    },
  });
}

/** Ten lines, one at a time. */
export function slowText(clock: Clock): ReadableStream<Uint8Array> {
  return paced(
    clock,
    SLOW_MS,
    (index) =>
      index < SLOW_LINES ? `line ${index + 1} of ${SLOW_LINES}\n` : undefined,
  );
}

/** An event each second, without end. */
export function events(clock: Clock): ReadableStream<Uint8Array> {
  return paced(
    clock,
    EVENT_MS,
    (index) =>
      `id: ${index + 1}\ndata: ${new Date(clock.now()).toISOString()}\n\n`,
  );
}

/** `length` bytes of text, made on demand. */
export function largeText(length: number): ReadableStream<Uint8Array> {
  const line = encoder.encode("All work and no play makes a dull proxy. \n");
  const piece = new Uint8Array(line.length * 1024);
  for (let at = 0; at < piece.length; at += line.length) piece.set(line, at);
  let left = length;
  return new ReadableStream({
    pull(controller): void {
      const count = Math.min(left, piece.length);
      controller.enqueue(piece.slice(0, count));
      left -= count;
      if (left === 0) controller.close();
    },
  });
}
