/**
 * The rest of a request's content on its way to the origin, at the pace of both,
 * while the response may already be coming.
 *
 * It waits for the client to send and for the origin to take. Both waits have a
 * deadline, and `stop` ends either at once: no client can hold a connection to the
 * origin by falling silent, whatever the origin has said.
 */

import { HttpError } from "../http/error.ts";
import { FIELD } from "../http/field.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import type { OriginConnection } from "../upstream/origin_connection.ts";
import { writeInterimResponse } from "../head/client_response.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import { clientOf } from "../exchange/forwarded.ts";
import type { FetchClient, RunningUpload } from "../exchange/fetch_state.ts";
import { appendArrived, pump, RELAY_BUFFER_BYTES } from "../exchange/relay.ts";
import { UploadPace } from "./upload_pace.ts";
import { beginTotal, responseMsOf } from "./total_time.ts";
import { fetching } from "./writes.ts";

const UPLOAD_BUFFER_BYTES = 256;
/** Once the response has ended: how long the client may pause, or the origin not read. */
const LATE_MS = 2000;
/** For content that is most likely here already: a deadline is met up to two ticks later. */
const CONTENT_DUE_MS = 1;

/** See the module's comment. */
export class Upload implements RunningUpload {
  readonly ended: Promise<void>;
  isWhole = false;
  readonly #exchange: Exchange;
  readonly #origin: OriginConnection;
  #isStopped = false;
  /** Whether the response has ended: what is still to come must come soon. */
  #isLate = false;
  /** Undefined as long as the client has not been waited for. */
  #pace: UploadPace | undefined;
  /** Since when the client has been waited for, on the clock of the wheel. */
  #waitsSinceMs = 0;
  /** Whether it waits for the client, and not for the origin. */
  #waitsForClient = false;
  readonly #onDeadline: () => void;

  /**
   * @param first Content that has arrived and has not left with the head; the head may
   *   be before it.
   */
  constructor(exchange: Exchange, first: Uint8Array | undefined) {
    this.#exchange = exchange;
    this.#origin = exchange.fetch.origin!;
    this.#onDeadline = () =>
      this.#waitsForClient ? this.#silent() : this.#full();
    this.ended = this.#run(first);
  }

  async #run(first: Uint8Array | undefined): Promise<void> {
    const { client, requestBody, request, relayDeadline } = this.#exchange;
    const isChunked = request.framing.kind === "chunked";
    try {
      client.reader.growsTo = RELAY_BUFFER_BYTES;
      // Most content that is not copied behind the head has come whole.
      if (requestBody.done && !isChunked) await this.write(first!);
      else await this.#relay(first, isChunked);
      this.isWhole = true;
    } catch (error) {
      if (!this.#isStopped) this.#fail(error);
    } finally {
      relayDeadline.clear();
      client.reader.growsTo = 0;
    }
    if (this.isWhole) this.#complete();
  }

  async #relay(
    first: Uint8Array | undefined,
    isChunked: boolean,
  ): Promise<void> {
    const out = new ByteWriter(UPLOAD_BUFFER_BYTES);
    const { requestBody } = this.#exchange;
    await pump(this.#exchange, out, requestBody, isChunked, first, this);
    if (out.length > 0) await this.write(out.view());
  }

  /** The origin's time begins, and the client's leaving is looked out for. */
  #complete(): void {
    const { client, fetch, site } = this.#exchange;
    if (fetch.response.status < 200) {
      beginTotal(fetch);
      this.#origin.deadline.set(responseMsOf(fetch));
    }
    client.watchFrom(site.clock.now());
  }

  /** The exchange learns of it, unless the origin's response, or its absence, will tell. */
  #fail(error: unknown): void {
    const x = this.#exchange;
    if (!(error instanceof HttpError)) {
      x.cancel(new HttpError("internal", "Upload", error));
    } else if (error.code !== "origin_closed_early") x.cancel(error);
  }

  /** Writes content to the origin. */
  write(bytes: Uint8Array): Promise<void> {
    const { writeMs } = this.#exchange.route.timeouts;
    this.#waitsForClient = false;
    this.#expect(this.#isLate ? LATE_MS : writeMs);
    return this.#origin.write(bytes);
  }

  #expect(withinMs: number): void {
    this.#exchange.expectRelay(withinMs, this.#onDeadline);
  }

  /** Waits for content from the client. */
  async wait(): Promise<void> {
    const x = this.#exchange;
    const { requestBody: body, site: { wheel } } = x;
    if (this.#isStopped) throw stopped();
    const pace = this.#pace ??= this.#beginPace();
    const patienceMs = pace.patience(body.contentBytes);
    this.#waitsSinceMs = wheel.now();
    this.#waitsForClient = true;
    this.#expect(patienceMs);
    await body.moreOrInterrupted();
    pace.waited(wheel.now() - this.#waitsSinceMs);
    if (this.#isStopped) throw stopped();
  }

  #beginPace(): UploadPace {
    const { client: { options }, route } = this.#exchange;
    const { uploadRate, timeouts: { bodyMs } } = route;
    return new UploadPace(options.uploadRate ?? uploadRate, bodyMs);
  }

  /** The origin does not take what has arrived. */
  #full(): void {
    if (this.#isLate) this.stop();
    else this.#origin.onDeadline();
  }

  #silent(): void {
    if (this.#isLate) return this.stop();
    this.#exchange.cancel(
      new HttpError(
        "request_timeout",
        "The request's content came to a halt, or too slowly",
      ),
    );
  }

  /**
   * Ends it wherever it waits. The origin has got part of a request: its connection
   * is closed.
   */
  stop(): void {
    if (this.#isStopped || this.isWhole) return;
    this.#isStopped = true;
    this.#origin.close("upstream_unwanted");
    this.#exchange.client.reader.interrupt();
  }

  /**
   * Ends it after the response has ended. Content that the origin does not want is
   * not sent: an error has been answered, or the origin closes, or the client has
   * not begun because it asked first (RFC 9110 §10.1.1). Other content goes on, as
   * long as it comes without a pause and no slower than the least rate.
   */
  async finish(): Promise<void> {
    const x = this.#exchange;
    const { requestBody, request, fetch: { response } } = x;
    const isUnwanted = response.status >= 400 || !response.persists ||
      (request.fields.has(FIELD.Expect) && requestBody.contentBytes === 0);
    if (isUnwanted && !requestBody.done) this.stop();
    else if (!this.isWhole) {
      this.#isLate = true;
      this.#pace ??= this.#beginPace();
      this.#pace.hurry(LATE_MS);
      this.#waitsSinceMs = x.site.wheel.now();
      x.relayDeadline.set(LATE_MS);
    }
    await this.ended;
    x.relayDeadline.clear();
  }
}

/** Not seen by anybody: whoever stops an upload knows why. */
function stopped(): HttpError {
  return new HttpError("client_gone", "The upload was stopped");
}

/**
 * The head and the content behind it, in one piece, if there is room for the head before
 * the content: one write less, of a segment that would leave alone.
 *
 * @param out The head, which is taken out if it is in the piece.
 */
function withHead(out: ByteWriter, run: Uint8Array): Uint8Array {
  const start = run.byteOffset - out.length;
  if (start < 0) return run;
  const whole = new Uint8Array(run.buffer, start, out.length + run.length);
  whole.set(out.view());
  out.length = 0;
  return whole;
}

/** The client of an exchange, as its fetch sees it. */
export class WaitingClient implements FetchClient {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get address(): string {
    return clientOf(this.#exchange).address;
  }

  /**
   * Waits a moment for content that is most likely here, so that it leaves together
   * with what has been read.
   */
  awaitContent(): Promise<void> | undefined {
    return this.#exchange.isContentDue ? this.#awaitDueContent() : undefined;
  }

  async #awaitDueContent(): Promise<void> {
    const x = this.#exchange;
    const { reader } = x.client;
    x.noteContentCame();
    x.expectRelay(CONTENT_DUE_MS, () => reader.interrupt());
    await x.requestBody.moreOrInterrupted();
    x.relayDeadline.clear();
    if (x.failure !== undefined) throw x.failure;
  }

  /** @throws {HttpError} What is wrong with the content. */
  takeContent(): boolean {
    const { fetch, request, requestBody: body, client, site } = this.#exchange;
    if (body.done) return true;
    const isChunked = request.framing.kind === "chunked";
    const run = appendArrived(this.#exchange, fetch.out, body, isChunked);
    fetching(fetch).unsent = run === undefined || isChunked
      ? run
      : withHead(fetch.out, run);
    if (!body.done || run !== undefined) return false;
    client.watchFrom(site.clock.now()); // nothing more of this request will come
    return true;
  }

  startUpload(): void {
    const { fetch } = this.#exchange;
    const { unsent } = fetch;
    fetching(fetch).unsent = undefined;
    fetch.origin!.deadline.clear(); // the origin's time begins when it has the whole request
    fetching(fetch).upload = new Upload(this.#exchange, unsent);
  }

  async passInterim(): Promise<void> {
    const { fetch, out, client, route } = this.#exchange;
    out.length = 0;
    writeInterimResponse(out, fetch.response);
    await client.write(out.view(), route.timeouts.writeMs);
    out.length = 0;
  }
}
