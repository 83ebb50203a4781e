/**
 * What the admin listener answers: each request is checked, in this order: host and
 * origin, token, resource, method, content. What a check refuses has no effect, and
 * learns nothing of what comes behind it.
 */

import { deliver } from "../deliver/deliver.ts";
import type { Content } from "../deliver/reply.ts";
import { type Exchange, resumeReading } from "../exchange/exchange_state.ts";
import { METHOD } from "../http/method.ts";
import { namedText } from "../http/named_field.ts";
import { RequestFacts } from "../http/request_facts.ts";
import type { Clock } from "../net/clock.ts";
import { logEvent } from "../observe/event_log.ts";
import { type Administered, UnavailableError } from "./administered.ts";
import { EventStreams } from "./event_streams.ts";
import { type Caller, type ListenerNames, refusalOf } from "./gate.ts";
import { LiveSource } from "./live_source.ts";
import { Login } from "./login.ts";
import { readContent } from "./request_content.ts";
import {
  type AdminReply,
  type AdminRequest,
  callerName,
  problemReply,
  type Resource,
  type ResourceMethods,
} from "./resource.ts";
import { findResource, noResource, type Resources } from "./resources.ts";

/** What the configuration says of the listener, as far as answers depend on it. */
export interface AdminSiteOptions {
  /** The host that it listens on; undefined for a Unix socket. */
  readonly host: string | undefined;
  /** Names that it is reached by, too. */
  readonly hosts: readonly string[];
  /** Undefined if everybody who can connect may do everything. */
  readonly token: string | undefined;
}

/**
 * What browsers are told with every response: to keep nothing, and to let no other page
 * use it. With `no-referrer`, the form would come with `Origin: null`.
 */
const SAFE_LINES = "Cache-Control: no-store\r\n" +
  "X-Content-Type-Options: nosniff\r\n" +
  "Referrer-Policy: same-origin\r\n" +
  "Cross-Origin-Resource-Policy: same-origin\r\n" +
  "X-Frame-Options: DENY\r\n";
/** For what is not a page of its own; a page says what it needs. */
const NOTHING_LINE =
  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";

const encoder = new TextEncoder();

/** See the module's comment. */
export class AdminSite {
  readonly streams: EventStreams;
  readonly #administered: Administered;
  readonly #resources: Resources;
  readonly #login: Login;
  readonly #live: LiveSource;
  #options: AdminSiteOptions;

  /** @param name Tells its cookies from those of other programs on this host. */
  constructor(
    options: AdminSiteOptions,
    name: string,
    administered: Administered,
    clock: Clock,
    resources: Resources,
  ) {
    this.#options = options;
    this.#administered = administered;
    this.#resources = resources;
    this.#login = new Login(options.token, name, clock);
    this.streams = new EventStreams(clock);
    this.#live = new LiveSource(administered, clock);
  }

  /** Goes by other options, from the next request on; another token ends all logins. */
  change(options: AdminSiteOptions): void {
    this.#options = options;
    this.#login.change(options.token);
  }

  /** Answers a request, to the end of its response. */
  async handle(x: Exchange): Promise<void> {
    resumeReading(x); // so that the client's leaving is seen
    const facts = new RequestFacts(x.request, {
      scheme: "http",
      port: 0,
      client: x.client.address,
      id: () => "",
    });
    const { path, query, authority } = facts;
    await send(x, await this.#reply(x, path, query, authority));
  }

  async #reply(
    x: Exchange,
    path: string,
    query: string,
    authority: string,
  ): Promise<AdminReply> {
    const { method } = x.request;
    const isChange = method !== METHOD.Get && method !== METHOD.Head;
    const refusal = refusalOf(
      callerOf(x, authority, isChange),
      namesOf(x, this.#options),
    );
    if (refusal !== undefined) {
      return problemReply(refusal.status, refusal.message);
    }
    const found = findResource(this.#resources, path);
    if (found?.methods.isOpen !== true) {
      const answer = await this.#login.check(x, path);
      if (answer !== undefined) return answer;
    }
    if (found === undefined) return noResource(this.#resources);
    const { methods, rest } = found;
    const resource = isChange
      ? method === METHOD.Post ? methods.change : undefined
      : methods.read;
    if (resource === undefined) return notAllowed(methods);
    const content = await contentOf(x);
    if (isChange) {
      logEvent("info", `admin: POST ${path} by ${callerName(x)}`);
    }
    return await answered(resource, {
      x,
      administered: this.#administered,
      rest,
      query: new URLSearchParams(query),
      content,
      streams: this.streams,
      hasLogin: this.#options.token !== undefined,
      live: this.#live,
    });
  }
}

async function answered(
  resource: Resource,
  request: AdminRequest,
): Promise<AdminReply> {
  try {
    return await resource(request);
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    return problemReply(503, error.message);
  }
}

/** Reads the content, then looks out for the client's leaving. */
async function contentOf(x: Exchange): Promise<string> {
  if (x.requestBody.done) return "";
  const content = await readContent(x);
  x.client.watch(x.site.clock.now());
  return content;
}

function callerOf(
  { request: { fields } }: Exchange,
  authority: string,
  isChange: boolean,
): Caller {
  return {
    authority,
    origin: namedText(fields, "origin"),
    fetchSite: namedText(fields, "sec-fetch-site"),
    fetchMode: namedText(fields, "sec-fetch-mode"),
    isChange,
  };
}

function namesOf(
  { client: { socket: { localAddr } } }: Exchange,
  { host, hosts }: AdminSiteOptions,
): ListenerNames {
  const address = localAddr.transport === "tcp"
    ? localAddr.hostname
    : undefined;
  return { address, host, hosts };
}

function notAllowed({ read, change }: ResourceMethods): AdminReply {
  const methods = [
    ...(read === undefined ? [] : ["GET", "HEAD"]),
    ...(change === undefined ? [] : ["POST"]),
  ].join(", ");
  return problemReply(
    405,
    `the methods of this resource are ${methods}`,
    `Allow: ${methods}\r\n`,
  );
}

async function send(x: Exchange, reply: AdminReply): Promise<void> {
  const { status, type, content, lines = "" } = reply;
  const policy = lines.includes("Content-Security-Policy:") ? "" : NOTHING_LINE;
  const head = `Content-Type: ${type}\r\n${SAFE_LINES}${policy}${lines}`;
  await deliver(x, {
    status,
    head: { kind: "own", lines: head },
    content: contentIn(content),
    validators: undefined,
    note: undefined,
  });
}

function contentIn(content: AdminReply["content"]): Content {
  if (typeof content === "string") {
    return { kind: "bytes", bytes: encoder.encode(content) };
  }
  return content instanceof Uint8Array
    ? { kind: "bytes", bytes: content }
    : { kind: "file", file: content };
}
