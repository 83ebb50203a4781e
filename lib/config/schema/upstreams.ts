/** The schema of `upstreams`: groups of servers, and how one of them is chosen. */

import { defaultText as or } from "../defaults.ts";
import {
  parseBy,
  parseHeaderName,
  parseProxy,
  parseStatusRanges,
  parseUpstreamName,
} from "../written.ts";
import {
  CLIENT_CERTIFICATE,
  clientCertificateComplaints,
} from "./client_certificate.ts";
import {
  about,
  type Complaint,
  either,
  expected,
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
  COOKIE_NAME,
  COUNT,
  COUNT_FROM_1,
  DURATION,
  HOST_HEADER,
  PATH,
  PERCENT,
  SECRET,
  SERVER_URL,
  TEXT,
  URL_PATH,
} from "./values.ts";
import { WHEN } from "./when.ts";
import * as z from "zod";

const WEIGHT_MAX = 1000;

const SERVER: Schema = object({
  id: "Server",
  description: "One server of an upstream.",
  required: ["url"],
}, {
  url: about("Where it is.", SERVER_URL),
  weight: about(
    "Its share of requests beside the others'.",
    whole(`a whole number from 1 to ${WEIGHT_MAX}`, 1, WEIGHT_MAX),
    or("upstream.weight"),
  ),
  percent: about("Its share of all requests, such as `5%`.", PERCENT),
  backup: about("Whether it serves only when no other can.", onOff(), "false"),
  drain: about("Whether it gets no new requests.", onOff(), "false"),
  when: about("Requests that go to this server.", WHEN),
});

const SERVERS: Schema = oneOrMore(
  either("a URL, or { url, weight, … }", SERVER_URL, SERVER),
  "servers like http://10.0.0.11:3000",
);

const HEALTH: Schema = either(
  '"off", or an object with path, every, …',
  words("off"),
  object({
    id: "Health",
    description: "Probes that tell whether a server answers.",
  }, {
    path: about("What is asked for.", URL_PATH, "/"),
    every: about(
      "How often; `off` for no probes.",
      DURATION,
      or("upstream.health.every"),
    ),
    timeout: about(
      "How long an answer may take.",
      DURATION,
      or("upstream.health.timeout"),
    ),
    fall: about(
      "Failures in a row that put a server out.",
      COUNT_FROM_1,
      or("upstream.health.fall"),
    ),
    rise: about(
      "Successes in a row that bring it back.",
      COUNT_FROM_1,
      or("upstream.health.rise"),
    ),
    status: about(
      "Statuses that are good: `200`, `2xx`, `2xx-3xx`, or a list.",
      oneOrMore(
        text({
          accepts: "a status like 200 or 2xx",
          read: parseStatusRanges,
          takesNumbers: true,
        }),
        "statuses",
      ),
      or("upstream.health.status"),
    ),
    host: about("The Host header of the probe.", HOST_HEADER),
    headers: about(
      "Headers of the probe.",
      table(
        { accepts: "an object from names to texts", key: parseHeaderName },
        TEXT,
      ),
    ),
    body: about("Text that the answer must hold.", TEXT),
  }),
);

const EJECT: Schema = either(
  '"off", or { failures, for, max }',
  words("off"),
  object({
    id: "Eject",
    description: "When a server that fails is put out for a while.",
  }, {
    failures: about(
      "Failures in a row.",
      COUNT_FROM_1,
      or("upstream.eject.failures"),
    ),
    for: about(
      "For how long at first; it doubles each time.",
      DURATION,
      or("upstream.eject.for"),
    ),
    max: about("For how long at most.", DURATION, or("upstream.eject.max")),
  }),
);

/** Bare numbers are never durations, but for this one, which has no unit. */
const ZERO: Schema = z.literal(0, { error: (issue) => expected("0", issue) });

const RETRY: Schema = either(
  '"off", or { tries, for, on, budget }',
  words("off"),
  object({
    id: "Retry",
    description: "When a request is tried once more.",
  }, {
    tries: about("Further tries.", COUNT, or("upstream.retry.tries")),
    for: about(
      "For how long a refused connection is tried again.",
      either("a duration like 2s, or 0", DURATION, ZERO),
      or("upstream.retry.for"),
    ),
    on: about(
      "What is tried again: `connect`, `reset`, `timeout`, or a status of the origin.",
      list(
        text({
          accepts: "connect, reset, timeout or a status like 503",
          read: parseRetryReason,
          takesNumbers: true,
        }),
        "a list of connect, reset, timeout and statuses like 503 or 5xx",
      ),
      or("upstream.retry.on"),
    ),
    budget: about(
      "The share of requests that may be tried again, in 10 s.",
      PERCENT,
      or("upstream.retry.budget"),
    ),
  }),
);

function parseRetryReason(reason: string): void {
  if (/^(?:connect|reset|timeout)$/.test(reason)) return;
  if (/^[45](?:xx|\d\d)$/.test(reason)) return;
  throw new SyntaxError(
    `"${reason}" is not connect, reset, timeout or a status like 503 or 5xx`,
  );
}

const CONNECTIONS: Schema = object({
  id: "Connections",
  description: "Bounds of the connections to one server.",
}, {
  max: about("Most connections.", COUNT_FROM_1, or("upstream.connections.max")),
  idle: about(
    "Most idle connections to keep.",
    COUNT,
    or("upstream.connections.idle"),
  ),
  queue: about(
    "Most requests that wait for a connection; one more gets 503.",
    COUNT,
    or("upstream.connections.queue"),
  ),
  queueTimeout: about(
    "How long a request may wait for one; then 503.",
    DURATION,
    or("upstream.connections.queueTimeout"),
  ),
});

const UPSTREAM_TLS: Schema = object({
  id: "UpstreamTls",
  description: "TLS to the servers.",
  check: clientCertificateComplaints,
}, {
  ca: about(
    "Certificates to trust besides the system's, in PEM.",
    oneOrMore(PATH, "files"),
  ),
  name: about("The name that the servers' certificates must have.", TEXT),
  ...CLIENT_CERTIFICATE,
  insecure: about("Do not verify certificates.", onOff(), "false"),
});

/** A group of servers. */
export const UPSTREAM: Schema = object({
  id: "Upstream",
  description: "Servers that answer the same requests.",
  required: ["servers"],
  check: function* ({ balance, hashBy, servers }): Iterable<Complaint> {
    if (balance === "hash" && hashBy === undefined) {
      yield {
        message:
          "balance hash needs hashBy: client, uri, header:NAME or cookie:NAME",
      };
    }
    if (hashBy !== undefined && balance !== "hash") {
      yield {
        at: "hashBy",
        message: 'is only for balance "hash"',
        isName: true,
      };
    }
    yield* percentagesOf(servers);
  },
}, {
  servers: about("The servers: URLs, or objects with options.", SERVERS),
  balance: about(
    "How a server is chosen.",
    words("least-requests", "round-robin", "hash"),
    or("upstream.balance"),
  ),
  hashBy: about(
    "What is hashed: `client`, `uri`, `header:NAME` or `cookie:NAME`.",
    text({
      accepts: "client, uri, header:NAME or cookie:NAME",
      read: parseBy(["client", "uri"]),
    }),
  ),
  sticky: about(
    "A cookie that brings a client back to its server.",
    object({
      id: "Sticky",
      description: "A cookie that brings a client back to its server.",
      required: ["cookie"],
      check: function* ({ secret }): Iterable<Complaint> {
        if (typeof secret === "string" && secret.trim() === "") {
          yield { at: "secret", message: "is empty" };
        }
      },
    }, {
      cookie: about("Its name.", COOKIE_NAME),
      ttl: about(
        "How long browsers keep it; without it, until they close.",
        DURATION,
      ),
      secret: about("What signs it; the same on all machines.", SECRET),
    }),
  ),
  health: about("Probes that tell whether a server answers.", HEALTH, "off"),
  eject: about("When a server that fails is put out.", EJECT),
  retry: about("When a request is tried once more.", RETRY),
  connections: about("Bounds of the connections to one server.", CONNECTIONS),
  slowStart: about(
    "How long a server that comes back gets fewer requests.",
    DURATION,
    "off",
  ),
  mirror: about(
    "Another upstream that gets copies.",
    object({
      id: "Mirror",
      description: "Copies of requests, whose answers nobody waits for.",
      required: ["to"],
    }, {
      to: about(
        "The upstream or URL.",
        text({ accepts: "an upstream or a URL", read: parseProxy }),
      ),
      percent: about("The share of requests that is copied.", PERCENT, "100%"),
    }),
  ),
  proxyProtocol: about(
    "Send a PROXY protocol header on each connection.",
    onOff(),
    "false",
  ),
  tls: about("TLS to the servers.", UPSTREAM_TLS),
  keepAlive: about(
    "How long an idle connection is kept.",
    DURATION,
    or("upstream.keepAlive"),
  ),
  host: about("The Host header that the servers get.", HOST_HEADER, or("host")),
});

function* percentagesOf(servers: unknown): Iterable<Complaint> {
  if (!Array.isArray(servers)) return;
  const percents = servers.map((server) =>
    (server as { percent?: string })?.percent
  )
    .filter((percent) => typeof percent === "string");
  const sum = percents.reduce((sum, percent) => sum + parseFloat(percent), 0);
  if (sum > 100) {
    yield { at: "servers", message: `the percentages sum to ${sum}%` };
  }
}

/** The upstreams by name. */
export const UPSTREAMS: Schema = table({
  accepts: "an object from names to upstreams",
  key: parseUpstreamName,
}, UPSTREAM);

/** What a request is proxied to. */
export const PROXY: Schema = either(
  "the name of an upstream, a URL, a list of URLs, or an upstream",
  text({
    id: "ProxyTarget",
    accepts: "the name of an upstream, or a URL like http://127.0.0.1:3000",
    description: "The name of an upstream, a URL, or `unix:/path`.",
    read: parseProxy,
  }),
  list(SERVER_URL, "URLs"),
  UPSTREAM,
);
