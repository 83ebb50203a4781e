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
  readonly #pace: UploadPace;
  /** Since when the client has been waited for, on the clock of the wheel. */
  #waitsSinceMs = 0;
  readonly #onSilence: () => void;
  readonly #onFull: () => void;

  /** @param first Content that has arrived and did not fit behind the head. */
  constructor(exchange: Exchange, first: Uint8Array | undefined) {
    this.#exchange = exchange;
    this.#origin = exchange.fetch.origin!;
    const { route: { timeouts, uploadRate }, client } = exchange;
    this.#pace = new UploadPace(
      client.options.uploadRate ?? uploadRate,
      timeouts.bodyMs,
    );
    this.#onSilence = () => this.#silent();
    this.#onFull = () => this.#isLate ? this.stop() : this.#origin.onDeadline();
    this.ended = this.#run(first);
  }

  async #run(first: Uint8Array | undefined): Promise<void> {
    const { client, requestBody, request, relayDeadline } = this.#exchange;
    const out = new ByteWriter(UPLOAD_BUFFER_BYTES);
    try {
      client.reader.growsTo = RELAY_BUFFER_BYTES;
      const isChunked = request.framing.kind === "chunked";
      await pump(this.#exchange, out, requestBody, isChunked, first, this);
      if (out.length > 0) await this.write(out.view());
      this.isWhole = true;
    } catch (error) {
      if (!this.#isStopped) this.#fail(error);
    } finally {
      relayDeadline.clear();
      client.reader.growsTo = 0;
    }
    if (this.isWhole) this.#complete();
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
    this.#exchange.expectRelay(this.#isLate ? LATE_MS : writeMs, this.#onFull);
    return this.#origin.write(bytes);
  }

  /** Waits for content from the client. */
  async wait(): Promise<void> {
    const x = this.#exchange;
    const { requestBody: body, site: { wheel } } = x;
    if (this.#isStopped) throw stopped();
    const patienceMs = this.#pace.patience(body.contentBytes);
    this.#waitsSinceMs = wheel.now();
    x.expectRelay(patienceMs, this.#onSilence);
    await body.moreOrInterrupted();
    this.#pace.waited(wheel.now() - this.#waitsSinceMs);
    if (this.#isStopped) throw stopped();
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
    fetching(fetch).unsent = appendArrived(
      this.#exchange,
      fetch.out,
      body,
      isChunked,
    );
    if (!body.done || fetch.unsent !== undefined) return false;
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
