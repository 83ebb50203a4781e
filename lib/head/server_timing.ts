/** `Server-Timing` (pure): what a response has waited for, for the tools of a browser. */

/** What is known when the head is written. */
export interface Timing {
  /** What the cache did: `hit`, `miss` and so on; empty if it has nothing to do with it. */
  readonly cacheStatus: string;
  /** Waiting for a connection to the origin, in ms; below 0 for none. */
  readonly queueMs: number;
  /** Opening one, in ms; below 0 for none. */
  readonly connectMs: number;
  /** From the request to the origin to its response head, in ms; below 0 for none. */
  readonly originMs: number;
}

/** The header line, with its CRLF; empty if there is nothing to say. */
export function serverTimingLine(
  { cacheStatus, queueMs, connectMs, originMs }: Timing,
): string {
  const metrics = [
    ...(cacheStatus === "" ? [] : [`cache;desc=${cacheStatus}`]),
    ...metric("queue", queueMs),
    ...metric("connect", connectMs),
    ...metric("origin", originMs),
  ];
  return metrics.length === 0 ? "" : `Server-Timing: ${metrics.join(", ")}\r\n`;
}

/** A duration, to a hundredth of a millisecond. */
function metric(name: string, ms: number): string[] {
  return ms < 0 ? [] : [`${name};dur=${Math.round(ms * 100) / 100}`];
}
