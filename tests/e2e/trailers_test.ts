/** What is kept out of a head does not come back as a trailer (RFC 9110 §6.5). */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

interface Row {
  readonly name: string;
  /** Lines of the head. */
  readonly head: readonly string[];
  readonly trailers: readonly string[];
  readonly passed: readonly string[];
  /** Of the operator's. */
  readonly rules?: readonly string[];
}

const EITHER_WAY: readonly Row[] = [
  {
    name: "what nobody has anything against",
    head: ["Trailer: X-Sum"],
    trailers: ["X-Sum: 1", "x-sum: 2", "Server-Timing: a"],
    passed: ["X-Sum: 1", "x-sum: 2", "Server-Timing: a"],
  },
  {
    name: "but not what Connection names",
    head: ["Connection: x-hop, X-Other"],
    trailers: ["X-Hop: 1", "X-Kept: 2", "x-other: 3", "x-hop: 4"],
    passed: ["X-Kept: 2"],
  },
  {
    name: "but not what one of several Connection lines names",
    head: ["Connection: a", "Connection: close", "Connection: b,,x-hop ,c"],
    trailers: ["X-Hop: 1", "C: 2", "X-Kept: 3"],
    passed: ["X-Kept: 3"],
  },
  {
    name: "but not what only a head may say, or one connection is told",
    head: [],
    trailers: [
      "Content-Length: 1",
      "Transfer-Encoding: chunked",
      "Connection: x-kept",
      "Keep-Alive: timeout=5",
      "Trailer: x",
      "TE: trailers",
      "Upgrade: h2c",
      "HTTP2-Settings: x",
      "Host: b",
      "Authorization: x",
      "Cookie: a=b",
      "Set-Cookie: a=b",
      "Cache-Control: no-store",
      "X-Kept: 1",
    ],
    passed: ["X-Kept: 1"],
  },
  {
    name: "but not what rules remove or set",
    head: [],
    rules: ["-X-Removed", "X-Set: ours", "+X-Added: ours"],
    trailers: ["X-Removed: 1", "x-set: 2", "X-Added: 3", "X-Kept: 4"],
    passed: ["X-Added: 3", "X-Kept: 4"],
  },
];

const TO_THE_ORIGIN: readonly Row[] = [
  {
    name: "but not what says where the request came from",
    head: [],
    trailers: [
      "X-Forwarded-For: 1.2.3.4",
      "X-Forwarded-Proto: https",
      "X_Forwarded_Host: b",
      "Forwarded: for=1.2.3.4",
      "X-Real-IP: 1.2.3.4",
      "Proxy: x",
      "X-Kept: 1",
    ],
    passed: ["X-Kept: 1"],
  },
  {
    name: "but not what looks like what rules concern",
    head: [],
    rules: ["-X-User", "X-Role: none", "+X-Added: ours"],
    trailers: ["X_User: 1", "x.role: 2", "X_Added: 3", "X-Added: 4", "Y_A: 5"],
    passed: ["X-Added: 4", "Y_A: 5"],
  },
];

const rulesOf = (flag: string, rules: readonly string[] = []): string[] =>
  rules.flatMap((rule) => [flag, rule]);

function chunked(trailers: readonly string[]): string {
  return `5\r\nhello\r\n0\r\n${
    trailers.map((line) => `${line}\r\n`).join("")
  }\r\n`;
}

for (const { name, head, trailers, passed, rules } of EITHER_WAY) {
  for (const flags of [[], ["--no-cache"]]) {
    Deno.test(`trailers go to the client: ${name} ${flags.join(" ")}`, async () => {
      await using origin = Origin.answering(() =>
        [
          "HTTP/1.1 200 OK",
          "Transfer-Encoding: chunked",
          ...head,
          "",
          chunked(trailers),
        ].join("\r\n")
      );
      await using proxy = await Proxy.start(
        origin,
        ...flags,
        ...rulesOf("--response-header", rules),
      );
      const response = await exchange(proxy, get("/"));
      assertEquals(response.content, "hello");
      assertEquals(response.trailers, passed);
    });
  }
}

for (
  const { name, head, trailers, passed, rules } of [
    ...EITHER_WAY,
    ...TO_THE_ORIGIN,
  ]
) {
  for (const isSplit of [false, true]) {
    Deno.test(`trailers go to the origin: ${name}${isSplit ? ", later than the head" : ""}`, async () => {
      await using origin = Origin.answering((request) =>
        ok(JSON.stringify(request.trailers))
      );
      await using proxy = await Proxy.start(
        origin,
        ...rulesOf("--request-header", rules),
      );
      using client = await proxy.connect();
      const request = get("/", "Transfer-Encoding: chunked", ...head)
        .replace("GET", "POST");
      if (isSplit) {
        await client.send(`${request}6\r\nhello,\r\n`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        await client.send(chunked(trailers));
      } else await client.send(request + chunked(trailers));
      assertEquals(
        JSON.parse((await client.readMessage()).content),
        passed,
      );
    });
  }
}

Deno.test("what Connection names is known when the head has long been written over", async () => {
  const content = "x".repeat(300_000);
  await using origin = Origin.answering(() =>
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: x-hop\r\n\r\n" +
    `${
      content.length.toString(16)
    }\r\n${content}\r\n0\r\nX-Hop: 1\r\nX-Kept: 2\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin, "--no-cache");
  const { trailers } = await exchange(proxy, get("/"));
  assertEquals(trailers, ["X-Kept: 2"]);
});

const WITH_TRAILER =
  "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n";

const UNANNOUNCED: readonly {
  name: string;
  request: string;
  response: string;
}[] = [
  {
    name: "to HTTP/1.0",
    request: "GET / HTTP/1.0\r\n\r\n",
    response: `${WITH_TRAILER}\r\n${chunked(["X-Sum: 1"])}`,
  },
  {
    name: "with a length",
    request: get("/"),
    response: ok("hello", "Trailer: X-Sum"),
  },
  {
    name: "in answer to HEAD",
    request: get("/").replace("GET", "HEAD"),
    response: `${WITH_TRAILER}\r\n`,
  },
  {
    name: "with 304",
    request: get("/", 'If-None-Match: "a"'),
    response:
      'HTTP/1.1 304 Not Modified\r\nTrailer: X-Sum\r\nETag: "a"\r\n\r\n',
  },
  {
    name: "encoded",
    request: get("/", "Accept-Encoding: gzip"),
    response: `${WITH_TRAILER}Content-Type: text/html\r\n\r\n${
      chunked(["X-Sum: 1"])
    }`,
  },
  {
    name: "stored",
    request: get("/"),
    response: `${WITH_TRAILER}Cache-Control: max-age=60\r\n\r\n${
      chunked(["X-Sum: 1"])
    }`,
  },
];

for (const { name, request, response } of UNANNOUNCED) {
  Deno.test(`no trailers are announced where none can come: ${name}`, async () => {
    await using origin = Origin.serving(async (peer) => {
      for (;;) {
        await peer.readHead();
        await peer.send(response);
      }
    });
    await using proxy = await Proxy.start(origin);
    for (let i = 0; i < 2; i++) {
      const message = await exchange(
        proxy,
        request,
        request.startsWith("HEAD"),
      );
      assertEquals(message.field("trailer"), undefined);
      assertEquals(message.trailers, []);
    }
  });
}

Deno.test("trailers are announced where they come", async () => {
  await using origin = Origin.answering((request) =>
    `${WITH_TRAILER}X-Asked: ${request.field("trailer")}\r\n\r\n${
      chunked(["X-Sum: 1"])
    }`
  );
  await using proxy = await Proxy.start(origin);
  const response = await exchange(proxy, get("/"));
  assertEquals(response.field("trailer"), "X-Sum");
  assertEquals(response.trailers, ["X-Sum: 1"]);
  const post = (...more: string[]): string =>
    get("/", "Trailer: X-Sum", ...more).replace("GET", "POST");
  const withLength = await exchange(proxy, post("Content-Length: 1") + "x");
  assertEquals(withLength.field("x-asked"), "undefined");
  const inChunks = post("Transfer-Encoding: chunked") + chunked(["X-Sum: 1"]);
  assertEquals((await exchange(proxy, inChunks)).field("x-asked"), "X-Sum");
});
