/** The rows of upstreams. */

import {
  count,
  duration,
  from1,
  type ObjectRows,
  onOff,
  path,
  row,
  text,
  top,
} from "./key_rows.ts";

type Members = Record<string, unknown>;

/** An upstream with these members. */
function upstream(members: Members): unknown {
  return top({ upstreams: { u: { servers: "http://a", ...members } } });
}

function part(name: string, base: Members = {}): ObjectRows["within"] {
  return (members) => upstream({ [name]: { ...base, ...members } });
}

const percent = row(
  ["20%", "0.5%"],
  20,
  '"20" is not a percentage: write it like 20%; did you mean 20%?',
);
const host = row(
  ["client", "upstream", "a"],
  "a b",
  '"a b" is not client, upstream or a host name',
);
const url = row(
  ["http://a", "unix:/a"],
  "ftp://a",
  '"ftp://a" is not an upstream: write http://host:port, https://host:port or unix:/path; sluice does not speak ftp',
);

/** See the module's comment. */
export const UPSTREAMS: Readonly<Record<string, ObjectRows>> = {
  Upstream: {
    within: (members) =>
      upstream({
        ...("hashBy" in members ? { balance: "hash" } : {}),
        ...(members.balance === "hash" ? { hashBy: "uri" } : {}),
        ...members,
      }),
    keys: {
      servers: row(
        ["http://a", ["http://a", { url: "http://b" }]],
        [],
        "is empty: expected servers like http://10.0.0.11:3000",
      ),
      balance: row(
        ["least-requests", "round-robin", "hash"],
        "random",
        '"random" is not one of least-requests, round-robin, hash',
      ),
      hashBy: row(
        ["client", "uri", "header:A", "cookie:b"],
        "url",
        '"url" is not client, uri, header:NAME or cookie:NAME; did you mean uri?',
      ),
      sticky: row(
        [{ cookie: "s" }],
        "s",
        'expected an object with cookie, ttl, secret, not "s"',
      ),
      health: row(
        ["off", {}],
        "/healthz",
        'expected "off", or an object with path, every, …, not "/healthz"',
      ),
      eject: row(
        ["off", {}],
        5,
        'expected "off", or { failures, for, max }, not 5',
      ),
      retry: row(
        ["off", {}],
        3,
        'expected "off", or { tries, for, on, budget }, not 3',
      ),
      connections: row(
        [{}],
        5,
        "expected an object with max, idle, queue, queueTimeout, not 5",
      ),
      slowStart: duration,
      mirror: row(
        [{ to: "http://b" }],
        "b",
        'expected an object with to, percent, not "b"',
      ),
      proxyProtocol: onOff,
      tls: row(
        [{}],
        true,
        "expected an object with ca, name, cert, key, insecure, not true",
      ),
      keepAlive: duration,
      host,
    },
  },
  Server: {
    within: (server) => upstream({ servers: [{ url: "http://a", ...server }] }),
    keys: {
      url,
      weight: row(
        [1, 1000],
        0,
        "expected a whole number from 1 to 1000, not 0",
      ),
      percent,
      backup: onOff,
      drain: onOff,
      when: row(
        [{ cookie: { canary: true } }],
        5,
        "expected an object with method, header, query, cookie, client, not 5",
      ),
    },
  },
  Sticky: {
    within: part("sticky", { cookie: "s" }),
    keys: {
      cookie: row(["s"], "a b", '"a b" is not the name of a cookie'),
      ttl: duration,
      secret: row(
        ["x", { file: "f" }],
        5,
        "expected text, or { file } with the path of a file that holds it, not 5",
      ),
    },
  },
  Health: {
    within: part("health"),
    keys: {
      path: row(
        ["/healthz"],
        "healthz",
        '"healthz" is not a path on a server: it begins with /; did you mean /healthz?',
      ),
      every: duration,
      timeout: duration,
      fall: from1,
      rise: from1,
      status: row(
        [200, "2xx", "2xx-3xx", ["200", 204]],
        "ok",
        '"ok" is not a status: write it like 200, 2xx, 200-299 or 2xx-3xx',
      ),
      host,
      headers: row(
        [{ "X-A": "b" }],
        { "a b": "c" },
        '"a b" is not the name of a header',
      ),
      body: text,
    },
  },
  Eject: {
    within: part("eject"),
    keys: { failures: from1, for: duration, max: duration },
  },
  Retry: {
    within: part("retry"),
    keys: {
      tries: count,
      for: row(
        ["2s", 0],
        2,
        '"2" is not a duration: write it like 500ms, 10s, 5m, 1d, or off; did you mean 2s?',
      ),
      on: row(
        [["connect", 503, "5xx"]],
        ["error"],
        '"error" is not connect, reset, timeout or a status like 503 or 5xx',
      ),
      budget: percent,
    },
  },
  Connections: {
    within: part("connections"),
    keys: { max: from1, idle: count, queue: count, queueTimeout: duration },
  },
  Mirror: {
    within: part("mirror", { to: "http://b" }),
    keys: {
      to: row(
        ["http://b", "u"],
        "http://b/c",
        '"http://b/c" is not an upstream: write http://host:port, https://host:port or unix:/path; it cannot have a path; did you mean http://b?',
      ),
      percent,
    },
  },
  UpstreamTls: {
    within: (members) =>
      upstream({
        tls: {
          ...("cert" in members
            ? { key: "k" }
            : "key" in members
            ? { cert: "c" }
            : {}),
          ...members,
        },
      }),
    keys: {
      ca: row(
        ["a.pem", ["a.pem"]],
        5,
        "expected files, or a list of them, not 5",
      ),
      name: text,
      cert: path,
      key: path,
      insecure: onOff,
    },
  },
};
