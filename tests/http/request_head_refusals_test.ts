/** Request heads that are refused: what two parsers could read differently (RFC 9112 §11.2). */

import { check, head } from "../support/request_heads.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

/** What must be refused: the code, the rule, the bytes. */
const REFUSED: readonly (readonly [
  code: string,
  rule: string,
  message: Uint8Array,
])[] = [
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
  ...["get", "Post", "heaD", "propfind", "connect"].map((method) =>
    [
      "bad_request_line",
      `9110 §9.1: ${method} is not what it may be taken for`,
      head(`${method} / HTTP/1.1`, "Host: h"),
    ] as const
  ),
  ["bad_request_line", "HTTP/0.9", bytesOf("GET /\r\n")],
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
    bytesOf("GET / HTTP/1.1\nHost: h\n\n"),
  ],
  [
    "bad_request_line",
    "9112 §2.2: bare CR",
    head("GET / HTTP/1.1\rx", "Host: h"),
  ],
  [
    "bad_request_line",
    "one empty line is enough",
    bytesOf("\r\n\r\nGET / HTTP/1.1\r\n"),
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
  ["bad_target", "no scheme", head("GET ://h/ HTTP/1.1", "Host: h")],
  ["bad_target", "one slash", head("GET http:/h/ HTTP/1.1", "Host: h")],
  ["bad_target", "another byte", head("GET http:/xh/ HTTP/1.1", "Host: h")],
  ["bad_target", "another byte", head("GET http:x/h/ HTTP/1.1", "Host: h")],
  ["bad_target", "no authority", head("GET http:// HTTP/1.1", "Host: h")],
  ["bad_target", "a scheme alone", head("GET http: HTTP/1.1", "Host: h")],
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
  ["bad_target", "encoded NUL last", head("GET /a%00 HTTP/1.1", "Host: h")],
  [
    "misdirected",
    "9110 §7.4: scheme",
    head("GET ftp://h/ HTTP/1.1", "Host: h"),
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
