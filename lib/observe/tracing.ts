/**
 * Spans of traces, by the runtime's own OpenTelemetry support. It is switched on by
 * `OTEL_DENO=true` when the program starts, and configured by the variables of
 * OpenTelemetry. Nothing is loaded for it: the runtime has what is needed built in, under
 * the name by which the packages of OpenTelemetry find it.
 */

import type { TraceContext } from "../http/trace_context.ts";

/** What attributes of a span may be. */
export type Attributes = Readonly<Record<string, string | number>>;

/** How a span ended. */
export interface SpanEnd {
  /** In ms since the epoch. */
  readonly endMs: number;
  readonly attributes: Attributes;
  /** Whether it counts as an error. */
  readonly isError: boolean;
}

/** Something that takes time. */
export interface Span {
  readonly context: TraceContext;
  /** Ends it: with another name, if there is a better one by now. */
  end(end: SpanEnd, name?: string): void;
}

/** What a span is of: a request that is answered, or one that is made. */
export type SpanKind = "server" | "client";

/** As in `SpanKind` of OpenTelemetry. */
const KINDS: Readonly<Record<SpanKind, number>> = { server: 1, client: 2 };
/** As in `SpanStatusCode` of OpenTelemetry. */
const ERROR = 2;
/** Where the runtime has its support, if it is on. */
const API = Symbol.for("opentelemetry.js.api.1");
/** By what a context knows its span. */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");

/** The part of OpenTelemetry's interfaces that is used here. */
interface OtelSpan {
  spanContext(): SpanContext;
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number }): unknown;
  updateName(name: string): unknown;
  end(endMs: number): void;
}

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  readonly isRemote?: boolean;
}

interface OtelContext {
  getValue(key: symbol): unknown;
}

interface Tracer {
  startSpan(
    name: string,
    options: {
      readonly kind: number;
      readonly startTime: number;
      readonly root: boolean;
    },
    context: OtelContext,
  ): OtelSpan;
}

interface Api {
  readonly trace?: {
    getTracer(name: string, version: string): Tracer;
  };
}

/** See the module's comment. */
export class Tracing {
  readonly #tracer: Tracer;

  private constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** That of the runtime; undefined if it is not switched on. */
  static ofRuntime(version: string): Tracing | undefined {
    const api = (globalThis as Record<symbol, unknown>)[API] as Api | undefined;
    return api?.trace === undefined
      ? undefined
      : new Tracing(api.trace.getTracer("sluice", version));
  }

  /**
   * Begins a span.
   *
   * @param parent Undefined if a trace begins with it.
   * @param startMs When it began, in ms since the epoch.
   */
  begin(
    kind: SpanKind,
    name: string,
    parent: TraceContext | undefined,
    startMs: number,
  ): Span {
    const options = {
      kind: KINDS[kind],
      startTime: startMs,
      root: parent === undefined,
    };
    return new RuntimeSpan(
      this.#tracer.startSpan(name, options, contextOf(parent)),
    );
  }
}

class RuntimeSpan implements Span {
  readonly context: TraceContext;
  readonly #span: OtelSpan;

  constructor(span: OtelSpan) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.#span = span;
    this.context = { traceId, spanId, isSampled: (traceFlags & 1) === 1 };
  }

  end({ endMs, attributes, isError }: SpanEnd, name?: string): void {
    this.#span.setAttributes(attributes);
    if (name !== undefined) this.#span.updateName(name);
    if (isError) this.#span.setStatus({ code: ERROR });
    this.#span.end(endMs);
  }
}

/** A context that knows nothing but a span. */
function contextOf(parent: TraceContext | undefined): OtelContext {
  const context = parent && {
    traceId: parent.traceId,
    spanId: parent.spanId,
    traceFlags: parent.isSampled ? 1 : 0,
    isRemote: true,
  };
  const span = context && { spanContext: (): SpanContext => context };
  return { getValue: (key) => key === SPAN_KEY ? span : undefined };
}
