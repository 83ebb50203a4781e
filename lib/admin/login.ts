/**
 * Whether a request has the token: as `Authorization: Bearer`, or as a cookie that a
 * browser got for it. People log in with a form, of which the token is the only field.
 */

import type { Exchange } from "../exchange/exchange_state.ts";
import { FIELD } from "../http/field.ts";
import { METHOD } from "../http/method.ts";
import { namedText } from "../http/named_field.ts";
import type { Clock } from "../net/clock.ts";
import { FailedTries } from "./failed_tries.ts";
import { LOGIN_PAGE, LOGIN_POLICY } from "./login_page.ts";
import { readContent } from "./request_content.ts";
import { type AdminReply, callerName, problemReply } from "./resource.ts";
import { isSameSecret, Sessions } from "./sessions.ts";

/** Where the form is, and goes to. */
const LOGIN_PATH = "/login";
const LOGOUT_PATH = "/logout";
/**
 * Forms that arrive at the same time. Their senders have no token yet, and may be
 * slow: the rest of the connections is for others.
 */
const FORMS_MAX = 8;

/** See the module's comment. */
export class Login {
  readonly #sessions: Sessions;
  readonly #tries: FailedTries;
  #token: string | undefined;
  #forms = 0;

  /** @param name Tells its cookie from those of other programs on this host. */
  constructor(token: string | undefined, name: string, clock: Clock) {
    this.#token = token;
    this.#sessions = new Sessions(name, clock);
    this.#tries = new FailedTries(clock);
  }

  /** Demands another token from now on: all who have logged in with the old one are logged out. */
  change(token: string | undefined): void {
    if (token === this.#token) return;
    this.#token = token;
    this.#sessions.clear();
  }

  /**
   * Lets a request through that has the token, and answers others.
   *
   * @returns The answer; undefined if the request may go on.
   */
  async check(x: Exchange, path: string): Promise<AdminReply | undefined> {
    const token = this.#token;
    const { fields } = x.request;
    if (path === LOGIN_PATH) return await this.#logIn(x, token);
    if (path === LOGOUT_PATH) return await this.#logOut(x);
    if (token === undefined) return undefined;
    const authorization = fields.text(FIELD.Authorization);
    if (authorization === undefined) {
      if (await this.#sessions.has(fields.text(FIELD.Cookie))) return undefined;
      return askForToken(x);
    }
    const [, given = ""] = /^bearer +([^ ]+)$/i.exec(authorization) ?? [];
    if (await isSameSecret(given, token)) return undefined;
    return await this.#wrong(x) ?? unauthorized("the token is wrong");
  }

  /** Holds the answer up. */
  async #wrong(x: Exchange): Promise<AdminReply | undefined> {
    x.site.incidents.report({
      reason: "wrong_token",
      text: `a wrong token from ${callerName(x)}`,
      lasts: false,
      count: 1,
    });
    if (await this.#tries.wait(x)) {
      if (x.failure !== undefined) throw x.failure; // the client left meanwhile
      return undefined;
    }
    return tooMany("wrong tokens");
  }

  async #readForm(x: Exchange): Promise<string> {
    this.#forms++;
    try {
      return await readContent(x);
    } finally {
      this.#forms--;
    }
  }

  async #logIn(x: Exchange, token: string | undefined): Promise<AdminReply> {
    const { method } = x.request;
    if (token === undefined) return moved("/");
    if (method === METHOD.Get || method === METHOD.Head) return form(200, "");
    if (method !== METHOD.Post) return onlyPost("GET, HEAD, POST");
    if (this.#forms >= FORMS_MAX) return tooMany("logins");
    const given = new URLSearchParams(await this.#readForm(x)).get("token") ??
      "";
    if (await isSameSecret(given.trim(), token)) {
      return moved("/", await this.#sessions.begin());
    }
    return await this.#wrong(x) ?? form(401, "Wrong token.");
  }

  async #logOut(x: Exchange): Promise<AdminReply> {
    if (x.request.method !== METHOD.Post) return onlyPost("POST");
    const cookies = x.request.fields.text(FIELD.Cookie);
    return moved(LOGIN_PATH, await this.#sessions.end(cookies));
  }
}

function form(status: number, message: string): AdminReply {
  return {
    status,
    type: "text/html; charset=utf-8",
    content: LOGIN_PAGE.replace("{message}", message),
    lines: LOGIN_POLICY,
  };
}

/** Browsers are shown the form. */
function askForToken(x: Exchange): AdminReply {
  const { fields, method } = x.request;
  const showsPages = method === METHOD.Get &&
    namedText(fields, "accept")?.includes("text/html");
  if (showsPages) return moved(LOGIN_PATH);
  return unauthorized("this needs a token, as Authorization: Bearer");
}

function unauthorized(message: string): AdminReply {
  const lines = 'WWW-Authenticate: Bearer realm="sluice"\r\n';
  return problemReply(401, message, lines);
}

function tooMany(what: string): AdminReply {
  const message = `too many ${what}: come back in a second`;
  return problemReply(429, message, "Retry-After: 1\r\n");
}

function onlyPost(methods: string): AdminReply {
  const message = `the methods of this resource are ${methods}`;
  return problemReply(405, message, `Allow: ${methods}\r\n`);
}

function moved(location: string, lines = ""): AdminReply {
  return {
    status: 303,
    type: "text/plain; charset=utf-8",
    content: "",
    lines: `Location: ${location}\r\n${lines}`,
  };
}
