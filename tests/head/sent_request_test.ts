/** The request as the origin gets it, for who selects a stored response by it. */

import { assert, assertEquals } from "../support/assert.ts";
import { routeOf } from "../support/heads.ts";
import { LIMITS } from "../support/splits.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { FIELD, fieldIdOf, foldedName } from "../../lib/http/field.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import type { ClientView, ForwardingPlan } from "../../lib/head/forwarding.ts";
import { SentRequest } from "../../lib/head/sent_request.ts";

const PLAN: ForwardingPlan = { maxForwards: -1, upgrade: "" };

/** Has it stand for a request. */
function begin(
  sent: SentRequest,
  lines: readonly string[],
  flags: readonly string[] = [],
  plan: Partial<ForwardingPlan> = {},
): SentRequest {
  const bytes = bytesOf(
    ["GET / HTTP/1.1", "Host: h", ...lines, "", ""].join("\r\n"),
  );
  const request = new RequestHead();
  request.begin(0, LIMITS);
  assert(request.parse(bytes, bytes.length));
  const client: ClientView = {
    address: "192.0.2.1",
    isTrusted: false,
    scheme: "http",
  };
  sent.begin(request, routeOf(...flags), client, { ...PLAN, ...plan });
  return sent;
}

function valueOf(sent: SentRequest, name: string): string | undefined {
  return sent.value(name, fieldIdOf(name));
}

function hasLookAlike(sent: SentRequest, name: string): boolean {
  return sent.hasLookAlike(name, fieldIdOf(name), foldedName(name));
}

Deno.test("what the origin gets in a field", async (t) => {
  const rows: [
    what: string,
    lines: string[],
    name: string,
    value: string | undefined,
    flags?: string[],
    plan?: Partial<ForwardingPlan>,
  ][] = [
    ["what came", ["A: 1"], "a", "1"],
    ["its lines", ["A: 1", "a: 2"], "a", "1,2"],
    ["nothing", ["A: 1"], "b", undefined],
    ["what Connection strikes", ["Connection: a", "A: 1"], "a", undefined],
    ["beside it", ["Connection: a", "A: 1", "B: 2"], "b", "2"],
    ["what a rule strikes", ["A: 1"], "a", undefined, [
      "--request-header",
      "-A",
    ]],
    ["what a rule sets", ["A: 1"], "a", "2", ["--request-header", "A: 2"]],
    ["what a rule adds", [], "a", "2", ["--request-header", "+A: 2"]],
    ["the host", [], "host", "other", ["--host-header", "other"]],
    [
      "where it came from",
      ["X-Forwarded-For: 1"],
      "x-forwarded-for",
      "192.0.2.1",
    ],
    ["hop by hop", ["TE: a"], "te", undefined],
    ["codings", ["Accept-Encoding: br, x"], "accept-encoding", "br, x"],
    [
      "few codings",
      ["Accept-Encoding: gzip;q=0.1, br, x"],
      "accept-encoding",
      "gzip",
      [],
      { asksFewCodings: true },
    ],
  ];
  for (const [what, lines, name, value, flags, plan] of rows) {
    await t.step(what, () => {
      const sent = begin(new SentRequest(), lines, flags, plan);
      assertEquals(valueOf(sent, name), value);
      assertEquals(valueOf(sent, name), value); // from memory
    });
  }
});

Deno.test("look-alikes that go on", async (t) => {
  const rows: [
    what: string,
    lines: string[],
    name: string,
    has: boolean,
    flags?: string[],
  ][] = [
    ["none", ["X-A: 1"], "x-a", false],
    ["one besides", ["X-A: 1", "X_A: 2"], "x-a", true],
    ["one alone", ["X_A: 2"], "x-a", true],
    ["of another name", ["X_B: 2"], "x-a", false],
    ["itself", ["X_A: 2"], "x_a", false],
    ["one that is struck", ["X-A: 1", "X_A: 2"], "x-a", false, [
      "--request-header",
      "-X-A",
    ]],
  ];
  for (const [what, lines, name, has, flags] of rows) {
    await t.step(what, () => {
      assertEquals(
        hasLookAlike(begin(new SentRequest(), lines, flags), name),
        has,
      );
    });
  }
});

Deno.test("the lines of a field", () => {
  const sent = begin(new SentRequest(), ["Cookie: a", "B: 1", "Cookie: b"]);
  assertEquals(sent.lines("cookie", FIELD.Cookie), ["a", "b"]);
  begin(sent, ["Cookie: a"], ["--request-header", "Cookie: c"]);
  assertEquals(sent.lines("cookie", FIELD.Cookie), ["c"]);
});

Deno.test("for the next request everything is looked at anew", () => {
  const sent = new SentRequest();
  const strikes = ["--request-header", "-A"];
  begin(sent, ["A: 1", "X_A: 2", "Connection: x"], strikes);
  assertEquals([valueOf(sent, "a"), hasLookAlike(sent, "x-a")], [
    undefined,
    true,
  ]);
  begin(sent, ["A: 3", "Y_A: 2"]);
  assertEquals([valueOf(sent, "a"), hasLookAlike(sent, "x-a")], ["3", false]);
  begin(sent, ["B: 4", "Connection: c", "C: 5"]);
  assertEquals([valueOf(sent, "b"), valueOf(sent, "c")], ["4", undefined]);
  begin(sent, ["B: 6", "Connection: b", "C: 7"]);
  assertEquals([valueOf(sent, "b"), valueOf(sent, "c")], [undefined, "7"]);
});

Deno.test("the lines of a field are those of this request, the first one too", () => {
  const request = new RequestHead();
  const read = (text: string): SentRequest => {
    const bytes = bytesOf(text);
    request.begin(0, LIMITS);
    assert(request.parse(bytes, bytes.length));
    const client: ClientView = {
      address: "192.0.2.1",
      scheme: "http",
      isTrusted: false,
    };
    const sent = new SentRequest();
    sent.begin(request, routeOf(), client, PLAN);
    return sent;
  };
  const before = "GET / HTTP/1.1\r\nCookie: a\r\nHost: h\r\nCookie: b\r\n\r\n";
  assertEquals(read(before).lines("cookie", FIELD.Cookie), ["a", "b"]);
  const odd = "GET / HTTP/1.1\r\nX_A: 1\r\nHost: h\r\n\r\n";
  assertEquals(hasLookAlike(read(odd), "x-a"), true);
  // Where a line of the one before was, the same bytes stand, which are not of this head.
  const short = "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n\r\n";
  const at = before.lastIndexOf("Cookie");
  const next = short.padEnd(at, "x") + before.slice(at);
  assertEquals(read(next).lines("cookie", FIELD.Cookie), []);
});
