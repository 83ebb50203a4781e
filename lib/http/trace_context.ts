/**
 * The header by which a trace goes on from one program to the next: `traceparent` of W3C
 * Trace Context (pure).
 */

/** Where in a trace something happens. */
export interface TraceContext {
  /** 32 hexadecimal digits, in lower case. */
  readonly traceId: string;
  /** 16 of them: of the span that is the parent of what follows. */
  readonly spanId: string;
  /** Whether the trace is recorded. */
  readonly isSampled: boolean;
}

/** Version 00 has nothing more; a later one may, behind another dash (§4.3). */
const TRACEPARENT =
  /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The version that no header may have. */
const NO_VERSION = "ff";
const SAMPLED = 1;

/**
 * Reads the value of `traceparent` (§3.2, §4.3).
 *
 * @returns Undefined if it is malformed: then a trace begins here.
 */
export function parseTraceparent(value: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(value) ??
    [];
  if (traceId === undefined || spanId === undefined) return undefined;
  if (version === NO_VERSION || version === "00" && more !== undefined) {
    return undefined;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  const isSampled = (parseInt(flags!, 16) & SAMPLED) === SAMPLED;
  return { traceId, spanId, isSampled };
}

/** The header line, with its CRLF. */
export function traceparentLine(
  { traceId, spanId, isSampled }: TraceContext,
): string {
  return `traceparent: 00-${traceId}-${spanId}-${isSampled ? "01" : "00"}\r\n`;
}
