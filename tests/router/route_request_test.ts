/** The answers of `sluice route`. */

import { compileRouter } from "../../lib/router/compile.ts";
import {
  parseHeaderArgument,
  reportLines,
  reportOf,
} from "../../lib/router/route_report.ts";
import { routeRequest } from "../../lib/router/route_request.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const router = compileRouter([
  {
    names: ["acme.example", "b\u00fccher.example"],
    routes: [
      { pattern: "/", value: "pages" },
      { pattern: "/login", when: { method: "POST" }, value: "post" },
      { pattern: "/login", value: "form" },
      { pattern: "/admin/*", value: "admin", guards: [{}] },
    ],
  },
  { names: ["*.acme.example"], routes: [{ pattern: "/x", value: "x" }] },
]);

const ROWS: readonly (readonly [
  method: string,
  url: string,
  headers: readonly string[],
  lines: readonly string[],
])[] = [
  ["GET", "http://acme.example/a/../b?c#d", [], [
    "host:    acme.example",
    "pattern: /",
    "handler: proxy",
    "target:  pages",
    "path:    /b",
    "reason:  host-exact, path /",
  ]],
  ["GET", "HTTPS://user:pw@ACME.example:8443", [], [
    "host:    acme.example",
    "pattern: /",
    "handler: proxy",
    "target:  pages",
    "path:    /",
    "reason:  host-exact, path /",
  ]],
  ["POST", "http://acme.example/login", [], [
    "host:    acme.example",
    "pattern: /login",
    "when:    method POST",
    "handler: proxy",
    "target:  post",
    "path:    /login",
    "reason:  host-exact, path /login, when method POST",
  ]],
  ["GET", "http://b\u00fccher.example:80/?x", [], [
    "host:    b\u00fccher.example",
    "pattern: /",
    "handler: proxy",
    "target:  pages",
    "path:    /",
    "reason:  host-exact, path /",
  ]],
  ["GET", "/x", ["host: www.acme.example", "Accept: */*"], [
    "host:    *.acme.example",
    "pattern: /x",
    "handler: proxy",
    "target:  x",
    "path:    /x",
    "reason:  host-wildcard, path /x",
  ]],
  ["GET", "http://acme.example/x", ["Host: other.example"], [
    "path:    /x",
    "status:  421",
    "reason:  unknown-host: No host of this name",
  ]],
  ["GET", "http://www.acme.example/y", [], [
    "host:    *.acme.example",
    "path:    /y",
    "status:  404",
    "reason:  no-path: The host has no route for this path",
  ]],
  ["GET", "http://acme.example/a/..;/admin", [], [
    "host:    acme.example",
    "path:    /a/..;/admin",
    "status:  400",
    "reason:  ambiguous-path: An origin might read /admin, a path of /admin/*",
  ]],
  ["OPTIONS", "*", ["Host: acme.example"], [
    "host:    acme.example",
    "pattern: /",
    "handler: proxy",
    "target:  pages",
    "reason:  host-exact, path /",
  ]],
  ["GET", "http://acme.example/a b", [], [
    "status:  400",
    "reason:  bad_request_line: Request line: version",
  ]],
  ["GET", "http://a,b/", [], [
    "status:  400",
    "reason:  bad_host: Host is malformed",
  ]],
  ["GET", "http://acme.example/%00", [], [
    "status:  400",
    "reason:  bad_target: Request target: encoded NUL",
  ]],
  ["GET\r\nA: b", "http://acme.example/", [], [
    "status:  400",
    "reason:  bad_request_line: Request line: method",
  ]],
  ["GET", "http://acme.example/", ["A: b\r\n\r\nGET / HTTP/1.1"], [
    "status:  400",
    "reason:  bad_request_line: The request is not one head",
  ]],
];

for (const [method, url, headers, lines] of ROWS) {
  Deno.test(`route ${JSON.stringify([method, url, ...headers])}`, () => {
    const answer = routeRequest(router, method, url, {
      headers: headers.map(parseHeaderArgument),
    });
    const handling = answer.match &&
      { handler: "proxy", target: answer.match.value };
    const report = reportOf(answer, handling);
    assertEquals(reportLines(report), lines);
    assertEquals(Object.keys(report).toSorted(), [
      ...["handler", "host", "path", "pattern", "reason", "status", "target"],
      "when",
    ]);
  });
}

Deno.test("what is no URL and no header is an error", () => {
  for (const url of ["acme.example", "ftp://acme.example/", "", "http:///x"]) {
    assertThrows(() => routeRequest(router, "GET", url), SyntaxError);
  }
  for (const text of ["", "a", "a b: c", ": c"]) {
    assertThrows(() => parseHeaderArgument(text), SyntaxError);
  }
  assertEquals(parseHeaderArgument("A:  b: c "), ["A", "b: c"]);
});

Deno.test("a target may have as many bytes as the program takes unless it is told otherwise", () => {
  const statusOf = (length: number): number | null =>
    routeRequest(
      router,
      "GET",
      `http://acme.example/${"a".repeat(length - 1)}`,
    ).status;
  assertEquals([statusOf(8 * 1024), statusOf(8 * 1024 + 1)], [null, 414]);
});
