/**
 * The one value that travels through an exchange: what each step has found out
 * and later steps need.
 *
 * It is reusable, because its buffers and parsers are worth keeping: an exchange
 * borrows one and gives it back.
 */

import type { ErrorCode, HttpError } from "../http/error.ts";
import { type Framing, NO_BODY } from "../http/framing.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { RequestHead } from "../http/request_head.ts";
import { Deadline, type DeadlineWheel } from "../net/deadline.ts";
import {
  COALESCED_BYTES_MAX,
  giveBuffer,
  HEADROOM_BYTES,
  takeBuffer,
} from "../net/buffers.ts";
import type { AccessReason, CodingReason } from "../reasons/reason.ts";
import { FIELD } from "../http/field.ts";
import { Body } from "./body.ts";
import type { CacheOutcome } from "./cache_outcome.ts";
import {
  type ClientConnection,
  REQUEST_BUFFER_BYTES,
} from "../client/client_connection.ts";
import {
  decideKeepAlive,
  type KeepAlive,
  type Reading,
  type Writing,
} from "../client/keep_alive.ts";
import type { Ending } from "./ending.ts";
import { type Fetch, FetchState } from "./fetch_state.ts";
import type { PublicMapping } from "../head/public_urls.ts";
import type { Route } from "./route.ts";
import type { Site } from "./site.ts";

/** Bytes of the output buffer at first: most heads, and many whole responses, fit. */
const OUT_BYTES = 4096;
/** An output buffer that has grown beyond this is not kept. */
const OUT_BYTES_KEPT_MAX = 64 * 1024;
/** The client's buffer while content of unknown length passes; it grows. */
const CONTENT_BUFFER_BYTES = 16 * 1024;
/** The largest buffer for content whose length is known. */
const CONTENT_BUFFER_BYTES_MAX = 64 * 1024;

/** The status in the log of a request whose client left before the answer. */
const CLIENT_CLOSED_REQUEST = 499;

/** For a request of another client to bring a response head; then one goes on alone. */
export const COLLAPSE_WAIT_MS = 5000;

/** Lines of a response, each with its CRLF, unless it has some of that name, in lower case. */
export interface DefaultLines {
  readonly name: string;
  readonly lines: string;
}

const NO_LINES: readonly DefaultLines[] = [];

/** One request and its response, on their way; see the module's comment. */
export type Exchange = Readonly<Omit<ExchangeState, "fetch">> & {
  readonly fetch: Fetch;
};

/** An exchange as this room sees it. */
export class ExchangeState {
  readonly site: Site;
  readonly request: RequestHead = new RequestHead();
  readonly requestBody: Body = new Body();
  /** The request to the origin, if there is one. */
  readonly fetch: FetchState;
  /** The response as it is about to be written. */
  readonly out: ByteWriter = new ByteWriter(OUT_BYTES);
  /** The deadline of the upload's current step, or of a tunnel. */
  readonly relayDeadline: Deadline;
  client!: ClientConnection; // set by begin(), before anything reads it

  clientAddress = "";
  /** Whether the client's reader has gone on behind the request's head. */
  isReadingOn = false;
  /** Whether more of the content is most likely here: what has arrived filled the buffer. */
  isContentDue = false;
  /** What is waited for besides the origin; it is woken when the exchange is cancelled. */
  awaited: { notify(): void } | undefined;
  /** Why the exchange was ended from outside its own steps; the first reason stands. */
  failure: HttpError | undefined;
  /** How far the final response has been written. */
  writing: Writing = "none";
  /** Whether the client connection may carry another exchange; if not, why. */
  keepAlive: KeepAlive = "yes";

  status = 0;
  bytesIn = 0;
  contentBytesOut = 0;
  startedMs = 0;
  /** When the request's head was complete. */
  headEndMs = 0;
  errorCode: ErrorCode | "" = "";
  /** How it ended. */
  ending: Ending = "ok";
  /** Header lines that the response gets, whoever makes it, each with its CRLF. */
  addedLines = "";
  /** The same of lines that it gets only if it has none of their name. */
  defaultLines: readonly DefaultLines[] = NO_LINES;
  /** Who the client is; empty if nobody has looked at its credentials. */
  user = "";
  /** Why its route did not let it through; empty if it did, or nobody asked. */
  accessReason: AccessReason | "" = "";
  /** The limit that it has met; empty for none. */
  limitId = "";
  /** Whether that limit only says so. */
  isLimitDry = false;
  /** Why the content was compressed, or was not; empty if nobody asked. */
  codingReason: CodingReason | "" = "";
  /** The coding that the content was given, or was chosen in; empty for none. */
  coding = "";

  /** The buffer that holds the request's head, if the reader has gone on with another one. */
  #headBuffer: Uint8Array<ArrayBuffer> | undefined;
  #onRelayDeadline: (() => void) | undefined;
  readonly #atEnd: (() => void)[] = [];
  #reading: Reading = "head";

  constructor(site: Site, wheel: DeadlineWheel) {
    this.site = site;
    this.fetch = new FetchState(site, this.request, this.requestBody);
    this.fetch.onUnshared = () => this.#onUnshared();
    this.relayDeadline = new Deadline(wheel, this);
  }

  /**
   * Begins with the bytes at `start` of the client's buffer.
   *
   * @param route What holds as long as nothing is known of the request.
   */
  begin(client: ClientConnection, start: number, route: Route): void {
    this.client = client;
    this.clientAddress = client.address;
    this.request.begin(start, client.options.headLimits);
    this.requestBody.begin(client.reader, NO_BODY, 0, "client_gone");
    this.fetch.peer = client;
    this.fetch.route = route;
    this.startedMs = this.headEndMs = this.fetch.startedMs = this.site.clock
      .now();
  }

  /**
   * Lets the client's reader go on behind the request's head, which is kept until
   * the exchange ends: with another buffer, or, if a read is outstanding on this one
   * (that of the exchange before, when requests are pipelined), the head is copied.
   *
   * @param size Bytes of the reader's next buffer.
   * @param headroom Bytes of it that are left free before what has arrived.
   */
  detachHead(size: number, headroom = 0): void {
    const { client: { reader }, request } = this;
    if (!reader.isReading) {
      this.#headBuffer = reader.detach(size, headroom);
      return;
    }
    const { start, end } = request;
    const buffer = takeBuffer(end - start);
    buffer.set(request.bytes.subarray(start, end));
    request.shift(buffer, -start);
    this.#headBuffer = buffer;
  }

  /**
   * Ends what the exchange is waiting for, with a reason that its steps will find;
   * but not what others wait for, too: that ends when the last of them has left.
   */
  cancel(error: HttpError): void {
    this.failure ??= error;
    if (this.fetch.isUnshared) this.abort(error);
    else if (this.outcome.sharedFetch!.waiting === 0) {
      // Other workers do not say when they give up; but none waits for longer.
      this.expectRelay(COLLAPSE_WAIT_MS, () => this.abort(error));
    }
  }

  /** Notes why it ends; the first reason stands. */
  endBy(error: HttpError): void {
    this.failure ??= error;
  }

  /** The final response is on its way to the client. */
  noteResponding(): void {
    this.writing = "begun";
  }

  /** What is waited for, or, without one, that nothing is: it is told when the request is to end. */
  waitOn(what?: { notify(): void }): void {
    this.awaited = what;
  }

  /** Content that was due has come. */
  noteContentCame(): void {
    this.isContentDue = false;
  }

  /** Has the response say something, whoever makes it: header lines, each with its CRLF. */
  addLines(lines: string): void {
    this.addedLines += lines;
  }

  /** The same of lines that it gets only if it has none of their name. */
  addDefault(lines: DefaultLines): void {
    this.defaultLines = [...this.defaultLines, lines];
  }

  /** Notes the limit that it has met. */
  noteLimit(id: string, isDry: boolean): void {
    this.limitId = id;
    this.isLimitDry = isDry;
  }

  /** Notes who the client is. */
  identifyAs(user: string): void {
    this.user = user;
  }

  /** Has something done when the exchange ends. */
  atEnd(task: () => void): void {
    this.#atEnd.push(task);
  }

  /** Counts bytes that the client has sent. */
  countIn(bytes: number): void {
    this.bytesIn += bytes;
  }

  /** The client has gone before there was an answer. */
  noteUnanswered(): void {
    this.status = CLIENT_CLOSED_REQUEST;
  }

  #onUnshared(): void {
    if (this.failure !== undefined) this.cancel(this.failure);
  }

  /** Ends what the exchange is waiting for, whoever else waits for it, too. */
  abort(error: HttpError): void {
    this.failure ??= error;
    this.fetch.cancel(this.failure);
    this.awaited?.notify();
  }

  /** The route of the request; as long as its head is not complete, what holds for all. */
  get route(): Route {
    return this.fetch.route;
  }

  /** How far the request has been read. */
  get reading(): Reading {
    return this.#reading === "content" && this.requestBody.done
      ? "done"
      : this.#reading;
  }

  set reading(reading: Reading) {
    this.#reading = reading;
  }

  /**
   * Settles whether another request may follow, before a response's head is written.
   * A reason why none may stands once it is known.
   *
   * @param framing How the response's content is delimited.
   * @param reading How far the request has been read; `unread` if the rest will not be.
   */
  settleKeepAlive(framing: Framing["kind"], reading: Reading): void {
    if (this.keepAlive !== "yes") return;
    const { site, request } = this;
    this.keepAlive = site.isLeaving
      ? "server_stopped"
      : decideKeepAlive(site, request, framing, reading);
  }

  /** How URLs and cookies of the origin become public; undefined if they stay. */
  get publicMapping(): PublicMapping | undefined {
    const { route, target } = this.fetch;
    return target === undefined ? route.plainMapping : route.publicMapping;
  }

  /** What the client asked, as URLs begin: `https://acme.example`. */
  readonly publicOrigin = (): string => {
    const { scheme, authority } = this.fetch.facts!;
    return `${scheme}://${authority}`;
  };

  /** What the cache has to do with it. */
  get outcome(): CacheOutcome {
    return this.fetch.use;
  }

  /** Sets the deadline of the upload or tunnel, and what happens when it passes. */
  expectRelay(withinMs: number, onDeadline: () => void): void {
    this.#onRelayDeadline = onDeadline;
    this.relayDeadline.set(withinMs);
  }

  onDeadline(): void {
    this.#onRelayDeadline?.();
  }

  /** Ends the exchange: gives back what it borrowed and forgets what it found. */
  end(): void {
    if (this.#headBuffer !== undefined) giveBuffer(this.#headBuffer);
    this.#headBuffer = undefined;
    this.#onRelayDeadline = undefined;
    this.relayDeadline.dispose();
    this.out.reset(OUT_BYTES_KEPT_MAX);
    this.fetch.end();
    this.isReadingOn = this.isContentDue = false;
    this.awaited = this.failure = undefined;
    this.#reading = "head";
    this.writing = "none";
    this.keepAlive = "yes";
    this.status = this.bytesIn = this.contentBytesOut = 0;
    this.errorCode = this.codingReason = this.coding = "";
    this.addedLines =
      this.user =
      this.limitId =
      this.accessReason =
        "";
    this.isLimitDry = false;
    while (this.#atEnd.length > 0) this.#atEnd.pop()!();
    this.defaultLines = NO_LINES;
    this.ending = "ok";
  }
}

/**
 * The client's reader goes on: with the content if there is any, else to see the
 * client leave. One that has sent its last request is looked out for a little later: most
 * are answered by then.
 *
 * @param isLate Whether it is that later time.
 */
export function resumeReading(x: Exchange, isLate = false): void {
  if (x.isReadingOn) return;
  if (!isLate && mayBeWatchedLater(x)) return x.client.watchLater();
  const state = x as ExchangeState;
  state.isReadingOn = true;
  const { kind, length } = x.request.framing;
  if (x.requestBody.done) {
    x.detachHead(REQUEST_BUFFER_BYTES);
    // What has come until now has come at once, for all that is known.
    x.client.watch(isLate ? x.site.clock.now() : x.headEndMs);
  } else {
    const { reader } = x.client;
    // What filled the buffer was most likely cut off by its end; who asked first sends nothing yet.
    state.isContentDue = reader.end === reader.bytes.length &&
      reader.available < length && !x.request.fields.has(FIELD.Expect);
    if (kind === "length") detachBeforeContent(x, length);
    else x.detachHead(CONTENT_BUFFER_BYTES);
  }
}

/**
 * The reader goes on with a buffer for the content: a little larger than that, so that
 * the read that ends it does not fill the buffer and nobody looks for more. Before
 * content that is not copied behind the head there is room for the head.
 */
function detachBeforeContent(x: Exchange, length: number): void {
  const size = Math.min(length, CONTENT_BUFFER_BYTES_MAX) + 1;
  const isLarge = length > COALESCED_BYTES_MAX;
  const hasRoom = isLarge && x.client.reader.available < size;
  if (hasRoom) x.detachHead(size + HEADROOM_BYTES, HEADROOM_BYTES);
  else x.detachHead(size);
}

/** Whether nothing more is to come from the client, whatever the response is. */
function mayBeWatchedLater({ request, requestBody }: Exchange): boolean {
  return !request.persists && requestBody.done &&
    !request.fields.has(FIELD.Upgrade);
}
