/** What the key holds of a request, and which codings the origin is asked for, are what the origin sees. */

import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { answeringBy } from "../support/selection.ts";

const FRESH = "Cache-Control: max-age=60";
const TRUST = ["--trust-proxy", "127.0.0.1"];

/** Flags, requests (their lines behind `Host`), and which of them brings the answer to each. */
const KEYS: readonly {
  readonly part: string;
  readonly more?: readonly string[];
  readonly requests: readonly [lines: string, answeredBy: number][];
}[] = [
  {
    part: "header:X-Country",
    requests: [
      ["X-Country: de", 0],
      ["X_Country: de", 1],
      ["", 1],
      ["X.Country: fr\r\nX-Country: de", 0],
      ["Connection: x-country\r\nX-Country: fr", 1],
      ["X-Country: fr", 5],
    ],
  },
  {
    part: "header:X_Country",
    requests: [["X_Country: de", 0], ["X-Country: de", 1], ["", 1]],
  },
  {
    part: "header:X-Tier",
    more: ["--request-header", "X-Tier: edge"],
    requests: [["X-Tier: 1", 0], ["X-Tier: 2", 0], ["", 0]],
  },
  {
    part: "header:X-Forwarded-For",
    requests: [["X-Forwarded-For: 192.0.2.1", 0], ["", 0]],
  },
  {
    part: "header:X-Forwarded-For",
    more: TRUST,
    requests: [["X-Forwarded-For: 192.0.2.1", 0], ["", 1]],
  },
  {
    part: "cookie:t",
    requests: [
      ["Cookie: a=1; t=2", 0],
      ["Cookie: t=2; b=3", 0],
      ["Cookie: t=2", 0],
      ["Cookie:  a ; \t t \t=\t 2 \t;", 0],
      ["Cookie: a=1;t=2", 0],
      ["Cookie: a=1\r\nCookie: t=2", 0],
      ["Cookie: a=1, t=2", 6],
      ["", 6],
      ["Cookie: T=2", 8],
      ["Cookie: t=2; t=3", 9],
      ["Cookie: t=3; t=2", 10],
      ["Cookie: t=2\r\nCookie: t=3", 9],
      ['Cookie: t="2"', 12],
      ["Cookie: t", 13],
      ["Cookie: t=", 14],
      ["Cookie: t=2, t=3", 15],
      ['Cookie: t="2; 3"', 16],
      ['Cookie: t="2; 4"', 17],
      ['Cookie: a="; t=2; b="', 18],
      ["Cookie: %74=2", 19],
      ["Cookie: t[]=2", 20],
      ["Connection: Cookie\r\nCookie: t=2", 6],
      ["Cookie: tt=2; at=3", 6],
    ],
  },
];

for (const { part, more = [], requests } of KEYS) {
  Deno.test(`--cache-key ${part} is what the origin sees: ${more.join(" ")}`, async () => {
    let count = 0;
    await using origin = Origin.answering(() => ok(String(count++), FRESH));
    await using proxy = await Proxy.start(origin, "--cache-key", part, ...more);
    const brought: string[] = [];
    for (const [index, [lines, answeredBy]] of requests.entries()) {
      const head = `GET / HTTP/1.1\r\nHost: h\r\n${lines && lines + "\r\n"}`;
      const { content } = await exchange(proxy, `${head}\r\n`);
      brought[index] = content;
      assertEquals(brought.indexOf(content), answeredBy, lines);
    }
  });
}

Deno.test("a look-alike of what the key holds does not reach the origin", async () => {
  const seen: Message[] = [];
  await using origin = answeringBy("Foo", seen);
  await using proxy = await Proxy.start(
    origin,
    "--cache-key",
    "header:X-Country",
  );
  const lines = ["X_Country: 1", "X.Country: 2", "x-country: 3", "X_Other: 4"];
  await exchange(proxy, get("/", ...lines));
  await exchange(proxy, get("/", ...lines).replace("GET", "DELETE"));
  for (const { fields } of seen) {
    assertEquals(
      fields.filter(([name]) => /^x.(country|other)$/i.test(name)),
      [["x-country", "3"], ["X_Other", "4"]],
    );
  }
});

/** What clients send, and what the origin gets for it. */
const CODINGS: readonly [
  sent: string | undefined,
  asked: string | undefined,
][] = [
  [undefined, undefined],
  ["gzip", "gzip"],
  ["gzip, deflate, br, zstd", "gzip"],
  ["gzip, deflate, br", "gzip"],
  ["br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["*", "gzip"],
  ["deflate\r\nAccept-Encoding: gzip", "gzip"],
  ["br", "identity"],
  ["", "identity"],
  ["identity", "identity"],
  ["gzip;q=0", "identity"],
  ["gzip;q=0, br", "identity"],
  ["zstd, deflate", "identity"],
  ["br, identity;q=0", "br, identity;q=0"],
  ["*;q=0", "*;q=0"],
];

Deno.test("the origin is asked for few codings, and what it sends is one copy for all who get it", async () => {
  const seen: Message[] = [];
  await using origin = answeringBy("Accept-Encoding", seen);
  await using proxy = await Proxy.start(origin);
  for (const method of ["GET", "GET", "HEAD"]) {
    for (const [sent, asked] of CODINGS) {
      const lines = sent === undefined ? [] : [`Accept-Encoding: ${sent}`];
      const request = get("/", ...lines).replace("GET", method);
      const isHead = method === "HEAD";
      const { content } = await exchange(proxy, request, isHead);
      if (!isHead) assertEquals(content, `accept-encoding=${asked ?? ""}`);
    }
  }
  assertEquals(
    seen.map((request) => request.field("accept-encoding")),
    [undefined, "gzip", "identity", "br, identity;q=0", "*;q=0"],
  );
});

Deno.test("a refresh in the background asks for few codings, too, and stores by them", async () => {
  const asked: (string | undefined)[] = [];
  await using origin = Origin.answering((request) => {
    asked.push(request.field("accept-encoding"));
    return ok(
      String(asked.length),
      "Cache-Control: max-age=1, stale-while-revalidate=60",
      "Vary: Accept-Encoding",
    );
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const request = get("/", "Accept-Encoding: gzip, deflate, br, zstd");
  assertEquals((await exchange(proxy, request)).content, "1");
  await clock.advance(2100);
  let content = "1";
  while (content === "1" && asked.length <= 2) {
    ({ content } = await exchange(proxy, request));
  }
  assertEquals(content, "2");
  // It is the same copy for all who get it.
  const other = await exchange(proxy, get("/", "Accept-Encoding: gzip"));
  assertEquals(other.content, "2");
  assertEquals(asked, ["gzip", "gzip"]);
});

Deno.test("Accept-Encoding goes on as it came where nothing is stored or coded", async () => {
  const field = "Accept-Encoding: gzip, deflate, br, zstd";
  const rows: [flags: string[], request: string][] = [
    [["--no-cache"], get("/", field)],
    [["--compress", "off"], get("/", field)],
    [[], get("/", field).replace("GET", "DELETE")],
    [[], get("/", field, "If-Match: *")],
    [[], get("/", field, "Content-Length: 1") + "x"],
  ];
  for (const [flags, request] of rows) {
    const seen: Message[] = [];
    await using origin = answeringBy("Foo", seen);
    await using proxy = await Proxy.start(origin, ...flags);
    await exchange(proxy, request);
    assertEquals(seen[0]!.field("accept-encoding"), field.slice(17));
  }
});

Deno.test("who does not take gzip never gets it", async () => {
  await using origin = Origin.answering((request) => {
    const coding = request.field("accept-encoding") ?? "identity";
    return ok(
      coding === "gzip" ? "coded" : "plain",
      FRESH,
      "Vary: Accept-Encoding",
      ...coding === "gzip" ? ["Content-Encoding: gzip"] : [],
    );
  });
  await using proxy = await Proxy.start(origin);
  for (const [sent, asked] of [...CODINGS, ...CODINGS.toReversed()]) {
    const lines = sent === undefined ? [] : [`Accept-Encoding: ${sent}`];
    const answer = await exchange(proxy, get("/", ...lines));
    assertEquals(
      [answer.content, answer.field("content-encoding")],
      asked === "gzip" ? ["coded", "gzip"] : ["plain", undefined],
      sent,
    );
  }
});
