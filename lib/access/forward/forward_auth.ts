/**
 * Forward authentication: a service is asked about each request, as oauth2-proxy,
 * Authelia and Authentik expect it. What it does not let through gets its answer; if
 * it cannot be asked, nobody is let through.
 */

import type { Exchange } from "../../exchange/exchange_state.ts";
import { singleValue } from "../../http/named_field.ts";
import { RequestFacts } from "../../http/request_facts.ts";
import type { ResponseHead } from "../../http/response_head.ts";
import type { AuthPlace } from "../auth_place.ts";
import { type AccessPhase, explained, finding } from "../passage.ts";
import { Refusal } from "../refusal.ts";
import { authRequest, linesNamed, refusalLines } from "./auth_request.ts";
import { Service, type ServiceOptions } from "./service.ts";

/** The options: plain data. */
export interface ForwardOptions extends ServiceOptions {
  readonly kind: "forward";
  /** Headers of its answer that the origin gets, in lower case. */
  readonly copy: readonly string[];
}

const SET_COOKIE: ReadonlySet<string> = new Set(["set-cookie"]);
/** Headers in which services say who the client is, for the log and for limits. */
const USER_FIELDS = [
  "remote-user",
  "x-auth-request-user",
  "x-forwarded-user",
  "x-authentik-username",
];

/** Compiles the question to a service: `auth_refused`, `auth_unavailable`. */
export function forwardPhase(
  options: ForwardOptions,
  { clock, upstreamOf }: AuthPlace,
): AccessPhase {
  const service = new Service(options, upstreamOf(options.upstream), clock);
  const copied = new Set(options.copy);
  return explained(
    (x) =>
      service.ask(
        x,
        questionOf(x, options.target),
        (response) => judge(x, response, copied),
      ),
    () =>
      finding(
        "authentication",
        "unknown",
        `${options.upstream}${options.target} has to be asked`,
      ),
  );
}

/** Judges by the head of an answer; its content, once it is there, is for a refusal. */
function judge(
  x: Exchange,
  { status, fields }: ResponseHead,
  copied: ReadonlySet<string>,
): (content: Uint8Array) => void {
  if (status < 200 || status === 304) {
    const detail = `It answered ${status}`;
    throw new Refusal("auth-unavailable", { detail });
  }
  if (status >= 300) {
    const lines = refusalLines(fields);
    const detail = `The authentication service answered ${status}`;
    return (content) => {
      const response = { status, lines, content };
      throw new Refusal("auth-service-refused", { detail, response });
    };
  }
  const requestLines = linesNamed(fields, copied);
  const lines = linesNamed(fields, SET_COOKIE);
  const user = USER_FIELDS.map((name) => singleValue(fields, name))
    .find((user) => user !== undefined && user !== "");
  return () => {
    x.fetch.addRequestLines(requestLines);
    x.addLines(lines);
    if (user !== undefined) x.identifyAs(user);
  };
}

function questionOf({ request, client }: Exchange, target: string): Uint8Array {
  const { scheme, address, isTrusted } = client;
  const facts = new RequestFacts(request, {
    scheme,
    port: 0,
    client: address,
    id: () => "",
  });
  return authRequest(target, {
    method: request.methodText,
    scheme,
    authority: facts.authority,
    uri: facts.uri,
    fields: request.fields,
    isTrusted,
  });
}
