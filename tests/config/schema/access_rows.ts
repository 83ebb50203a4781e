/** The rows of who may and how much, and of conditions. */

import {
  cidrs,
  count,
  duration,
  from1,
  type ObjectRows,
  onOff,
  path,
  route,
  row,
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
const headerName = row(["X-A"], "a b", '"a b" is not the name of a header');
const method = row(
  ["GET", ["GET", "PUT"]],
  "get",
  '"get" is not a method; did you mean GET?',
);
const secret = row(
  ["s", { file: "f" }],
  5,
  "expected text, or { file } with the path of a file that holds it, not 5",
);

/** See the module's comment. */
export const ACCESS: Readonly<Record<string, ObjectRows>> = {
  LimitOptions: {
    within: option("limit", { rate: "10/s", concurrent: 5 }),
    keys: {
      rate: row(
        ["10/s", "600/m", "1000/h"],
        "10rps",
        '"10rps" is not a rate: write it like 10/s, 600/m, 1000/h',
      ),
      burst: from1,
      by: row(
        ["client", "all", "user", "header:A", "cookie:a"],
        "ip",
        '"ip" is not client, user, all, header:NAME or cookie:NAME',
      ),
      concurrent: from1,
      queue: count,
      queueTimeout: duration,
      status: row(
        [429, 503],
        200,
        "expected a status from 400 to 599, not 200",
      ),
      dryRun: onOff,
      shared: row([false], "x", 'expected true or false, not "x"'),
    },
  },
  AuthOptions: {
    within: (members) =>
      route({
        auth: {
          ...("copy" in members || "timeout" in members
            ? { forward: "http://a" }
            : "pass" in members
            ? { basic: "f" }
            : {}),
          ...members,
        },
      }),
    keys: {
      basic: path,
      pass: onOff,
      forward: row(
        ["https://auth/verify?x"],
        "auth",
        '"auth" is not a URL like https://host/path',
      ),
      copy: row(["Remote-User", ["A"]], ...headerName.bad),
      timeout: duration,
      jwt: row(
        [{ jwks: "https://a/jwks" }],
        "x",
        'expected an object with jwks, issuer, audience, algorithms, skew, forward, not "x"',
      ),
    },
  },
  Jwt: {
    within: (jwt) => route({ auth: { jwt: { jwks: "keys.json", ...jwt } } }),
    keys: {
      jwks: row(
        ["keys.json", "https://a/jwks"],
        "https://",
        '"https://" is not a URL like https://host/path',
      ),
      issuer: text,
      audience: row(
        ["a", ["a"]],
        5,
        "expected audiences, or a list of them, not 5",
      ),
      algorithms: row(
        ["RS256", ["EdDSA"]],
        "none",
        '"none" is not one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA',
      ),
      skew: duration,
      forward: row(
        [{ "X-User": "sub" }],
        { "a b": "sub" },
        '"a b" is not the name of a header',
      ),
    },
  },
  CorsOptions: {
    within: option("cors", { origins: "https://a" }),
    keys: {
      origins: row(
        ["*", ["https://a", "https://*.b.example"]],
        "https://a/",
        '"https://a/" is not an origin like https://app.example; did you mean https://a?',
      ),
      methods: method,
      headers: row(["X-A"], ...headerName.bad),
      credentials: onOff,
      maxAge: duration,
    },
  },
  AdminOptions: {
    within: atTop("admin", { listen: "127.0.0.1:1" }),
    keys: {
      listen: row(
        ["unix:/a"],
        "1",
        '"1" is not an address: write host:port, [ipv6]:port, :port or unix:/path; did you mean :1?',
      ),
      token: secret,
      hosts: row(
        ["a", ["a", "10.0.0.1", "[::1]"]],
        "*.a",
        '"*.a" is not one host: write a name without *',
      ),
    },
  },
  SecretFile: {
    within: (token) => top({ admin: { listen: "127.0.0.1:1", token } }),
    keys: { file: path },
  },
  MaintenanceOptions: {
    within: atTop("maintenance", { when: "on" }),
    keys: {
      when: path,
      page: path,
      status,
      retryAfter: duration,
      except: cidrs,
    },
  },
  When: {
    within: option("when"),
    keys: {
      method,
      header: row(
        [{ "X-A": "1", "B": true, "C": ["a*", "b"] }],
        { "a b": "x" },
        '"a b" is not the name of a header',
      ),
      query: row(
        [{ "q": "x", "": true }],
        { q: 5 },
        "expected text (which may end with *), a list of texts, or true, not 5",
      ),
      cookie: row(
        [{ a: true }],
        { "a b": true },
        '"a b" is not the name of a cookie',
      ),
      client: cidrs,
    },
  },
};
