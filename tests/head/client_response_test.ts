/** The response that the client gets, from the one that came: the pure part of forwarding. */

import { assert, assertEquals } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import { linesOf, routeOf } from "../support/heads.ts";
import { METHOD } from "../../lib/http/method.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { ResponseHead } from "../../lib/http/response_head.ts";
import {
  type ResponsePlan,
  writeClientResponse,
} from "../../lib/head/client_response.ts";
import { errorResponse, writeOwnHead } from "../../lib/head/own_response.ts";

const DATE = bytesOf("Tue, 24 Nov 2026 00:00:00 GMT");

function responseOf(lines: readonly string[], method: number): ResponseHead {
  const bytes = bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
  const response = new ResponseHead();
  response.begin(0, LIMITS, method);
  assert(response.parse(bytes, bytes.length));
  return response;
}

type Framed = Pick<ResponsePlan, "framing" | "length" | "connection">;

Deno.test("the response that the client gets", async (t) => {
  const length: Framed = { framing: "length", length: 5, connection: "" };
  const rows: [
    what: string,
    response: string[],
    plan: Framed,
    flags: string[],
    lines: string[],
  ][] = [
    [
      "as it came, with Via and new framing",
      ["HTTP/1.1 200 Fine", "Date: x", "b: 1", "B: \xe9", "Content-Length: 5"],
      length,
      [],
      [
        "HTTP/1.1 200 Fine",
        "Date: x",
        "b: 1",
        "B: \xe9",
        "Via: 1.1 sluice",
        "Content-Length: 5",
      ],
    ],
    [
      "Date is added (RFC 9110 §6.6.1), the version is ours",
      ["HTTP/1.0 200 OK", "Connection: x", "X: 1"],
      { framing: "chunked", length: 0, connection: "" },
      [],
      [
        "HTTP/1.1 200 OK",
        "Date: Tue, 24 Nov 2026 00:00:00 GMT",
        "Via: 1.0 sluice",
        "Transfer-Encoding: chunked",
      ],
    ],
    [
      "rules",
      ["HTTP/1.1 200 OK", "Date: x", "Server: o", "A: 1", "Content-Length: 5"],
      length,
      [
        "--response-header",
        "-server",
        "--response-header",
        "a: 2",
        "--response-header",
        "+B: 3",
      ],
      [
        "HTTP/1.1 200 OK",
        "Date: x",
        "a: 2",
        "B: 3",
        "Via: 1.1 sluice",
        "Content-Length: 5",
      ],
    ],
    [
      "204 has no length (RFC 9110 §8.6)",
      ["HTTP/1.1 204 No Content", "Date: x", "Content-Length: 5"],
      { framing: "none", length: 0, connection: "close" },
      [],
      [
        "HTTP/1.1 204 No Content",
        "Date: x",
        "Connection: close",
        "Via: 1.1 sluice",
      ],
    ],
    [
      "304 keeps the representation's length",
      ["HTTP/1.1 304 Not Modified", "Date: x", "Content-Length: 7"],
      { framing: "none", length: 0, connection: "keep-alive" },
      [],
      [
        "HTTP/1.1 304 Not Modified",
        "Date: x",
        "Connection: keep-alive",
        "Via: 1.1 sluice",
        "Content-Length: 7",
      ],
    ],
  ];
  for (const [what, response, plan, flags, lines] of rows) {
    await t.step(what, () => {
      const out = new ByteWriter(16);
      const head = responseOf(response, METHOD.Get);
      writeClientResponse(
        out,
        head,
        routeOf(...flags).responseRules,
        {
          ...plan,
          cacheStatus: "",
          dropsTags: false,
          coding: undefined,
          varies: false,
        },
        () => DATE,
      );
      assertEquals(linesOf(out), lines);
    });
  }
});

Deno.test("an error response says no more than its status", () => {
  const out = new ByteWriter(16);
  const plan = {
    length: 16,
    connection: "",
    rules: [],
    date: DATE,
    cacheStatus: "",
  } as const;
  const response = errorResponse(502);
  writeOwnHead(out, response, plan);
  out.append(response.content.bytes);
  assertEquals(
    textOf(out.bytes, 0, out.length),
    "HTTP/1.1 502 Bad Gateway\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n" +
      "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n" +
      "Content-Length: 16\r\n\r\n502 Bad Gateway\n",
  );
  out.length = 0;
  writeOwnHead(out, errorResponse(503), plan);
  const text = textOf(out.bytes, 0, out.length);
  assert(text.includes("Retry-After: 1\r\n") && text.endsWith("\r\n\r\n"));
});
