/** For every key of the schema: values that it takes, and one that it refuses with what is said then. */

/** What a key takes, and `[value, message]` for what it does not. */
export interface KeyRow {
  readonly good: readonly unknown[];
  readonly bad: readonly [value: unknown, message: string];
}

/** The keys of one object of the schema. */
export interface ObjectRows {
  /** A configuration with an object that has these members. */
  readonly within: (members: Record<string, unknown>) => unknown;
  readonly keys: Readonly<Record<string, KeyRow>>;
}

/** A row. */
export function row(
  good: readonly unknown[],
  bad: unknown,
  message: string,
): KeyRow {
  return { good, bad: [bad, message] };
}

/** A configuration that does nothing but what is said at its top. */
export function top(members: Record<string, unknown>): unknown {
  return { hosts: { "*": { respond: 200 } }, ...members };
}

/** A configuration with a route. */
export function route(members: Record<string, unknown>): unknown {
  return { hosts: { "a": { "/": { proxy: "http://a:1", ...members } } } };
}

/** A row for a duration. */
export const duration: KeyRow = row(
  ["1500ms", "30s", "1d", "off", "0"],
  30,
  '"30" is not a duration: write it like 500ms, 10s, 5m, 1d, or off; did you mean 30s?',
);
/** A row for a size. */
export const size: KeyRow = row(
  ["10MiB", "1G", 512, "10MB"],
  "10 megabytes",
  '"10 megabytes" is not a size: write it like 512, 16KiB, 10MB, 1G, or off; did you mean 10MiB?',
);
/** A row for `true` or `false`. */
export const onOff: KeyRow = row(
  [true, false],
  "yes",
  'expected true or false, not "yes"',
);
/** A row for a path. */
export const path: KeyRow = row(
  ["/etc/x", "x/y"],
  5,
  "expected the path of a file, not 5",
);
/** A row for blocks of addresses. */
export const cidrs: KeyRow = row(
  ["10.0.0.0/8", ["::1", "192.0.2.7"]],
  ["10.0.0.0/99"],
  'Cannot read "10.0.0.0/99": expected an IP address or a block like 10.0.0.0/8',
);
/** A row for text. */
export const text: KeyRow = row(["x"], 5, "expected text, not 5");
/** A row for a count of at least one. */
export const from1: KeyRow = row(
  [1, "100"],
  0,
  '"0" is too small: at least 1',
);
/** A row for a count. */
export const count: KeyRow = row(
  [0, 100, "off"],
  "10k",
  '"10k" is not a count: write a whole number, or off; did you mean 10000?',
);
/** A row for a limit on heads. */
export const headSize: KeyRow = row(
  ["16KiB", "off"],
  "1G",
  '"1G" is too large: at most 128KiB',
);

/** Headers to set and remove. */
const headers = row(
  [{ "X-A": "{host}", "Server": null, "+Link": "</a>; rel=preload" }],
  { "Host": "a" },
  'sluice writes Host itself; see "host"',
);

/** Options that may stand at the top, at a host and at a route. */
export const inherited: Readonly<Record<string, KeyRow>> = {
  headers,
  requestHeaders: headers,
  security: onOff,
  serverTiming: onOff,
  cors: row(
    ["off", { origins: "*" }],
    "*",
    'expected "off", or an object with origins, methods, …, not "*"',
  ),
  compress: row(
    ["off", ["br"], { min: "2KiB" }],
    ["zip"],
    '"zip" is not one of gzip, br, or off; did you mean gzip?',
  ),
  body: size,
  timeout: row(["30s", "off", { connect: "1s" }], 30, duration.bad[1]),
  limit: row(
    ["off", { rate: "10/m" }, [{ concurrent: 5 }]],
    "10/m",
    'expected { rate, burst, by, … }, a list of them, or off, not "10/m"',
  ),
  allow: row([...cidrs.good, "off"], ...cidrs.bad),
  deny: row([...cidrs.good, "off"], ...cidrs.bad),
  auth: row(
    ["off", { basic: "users" }],
    "basic",
    'expected "off", or an object with basic, forward or jwt, not "basic"',
  ),
  satisfy: row(
    ["all", "any"],
    "some",
    '"some" is not one of all, any',
  ),
  errors: row(
    ["off", { 404: "404.html", "5xx": "sorry.html", intercept: true }],
    { 200: "ok.html" },
    '"200" is not the status of an error: write it like 404 or 5xx',
  ),
};

/** The cache, at a host or a route. */
export const cache: KeyRow = row(
  ["off", "30s", { ttl: "1m" }],
  true,
  "expected off, a duration (the ttl), or an object with ttl, force, stale, …, not true",
);

/** What may stand in `files` and beside it. */
export const files: Readonly<Record<string, KeyRow>> = {
  index: row(
    ["index.htm", ["a.html", "b.html"]],
    "../a",
    '"../a" is not the name of a file',
  ),
  fallback: row(
    ["/index.html", ["{path}.html", "/404.html"]],
    "/../x",
    '"/../x" is not a path below the root: write it like /index.html or {path}.html',
  ),
  browse: onOff,
  precompressed: row(
    [false, ["br"], ["br", "gzip"]],
    ["zstd"],
    '"zstd" is not one of br, gzip',
  ),
  dotfiles: onOff,
  types: row(
    [{ ".wasm": "application/wasm" }],
    { "wasm": "wasm" },
    '"wasm" is not a media type like text/html',
  ),
};

/** What answers. */
const handlers: Readonly<Record<string, KeyRow>> = {
  proxy: row(
    ["http://a", "unix:/run/a", ["http://a", "http://b"], {
      servers: "http://a",
    }],
    "http://a/b",
    '"http://a/b" is not an upstream: write http://host:port, https://host:port or unix:/path; it cannot have a path; did you mean http://a?',
  ),
  files: row(
    ["/srv", { root: "." }],
    5,
    "expected a folder, or { root, index, fallback, … }, not 5",
  ),
  redirect: row(
    ["https://b{uri}", "/new", { to: "/new", status: 302 }],
    "new",
    'Cannot redirect to "new": it begins with "https://", "{scheme}://", "/", "{uri}" or "{path}"',
  ),
  respond: row(
    [200, { status: 404, body: "{path}" }, {}],
    42,
    "expected a status from 200 to 599, not 42",
  ),
};

const rewrite = row(
  [{ strip: "/a" }, { match: "^/(.*)", to: "/x/$1" }],
  { match: "(", to: "/" },
  'Cannot use the regular expression "(": Invalid regular expression: /(/: Unterminated group',
);
const host = row(
  ["client", "upstream", "a.example"],
  "origin",
  '"origin" is not client, upstream or a host name; did you mean upstream?',
);
const when = row(
  [{ method: "GET" }, { client: "::1" }],
  "GET",
  'expected an object with method, header, query, cookie, client, not "GET"',
);
const maintenance = row(
  ["off", { when: "on" }],
  true,
  'expected "off", or { when, page, status, retryAfter, except }, not true',
);
const tls = row(
  ["internal", { certificates: "a.pem" }],
  "interne",
  'expected "internal", or an object with certificates or acme, not "interne"',
);

/** The members of a route with something that answers, and that they can stand beside. */
function withHandler(members: Record<string, unknown>): unknown {
  const has = (rows: Readonly<Record<string, KeyRow>>): boolean =>
    Object.keys(members).some((key) => Object.hasOwn(rows, key));
  if (has(handlers)) return members;
  return {
    ...(has(files) ? { files: "." } : { proxy: "http://a" }),
    ...members,
  };
}

/** The file itself, hosts and routes. */
export const SITES: Readonly<Record<string, ObjectRows>> = {
  Config: {
    within: top,
    keys: {
      $schema: text,
      include: row(
        [["a.json"]],
        5,
        "expected files or globs like sites/*.json, or a list of them, not 5",
      ),
      listen: row(
        [":80", [":80", ":81"], { http: ":80" }, { address: ":80" }],
        "80",
        '"80" is not an address: write host:port, [ipv6]:port, :port or unix:/path; did you mean :80?',
      ),
      tls,
      workers: row(["auto", 4, "4"], 0, '"0" is too small: at least 1'),
      drain: duration,
      trustedProxies: cidrs,
      clientAddress: row(
        ["X-Real-IP"],
        "a b",
        '"a b" is not the name of a header',
      ),
      forwarded: onOff,
      limits: row(
        [{}],
        5,
        "expected an object with maxHead, maxFields, maxTarget, maxConnections, maxConnectionsPerClient, headerTimeout, …, not 5",
      ),
      log: row(
        [{}],
        "json",
        'expected an object with file, format, requestId, fields, skip, sample, not "json"',
      ),
      admin: row(
        ["off", { listen: "127.0.0.1:1" }],
        ":1",
        'expected "off", or { listen, token, hosts }, not ":1"',
      ),
      maintenance,
      cache,
      ...inherited,
      upstreams: row(
        [{ a: { servers: "http://a" } }],
        { "a.b": { servers: "http://a" } },
        '"a.b" is not the name of an upstream: write letters, digits, - and _, a letter first',
      ),
      hosts: row(
        [{ "a, *.b": { respond: 200 }, "*": { respond: 421 } }],
        { "a:80": { respond: 200 } },
        '"a:80" is not a host: write a name, *.name or *; ports do not count; did you mean a?',
      ),
    },
  },
  Host: {
    within: (members) => ({ hosts: { "a": withHandler(members) } }),
    keys: {
      when,
      ...handlers,
      rewrite,
      host,
      ...files,
      cache,
      ...inherited,
      forwarded: onOff,
      maintenance,
      tls,
    },
  },
  Route: {
    within: (members) => ({ hosts: { "a": { "/": withHandler(members) } } }),
    keys: {
      when,
      ...handlers,
      rewrite,
      host,
      ...files,
      cache,
      ...inherited,
    },
  },
};
