/** The schema of who may, and how much: addresses, limits, authentication, maintenance. */

import { defaultText as or } from "../defaults.ts";
import {
  parseBy,
  parseHttpUrl,
  parsePath,
  parseSentHeader,
} from "../written.ts";
import {
  about,
  type Complaint,
  either,
  list,
  object,
  oneOrMore,
  onOff,
  type Schema,
  table,
  text,
  whole,
  words,
} from "./kinds.ts";
import {
  CIDRS,
  COUNT,
  COUNT_FROM_1,
  DURATION,
  HTTP_URL,
  PATH,
  RATE,
  TEXT,
} from "./values.ts";

/** Addresses, or `off` to drop an outer list. */
export const ADDRESSES: Schema = either(
  "addresses or blocks like 10.0.0.0/8, or off",
  words("off"),
  CIDRS,
);

const REFUSAL = whole("a status from 400 to 599", 400, 599);

const ONE_LIMIT: Schema = object({
  id: "LimitOptions",
  description: "How many requests are let through.",
  check: function* (
    { rate, burst, concurrent, queue, queueTimeout },
  ): Iterable<Complaint> {
    if (rate === undefined && concurrent === undefined) {
      yield { message: "needs rate or concurrent" };
    }
    if (burst !== undefined && rate === undefined) {
      yield { at: "burst", message: "needs rate", isName: true };
    }
    for (const [at, value] of Object.entries({ queue, queueTimeout })) {
      if (value !== undefined && concurrent === undefined) {
        yield { at, message: "needs concurrent", isName: true };
      }
    }
  },
}, {
  rate: about("Requests in a time: `10/s`, `600/m`.", RATE),
  burst: about(
    "How many may come at once; without it, one second's worth.",
    COUNT_FROM_1,
  ),
  by: about(
    "What is counted apart: `client` (IPv6: /64), `header:NAME`, `cookie:NAME`, `user`, or `all` together.",
    text({
      accepts: "client, header:NAME, cookie:NAME, user or all",
      read: parseBy(["client", "user", "all"]),
    }),
    or("limit.by"),
  ),
  concurrent: about("Requests in flight at the same time.", COUNT_FROM_1),
  queue: about("Requests that wait when `concurrent` are in flight.", COUNT),
  queueTimeout: about("How long they wait.", DURATION),
  status: about("The status of a refusal.", REFUSAL, or("limit.status")),
  dryRun: about("Log and count, but do not refuse.", onOff(), "false"),
  shared: about(
    "Count across machines, through `cache.shared`.",
    onOff(),
    "false",
  ),
});

/** Limits. */
export const LIMIT: Schema = either(
  "{ rate, burst, by, … }, a list of them, or off",
  words("off"),
  ONE_LIMIT,
  list(ONE_LIMIT, "limits"),
).meta({ id: "Limit", description: "One limit or several; `off` for none." });

const JWT: Schema = object({
  id: "Jwt",
  description: "Signed tokens (RFC 7519) in Authorization: Bearer.",
  required: ["jwks"],
}, {
  jwks: about(
    "The keys: a URL, or a file.",
    text({
      accepts: "a URL or a file",
      read: (where) =>
        /^https?:/.test(where) ? parseHttpUrl(where) : parsePath(where),
    }),
  ),
  issuer: about("Who must have issued it.", TEXT),
  audience: about("For whom it must be.", oneOrMore(TEXT, "audiences")),
  algorithms: about(
    "Accepted algorithms.",
    oneOrMore(
      words(
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
        "EdDSA",
      ),
      "algorithms",
    ),
    or("auth.jwt.algorithms"),
  ),
  skew: about("How far clocks may differ.", DURATION, or("auth.jwt.skew")),
  forward: about(
    "Claims that the origin gets, by header.",
    table(
      { accepts: "an object from headers to claims", key: parseSentHeader },
      TEXT,
    ),
  ),
});

/** Authentication. */
export const AUTH: Schema = either(
  '"off", or an object with basic, forward or jwt',
  words("off"),
  object({
    id: "AuthOptions",
    description:
      "Who a client must be: exactly one of `basic`, `forward`, `jwt`.",
    check: function* (auth): Iterable<Complaint> {
      const kinds = ["basic", "forward", "jwt"].filter((kind) =>
        auth[kind] !== undefined
      );
      if (kinds.length !== 1) {
        yield {
          message: kinds.length === 0
            ? "needs one of basic, forward, jwt"
            : `has ${kinds.join(" and ")}: only one can be`,
        };
      }
      for (
        const [at, kind] of [["pass", "basic"], ["copy", "forward"], [
          "timeout",
          "forward",
        ]] as const
      ) {
        if (auth[at] !== undefined && auth[kind] === undefined) {
          yield { at, message: `is only for ${kind}`, isName: true };
        }
      }
    },
  }, {
    basic: about("A file of users, as htpasswd makes it.", PATH),
    pass: about("Whether the origin gets Authorization.", onOff(), "false"),
    forward: about("A service that is asked about each request.", HTTP_URL),
    copy: about(
      "Headers of its answer that the origin gets.",
      oneOrMore(
        text({ accepts: "the name of a header", read: parseSentHeader }),
        "names of headers",
      ),
    ),
    timeout: about("How long it may take.", DURATION, or("auth.timeout")),
    jwt: about("Signed tokens.", JWT),
  }),
).meta({ id: "Auth", description: "Authentication; `off` for none." });

/** Whether all guards must hold, or one of addresses and authentication. */
export const SATISFY: Schema = words("all", "any");

/** A page in place of everything while a file exists. */
export const MAINTENANCE: Schema = either(
  '"off", or { when, page, status, retryAfter, except }',
  words("off"),
  object({
    id: "MaintenanceOptions",
    description:
      "While a file exists, requests get a page in place of everything else.",
    required: ["when"],
  }, {
    when: about("The file that switches it on.", PATH),
    page: about("The page.", PATH),
    status: about(
      "Its status.",
      whole("a status from 200 to 599", 200, 599),
      or("maintenance.status"),
    ),
    retryAfter: about("Retry-After.", DURATION),
    except: about("Client addresses that are served as usual.", CIDRS),
  }),
).meta({
  id: "Maintenance",
  description: "A page while a file exists; `off` for none.",
});
