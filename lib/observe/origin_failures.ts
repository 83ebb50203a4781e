/** The failures of the origin in the event log: each with its reason, and what to try by flags or (in parentheses) in a configuration file. */

import { type ErrorCode, HttpError } from "../http/error.ts";
import type { IncidentSink } from "./incidents.ts";

/** What to try, for every failure to connect. */
const CONNECT_HINTS: ReadonlyMap<ErrorCode, string> = new Map([
  ["origin_name_not_found", "is the name in its URL right?"],
  ["origin_refused", "is the application running, and on this port?"],
  [
    "origin_socket_missing",
    "is the application running, and is the path right?",
  ],
  ["origin_permission_denied", "may this user open the socket?"],
  ["origin_unreachable", "is there a route to it?"],
  [
    "origin_connect_timeout",
    "is a firewall in the way? --connect-timeout (timeout.connect) sets how long to wait",
  ],
  ["origin_not_tls", "use http:// in its URL"],
  [
    "origin_certificate_unknown",
    "--upstream-ca FILE (tls.ca) trusts a private authority",
  ],
  [
    "origin_certificate_name",
    "use a name in its URL that the certificate is valid for, or say which (tls.name)",
  ],
  ["origin_certificate_expired", "renew it, or set this machine's clock"],
  ["origin_certificate_invalid", ""],
  ["origin_tls_failed", ""],
  [
    "origin_tls_timeout",
    "does it speak TLS on this port? If not, use http:// in its URL",
  ],
]);

const REQUEST_HINTS: ReadonlyMap<ErrorCode, string> = new Map([
  ["origin_is_tls", "use https:// in its URL"],
  [
    "origin_timeout",
    "--response-timeout and --read-timeout (timeout.response, timeout.read) set how long to wait",
  ],
]);

/** Logs the failures of one origin. */
export class OriginFailures {
  readonly #name: string;
  readonly #incidents: IncidentSink;
  #isDown = false;

  /** @param name The origin as in `--upstream`. */
  constructor(name: string, incidents: IncidentSink) {
    this.#name = name;
    this.#incidents = incidents;
  }

  /** No connection could be opened. */
  dialFailed(error: HttpError): void {
    this.#isDown = true;
    this.#report(error, CONNECT_HINTS.get(error.code) ?? "", true);
  }

  /** A connection has been opened. */
  dialed(): void {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#incidents.recovered(`upstream ${this.#name}: connected again`);
  }

  /** A request has failed through the origin's fault; failures to connect have been logged already. */
  requestFailed(error: HttpError): void {
    const { code, fault, cause } = error;
    if (code === "not_validated") {
      if (cause instanceof HttpError) this.requestFailed(cause); // the reason
    } else if (fault === "origin" && !CONNECT_HINTS.has(code)) {
      this.#report(error, REQUEST_HINTS.get(code) ?? "", false);
    }
  }

  #report({ code, message }: HttpError, hint: string, lasts: boolean): void {
    const why = message.slice(0, 1).toLowerCase() + message.slice(1);
    const text = `upstream ${this.#name}: ${why}${hint && `; ${hint}`}`;
    this.#incidents.report({ reason: code, text, lasts, count: 1 });
  }
}
