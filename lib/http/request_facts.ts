/**
 * What a request has to say to templates (pure): each part is made when it is asked for.
 */

import { QUESTION_MARK, SLASH, textOf } from "./bytes.ts";
import { FIELD } from "./field.ts";
import type { RequestHead } from "./request_head.ts";
import { endOfHost } from "./target.ts";
import type { TemplateFacts } from "./template.ts";

/** What is known of a request besides its head. */
export interface RequestSource {
  /** How the client sent it, to this hop or to a trusted proxy before it. */
  readonly scheme: "http" | "https";
  /** The port of the listener, for a request whose host has none. */
  readonly port: number;
  /** The client's IP address. */
  readonly client: string;
  /** The request's identifier, made if it has none. */
  readonly id: () => string;
}

/** See the module's comment. Valid as long as the head is. */
export class RequestFacts implements TemplateFacts {
  readonly #request: RequestHead;
  readonly #source: RequestSource;

  /** Takes what the facts are read from. */
  constructor(request: RequestHead, source: RequestSource) {
    this.#request = request;
    this.#source = source;
  }

  /** The same of a copy of the request. */
  of(request: RequestHead): RequestFacts {
    return new RequestFacts(request, this.#source);
  }

  /** `http` or `https`. */
  get scheme(): string {
    return this.#source.scheme;
  }

  /** The IP address. */
  get client(): string {
    return this.#source.client;
  }

  /** The request's identifier. */
  get id(): string {
    return this.#source.id();
  }

  /** The method as it came. */
  get method(): string {
    return this.#request.methodText;
  }

  /** The authority as it came; empty if the request names none. */
  get authority(): string {
    return textOf(this.#request.bytes, ...this.#authority());
  }

  /** The host as it came, without port; empty if the request names none. */
  get host(): string {
    const { bytes } = this.#request;
    const [start, end] = this.#authority();
    return textOf(bytes, start, endOfHost(bytes, start, end));
  }

  /** The port that the request names, or the listener's. */
  get port(): string {
    const { bytes } = this.#request;
    const [start, end] = this.#authority();
    const port = textOf(bytes, endOfHost(bytes, start, end) + 1, end);
    return port === "" ? String(this.#source.port) : port;
  }

  /** Path and query as they came; `/` for `*`, so that it always begins with one. */
  get uri(): string {
    const { bytes, target, targetEnd } = this.#request;
    const isPath = bytes[target.pathStart] === SLASH &&
      target.pathStart < targetEnd;
    if (isPath) return textOf(bytes, target.pathStart, targetEnd);
    return `/${textOf(bytes, this.#queryStart(), targetEnd)}`;
  }

  /** The path as it came, without the query. */
  get path(): string {
    return this.uri.split("?", 1)[0]!;
  }

  /** The query as it came, without `?`; empty if there is none. */
  get query(): string {
    const { bytes, targetEnd } = this.#request;
    return textOf(bytes, this.#queryStart() + 1, targetEnd);
  }

  /** Where the query starts, with its `?`; the target's end if there is none. */
  #queryStart(): number {
    const { bytes, target, targetEnd } = this.#request;
    const at = bytes.indexOf(QUESTION_MARK, target.pathStart);
    return at < 0 || at > targetEnd ? targetEnd : at;
  }

  /** Where the authority is: the target's before that of `Host` (RFC 9112 §3.2.2). */
  #authority(): readonly [start: number, end: number] {
    const { target, fields } = this.#request;
    if (target.authorityEnd > target.authorityStart) {
      return [target.authorityStart, target.authorityEnd];
    }
    const line = fields.first(FIELD.Host);
    return line < 0 ? [0, 0] : [fields.valueStart(line), fields.valueEnd(line)];
  }
}
