/** Requests to each kind of route, and what is said of them. */

import type { WrittenQuestion } from "../../lib/explain/question.ts";
import { basic } from "../support/htpasswd.ts";

/** A question, and what is said: the result, the status, and steps with their codes. */
export interface Row extends Omit<WrittenQuestion, "url"> {
  readonly target: string;
  readonly host?: string;
  /** If it is not http. */
  readonly scheme?: "https";
  readonly result: string;
  /** In order; those without a code are left out. */
  readonly codes: readonly string[];
  /** Texts that are somewhere in the lines. */
  readonly says?: readonly string[];
}

const ROUTED = "route host-exact";
const NEW = ["reuse uri-miss"];
const ONE = "server only-server";
const PLAIN = "coding no-accept-encoding";

/** See the module's comment. */
export const ROUTE_ROWS: readonly Row[] = [
  {
    target: "/x",
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, ONE, PLAIN],
  },
  {
    target: "/plain",
    result: "passed null ",
    codes: [ROUTED, ONE, PLAIN],
    says: ["pattern /, why its pattern is less specific"],
  },
  {
    target: "/list",
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, ONE, PLAIN],
    says: ["pattern /list, when method POST, why its condition does not hold"],
  },
  {
    target: "/list",
    method: "POST",
    result: "answered 405 ",
    codes: [ROUTED],
    says: [
      "when: method POST",
      "pattern /list, when header x-a any, why its condition does not hold",
      "pattern /list, why it comes later",
    ],
  },
  {
    target: "/list",
    headers: ["x-a: 1"],
    result: "answered 410 ",
    codes: [ROUTED],
  },
  {
    target: "/files/a.txt",
    result: "answered 200 ",
    codes: [ROUTED],
    says: ["kind: files", "Content-Length: 5"],
  },
  {
    target: "/files/none",
    result: "refused 404 not_found",
    codes: [ROUTED, "handler not_found"],
  },
  {
    target: "/files/a.txt",
    method: "POST",
    result: "refused 405 method_not_allowed",
    codes: [ROUTED, "handler method_not_allowed"],
  },
  {
    target: "/old/x?y",
    result: "answered 301 ",
    codes: [ROUTED],
    says: ["Location: /new/old/x", "target: 301 /new{path}"],
  },
  {
    target: "/teapot",
    result: "answered 418 ",
    codes: [ROUTED],
    says: ["HTTP/1.1 418"],
  },
  {
    scheme: "https",
    target: "/teapot",
    result: "answered 418 ",
    codes: [ROUTED],
    says: ["HTTP/1.1 418"],
  },
  {
    scheme: "https",
    target: "/admin/x",
    headers: ["Host: x.b.example"],
    result: "answered 403 ",
    codes: ["route host-wildcard"],
  },
  {
    target: "/office",
    result: "refused 403 address_refused",
    codes: [ROUTED, "access address-not-allowed"],
    says: ["detail: 127.0.0.1"],
  },
  {
    target: "/office",
    client: "10.1.2.3",
    result: "miss null uri-miss",
    codes: [ROUTED, "access pass", ...NEW, ONE, PLAIN],
    says: ["10.1.2.3 may", "X-Forwarded-For: 10.1.2.3"],
  },
  {
    target: "/office",
    client: "10.9.0.1",
    headers: ["X-Forwarded-For: 192.0.2.1"],
    result: "refused 403 address_refused",
    codes: [ROUTED, "access address-not-allowed"],
    says: ["detail: 192.0.2.1"],
  },
  {
    target: "/limited",
    result: "miss null uri-miss",
    codes: [ROUTED, "access pass", ...NEW, ONE, PLAIN],
    says: ["0 left after it"],
  },
  {
    target: "/few",
    result: "miss null uri-miss",
    codes: [ROUTED, "access pass", ...NEW, ONE, PLAIN],
    says: ["0 of 2 in flight"],
  },
  {
    target: "/users",
    result: "refused 401 unauthenticated",
    codes: [ROUTED, "access no-credentials"],
  },
  {
    target: "/users",
    headers: [basic("ann", "secret")],
    result: "miss null uri-miss",
    codes: [
      ROUTED,
      "access unknown",
      ...NEW,
      "sharing for-one-client",
      ONE,
      PLAIN,
    ],
    says: ["a password has to be checked", "remove authorization"],
  },
  {
    target: "/token",
    headers: ["Authorization: Basic x"],
    result: "refused 400 unauthenticated",
    codes: [ROUTED, "access bad-credentials"],
  },
  {
    target: "/token",
    headers: ["Authorization: Bearer a.b.c"],
    result: "miss null uri-miss",
    codes: [
      ROUTED,
      "access unknown",
      ...NEW,
      "sharing for-one-client",
      ONE,
      PLAIN,
    ],
  },
  {
    target: "/cors",
    method: "OPTIONS",
    headers: [
      "Origin: https://b.example",
      "Access-Control-Request-Method: PUT",
    ],
    result: "answered 204 ",
    codes: [ROUTED, "access answer"],
  },
  {
    target: "/",
    host: "down.example",
    result: "refused 503 maintenance",
    codes: [ROUTED, "access maintenance-on"],
    says: ["on: there is "],
  },
  {
    target: "/",
    host: "down.example",
    client: "10.0.0.1",
    result: "miss null uri-miss",
    codes: [ROUTED, "access pass", ...NEW, ONE, PLAIN],
    says: ["on, but not for this client"],
  },
  {
    target: "/",
    host: "up.example",
    result: "miss null uri-miss",
    codes: [ROUTED, "access pass", ...NEW, ONE, PLAIN],
    says: ["off: there is no "],
  },
  {
    target: "/hashed",
    headers: ["X-Key: 1"],
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, "server hashed", PLAIN],
  },
  {
    target: "/hashed",
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, "server by-chance", PLAIN],
    says: ["percent 50%"],
  },
  {
    target: "/turns",
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, "server next-turn", PLAIN],
    says: ["server: 127.0.0.1:1"],
  },
  {
    target: "/sticky",
    headers: ["Cookie: to=nobody"],
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, "server fewest-requests", PLAIN],
    says: ["Cookie: ***"],
  },
  {
    target: "/spare",
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, ONE, PLAIN],
    says: [
      "server: 127.0.0.1:2",
      "name 127.0.0.1:1, state up, weight 1, load 0, backup, percent 0%",
    ],
  },
  {
    target: "/canary",
    headers: ["X-New: 1"],
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, ONE, PLAIN],
    says: ["server: 127.0.0.1:1"],
  },
  {
    target: "/api/x?y",
    result: "miss null uri-miss",
    codes: [ROUTED, ...NEW, ONE, PLAIN],
    says: ["target: /v1/x?y", "line: GET /v1/x?y HTTP/1.1"],
  },
  {
    target: "/errors",
    result: "refused 403 address_refused",
    codes: [ROUTED, "access address-denied"],
    says: ["The route denies"],
  },
  {
    target: "/x",
    method: "OPTIONS",
    headers: ["Max-Forwards: 0"],
    result: "answered 200 ",
    codes: [ROUTED],
  },
  {
    target: "/x",
    headers: ["Expect: wonders"],
    result: "refused 417 expectation_failed",
    codes: [ROUTED, "admission expectation_failed"],
  },
  {
    target: "/x",
    method: "CONNECT",
    result: "refused 400 bad_target",
    codes: ["request bad_target"],
  },
  {
    target: "/a b",
    result: "refused 400 bad_request_line",
    codes: ["request bad_request_line"],
  },
  {
    target: "/%00",
    result: "refused 400 bad_target",
    codes: ["request bad_target"],
  },
  { target: "/x", method: "PURGE", result: "purge 200 ", codes: [ROUTED] },
  {
    target: "/x",
    method: "PURGE",
    client: "192.0.2.1",
    result: "refused 403 forbidden",
    codes: [ROUTED, "stored forbidden"],
  },
  {
    host: "x.b.example",
    target: "/x",
    result: "miss null uri-miss",
    codes: ["route host-wildcard", ...NEW, ONE, PLAIN],
  },
  {
    host: "x.b.example",
    target: "/x%2f..%2fadmin/y",
    result: "refused 400 ambiguous_path",
    codes: ["route ambiguous-path"],
  },
  {
    host: "c.example",
    target: "/x",
    result: "refused 421 unknown_host",
    codes: ["route unknown-host"],
  },
];
