import { assertEquals } from "../support/assert.ts";
import { raw } from "../support/raw.ts";
import {
  firstDifference,
  LIMITS,
  type Outcome,
  requestHead,
  whole,
} from "../support/splits.ts";
import { check, head } from "../support/request_heads.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { NO_BODY } from "../../lib/http/framing.ts";
import { METHOD } from "../../lib/http/method.ts";
import { RequestHead } from "../../lib/http/request_head.ts";

Deno.test("a request head is what it says, however it arrives", () => {
  check(
    raw`
      POST /a/b?c=d HTTP/1.1
      Host: example.com:8080
      X-Obs: \xe9\xff
      Accept:  a, b \t
      accept: c
      Empty:
      Content-Length: 12

      `,
    {
      method: "POST",
      target: "/a/b?c=d",
      form: "origin",
      authority: "",
      path: "/a/b?c=d",
      minorVersion: 1,
      fields: [
        "Host: example.com:8080",
        "X-Obs: \xe9\xff",
        "Accept: a, b",
        "accept: c",
        "Empty: ",
        "Content-Length: 12",
      ],
      framing: { kind: "length", length: 12, suspect: false },
      persists: true,
      length: 117,
    },
  );
});

Deno.test("the four forms of a target (RFC 9112 §3.2)", async (t) => {
  const forms: [line: string, form: string, authority: string, path: string][] =
    [
      ["GET / HTTP/1.1", "origin", "", "/"],
      ["GET //x/../y?a?b HTTP/1.1", "origin", "", "//x/../y?a?b"],
      ["GET http://h/p?q HTTP/1.1", "absolute", "h", "/p?q"],
      ["GET HTTP://H:81 HTTP/1.1", "absolute", "H:81", ""],
      ["GET https://h/p HTTP/1.1", "absolute", "h", "/p"], // whether it came by that is for others to check
      ["GET http://h?q HTTP/1.1", "absolute", "h", "?q"],
      ["GET http://[::1]:80/ HTTP/1.1", "absolute", "[::1]:80", "/"],
      ["OPTIONS * HTTP/1.1", "asterisk", "", "*"],
      ["CONNECT h:443 HTTP/1.1", "authority", "h:443", ""],
    ];
  for (const [line, form, authority, path] of forms) {
    await t.step(line, () => {
      const message = head(line, "Host: h");
      const outcome = whole(requestHead(), message) as Record<string, unknown>;
      assertEquals(
        { ...outcome, fields: 0 },
        { ...outcome, fields: 0, form, authority, path },
      );
      assertEquals(firstDifference(requestHead(), message, outcome), undefined);
    });
  }
});

Deno.test("framing and persistence of requests (RFC 9112 §6.3, §9.3)", async (t) => {
  const none = { kind: "none", length: 0, suspect: false };
  const chunked = { kind: "chunked", length: 0, suspect: false };
  const rows: [
    what: string,
    lines: string[],
    framing: unknown,
    persists: boolean,
  ][] = [
    ["1.1", ["GET / HTTP/1.1", "Host: h"], none, true],
    [
      "1.1 close",
      ["GET / HTTP/1.1", "Host: h", "cOnnection: Close"],
      none,
      false,
    ],
    [
      "close in a list",
      ["GET / HTTP/1.1", "Host: h", "Connection: x, close ,y"],
      none,
      false,
    ],
    [
      "close in a second line",
      ["GET / HTTP/1.1", "Host: h", "Connection: x", "Connection: close"],
      none,
      false,
    ],
    ["1.0", ["GET / HTTP/1.0"], none, false],
    [
      "1.0 keep-alive",
      ["GET / HTTP/1.0", "Connection: Keep-Alive"],
      none,
      true,
    ],
    [
      "1.0 both: close wins",
      ["GET / HTTP/1.0", "Connection: keep-alive, close"],
      none,
      false,
    ],
    ["1.2 is read as 1.1", ["GET / HTTP/1.2", "Host: h"], none, true],
    [
      "length 0",
      ["PUT / HTTP/1.1", "Host: h", "Content-Length: 0"],
      none,
      true,
    ],
    [
      "leading zeros",
      ["PUT / HTTP/1.1", "Host: h", "Content-Length: 0010"],
      { kind: "length", length: 10, suspect: false },
      true,
    ],
    [
      "chunked in any case",
      ["PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: Chunked"],
      chunked,
      true,
    ],
  ];
  for (const [what, lines, framing, persists] of rows) {
    await t.step(what, () => {
      const message = head(...lines);
      const outcome = whole(requestHead(), message) as Record<string, unknown>;
      assertEquals([outcome.framing, outcome.persists], [framing, persists]);
      assertEquals(firstDifference(requestHead(), message, outcome), undefined);
    });
  }
});

Deno.test("a head has bounds, to the byte", () => {
  const limits = { headBytesMax: 64, targetBytesMax: 8, fieldCountMax: 2 };
  const outcomes = (message: Uint8Array): Outcome => {
    const outcome = whole(requestHead(limits), message);
    assertEquals(
      firstDifference(requestHead(limits), message, outcome),
      undefined,
    );
    return typeof outcome === "string" ? outcome : "complete";
  };
  const filled = (size: number): Uint8Array =>
    head("GET / HTTP/1.1", `Host: ${"h".repeat(size - 26)}`);
  assertEquals(filled(64).length, 64);
  assertEquals(outcomes(filled(64)), "complete");
  assertEquals(outcomes(filled(65)), "fields_too_large");
  assertEquals(outcomes(head("GET /2345678 HTTP/1.1", "Host: h")), "complete");
  assertEquals(
    outcomes(head("GET /23456789 HTTP/1.1", "Host: h")),
    "target_too_long",
  );
  assertEquals(outcomes(head("GET / HTTP/1.1", "Host: h", "A: b")), "complete");
  assertEquals(
    outcomes(head("GET / HTTP/1.1", "Host: h", "A: b", "C: d")),
    "fields_too_large",
  );
  // An endless line is ended at the bound, not at its end.
  assertEquals(
    whole(
      requestHead(LIMITS),
      bytesOf("GET / HTTP/1.1\r\nA: " + "b".repeat(40_000)),
    ),
    "fields_too_large",
  );
});

Deno.test("one empty line before a request is skipped (RFC 9112 §2.2)", () => {
  const message = bytesOf("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const outcome = whole(requestHead(), message) as Record<string, unknown>;
  assertEquals(outcome.method, "GET");
  assertEquals(firstDifference(requestHead(), message, outcome), undefined);
});

Deno.test("a head that is begun again has forgotten the one before", () => {
  const head = new RequestHead();
  const bytes = bytesOf(
    "POST http://a/%41 HTTP/1.0\r\nConnection: close\r\nContent-Length: 5\r\n\r\n",
  );
  head.begin(0, LIMITS);
  assertEquals(head.parse(bytes, bytes.length), true);
  assertEquals([head.end, head.minorVersion], [bytes.length, 0]);
  head.begin(7, LIMITS);
  assertEquals([head.start, head.end, head.method], [7, 0, METHOD.Other]);
  assertEquals([head.methodEnd, head.targetStart, head.targetEnd], [7, 7, 7]);
  assertEquals([head.minorVersion, head.options], [1, 0]);
  assertEquals(head.framing, NO_BODY);
  assertEquals([head.hasBegun, head.hasRequestLine], [false, false]);
  const next = bytesOf("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  head.begin(0, LIMITS);
  assertEquals(head.parse(next, next.length), true);
  assertEquals(head.target, {
    form: "origin",
    authorityStart: 0,
    authorityEnd: 0,
    isHttps: false,
    pathStart: 4,
  });
});
