/** The request that the origin gets, from the one that came: the pure part of forwarding. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import { linesOf, routeOf } from "../support/heads.ts";
import { HttpError } from "../../lib/http/error.ts";
import { foldedName } from "../../lib/http/field.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { admit, answersUpgrade } from "../../lib/exchange/admit.ts";
import { writeOriginRequest } from "../../lib/head/origin_request.ts";
import type { ForwardingPlan } from "../../lib/head/forwarding.ts";

function requestOf(...lines: readonly string[]): RequestHead {
  const bytes = bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
  const request = new RequestHead();
  request.begin(0, LIMITS);
  assert(request.parse(bytes, bytes.length));
  return request;
}

/** What the origin gets. */
function forwarded(
  request: readonly string[],
  flags: readonly string[] = [],
  isTrusted = false,
  more: Partial<ForwardingPlan> = {},
): string[] {
  const head = requestOf(...request);
  const admitted = admit(head, Infinity);
  assert(admitted !== "answer");
  const plan = { ...admitted, ...more };
  const out = new ByteWriter(64);
  const client = {
    address: "192.0.2.1",
    isTrusted,
    scheme: "http",
  } as const;
  writeOriginRequest(out, head, routeOf(...flags), client, plan);
  return linesOf(out);
}

const FORWARDING = [
  "Via: 1.1 sluice",
  "X-Forwarded-For: 192.0.2.1",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: h",
];

Deno.test("the request that the origin gets", async (t) => {
  const rows: [
    what: string,
    request: string[],
    flags: string[],
    kept: string[],
  ][] = [
    [
      "order, case, duplicates and obs-text stay",
      ["GET /a HTTP/1.1", "B: 1", "Host: h", "a: \xe9", "B:2"],
      [],
      ["GET /a HTTP/1.1", "B: 1", "Host: h", "a: \xe9", "B:2"],
    ],
    [
      "hop-by-hop fields and those nominated go (RFC 9110 §7.6.1)",
      [
        "GET / HTTP/1.1",
        "Host: h",
        "Connection: close, X-Hop",
        "Keep-Alive: 1",
        "x-hop: 1",
        "Proxy-Connection: a",
        "Trailer: x",
      ],
      [],
      ["GET / HTTP/1.1", "Host: h"],
    ],
    [
      "trailers are announced where they can come (RFC 9110 §6.5)",
      [
        "GET / HTTP/1.1",
        "Host: h",
        "Transfer-Encoding: chunked",
        "Trailer: x",
      ],
      [],
      [
        "GET / HTTP/1.1",
        "Host: h",
        "Trailer: x",
        "Transfer-Encoding: chunked",
      ],
    ],
    [
      "what cannot be nominated stays",
      [
        "GET / HTTP/1.1",
        "Connection: host, authorization",
        "Host: h",
        "Authorization: x",
      ],
      [],
      ["GET / HTTP/1.1", "Host: h", "Authorization: x"],
    ],
    [
      "look-alikes and Proxy go (httpoxy)",
      [
        "GET / HTTP/1.1",
        "Host: h",
        "X_Forwarded_For: 1",
        "Proxy: x",
        "Content.Length: 3",
      ],
      [],
      ["GET / HTTP/1.1", "Host: h"],
    ],
    [
      "what a client says of its origin goes",
      [
        "GET / HTTP/1.1",
        "Host: h",
        "X-Forwarded-For: 1",
        "X-Real-IP: 2",
        "Forwarded: for=3",
      ],
      [],
      ["GET / HTTP/1.1", "Host: h"],
    ],
    [
      "absolute form becomes origin form, its authority goes before Host (RFC 9112 §3.2.2)",
      ["GET http://h?x HTTP/1.1", "Host: other"],
      [],
      ["GET /?x HTTP/1.1", "Host: h"],
    ],
    [
      "OPTIONS of an authority becomes asterisk form (RFC 9112 §3.2.4)",
      ["OPTIONS http://h HTTP/1.1", "Host: h"],
      [],
      ["OPTIONS * HTTP/1.1", "Host: h"],
    ],
    [
      "field rules",
      ["GET / HTTP/1.1", "Host: h", "A: 1", "B: 2", "a_b: 3"],
      [
        "--request-header",
        "-a",
        "--request-header",
        "b: 4",
        "--request-header",
        "A-B: 5",
      ],
      ["GET / HTTP/1.1", "Host: h", "b: 4", "A-B: 5"],
    ],
    [
      "another Host",
      ["GET / HTTP/1.1", "Host: h", "A: 1"],
      ["--host-header", "upstream", "--upstream", "http://o:81"],
      ["GET / HTTP/1.1", "Host: o:81", "A: 1"],
    ],
    [
      "TE: trailers is for the next hop, too",
      ["GET / HTTP/1.1", "Host: h", "TE: gzip, trailers;q=1", "Connection: TE"],
      [],
      ["GET / HTTP/1.1", "Host: h", "TE: trailers", "Connection: TE"],
    ],
    [
      "framing is written anew (RFC 9112 §6)",
      ["PUT / HTTP/1.1", "Host: h", "content-length: 007"],
      [],
      ["PUT / HTTP/1.1", "Host: h", "Content-Length: 7"],
    ],
  ];
  for (const [what, request, flags, kept] of rows) {
    await t.step(what, () => {
      assertEquals(forwarded(request, flags), [...kept, ...FORWARDING]);
    });
  }
});

Deno.test("what a trusted proxy says is kept and appended to", () => {
  assertEquals(
    forwarded(
      [
        "GET / HTTP/1.1",
        "Host: h",
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: p",
      ],
      ["--forwarded"],
      true,
    ),
    [
      "GET / HTTP/1.1",
      "Host: h",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: p",
      "Via: 1.1 sluice",
      "X-Forwarded-For: 1.2.3.4, 192.0.2.1",
      'Forwarded: for=192.0.2.1;host="h";proto=http',
    ],
  );
});

Deno.test("requests that are refused or meant for this hop", async (t) => {
  const rows: [code: string, request: string[]][] = [
    ["not_implemented", ["CONNECT h:1 HTTP/1.1", "Host: h"]],
    ["content_too_large", ["PUT / HTTP/1.1", "Host: h", "Content-Length: 101"]],
    ["expectation_failed", ["GET / HTTP/1.1", "Host: h", "Expect: 200-ok"]],
    ["bad_content", ["TRACE / HTTP/1.1", "Host: h", "Content-Length: 1"]],
    ["bad_field_line", ["TRACE / HTTP/1.1", "Host: h", "Max-Forwards: x"]],
    ["loop_detected", [
      "GET / HTTP/1.1",
      "Host: h",
      `Via: ${Array(8).fill("1.1 sluice").join(", ")}`,
    ]],
  ];
  for (const [code, request] of rows) {
    await t.step(code, () => {
      const error = assertThrows(
        () => admit(requestOf(...request), 100),
        HttpError,
      );
      assertEquals(error.code, code);
    });
  }
  const hops = (text: string): unknown =>
    admit(
      requestOf("OPTIONS / HTTP/1.1", "Host: h", `Max-Forwards: ${text}`),
      0,
    );
  assertEquals(hops("0"), "answer");
  assertEquals(hops("3"), { maxForwards: 2, upgrade: "" });
});

const WISHES: readonly [wished: string, passed: string][] = [
  ["websocket", "websocket"],
  ["WebSocket", "WebSocket"],
  ["foo/2 , , bar", "foo/2, bar"],
  ["h2c, websocket", "websocket"],
  ["websocket, H2C", "websocket"],
  ["websocket\r\nUpgrade: h2c\r\nUpgrade: tcp", "websocket, tcp"],
  ["", ""],
  [",", ""],
  ["h2c", ""],
  ["H2C", ""],
  ["h2c/1", ""],
  ["h2c-14", ""],
  ["h2", ""],
  ["h2c;x", ""],
  ["h2c; x, tcp", "tcp"],
  ['"h2c"', ""],
  ['"h2c, x", websocket', "websocket"],
  ["h2c x", ""],
  ["x h2c", ""],
  ["TLS/1.0", ""],
  ["HTTP/2.0", ""],
  ["http", ""],
  ["/h2c", ""],
  ["h2c/", ""],
  ["a/b/c", ""],
  ["websocket/", ""],
  ["h2c\xa0", ""],
];

Deno.test("which wishes to switch protocols are passed on (RFC 9110 §7.8)", async (t) => {
  const wish = (
    protocol: string,
    connection = "Upgrade",
    ...more: string[]
  ): string => {
    const plan = admit(
      requestOf(
        "GET / HTTP/1.1",
        "Host: h",
        `Connection: ${connection}`,
        `Upgrade: ${protocol}`,
        ...more,
      ),
      100,
    );
    return plan === "answer" ? plan : plan.upgrade;
  };
  for (const [wished, passed] of WISHES) {
    await t.step(JSON.stringify(wished), () => {
      assertEquals(wish(wished), passed);
    });
  }
  assertEquals(wish("tcp", "keep-alive"), "");
  assertEquals(wish("tcp", "x, UPGRADE"), "tcp");
  assertEquals(wish("tcp", "upgrade", "Content-Length: 1"), "tcp");
  assertEquals(wish("tcp", "upgrade", "Content-Length: 0"), "tcp");
  assertEquals(wish("tcp", "upgrade", "Transfer-Encoding: chunked"), "");
});

Deno.test("which 101 answers a wish (RFC 9110 §15.2.2)", () => {
  assert(answersUpgrade("websocket, foo", "Foo"));
  assert(answersUpgrade("websocket, foo/1", "foo/1, WebSocket"));
  assert(!answersUpgrade("websocket", "foo"));
  assert(!answersUpgrade("websocket", "websocket, foo"));
  assert(!answersUpgrade("websocket", "websocket/13"));
  assert(!answersUpgrade("websocket", ""));
  assert(!answersUpgrade("websocket", " , "));
  assert(!answersUpgrade("", "websocket"));
  assert(!answersUpgrade("", ""));
});

Deno.test("an entity tag of ours becomes the origin's, in conditions on tags alone", () => {
  const own = (tag: string): string => tag === '"ours"' ? '"theirs"' : tag;
  const request = [
    "GET / HTTP/1.1",
    "Host: h",
    'X-Tag: "ours"',
    'If-Match: "a", "ours"',
    'If-None-Match: "ours", W/"b"',
  ];
  assertEquals(forwarded(request, [], false, { ownTag: own }), [
    "GET / HTTP/1.1",
    "Host: h",
    'X-Tag: "ours"',
    'If-Match: "a", "theirs"',
    'If-None-Match: "theirs", W/"b"',
    ...FORWARDING,
  ]);
});

Deno.test("look-alikes of what is part of the key, or of what is stored, go no further", () => {
  const request = ["GET / HTTP/1.1", "Host: h", "X-A: 1", "X_A: 2", "X_B: 3"];
  const key = ["--cache-key", "header:X-A"];
  assertEquals(forwarded(request, key), [
    "GET / HTTP/1.1",
    "Host: h",
    "X-A: 1",
    "X_B: 3",
    ...FORWARDING,
  ]);
  const varied = new Map([[foldedName("x-b"), "x-b"]]);
  assertEquals(forwarded(request, [], false, { varied }), [
    "GET / HTTP/1.1",
    "Host: h",
    "X-A: 1",
    "X_A: 2",
    ...FORWARDING,
  ]);
});

Deno.test("where few codings are asked for, the lines of Accept-Encoding become one", () => {
  const request = [
    "GET / HTTP/1.1",
    "Host: h",
    "Accept-Encoding: br",
    "A: 1",
    "Accept-Encoding: gzip",
    'If-None-Match: "a"',
    'If-None-Match: "ours"',
  ];
  const ownTag = (tag: string): string => tag === '"ours"' ? '"theirs"' : tag;
  assertEquals(
    forwarded(request, [], false, { asksFewCodings: true, ownTag }),
    [
      "GET / HTTP/1.1",
      "Host: h",
      "Accept-Encoding: gzip",
      "A: 1",
      'If-None-Match: "a"',
      'If-None-Match: "theirs"',
      ...FORWARDING,
    ],
  );
});
