/** The rows of the objects that stand within others. */

import {
  cidrs,
  duration,
  files,
  from1,
  headSize,
  type KeyRow,
  type ObjectRows,
  onOff,
  path,
  route,
  row,
  size,
  text,
  top,
} from "./key_rows.ts";

type Members = Record<string, unknown>;

/** An option of a route. */
function option(name: string, base: Members = {}): ObjectRows["within"] {
  return (members) => route({ [name]: { ...base, ...members } });
}

/** An object at the top. */
function atTop(name: string, base: Members = {}): ObjectRows["within"] {
  return (members) => top({ [name]: { ...base, ...members } });
}

const status = row([200, 599], 99, "expected a status from 200 to 599, not 99");
const limitCount = row(
  [5, "off"],
  "five",
  '"five" is not a count: write a whole number, or off',
);
const headerName = row(["X-A"], "a b", '"a b" is not the name of a header');

const clientLimits: Readonly<Record<string, KeyRow>> = {
  maxHead: headSize,
  maxFields: row([50], 20000, '"20000" is too large: at most 10000'),
  maxTarget: headSize,
  maxConnections: limitCount,
  maxConnectionsPerClient: limitCount,
  headerTimeout: duration,
  idleTimeout: duration,
  minUploadRate: size,
  minUploadGrace: duration,
};

const routeCache: Readonly<Record<string, KeyRow>> = {
  ttl: duration,
  force: duration,
  stale: duration,
  heuristicMax: duration,
  key: row(
    ["header:A", ["header:A", "cookie:b"]],
    "a",
    `"a" is not header:NAME or cookie:NAME; the query is cache.query's`,
  ),
  query: row(
    ["keep", "ignore", "sort", ["page"]],
    "drop",
    '"drop" is not one of keep, ignore, sort',
  ),
  status: row(
    ["on", "off", "full"],
    "none",
    '"none" is not one of on, off, full; did you mean off?',
  ),
  targetedField: headerName,
  setCookie: row(
    ["refuse", "strip", "store"],
    "stripe",
    '"stripe" is not one of refuse, strip, store; did you mean strip?',
  ),
  tags: onOff,
  purgeFrom: row(["off", "::1"], ...cidrs.bad),
};

/** See the module's comment. */
export const OPTIONS: Readonly<Record<string, ObjectRows>> = {
  Limits: {
    within: atTop("limits"),
    keys: {
      ...clientLimits,
      maxResponseHead: headSize,
      maxResponseFields: clientLimits.maxFields!,
      maxTunnels: limitCount,
    },
  },
  Listener: {
    within: (members) => top({ listen: { address: ":80", ...members } }),
    keys: {
      address: row(
        [":80"],
        "80",
        '"80" is not an address: write host:port, [ipv6]:port, :port or unix:/path; did you mean :80?',
      ),
      proxyProtocol: onOff,
      limits: row(
        [{ maxHead: "1KiB" }],
        5,
        "expected an object with maxHead, maxFields, maxTarget, maxConnections, maxConnectionsPerClient, headerTimeout, …, not 5",
      ),
    },
  },
  ListenerLimits: {
    within: (limits) => top({ listen: { address: ":80", limits } }),
    keys: clientLimits,
  },
  Listeners: {
    within: (listen) => top({ listen, tls: "internal" }),
    keys: {
      http: row([":80", [":80"]], [], "is empty: expected addresses like :80"),
      https: row(
        [":443"],
        "443",
        '"443" is not an address: write host:port, [ipv6]:port, :port or unix:/path; did you mean :443?',
      ),
    },
  },
  TlsOptions: {
    within: atTop("tls"),
    keys: {
      certificates: row(
        ["a.pem", ["a", { cert: "a", key: "b" }]],
        5,
        "expected files, globs or { cert, key }, or a list of them, not 5",
      ),
      acme: row(
        [true, { email: "a@b.c" }],
        "yes",
        'expected true, or { email, directory, ca, storage, eab }, not "yes"',
      ),
      hsts: duration,
      redirect: onOff,
      unknown: row(
        ["default", "refuse"],
        "reject",
        '"reject" is not one of default, refuse',
      ),
      minVersion: row(["1.2", "1.3"], 1.3, "expected one of 1.2, 1.3, not 1.3"),
    },
  },
  Certificate: {
    within: (pair) =>
      top({ tls: { certificates: { cert: "a", key: "b", ...pair } } }),
    keys: { cert: path, key: path },
  },
  Acme: {
    within: (acme) => top({ tls: { acme } }),
    keys: {
      email: row(["a@b.example"], "a", '"a" is not an e-mail address'),
      directory: row(
        ["https://a/dir"],
        "a",
        '"a" is not a URL like https://host/path',
      ),
      ca: path,
      storage: path,
      eab: row(
        [{ kid: "a", key: "b" }, { kid: "a", key: { file: "b" } }],
        "a",
        'expected an object with kid, key, not "a"',
      ),
    },
  },
  ExternalAccount: {
    within: (eab) =>
      top({ tls: { acme: { eab: { kid: "a", key: "b", ...eab } } } }),
    keys: {
      kid: row(["a"], 5, "expected text, not 5"),
      key: row(
        ["a", { file: "b" }],
        5,
        "expected text, or { file } with the path of a file that holds it, not 5",
      ),
    },
  },
  Log: {
    within: atTop("log"),
    keys: {
      file: path,
      format: row(
        ["json", "off"],
        "jso",
        '"jso" is not one of common, combined, json, off; did you mean json?',
      ),
      requestId: headerName,
      fields: row(["Referer", ["A", "B"]], ...headerName.bad),
      skip: row(
        ["/healthz", ["/a/*"]],
        "a",
        '"a" is not the pattern of a path: it begins with /; did you mean /a?',
      ),
      sample: row(
        ["5%", { rate: "5%", slow: "2s" }],
        "half",
        '"half" is not a percentage: write it like 20%',
      ),
    },
  },
  LogSample: {
    within: (members) => atTop("log")({ sample: { rate: "5%", ...members } }),
    keys: {
      rate: row(
        ["5%"],
        "5",
        '"5" is not a percentage: write it like 20%; did you mean 5%?',
      ),
      slow: duration,
    },
  },
  ProcessCacheOptions: {
    within: atTop("cache"),
    keys: {
      memory: row(
        ["1GiB", 0, "off"],
        "1k",
        '"1k" is too small: at least 64KiB',
      ),
      maxObject: row(
        ["1MiB"],
        "off",
        '"off" is not the size of an object: write it like 512, 16KiB, 10MB; to store nothing, write "cache": "off"',
      ),
      slice: row(
        ["1MiB", "16KiB", "off"],
        "1k",
        '"1k" is not the size of a slice: off, or at least 16KiB',
      ),
      disk: row(
        [{ path: "d", size: "1G" }],
        "d",
        'expected an object with path, size, maxObject, admit, not "d"',
      ),
      shared: row(
        [{ url: "redis://a" }],
        "redis://a",
        'expected an object with url, prefix, timeout, tls, not "redis://a"',
      ),
      ...routeCache,
    },
  },
  CacheOptions: { within: option("cache"), keys: routeCache },
  Disk: {
    within: (disk) =>
      top({ cache: { disk: { path: "d", size: "1G", ...disk } } }),
    keys: {
      path,
      size: row(
        ["64MiB", "1G", "100MB"],
        "63MiB",
        '"63MiB" is less than 64MiB',
      ),
      maxObject: size,
      admit: from1,
    },
  },
  SharedCache: {
    within: (shared) =>
      top({ cache: { shared: { url: "rediss://a", ...shared } } }),
    keys: {
      url: row(
        ["rediss://a:1", "unix:///run/a.sock", "unix://u:p@/run/a.sock"],
        "a",
        '"a" is not a URL like redis://host:6379',
      ),
      prefix: text,
      timeout: duration,
      tls: row(
        [{ ca: "a.pem" }],
        "a.pem",
        'expected an object with ca, name, cert, key, not "a.pem"',
      ),
    },
  },
  SharedCacheTls: {
    within: (tls) => {
      const both = { cert: "c", key: "k", ...tls };
      return top({ cache: { shared: { url: "rediss://a", tls: both } } });
    },
    keys: {
      ca: row(
        ["a.pem", ["a.pem"]],
        5,
        "expected files, or a list of them, not 5",
      ),
      name: text,
      cert: path,
      key: path,
    },
  },
  CompressOptions: {
    within: option("compress"),
    keys: {
      codings: row(
        ["br", ["gzip", "br"]],
        "brotli",
        '"brotli" is not one of gzip, br, or off; did you mean br?',
      ),
      min: size,
      types: row(
        ["text/", ["text/html"]],
        "html",
        '"html" is not a media type like text/html, or text/',
      ),
    },
  },
  Timeouts: {
    within: option("timeout"),
    keys: {
      connect: duration,
      response: duration,
      read: duration,
      write: duration,
      body: duration,
      total: duration,
      tunnel: duration,
    },
  },
  ErrorPages: { within: option("errors"), keys: { intercept: onOff } },
  FilesOptions: {
    within: (own) => ({ hosts: { a: { files: { root: ".", ...own } } } }),
    keys: { root: path, ...files },
  },
  RedirectOptions: {
    within: (redirect) => ({
      hosts: { a: { redirect: { to: "/a", ...redirect } } },
    }),
    keys: {
      to: row(
        ["{scheme}://b{uri}"],
        "//b",
        'Cannot redirect to "//b": write the scheme before //',
      ),
      status: row(
        [301, 302, 303, 307, 308],
        304,
        "expected one of 301, 302, 303, 307, 308, not 304",
      ),
    },
  },
  Respond: {
    within: (respond) => ({ hosts: { a: { respond } } }),
    keys: {
      status,
      body: row(
        ["a {path} {{b}}"],
        "{$uri}",
        'Cannot read "{$uri}": {$uri} is unknown; did you mean {uri}?',
      ),
      type: row(
        ["text/html; charset=utf-8"],
        "html",
        '"html" is not a media type like text/html',
      ),
      headers: row(
        [{ "X-A": "b" }],
        { "Content-Length": "5" },
        "sluice writes Content-Length itself",
      ),
    },
  },
  Rewrite: {
    within: (rewrite) =>
      route({
        rewrite: "match" in rewrite
          ? { to: "/", ...rewrite }
          : "to" in rewrite
          ? { match: "^/(a)", ...rewrite }
          : rewrite,
      }),
    keys: {
      strip: row(
        ["/a"],
        "a",
        '"a" is not a path on a server: it begins with /; did you mean /a?',
      ),
      prepend: row(
        ["/a"],
        "/a?b",
        '"/a?b" is not the pattern of a path: it has no query; use when.query; did you mean /a?',
      ),
      match: row(
        ["^/(.*)$"],
        "[",
        'Cannot use the regular expression "[": Invalid regular expression: /[/: Unterminated character class',
      ),
      to: row(
        ["/$1"],
        "/a b",
        '"/a b" has spaces or characters beyond ASCII: write them as %XX',
      ),
    },
  },
};
