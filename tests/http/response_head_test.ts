import { assertEquals } from "../support/assert.ts";
import {
  firstDifference,
  type Making,
  responseHead,
  whole,
} from "../support/splits.ts";
import { METHOD } from "../../lib/http/method.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

function head(...lines: readonly string[]): Uint8Array {
  return bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
}

function parse(message: Uint8Array, making: Making): Record<string, unknown> {
  const outcome = whole(making, message);
  assertEquals(firstDifference(making, message, outcome), undefined);
  return outcome as Record<string, unknown>;
}

Deno.test("status lines (RFC 9112 §4)", async (t) => {
  const rows: [line: string, status: number, reason: string][] = [
    ["HTTP/1.1 200 OK", 200, "OK"],
    ["HTTP/1.1 404 Not Found", 404, "Not Found"],
    ["HTTP/1.0 200 \xe9t\xe9", 200, "\xe9t\xe9"],
    ["HTTP/1.1 200 ", 200, ""],
    ["HTTP/1.1 200", 200, ""],
    ["HTTP/1.1 599 x", 599, "x"],
  ];
  for (const [line, status, reason] of rows) {
    await t.step(line, () => {
      const outcome = parse(head(line, "A: b"), responseHead());
      assertEquals([outcome.status, outcome.reason], [status, reason]);
    });
  }
});

Deno.test("the eight rules of a response's length (RFC 9112 §6.3)", async (t) => {
  const { Get, Head } = METHOD;
  const rows: [
    what: string,
    method: number,
    lines: string[],
    kind: string,
    length: number,
    persists: boolean,
  ][] = [
    [
      "1: HEAD",
      Head,
      ["HTTP/1.1 200 OK", "Content-Length: 5"],
      "none",
      0,
      true,
    ],
    [
      "1: HEAD chunked",
      Head,
      ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"],
      "none",
      0,
      true,
    ],
    ["1: 100", Get, ["HTTP/1.1 100 Continue"], "none", 0, true],
    ["1: 199", Get, ["HTTP/1.1 199 X", "Content-Length: 5"], "none", 0, true],
    [
      "1: 204",
      Get,
      ["HTTP/1.1 204 No Content", "Content-Length: 5"],
      "none",
      0,
      true,
    ],
    [
      "1: 304",
      Get,
      ["HTTP/1.1 304 Not Modified", "Content-Length: 5"],
      "none",
      0,
      true,
    ],
    ["2: 101", Get, ["HTTP/1.1 101 Switching Protocols"], "tunnel", 0, true],
    [
      "3: both",
      Get,
      ["HTTP/1.1 200 OK", "Content-Length: 5", "Transfer-Encoding: chunked"],
      "chunked",
      0,
      false,
    ],
    [
      "4: chunked",
      Get,
      ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked"],
      "chunked",
      0,
      true,
    ],
    [
      "6: length",
      Get,
      ["HTTP/1.1 200 OK", "Content-Length: 5"],
      "length",
      5,
      true,
    ],
    [
      "6: length 0",
      Get,
      ["HTTP/1.1 200 OK", "Content-Length: 0"],
      "none",
      0,
      true,
    ],
    ["8: close", Get, ["HTTP/1.1 200 OK"], "close", 0, true],
    ["8: HTTP/1.0", Get, ["HTTP/1.0 200 OK"], "close", 0, false],
  ];
  for (const [what, method, lines, kind, length, persists] of rows) {
    await t.step(what, () => {
      const outcome = parse(head(...lines), responseHead(method));
      const framing = outcome.framing as { kind: string; length: number };
      assertEquals([framing.kind, framing.length, outcome.persists], [
        kind,
        length,
        persists,
      ]);
    });
  }
});

Deno.test("whitespace before a colon is taken out (RFC 9112 §5.1)", async (t) => {
  const rows: [line: string, read: string][] = [
    ["A : b", "A: b"],
    ["A\t:b", "A: b"],
    ["A \t  : \t b \t", "A: b"],
    ["A :", "A: "],
    ["Content-Length : 5", "Content-Length: 5"],
  ];
  for (const [line, read] of rows) {
    await t.step(JSON.stringify(line), () => {
      const message = head("HTTP/1.1 200 OK", "X: y", line, "Z : :");
      assertEquals(parse(message, responseHead()).fields, [
        "X: y",
        read,
        "Z: :",
      ]);
    });
  }
});

Deno.test("malformed response heads are refused", async (t) => {
  const rows: [code: string, message: Uint8Array][] = [
    ["bad_request_line", bytesOf("<html>")],
    ["bad_request_line", head("HTTP/2.0 200 OK")],
    ["bad_request_line", head("HTTP/1.1  200 OK")],
    ["bad_request_line", head("HTTP/1.1 20 OK")],
    ["bad_request_line", head("HTTP/1.1 2000 OK")],
    ["bad_request_line", head("HTTP/1.1 099 OK")],
    ["bad_request_line", head("HTTP/1.1 600 OK")],
    ["bad_request_line", head("HTTP/1.1 200 O\0K")],
    ["bad_request_line", bytesOf("HTTP/1.1 200 OK\n\n")],
    ["bad_field_line", head("HTTP/1.1 200 OK", "A b: c")],
    ["bad_field_line", head("HTTP/1.1 200 OK", "A b")],
    ["bad_field_line", head("HTTP/1.1 200 OK", "A ")],
    ["bad_field_line", head("HTTP/1.1 200 OK", " : b")],
    ["bad_framing", head("HTTP/1.1 200 OK", "Content-Length : 1, 1")],
    ["bad_field_line", head("HTTP/1.1 200 OK", "A: b", "\tc")],
    [
      "bad_framing",
      head("HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 1"),
    ],
    ["bad_framing", head("HTTP/1.1 200 OK", "Content-Length: -1")],
    ["bad_framing", head("HTTP/1.0 200 OK", "Transfer-Encoding: chunked")],
    ["not_implemented", head("HTTP/1.1 200 OK", "Transfer-Encoding: gzip")],
  ];
  for (const [code, message] of rows) {
    await t.step(
      `${code}: ${JSON.stringify(String.fromCharCode(...message))}`,
      () => {
        assertEquals(whole(responseHead(), message), code);
        assertEquals(firstDifference(responseHead(), message, code), undefined);
      },
    );
  }
});
