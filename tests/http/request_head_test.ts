import { assertEquals } from "../support/assert.ts";
import { raw } from "../support/raw.ts";
import {
  firstDifference,
  LIMITS,
  type Outcome,
  requestHead,
  whole,
} from "../support/splits.ts";
import { octetsOf } from "../../lib/http/octets.ts";

/** A head with these lines and the empty line. */
function head(...lines: readonly string[]): Uint8Array {
  return octetsOf(`${lines.join("\r\n")}\r\n\r\n`);
}

function check(message: Uint8Array, expected: Outcome): void {
  assertEquals(whole(requestHead(), message), expected);
  assertEquals(firstDifference(requestHead(), message, expected), undefined);
}

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

/** What must be refused: the code, the rule, the octets. */
const REFUSED: readonly [code: string, rule: string, message: Uint8Array][] = [
  ["bad_request_line", "9112 §3: no method", head(" / HTTP/1.1", "Host: h")],
  [
    "bad_request_line",
    "9112 §3: two spaces",
    head("GET  / HTTP/1.1", "Host: h"),
  ],
  ["bad_request_line", "9112 §3: no target", head("GET HTTP/1.1", "Host: h")],
  ["bad_request_line", "9112 §3: tab", head("GET\t/ HTTP/1.1", "Host: h")],
  [
    "bad_request_line",
    "9112 §3: method with @",
    head("G@T / HTTP/1.1", "Host: h"),
  ],
  ["bad_request_line", "HTTP/0.9", octetsOf("GET /\r\n")],
  [
    "bad_request_line",
    "9112 §3: space behind",
    head("GET / HTTP/1.1 ", "Host: h"),
  ],
  ["bad_request_line", "9112 §2.3: case", head("GET / http/1.1", "Host: h")],
  [
    "bad_request_line",
    "9112 §2.3: two digits",
    head("GET / HTTP/1.10", "Host: h"),
  ],
  [
    "bad_request_line",
    "9112 §2.2: bare LF",
    octetsOf("GET / HTTP/1.1\nHost: h\n\n"),
  ],
  [
    "bad_request_line",
    "9112 §2.2: bare CR",
    head("GET / HTTP/1.1\rx", "Host: h"),
  ],
  [
    "bad_request_line",
    "one empty line is enough",
    octetsOf("\r\n\r\nGET / HTTP/1.1\r\n"),
  ],
  [
    "bad_request_line",
    "NUL in the target",
    head("GET /\0 HTTP/1.1", "Host: h"),
  ],
  ["bad_request_line", "fragment", head("GET /#x HTTP/1.1", "Host: h")],
  ["bad_request_line", "DEL", head("GET /\x7f HTTP/1.1", "Host: h")],
  ["bad_request_line", "HTAB", head("GET /\tx HTTP/1.1", "Host: h")],
  [
    "bad_target",
    "obs-text in an authority",
    head("GET http://\xc3\xa9/ HTTP/1.1", "Host: h"),
  ],
  [
    "bad_target",
    "obs-text in an authority",
    head("CONNECT \xc3\xa9:1 HTTP/1.1", "Host: h"),
  ],
  [
    "bad_target",
    "obs-text in place of a form",
    head("GET \xc3\xa9 HTTP/1.1", "Host: h"),
  ],
  ["bad_host", "obs-text", head("GET / HTTP/1.1", "Host: \xc3\xa9")],
  ["version_unsupported", "9110 §15.6.6", head("GET / HTTP/2.0", "Host: h")],
  ["version_unsupported", "9110 §15.6.6", head("GET / HTTP/0.9", "Host: h")],
  ["bad_target", "9112 §3.2: no form", head("GET x HTTP/1.1", "Host: h")],
  [
    "bad_target",
    "9112 §3.2.4: * without OPTIONS",
    head("GET * HTTP/1.1", "Host: h"),
  ],
  [
    "bad_target",
    "9110 §4.2.4: userinfo",
    head("GET http://u@h/ HTTP/1.1", "Host: h"),
  ],
  [
    "bad_target",
    "9110 §4.2.1: no host",
    head("GET http:///x HTTP/1.1", "Host: h"),
  ],
  ["bad_target", "9112 §3.2.3: CONNECT", head("CONNECT / HTTP/1.1", "Host: h")],
  ["bad_target", "encoded NUL", head("GET /a%00b HTTP/1.1", "Host: h")],
  [
    "misdirected",
    "9110 §7.4: scheme",
    head("GET https://h/ HTTP/1.1", "Host: h"),
  ],
  ["bad_host", "9112 §3.2: missing", head("GET / HTTP/1.1")],
  [
    "bad_host",
    "9112 §3.2: twice",
    head("GET / HTTP/1.1", "Host: h", "Host: h"),
  ],
  ["bad_host", "9112 §3.2: empty", head("GET / HTTP/1.1", "Host:")],
  ["bad_host", "9112 §3.2: list", head("GET / HTTP/1.1", "Host: a, b")],
  ["bad_host", "9112 §3.2: path", head("GET / HTTP/1.1", "Host: a/b")],
  ["bad_host", "9112 §3.2: userinfo", head("GET / HTTP/1.1", "Host: u@h")],
  ["bad_host", "9112 §3.2: port", head("GET / HTTP/1.1", "Host: h:99999")],
  ["bad_host", "also in HTTP/1.0", head("GET / HTTP/1.0", "Host: a b")],
  [
    "bad_field_line",
    "9112 §5.1: space before the colon",
    head("GET / HTTP/1.1", "Host : h"),
  ],
  [
    "bad_field_line",
    "9112 §5.1: no name",
    head("GET / HTTP/1.1", "Host: h", ": x"),
  ],
  [
    "bad_field_line",
    "9112 §5.1: no colon",
    head("GET / HTTP/1.1", "Host: h", "x"),
  ],
  [
    "bad_field_line",
    "9112 §5.2: obs-fold",
    head("GET / HTTP/1.1", "Host: h", "A: b", " c"),
  ],
  [
    "bad_field_line",
    "9112 §2.2: whitespace first",
    head("GET / HTTP/1.1", " Host: h"),
  ],
  [
    "bad_field_line",
    "9110 §5.5: NUL",
    head("GET / HTTP/1.1", "Host: h", "A: b\0c"),
  ],
  [
    "bad_field_line",
    "9110 §5.5: CR",
    head("GET / HTTP/1.1", "Host: h", "A: b\rc"),
  ],
  [
    "bad_field_line",
    "9110 §5.5: LF",
    head("GET / HTTP/1.1", "Host: h", "A: b\nC: d"),
  ],
  [
    "bad_field_line",
    "9110 §5.5: DEL",
    head("GET / HTTP/1.1", "Host: h", "A: \x7f"),
  ],
  [
    "bad_field_line",
    "9110 §5.6.2: name",
    head("GET / HTTP/1.1", "Host: h", "A(): b"),
  ],
  [
    "bad_field_line",
    "obs-text in a name",
    head("GET / HTTP/1.1", "Host: h", "\xe9: b"),
  ],
  [
    "bad_framing",
    "9112 §6.3: both",
    head(
      "PUT / HTTP/1.1",
      "Host: h",
      "Content-Length: 1",
      "Transfer-Encoding: chunked",
    ),
  ],
  [
    "bad_framing",
    "9112 §6.3: unequal",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: 1", "Content-Length: 2"),
  ],
  [
    "bad_framing",
    "9112 §6.3: equal",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: 1", "Content-Length: 1"),
  ],
  [
    "bad_framing",
    "9112 §6.3: list",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: 1, 1"),
  ],
  [
    "bad_framing",
    "9110 §8.6: sign",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: +1"),
  ],
  [
    "bad_framing",
    "9110 §8.6: hex",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: 0x1"),
  ],
  [
    "bad_framing",
    "9110 §8.6: empty",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length:"),
  ],
  [
    "bad_framing",
    "9110 §8.6: inner space",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: 1 1"),
  ],
  [
    "bad_framing",
    "2^64",
    head("PUT / HTTP/1.1", "Host: h", "Content-Length: 18446744073709551617"),
  ],
  [
    "bad_framing",
    "9112 §6.1: HTTP/1.0",
    head("PUT / HTTP/1.0", "Transfer-Encoding: chunked"),
  ],
  [
    "bad_framing",
    "9112 §6.3: not final",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked, gzip"),
  ],
  [
    "bad_framing",
    "9112 §7.1: twice",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked, chunked"),
  ],
  [
    "bad_framing",
    "two lines",
    head(
      "PUT / HTTP/1.1",
      "Host: h",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding: chunked",
    ),
  ],
  [
    "bad_framing",
    "vertical tab",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: \x80chunked"),
  ],
  [
    "bad_framing",
    "empty",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding:"),
  ],
  [
    "bad_framing",
    "parameters",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked;a=b"),
  ],
  [
    "not_implemented",
    "9112 §6.1: unknown",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: xchunked"),
  ],
  [
    "not_implemented",
    "9112 §6.1: gzip",
    head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: gzip, chunked"),
  ],
  [
    "not_implemented",
    "9112 §3: method",
    head("A".repeat(65) + " / HTTP/1.1", "Host: h"),
  ],
];

Deno.test("what two parsers could read differently is refused (RFC 9112 §11.2)", async (t) => {
  for (const [code, rule, message] of REFUSED) {
    await t.step(`${code}: ${rule}`, () => check(message, code));
  }
});

Deno.test("a head has bounds, to the octet", () => {
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
      octetsOf("GET / HTTP/1.1\r\nA: " + "b".repeat(40_000)),
    ),
    "fields_too_large",
  );
});

Deno.test("one empty line before a request is skipped (RFC 9112 §2.2)", () => {
  const message = octetsOf("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const outcome = whole(requestHead(), message) as Record<string, unknown>;
  assertEquals(outcome.method, "GET");
  assertEquals(firstDifference(requestHead(), message, outcome), undefined);
});
