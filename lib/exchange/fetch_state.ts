/**
 * One request to the origin and its response, whoever wants it: the client of an
 * exchange, others who share what it brings, or only the cache (a refresh).
 *
 * It is reusable, because its buffers and parsers are worth keeping.
 */

import type { SharedFetchOwner } from "../cache/store/shared_fetch.ts";
import type { StoredResponse } from "../cache/store/stored_response.ts";
import type { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import type { RequestFacts } from "../http/request_facts.ts";
import type { RequestHead } from "../http/request_head.ts";
import { ResponseHead } from "../http/response_head.ts";
import { formatSocketAddress } from "../net/address.ts";
import type { CloseReason } from "../reasons/close.ts";
import type { SentEntry } from "../observe/log_entry.ts";
import type { Span } from "../observe/tracing.ts";
import type { Reason } from "../reasons/reason.ts";
import type { OriginConnection } from "../upstream/origin_connection.ts";
import type { Acquisition } from "../upstream/acquisition.ts";
import type { Server } from "../upstream/server.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { Body } from "./body.ts";
import { type CacheOutcome, OutcomeState } from "./cache_outcome.ts";
import type { Generation } from "./generation.ts";
import type { Route } from "./route.ts";
import type { Site } from "./site.ts";
import type { ClientView } from "../head/forwarding.ts";

/** Bytes of the request's buffer at first: most heads fit. */
const OUT_BYTES = 2048;
/** A buffer that has grown beyond this is not kept. */
const OUT_BYTES_KEPT_MAX = 64 * 1024;

/** The rest of the request's content on its way to the origin. */
export interface RunningUpload {
  /** Settles when nothing more is sent or waited for; never rejects. */
  readonly ended: Promise<void>;
  /** Whether the origin has all of the content. */
  readonly isWhole: boolean;
  /** Ends it wherever it waits. */
  stop(): void;
  /** Sees it to its end after the response has ended. */
  finish(): Promise<void>;
}

/** What is recorded of an exchange. */
export interface ExchangeSpans {
  readonly own: Span;
  /** Of the request to the origin; undefined if none was made. */
  asking: Span | undefined;
  /** When that began, in ms since the epoch. */
  askingMs: number;
  /** The header line of what the trace says of itself, with its CRLF; empty for none. */
  readonly stateLine: string;
}

/** What a fetch needs of the client that waits for it. */
export interface FetchClient {
  /** Its IP address, by the word of trusted proxies. */
  readonly address: string;
  /** Waits for content that is due any moment; undefined if there is nothing to wait for. */
  awaitContent(): Promise<void> | undefined;
  /** Puts what has arrived of the content behind the head; returns whether that is all. */
  takeContent(): boolean;
  /** Starts to send the content that had not arrived. */
  startUpload(): void;
  /** Passes on the interim response that has arrived. */
  passInterim(): Promise<void>;
}

/** See the module's comment. */
export type Fetch = Readonly<Omit<FetchState, "use">> & {
  readonly use: CacheOutcome;
};

/** A fetch as this room sees it. */
export class FetchState implements SharedFetchOwner, SentEntry {
  readonly site: Site;
  /** The route of the request; until its head is complete, the one for all. */
  route!: Route; // set before anything reads it
  /** The generation of that route, which it holds; undefined until the head is complete. */
  generation: Generation | undefined;
  readonly request: RequestHead;
  /** Path and query that the origin is asked for; undefined for those of the request. */
  target: Uint8Array | undefined;
  /** What the request says to templates; undefined if its route has none. */
  facts: RequestFacts | undefined;
  /** The request's content. */
  readonly requestBody: Body;
  /** The origin's response: interim ones first, then the final one. */
  readonly response: ResponseHead = new ResponseHead();
  /** Replaced when its reader hands it over with the content that is on its way. */
  responseBody: Body = new Body();
  /** The request as it is about to be written. */
  readonly out: ByteWriter = new ByteWriter(OUT_BYTES);
  /** What the cache has to do with it. */
  readonly use: OutcomeState = new OutcomeState();
  /** The client as the origin is told of it. */
  peer!: ClientView; // set before anything reads it
  /** The client that waits; undefined for a refresh. */
  client: FetchClient | undefined;
  /** The connection to the origin, from the time it is acquired until it is given back. */
  origin: OriginConnection | undefined;
  acquisition: Acquisition | undefined;
  /** The server that was chosen, and then the one that is asked; undefined if the upstream has only one. */
  server: Server | undefined;
  /** The part of the upstream that the request belongs to: a canary, or 0. */
  part = 0;
  /** The header line that brings the client back to its server, with its CRLF; empty for none. */
  stickyLine = "";
  /** How often it was sent once more. */
  tryCount = 0;
  /** Content that does not fit into `out`: to be written next, from where it is. */
  unsent: Uint8Array | undefined;
  /** Sends the rest of the request's content; undefined if there is none to send. */
  upload: RunningUpload | undefined;
  /** Why it was ended from outside its own steps; the first reason stands. */
  failure: HttpError | undefined;
  /** Why it was sent once more, or was not; empty if it did not fail. */
  retryReason: Reason | "" = "";
  /** Is told when the last of those who shared it has left. */
  onUnshared: (() => void) | undefined;
  /** What origin, client and log know the request by; empty for nothing. */
  requestId = "";
  /** The header line that says so, with its CRLF; empty for none. */
  idLine = "";
  /** Header lines that the origin gets besides, each with its CRLF: who the client is. */
  requestLines = "";
  /** The connection that it was last sent on; undefined if nothing was sent. */
  sentOn: OriginConnection | undefined;
  /** Whether that had carried a request before. */
  isReused = false;
  /** How old it was then, in ms. */
  connectionAgeMs = 0;
  /** When that began, in ms since the epoch. */
  sentMs = 0;
  /** Waiting for connections, in all tries, in ms; -1 if one was there. */
  queueMs = -1;
  /** Opening connections, in all tries, in ms; -1 if none was opened. */
  connectMs = -1;
  /** What is recorded of it; undefined if nothing is. */
  spans: ExchangeSpans | undefined;
  /** Header lines that tell the origin of the trace, each with its CRLF; empty for none. */
  traceLines = "";
  startedMs = 0;
  /** When a response must have begun, over all tries, on the wheel's clock; Infinity for no matter when. */
  dueMs = Infinity;
  /** From there to the response's head, in ms; -1 as long as there is none. */
  originMs = -1;

  constructor(site: Site, request: RequestHead, requestBody: Body) {
    this.site = site;
    this.request = request;
    this.requestBody = requestBody;
  }

  /** Goes by a generation from here on, to its end. */
  enter(generation: Generation): void {
    generation.enter();
    this.generation = generation;
  }

  /** Has the origin told something: header lines, each with its CRLF. */
  addRequestLines(lines: string): void {
    this.requestLines += lines;
  }

  /** The lines that the origin gets besides those of the client and of rules. */
  get addedLines(): string {
    return this.idLine + this.requestLines + this.traceLines;
  }

  /** The address that it was last sent to. */
  get address(): string {
    const server = this.sentOn?.server;
    return server === undefined
      ? ""
      : formatSocketAddress(server.address.socket);
  }

  /** The status of the response; 0 if there is none. */
  get originStatus(): number {
    return this.originMs < 0 ? 0 : this.response.status;
  }

  /** The origin that it asks. */
  get upstream(): Upstream {
    return this.route.upstream!;
  }

  /** Tells the operator that it has failed. */
  noteFailure(error: HttpError): void {
    this.route.upstream?.requestFailed(error, this.server);
  }

  /** Whether it has no client but this one: nobody else waits for what it brings. */
  get isUnshared(): boolean {
    const { sharedFetch, hash } = this.use;
    return sharedFetch === undefined || sharedFetch.waiting === 0 &&
        !this.site.cache!.store.workerFetches?.isAwaited(hash);
  }

  onNoWaiters(): void {
    this.onUnshared?.();
  }

  /** Ends what it is waiting for, with a reason that its steps will find. */
  cancel(error: HttpError): void {
    this.failure ??= error;
    this.acquisition?.fail(error);
    this.origin?.close("upstream_unwanted");
    this.upload?.stop();
  }

  /**
   * Closes the connection to the origin, if there is one: nothing more is wanted of it.
   *
   * @param reason Why, if it is open: the first reason stands.
   */
  discardOrigin(reason: CloseReason = "upstream_unwanted"): void {
    const { origin } = this;
    if (origin === undefined) return;
    origin.discard(reason);
    this.origin = undefined;
  }

  /** There is nothing more to send: whoever ended the upload sees to the connection. */
  forgetUpload(): void {
    this.upload = undefined;
  }

  /**
   * Hands connection and body over to whoever takes in the rest of the content.
   *
   * @param body In place of the one that goes.
   */
  handOver(body: Body): void {
    this.origin = undefined;
    this.responseBody = body;
  }

  /**
   * The same request again, without a client: for a refresh.
   *
   * @param request A copy of its head.
   */
  again(request: RequestHead, nowMs: number): FetchState {
    const copy = new FetchState(this.site, request, new Body());
    copy.peer = this.peer;
    copy.route = this.route;
    copy.requestId = this.requestId;
    copy.idLine = this.idLine;
    copy.requestLines = this.requestLines;
    copy.enter(this.generation!);
    copy.target = this.target;
    copy.part = this.part;
    copy.facts = this.facts?.of(request);
    copy.startedMs = nowMs;
    copy.use.becomeRefreshOf(this.use);
    return copy;
  }

  /** Gives the connection back, once nothing more is to be read from it or sent on it. */
  releaseOrigin(): void {
    if (this.upload !== undefined) return; // whoever ends the upload sees to it
    const { origin, response } = this;
    this.origin = undefined;
    origin!.release(response.persists);
  }

  /**
   * Takes in how long the origin keeps its connection (`Keep-Alive: timeout=5`), less a
   * second. To be called before content is read: that may lie where the head has lain.
   */
  noteIdleHint(): void {
    const { response, origin } = this;
    const hint = response.fields.text(FIELD.KeepAlive);
    if (hint === undefined || origin === undefined) return;
    const timeout = /(?:^|[\s,])timeout\s*=\s*"?(\d{1,6})/i.exec(hint);
    if (timeout !== null) {
      origin.idleHintMs = Math.max(0, Number(timeout[1]) - 1) * 1000;
    }
  }

  /**
   * Keeps the bytes of a stored response from being used for another one until `end`.
   *
   * @returns Whether they are still there; if not, look it up again.
   */
  hold(stored: StoredResponse): boolean {
    const isThere = this.site.cache!.store.pin(stored);
    if (isThere) this.use.held.push(stored);
    return isThere;
  }

  /** Gives back what it borrowed and forgets what it found. */
  end(): void {
    const { held } = this.use;
    while (held.length > 0) this.site.cache!.store.unpin(held.pop()!);
    this.out.reset(OUT_BYTES_KEPT_MAX);
    this.use.reset();
    this.origin =
      this.acquisition =
      this.server =
      this.sentOn =
      this.unsent =
      this.upload =
      this.failure =
        undefined;
    this.target = this.facts = this.spans = undefined;
    this.originMs = this.queueMs = this.connectMs = -1;
    this.part = this.tryCount = 0;
    this.dueMs = Infinity;
    this.retryReason =
      this.requestId =
      this.idLine =
      this.requestLines =
      this.traceLines =
      this.stickyLine =
        "";
    this.generation?.leave();
    this.generation = undefined;
  }
}
