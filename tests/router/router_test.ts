/** Which route takes a request: tables of what is configured, what is asked, and who answers. */

import { compileRouter, type HostSpec } from "../../lib/router/compile.ts";
import { routeRequest } from "../../lib/router/route_request.ts";
import type { Router } from "../../lib/router/router.ts";
import { assertEquals } from "../support/assert.ts";

/** Hosts whose routes have their pattern as value: names → patterns; `!` marks a guarded one. */
function routerOf(
  hosts: Readonly<Record<string, readonly string[]>>,
): Router<string> {
  return compileRouter(
    Object.entries(hosts).map(([names, patterns]): HostSpec<string> => ({
      names: names.split(", "),
      routes: patterns.map((text) => {
        const pattern = text.replace("!", "");
        const guards = text === pattern ? [] : [{ guard: pattern }];
        return { pattern, value: pattern, guards };
      }),
    })),
  );
}

/** `host pattern`, or the status and the reason. */
function routed(
  router: Router<string>,
  url: string,
  method = "GET",
  headers: readonly (readonly [string, string])[] = [],
): string {
  const { status, host, reason, match } = routeRequest(router, method, url, {
    headers,
  });
  return match === undefined
    ? `${status} ${reason.split(":")[0]}`
    : `${host} ${match.value}`;
}

const HOSTS = routerOf({
  "a.example, b.example": ["/"],
  "*.example": ["/"],
  "*.deep.example": ["/"],
  "x.deep.example": ["/"],
  "b\u00fccher.test, *.xn--bcher-kva.example": ["/"],
  "127.0.0.1, [2001:DB8::1], [::ffff:1.2.3.4]": ["/"],
  "under_score.test, UPPER.test, dot.test.": ["/"],
});

const ASKED_HOSTS: readonly (readonly [host: string, name: string])[] = [
  ["a.example", "a.example"],
  ["A.eXample", "a.example"],
  ["a.example.", "a.example"],
  ["a.example:8080", "a.example"],
  ["a.example.:80", "a.example"],
  ["a.example:", "a.example"],
  ["b.example", "b.example"],
  ["c.example", "*.example"],
  ["c.d.example", "*.example"],
  ["C.D.Example.:1", "*.example"],
  ["deep.example", "*.example"],
  ["y.deep.example", "*.deep.example"],
  ["z.y.deep.example", "*.deep.example"],
  ["x.deep.example", "x.deep.example"],
  ["y.x.deep.example", "*.deep.example"],
  ["xdeep.example", "*.example"],
  ["xn--bcher-kva.test", "b\u00fccher.test"],
  ["XN--BCHER-KVA.test", "b\u00fccher.test"],
  ["a.xn--bcher-kva.example", "*.xn--bcher-kva.example"],
  ["127.0.0.1:8000", "127.0.0.1"],
  ["[2001:db8::1]:443", "[2001:DB8::1]"],
  ["[2001:DB8::1]", "[2001:DB8::1]"],
  ["under_score.test", "under_score.test"],
  ["upper.TEST", "UPPER.test"],
  ["dot.test", "dot.test."],
  // None of them is a name that a wildcard could stand for.
  ["example", ""],
  [".example", ""],
  ["a..example", ""],
  ["a.example..", ""],
  [".", ""],
  ["%61.example", ""],
  ["a.example%2e", ""],
  ["a!.example", ""],
  ["a.example.evil", ""],
  ["aexample", ""],
  [`${"a".repeat(250)}.example`, ""],
  ["127.0.0.2", ""],
  ["[2001:db8::2]", ""],
];

for (const [host, name] of ASKED_HOSTS) {
  Deno.test(`the host ${host.slice(0, 40)} is ${name || "unknown"}`, () => {
    const expected = name === "" ? "421 unknown-host" : `${name} /`;
    const headers = [["Host", host]] as const;
    assertEquals(routed(HOSTS, "/", "GET", headers), expected);
    const others = routerOf({ "*": ["/"], "q.test": ["/"] });
    assertEquals(routed(others, "/", "GET", headers), "* /");
  });
}

Deno.test("without a host only * takes a request", () => {
  assertEquals(routed(HOSTS, "/"), "421 unknown-host");
  assertEquals(routed(routerOf({ "*": ["/", "/a"] }), "/a"), "* /a");
});

const REFUSED_HOSTS: readonly (readonly [host: string, reason: string])[] = [
  ["", "400 bad_host"],
  ["user@a.example", "400 bad_host"],
  ["a.example:80:80", "400 bad_host"],
  ["a.example:99999", "400 bad_host"],
  ["a.example, b.example", "400 bad_host"],
  ["a.example/x", "400 bad_host"],
  ["[::1", "400 bad_host"],
  ["b\u00fccher.test", "400 bad_host"],
];

for (const [host, reason] of REFUSED_HOSTS) {
  Deno.test(`no request is for the host "${host}"`, () => {
    assertEquals(routed(HOSTS, "/", "GET", [["Host", host]]), reason);
  });
}

/** Patterns, and by path: which one takes it; "" for 404. */
const PATHS: readonly {
  readonly patterns: readonly string[];
  readonly paths: Readonly<Record<string, string>>;
}[] = [
  {
    patterns: ["/"],
    paths: { "/": "/", "/a": "/", "//": "/", "/a/../..": "/" },
  },
  {
    patterns: ["/a"],
    paths: {
      "/a": "/a",
      "/a?b": "/a",
      "/%61": "/a",
      "/b/../a": "/a",
      "/a/": "",
      "/ab": "",
      "/A": "",
      "/": "",
      "//a": "",
    },
  },
  {
    patterns: ["/a/*"],
    paths: {
      "/a": "/a/*",
      "/a/": "/a/*",
      "/a/b": "/a/*",
      "/a/b/c": "/a/*",
      "/a//": "/a/*",
      "/ab": "",
      "/": "",
      "/a%2Fb": "",
      "/a;x": "",
      "/b/../a/c": "/a/*",
      "/a/../b": "",
      "/a/%2e%2e/b": "",
    },
  },
  {
    patterns: ["/", "/a/*", "/a", "/a/b/*", "/a/b/c", "/a/b*"],
    paths: {
      "/a": "/a",
      "/a/": "/a/*",
      "/a/b": "/a/b/*",
      "/a/bc": "/a/b*",
      "/a/bc/d": "/a/*",
      "/a/b/c": "/a/b/c",
      "/a/b/c/": "/a/b/*",
      "/b": "/",
    },
  },
  {
    patterns: ["/", "/*.php", "/users/*/avatar", "/users/*", "/users/*/*"],
    paths: {
      "/x.php": "/*.php",
      "/.php": "/",
      "/x/y.php": "/",
      "/x.php/y": "/",
      "/x.phpx": "/",
      "/x.php.php": "/*.php",
      "/users/1/avatar": "/users/*/avatar",
      "/users/1/avatar/": "/users/*/*",
      "/users/1": "/users/*/*",
      "/users/1/2/3": "/users/*/*",
      "/users/": "/users/*",
      "/users": "/users/*",
      "/users//avatar": "/users/*",
    },
  },
  {
    patterns: ["/*-*.html", "/*.html", "/index.html"],
    paths: {
      "/a-b.html": "/*-*.html",
      "/a-.html": "/*.html",
      "/a.html": "/*.html",
      "/index.html": "/index.html",
      "/--.html": "/*.html",
      "/---.html": "/*-*.html",
    },
  },
  {
    patterns: ["/caf\u00e9/*", "/a%2fb", "/x%20y", "/n~m"],
    paths: {
      "/caf%C3%A9": "/caf\u00e9/*",
      "/caf\u00e9/x": "/caf\u00e9/*",
      "/a%2Fb": "/a%2fb",
      "/a/b": "",
      "/x%20y": "/x%20y",
      "/n%7em": "/n~m",
    },
  },
  {
    patterns: ["/a/..*", "/*../b", "/..a"],
    paths: { "/a/..x": "/a/..*", "/x../b": "/*../b", "/..a": "/..a" },
  },
];

for (const { patterns, paths } of PATHS) {
  for (const [path, pattern] of Object.entries(paths)) {
    Deno.test(`of ${patterns.join(" ")} takes ${path}: ${pattern}`, () => {
      for (const order of [patterns, patterns.toReversed()]) {
        const router = routerOf({ "*": order });
        const result = routed(router, path);
        assertEquals(
          result.split(" ")[1],
          {
            "": "no-path",
            "400": "ambiguous-path",
          }[pattern] ?? pattern,
        );
      }
    });
  }
}

Deno.test("what is asked of the whole host is for the route for all paths", () => {
  const router = routerOf({ "*": ["/", "/*.php", "/*"].slice(0, 2) });
  assertEquals(routed(router, "*", "OPTIONS"), "* /");
  const none = routerOf({ "*": ["/a"] });
  assertEquals(routed(none, "*", "OPTIONS"), "404 no-path");
});

const GUARDED = routerOf({
  "*": ["/", "/admin/*!", "/login!", "/public/*", "/@me/*!", "/*.php!"],
});

const GUARD_ROWS: Readonly<Record<string, string>> = {
  "/admin": "/admin/*",
  "/public/../admin/x": "/admin/*",
  "/public/%2e%2e/admin/x": "/admin/*",
  "/%61dmin": "/admin/*",
  "/public/..%2Fadmin": "400",
  "/public/..%5Cadmin": "400",
  "/public/..\\admin": "400",
  "/public/..;/admin": "400",
  "/public/..;a=b/admin/x": "400",
  "//admin": "400",
  "//admin//../x": "400", // slashes merged once dots are resolved
  "/public//../admin": "400",
  "/%2Fadmin": "400",
  "/%5cadmin": "400",
  "/\\admin": "400",
  "/admin;x": "400",
  "/admin%3Bx": "400",
  "/;/admin": "400",
  "/%2561dmin": "400",
  "/%25%36%31dmin": "400",
  "/%%36%31dmin": "400",
  "/public/%252e%252e/admin": "400",
  "/public/..%252Fadmin": "400",
  "/public/..;%2Fadmin": "400",
  "/public/%252e%252e%252Fadmin": "400",
  "/public/%252e%252e%2Fadmin/..;/z": "400", // decoded twice, but with parameters kept
  "/admin%2500.txt": "400",
  "/public/..%C0%AFadmin": "400",
  "/%40me": "400",
  "/login;jsessionid=1": "400",
  "/x%2Ephp": "/*.php",
  "/x.php;a": "400",
  "/x.php%2500": "400",
  "/a%2Fb": "/",
  "/a//b": "/",
  "/a;b=c": "/",
  "/a\\b": "/",
  "/100%": "/",
  "/a%252Fb": "/",
  "/public//x": "/public/*",
  "/public;v=1/x": "/",
  "/administrator": "/",
  "/ADMIN": "/",
  "/admin%2Fx": "400",
  "/admin//x": "/admin/*",
  "/admin/..;/public": "/admin/*", // only what is less guarded is refused
  "/login%2F": "/",
  "/a;b//c\\d%2Fe%5Cf%252Fg": "400", // too many ways
  "//host/admin": "400",
  "/\\host\\admin": "400",
  "//host/a": "/",
  "/admin%3Fa": "400",
  "/admin%23": "400",
  "/a/../login%3fb/c": "400",
  "/a%3Fb": "/",
};

for (const [path, pattern] of Object.entries(GUARD_ROWS)) {
  Deno.test(`with guards ${path} is for ${pattern}`, () => {
    const result = routed(GUARDED, path).split(" ");
    assertEquals(
      result[1],
      pattern === "400" ? "ambiguous-path" : pattern,
    );
  });
}

Deno.test("where nothing is guarded every path passes", () => {
  const router = routerOf({ "*": ["/", "/admin/*", "/public/*"] });
  for (const path of Object.keys(GUARD_ROWS)) {
    assertEquals(routed(router, path).startsWith("* "), true, path);
  }
});

Deno.test("a guard that both routes have is no reason to refuse", () => {
  const [guard, more] = [{}, {}];
  const router = compileRouter([{
    names: ["*"],
    routes: [
      { pattern: "/", value: "/", guards: [guard] },
      { pattern: "/a", value: "/a", guards: [guard] },
      { pattern: "/b", value: "/b", guards: [more, guard] },
    ],
  }]);
  assertEquals(routed(router, "//a"), "* /");
  assertEquals(routed(router, "//b"), "400 ambiguous-path");
  assertEquals(routed(router, "/b//..//"), "* /");
});

Deno.test("a way to what no route takes is refused, too", () => {
  const router = routerOf({ "*": ["/api/*"] });
  assertEquals(routed(router, "/api/a%2Fb;c//d"), "* /api/*");
  assertEquals(routed(router, "/api/..;/manager"), "400 ambiguous-path");
  assertEquals(routed(router, "/api/..%2Fmanager"), "400 ambiguous-path");
  assertEquals(routed(router, "/manager;/"), "404 no-path");
  // But what a pattern takes as one segment passes, though others read two.
  const packages = routerOf({ "*": ["/@*"] });
  assertEquals(routed(packages, "/@scope%2Fname"), "* /@*");
  assertEquals(routed(packages, "/@scope%2F..%2Fx"), "400 ambiguous-path");
});

Deno.test("a long path is judged as far as the work is bounded", () => {
  const ask = (unit: string, bytes: number): string => {
    const path = `/public/${unit.repeat((bytes - 8) / unit.length)}`;
    return routed(GUARDED, path);
  };
  assertEquals(ask("a%2Fb", 8000), "* /public/*");
  assertEquals(ask("a;b%2Fc", 3000), "* /public/*");
  assertEquals(ask("a;b%2Fc\\d", 1200), "* /public/*");
  assertEquals(ask("a;b%2Fc\\d", 8000), "400 ambiguous-path");
});
