/** Conditions of routes: what holds of which request. */

import { compileRouter } from "../../lib/router/compile.ts";
import { routeRequest } from "../../lib/router/route_request.ts";
import type { When } from "../../lib/router/when.ts";
import { assertEquals } from "../support/assert.ts";

interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly client?: string;
}

function holds(when: When, asked: Asked): boolean {
  const { method = "GET", url = "/", headers = [], client = "192.0.2.1" } =
    asked;
  const router = compileRouter([{
    names: ["*"],
    routes: [{ pattern: "/", when, value: true }],
  }]);
  const answer = routeRequest(router, method, url, { headers, client });
  return answer.match !== undefined;
}

const header = (name: string, value: string): Asked => ({
  headers: [[name, value]],
});
const cookie = (value: string): Asked => header("Cookie", value);
const query = (text: string): Asked => ({ url: `/?${text}` });

const ROWS: readonly {
  readonly when: When;
  readonly yes: readonly Asked[];
  readonly no: readonly Asked[];
}[] = [
  { when: {}, yes: [{}], no: [] },
  {
    when: { method: "POST" },
    yes: [{ method: "POST" }],
    no: [{}, { method: "POSTX" }, { method: "post" }],
  },
  {
    when: { method: ["POST", "P*"] },
    yes: [{ method: "POST" }, { method: "PUT" }, { method: "PROPFIND" }],
    no: [{}],
  },
  {
    when: { header: { "X-Version": "2*" } },
    yes: [header("x-version", "2"), header("X-VERSION", "2.1")],
    no: [{}, header("X-Version", "12"), header("X_Version", "2")],
  },
  {
    when: { header: { "User-Agent": ["curl/*", "wget"] } },
    yes: [header("User-Agent", "curl/8.1"), header("User-Agent", "wget")],
    no: [header("User-Agent", "Wget"), header("User-Agent", "wget/1")],
  },
  {
    when: { header: { "X-A": true, "Accept": "text/html" } },
    yes: [{ headers: [["X-A", ""], ["Accept", "text/html"]] }],
    no: [header("X-A", "1"), header("Accept", "text/html")],
  },
  {
    when: { header: { "X-A": "b" } },
    yes: [{ headers: [["X-A", "a"], ["X-A", "b"]] }],
    no: [header("X-A", "a, b")],
  },
  {
    when: { header: { "X-A": "\u00e9" } },
    yes: [header("X-A", "\u00e9")],
    no: [header("X-A", "e")],
  },
  {
    when: { query: { debug: true } },
    yes: [query("debug"), query("a=1&debug=0"), query("d%65bug")],
    no: [{}, query("debugx=1"), query("a=debug"), { url: "/debug" }],
  },
  {
    when: { query: { "a b": ["c d", "\u00e9"] } },
    yes: [query("a+b=c%20d"), query("a%20b=%c3%a9"), query("a+b=x&a+b=c+d")],
    no: [query("a+b=c"), query("a+b=%e9"), query("a%2bb=c+d")],
  },
  {
    when: { query: { a: "100%" } },
    yes: [query("a=100%"), query("a=100%25")],
    no: [query("a=100")],
  },
  {
    when: { query: { a: "" } },
    yes: [query("a"), query("a=")],
    no: [query("b"), query("a=1")],
  },
  {
    when: { cookie: { beta: "1" } },
    yes: [cookie("beta=1"), cookie("a=b; beta=1;c"), cookie("a=b;beta = 1")],
    no: [{}, cookie("beta=2"), cookie("Beta=1"), cookie("xbeta=1")],
  },
  {
    when: { cookie: { "login_*": true } },
    yes: [cookie("login_a1b2=x"), cookie("a=b; login_=")],
    no: [{}, cookie("login=1"), cookie("xlogin_a=1"), cookie("Login_a=1")],
  },
  {
    when: { cookie: { "login_*": "1" } },
    yes: [cookie("login_a=1"), cookie("login_a=2; login_b=1")],
    no: [cookie("login_a=2"), cookie("a=1")],
  },
  {
    when: { cookie: { beta: true } },
    yes: [cookie("beta="), {
      headers: [["Cookie", "a=b"], ["Cookie", "beta=1"]],
    }],
    no: [cookie("beta"), cookie("a=beta=")],
  },
  {
    when: { client: ["192.0.2.0/24", "2001:db8::/32"] },
    yes: [{}, { client: "2001:db8::9" }, { client: "::ffff:192.0.2.9" }],
    no: [{ client: "198.51.100.1" }, { client: "unknown" }],
  },
  {
    when: { method: "GET", query: { a: "1" }, client: ["192.0.2.1"] },
    yes: [query("a=1")],
    no: [{ ...query("a=1"), method: "POST" }, {}, {
      ...query("a=1"),
      client: "::1",
    }],
  },
];

for (const { when, yes, no } of ROWS) {
  Deno.test(`when ${JSON.stringify(when)}`, () => {
    for (const asked of yes) {
      assertEquals(holds(when, asked), true, JSON.stringify(asked));
    }
    for (const asked of no) {
      assertEquals(holds(when, asked), false, JSON.stringify(asked));
    }
  });
}

Deno.test("of a list the first route that applies is taken", () => {
  const router = compileRouter([{
    names: ["*"],
    routes: [
      { pattern: "/", value: "all" },
      { pattern: "/login", when: { method: "POST" }, value: "post" },
      { pattern: "/login", when: { query: { a: true } }, value: "query" },
      { pattern: "/only", when: { method: "PUT" }, value: "put" },
    ],
  }]);
  const ask = (method: string, url: string) => {
    const { match, status, reason } = routeRequest(router, method, url);
    return match?.value ?? `${status} ${reason}`;
  };
  assertEquals(ask("POST", "/login?a"), "post");
  assertEquals(ask("GET", "/login?a"), "query");
  // The most specific path is chosen before conditions are looked at.
  const none = "404 no-condition: No condition of the path's routes holds";
  assertEquals(ask("GET", "/login"), none);
  assertEquals(ask("GET", "/only"), none);
  // A condition that does not hold is a guard: nothing leads around it.
  assertEquals(ask("GET", "//only").slice(0, 19), "400 ambiguous-path:");
  assertEquals(ask("PUT", "//only"), "all");
});
