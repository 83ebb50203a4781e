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
  writeInterimResponse,
  writeTemplate,
  writeUpgradeResponse,
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

/** Nothing is changed that need not be. */
const AS_IT_CAME: ResponsePlan = {
  framing: "length",
  length: 5,
  connection: "",
  cacheStatus: "",
  dropsTags: false,
  coding: undefined,
  varies: false,
};
const FIVE = "Content-Length: 5";
const END = ["Via: 1.1 sluice", FIVE];

Deno.test("what the plan says of the client's response", async (t) => {
  const coded = [
    'ETag: "a"',
    "Accept-Ranges: bytes",
    "Content-MD5: a",
    "Digest: a",
    "Content-Digest: a",
    "Repr-Digest: a",
  ];
  const rows: [
    what: string,
    lines: string[],
    plan: Partial<ResponsePlan>,
    flags: string[],
    written: string[],
  ][] = [
    ["tags stay", ["Cache-Tag: a", "Surrogate-Key: b", FIVE], {}, [], [
      "Cache-Tag: a",
      "Surrogate-Key: b",
      ...END,
    ]],
    [
      "tags go",
      ["Cache-Tag: a", "Surrogate-Key: b", "Age: 1", FIVE],
      {
        dropsTags: true,
      },
      [],
      ["Age: 1", ...END],
    ],
    [
      "another client might get it coded",
      ["Vary: A", 'ETag: "a"', FIVE],
      {
        varies: true,
      },
      [],
      ['ETag: "a"', "Vary: A, Accept-Encoding", ...END],
    ],
    [
      "it varied on that already",
      ["Vary: Accept-Encoding", FIVE],
      {
        varies: true,
      },
      [],
      ["Vary: Accept-Encoding", ...END],
    ],
    [
      "it is encoded",
      [...coded, "X: 1", FIVE],
      {
        coding: "gzip",
        varies: true,
      },
      [],
      [
        "X: 1",
        "Vary: Accept-Encoding",
        "Content-Encoding: gzip",
        'ETag: W/"a"',
        ...END,
      ],
    ],
    [
      "it is decoded",
      [...coded, "Content-Encoding: gzip", FIVE],
      {
        coding: "identity",
        varies: true,
      },
      [],
      ["Vary: Accept-Encoding", 'ETag: W/"a"', ...END],
    ],
    [
      "rules before codings",
      ['ETag: "a"', "Vary: A", FIVE],
      {
        coding: "br",
        varies: true,
      },
      ["--response-header", "-etag", "--response-header", "Vary: B"],
      [
        "Content-Encoding: br",
        "Vary: B",
        ...END,
      ],
    ],
    ["another tag", ['ETag: "a"', "X: 1", FIVE], { etag: 'W/"a"' }, [], [
      "X: 1",
      'ETag: W/"a"',
      ...END,
    ]],
    [
      "another tag, which a rule removes",
      ['ETag: "a"', FIVE],
      {
        etag: 'W/"a"',
      },
      ["--response-header", "-etag"],
      END,
    ],
    ["Cache-Status", [FIVE], { cacheStatus: "c; hit" }, [], [
      "Cache-Status: c; hit",
      ...END,
    ]],
    ["what is announced does not come", ["Trailer: X", FIVE], {}, [], END],
    [
      "trailers may come",
      ["Trailer: X", "Transfer-Encoding: chunked"],
      {
        framing: "chunked",
      },
      [],
      ["Trailer: X", "Via: 1.1 sluice", "Transfer-Encoding: chunked"],
    ],
    [
      "… but not of coded content",
      [
        "Trailer: X",
        "Transfer-Encoding: chunked",
      ],
      { framing: "chunked", coding: "gzip" },
      [],
      [
        "Via: 1.1 sluice",
        "Transfer-Encoding: chunked",
      ],
    ],
    [
      "… nor of content that has a length now",
      [
        "Trailer: X",
        "Transfer-Encoding: chunked",
      ],
      {},
      [],
      END,
    ],
    [
      "to the end of the connection",
      [FIVE],
      {
        framing: "close",
        connection: "close",
      },
      [],
      ["Connection: close", "Via: 1.1 sluice"],
    ],
    ["no body, and a length", [FIVE], { framing: "none" }, [], END],
    [
      "no body, and the length of what is coded",
      [FIVE],
      {
        framing: "none",
        coding: "gzip",
      },
      [],
      ["Via: 1.1 sluice"],
    ],
    [
      "hop by hop",
      ["Connection: x-a", "X-A: 1", "Keep-Alive: a", FIVE],
      {},
      [],
      END,
    ],
  ];
  for (const [what, lines, plan, flags, written] of rows) {
    await t.step(what, () => {
      const out = new ByteWriter(16);
      writeClientResponse(
        out,
        responseOf(["HTTP/1.1 200 OK", "Date: x", ...lines], METHOD.Get),
        routeOf(...flags).responseRules,
        { ...AS_IT_CAME, ...plan },
        () => DATE,
      );
      assertEquals(linesOf(out), ["HTTP/1.1 200 OK", "Date: x", ...written]);
    });
  }
});

Deno.test("the whole as a range", () => {
  const out = new ByteWriter(16);
  const head = responseOf(["HTTP/1.1 200 Fine", "Date: x", FIVE], METHOD.Get);
  const plan = { ...AS_IT_CAME, isRange: true };
  writeClientResponse(out, head, [], plan, () => DATE);
  assertEquals(linesOf(out), [
    "HTTP/1.1 206 Partial Content",
    "Date: x",
    "Content-Range: bytes 0-4/5",
    ...END,
  ]);
});

Deno.test("§15.5.22: a 426 says to which protocols", () => {
  for (const [connection, more] of [["", ""], ["close", ", close"]] as const) {
    const out = new ByteWriter(16);
    const lines = ["Date: x", "Connection: upgrade", "Upgrade: b", FIVE];
    const head = responseOf(["HTTP/1.1 426 X", ...lines], METHOD.Get);
    const plan = { ...AS_IT_CAME, connection };
    writeClientResponse(out, head, [], plan, () => DATE);
    assertEquals(linesOf(out), [
      "HTTP/1.1 426 X",
      "Date: x",
      `Connection: upgrade${more}`,
      "Upgrade: b",
      ...END,
    ]);
  }
});

Deno.test("interim responses, the switch to another protocol, and what stored responses begin with", () => {
  const { responseRules } = routeOf("--response-header", "A: 2");
  const out = new ByteWriter(16);
  const hints = ["HTTP/1.1 103 X", "Link: a", "A: 1", "Trailer: b"];
  writeInterimResponse(out, responseOf(hints, METHOD.Get));
  assertEquals(linesOf(out), ["HTTP/1.1 103 X", "Link: a", "A: 1"]);
  out.length = 0;
  const switching = ["HTTP/1.1 101 X", "A: 1", "Connection: upgrade"];
  writeUpgradeResponse(
    out,
    responseOf([...switching, "Upgrade: b"], METHOD.Get),
    responseRules,
  );
  assertEquals(linesOf(out), [
    "HTTP/1.1 101 X",
    "Via: 1.1 sluice",
    "A: 2",
    "Connection: upgrade",
    "Upgrade: b",
  ]);
  out.length = 0;
  const stored = ["HTTP/1.1 200 X", "Age: 5", "A: 1", "Vary: B", "Trailer: c"];
  writeTemplate(out, responseOf(stored, METHOD.Get), 0, responseRules, {
    ...AS_IT_CAME,
    varies: true,
  });
  out.text("\r\n");
  assertEquals(linesOf(out), [
    "HTTP/1.1 200 X",
    "Vary: B, Accept-Encoding",
    "A: 2",
    "Via: 1.0 sluice",
  ]);
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
