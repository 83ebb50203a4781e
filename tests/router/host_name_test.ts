/** The host that a request asks for, wherever it says so. */

import { type HostRange, locateHost } from "../../lib/router/host_name.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { HttpError } from "../../lib/http/error.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { compileRouter } from "../../lib/router/compile.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { head } from "../support/request_heads.ts";
import { LIMITS } from "../support/splits.ts";

function parsed(...lines: readonly string[]): RequestHead {
  const bytes = head(...lines);
  const request = new RequestHead();
  request.begin(0, LIMITS);
  assert(request.parse(bytes, bytes.length));
  return request;
}

const ROWS: readonly (readonly [lines: readonly string[], host: string])[] = [
  [["GET / HTTP/1.1", "Host: a.example"], "a.example"],
  [["GET / HTTP/1.1", "Host: a.example:80"], "a.example"],
  [["GET / HTTP/1.1", "Host: a.example.:80"], "a.example"],
  [["GET / HTTP/1.1", "Host: a.example.."], "a.example."],
  [["GET / HTTP/1.1", "Host: 8080"], "8080"],
  [["GET / HTTP/1.1", "Host: [::1]"], "[::1]"],
  [["GET / HTTP/1.1", "Host: [::1]:80"], "[::1]"],
  [["GET / HTTP/1.1", "Host: [::8080]"], "[::8080]"],
  [["GET / HTTP/1.0"], ""],
  // RFC 9112 §3.2.2: the target's authority wins, whatever Host says.
  [["GET http://b.example HTTP/1.1", "Host: a.example"], "b.example"],
  [["GET http://b.example:81/x HTTP/1.1", "Host: a.example"], "b.example"],
  [["GET HTTP://b.example.?x HTTP/1.1", "Host: a.example"], "b.example"],
  [["GET http://[::1]:81/ HTTP/1.0"], "[::1]"],
  [["GET https://b.example/x HTTP/1.1", "Host: a.example"], "b.example"],
  [["OPTIONS * HTTP/1.1", "Host: a.example"], "a.example"],
  [["CONNECT b.example:443 HTTP/1.1", "Host: a.example"], "b.example"],
];

for (const [lines, host] of ROWS) {
  Deno.test(`${lines.join(", ")} is for the host ${host || "that is not named"}`, () => {
    const range: HostRange = { start: 9, end: 12 };
    const request = parsed(...lines);
    locateHost(request, range);
    assertEquals(textOf(request.bytes, range.start, range.end), host);
  });
}

for (
  const target of ["http://u@a.example/", "http:///x", "ftp://a.example/"]
) {
  Deno.test(`no host is read in ${target}`, () => {
    const error = assertThrows(() =>
      parsed(`GET ${target} HTTP/1.1`, "Host: a.example")
    );
    assert(error instanceof HttpError);
  });
}

Deno.test("the route is that of the target's host, also for whole hosts", () => {
  const router = compileRouter(["a.example", "b.example"].map((name) => ({
    names: [name],
    routes: ["/", "/x"].map((pattern) => ({
      pattern,
      value: `${name}${pattern}`,
    })),
  })));
  const ask = (...lines: readonly string[]) => {
    const request = parsed(...lines, "Host: a.example");
    const result = router.route(request, "::1");
    if (result.kind === "match") {
      assertEquals(router.take(request, "::1"), result);
      return result.value;
    }
    const error = assertThrows(() => router.take(request, "::1"));
    assert(error instanceof HttpError);
    assertEquals(error.status, result.status);
    return result.status;
  };
  assertEquals(ask("GET http://b.example HTTP/1.1"), "b.example/");
  assertEquals(ask("GET http://B.example:1/x?y HTTP/1.1"), "b.example/x");
  assertEquals(ask("GET http://c.example/x HTTP/1.1"), 421);
  assertEquals(ask("OPTIONS * HTTP/1.1"), "a.example/");
  assertEquals(ask("OPTIONS http://b.example HTTP/1.1"), "b.example/");
  assertEquals(ask("CONNECT b.example:443 HTTP/1.1"), "b.example/");
});
