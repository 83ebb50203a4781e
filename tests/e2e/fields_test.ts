/** What happens to fields on the way: kept as they came, struck, replaced, added. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, Proxy, speaksTls } from "../support/proxy.ts";

async function requestAtOrigin(
  request: string,
  ...flags: readonly string[]
): Promise<Message> {
  const seen: Message[] = [];
  await using origin = Origin.answering((request) => {
    seen.push(request);
    return ok("");
  });
  await using proxy = await Proxy.start(origin, ...flags);
  await exchange(proxy, request);
  return seen[0]!;
}

async function responseAtClient(
  fields: string,
  ...flags: readonly string[]
): Promise<Message> {
  await using origin = Origin.answering(() =>
    `HTTP/1.1 200 Fine\r\nDate: D\r\n${fields}Content-Length: 0\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin, "--no-cache", ...flags);
  return await exchange(proxy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

/** By which clients come. */
const SCHEME = speaksTls() ? "https" : "http";

const OURS = [
  ["Via", "1.1 sluice"],
  ["X-Forwarded-For", "127.0.0.1"],
  ["X-Forwarded-Proto", SCHEME],
  ["X-Forwarded-Host", "a"],
];

const REQUESTS: readonly {
  name: string;
  flags?: readonly string[];
  fields: string;
  expect: readonly (readonly string[])[];
}[] = [
  {
    name: "order, duplicates, case and obs-text stay",
    fields: "hOsT: a\r\nX-B: 1\r\nx-a:  \xfc2\t\r\nX-B: 3\r\nCookie: a=b\r\n",
    expect: [
      ["hOsT", "a"],
      ["X-B", "1"],
      ["x-a", "\xfc2"],
      ["X-B", "3"],
      ["Cookie", "a=b"],
      ...OURS,
    ],
  },
  {
    name: "hop-by-hop fields and those that Connection names are struck",
    fields: "Host: a\r\nConnection: keep-alive, X-Mine\r\nKeep-Alive: 5\r\n" +
      "X-Mine: 1\r\nProxy-Connection: x\r\nTE: gzip\r\nX-Yours: 2\r\n" +
      "Proxy-Authorization: x\r\n",
    expect: [["Host", "a"], ["X-Yours", "2"], ...OURS],
  },
  {
    name: "Connection cannot strike what routes, frames, guards or says whence",
    fields: "Host: a\r\nConnection: host, cache-control, authorization, " +
      "x-forwarded-for, via\r\nCache-Control: no-store\r\n" +
      "Authorization: x\r\nVia: 1.0 other\r\n",
    expect: [
      ["Host", "a"],
      ["Cache-Control", "no-store"],
      ["Authorization", "x"],
      ["Via", "1.0 other"],
      ...OURS,
    ],
  },
  {
    name: "what a client says of itself is replaced, look-alikes too",
    fields:
      "Host: a\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\n" +
      "Forwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX_Forwarded_For: 6\r\n" +
      "X-Forwarded.Proto: https\r\nProxy: http://evil\r\n",
    expect: [["Host", "a"], ...OURS],
  },
  {
    name: "what a trusted proxy says is kept and appended to",
    flags: ["--trust-proxy", "10.0.0.0/8,127.0.0.0/8"],
    fields: "Host: a\r\nX-Forwarded-For: 192.0.2.1\r\n" +
      "X-Forwarded-For: 192.0.2.2\r\nX-Forwarded-Proto: https\r\n",
    expect: [
      ["Host", "a"],
      ["X-Forwarded-Proto", "https"],
      ["Via", "1.1 sluice"],
      ["X-Forwarded-For", "192.0.2.1, 192.0.2.2, 127.0.0.1"],
      ["X-Forwarded-Host", "a"],
    ],
  },
  {
    name: "Forwarded is sent on demand",
    flags: ["--forwarded"],
    fields: "Host: a:80\r\n",
    expect: [
      ["Host", "a:80"],
      ...OURS.slice(0, 3),
      ["X-Forwarded-Host", "a:80"],
      ["Forwarded", `for=127.0.0.1;host="a:80";proto=${SCHEME}`],
    ],
  },
  {
    name: "rules set, add and remove, and strike look-alikes",
    flags: [
      "--request-header",
      "X-Role: none",
      "--request-header",
      "+X-B: 2",
      "--request-header",
      "-Cookie",
    ],
    fields:
      "Host: a\r\nX_Role: root\r\nx-role: root\r\nX-B: 1\r\nCookie: c\r\n",
    expect: [
      ["Host", "a"],
      ["X-B", "1"],
      ["X-Role", "none"],
      ["X-B", "2"],
      ...OURS,
    ],
  },
  {
    name: "Host can be a name of the operator's",
    flags: ["--host-header", "inner.test"],
    fields: "X-A: 1\r\nHost: a\r\n",
    expect: [["Host", "inner.test"], ["X-A", "1"], ...OURS],
  },
  {
    name: "TE: trailers is passed on, nothing else of TE",
    fields: "Host: a\r\nTE: gzip;q=0.5, trailers\r\nConnection: TE\r\n",
    expect: [["Host", "a"], ["TE", "trailers"], ["Connection", "TE"], ...OURS],
  },
];

for (const { name, flags = [], fields, expect } of REQUESTS) {
  Deno.test(`the request's fields: ${name}`, async () => {
    const request = await requestAtOrigin(
      `GET / HTTP/1.1\r\n${fields}\r\n`,
      ...flags,
    );
    assertEquals(
      request.fields.map((line) => [...line]),
      [...expect].map((line) => [...line]),
    );
  });
}

Deno.test("the upstream's own authority can be the Host", async () => {
  await using origin = Origin.answering((request) =>
    ok(request.field("host")!)
  );
  await using proxy = await Proxy.start(origin, "--host-header", "upstream");
  const { content } = await exchange(
    proxy,
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  );
  assertEquals(content, `127.0.0.1:${origin.port}`);
});

Deno.test("an HTTP/1.0 request without Host gets the origin's, and says so in Via", async () => {
  await using origin = Origin.answering((request) =>
    ok(`${request.startLine}|${request.field("host")}|${request.field("via")}`)
  );
  await using proxy = await Proxy.start(origin);
  const { content } = await exchange(proxy, "GET / HTTP/1.0\r\n\r\n");
  assertEquals(
    content,
    `GET / HTTP/1.1|127.0.0.1:${origin.port}|1.0 sluice`,
  );
});

const RESPONSES: readonly {
  name: string;
  flags?: readonly string[];
  fields: string;
  expect: readonly (readonly string[])[];
}[] = [
  {
    name: "order, duplicates and case stay",
    fields: "sEt-cookie: a\r\nX-A: \xff\r\nSet-Cookie: b\r\n",
    expect: [["sEt-cookie", "a"], ["X-A", "\xff"], ["Set-Cookie", "b"], [
      "Via",
      "1.1 sluice",
    ]],
  },
  {
    name: "hop-by-hop fields and those that Connection names are struck",
    fields: "Connection: X-Mine, keep-alive, content-type\r\n" +
      "Keep-Alive: timeout=9\r\nX-Mine: 1\r\nContent-Type: a/b\r\n" +
      "Proxy-Authenticate: x\r\nUpgrade: h2c\r\n",
    expect: [["Content-Type", "a/b"], ["Via", "1.1 sluice"]],
  },
  {
    name: "rules set, add and remove; the last word counts",
    flags: [
      "--response-header",
      "X-A: 1",
      "--response-header",
      "X-A: 2",
      "--response-header",
      "+X-B: 2",
      "--response-header",
      "-sErver",
    ],
    fields: "Server: x\r\nx-a: 0\r\nX-B: 1\r\n",
    expect: [["X-B", "1"], ["X-A", "2"], ["X-B", "2"], ["Via", "1.1 sluice"]],
  },
];

for (const { name, flags = [], fields, expect } of RESPONSES) {
  Deno.test(`the response's fields: ${name}`, async () => {
    const response = await responseAtClient(fields, ...flags);
    assertEquals(response.startLine, "HTTP/1.1 200 Fine");
    assertEquals(
      response.fields.map((line) => [...line]),
      [["Date", "D"], ...expect.map((line) => [...line]), [
        "Content-Length",
        "0",
      ]],
    );
  });
}

Deno.test("a response without Date gets one", async () => {
  await using origin = Origin.answering(() => ok(""));
  await using proxy = await Proxy.start(origin);
  const { field } = await exchange(proxy, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assertEquals(new Date(field("date")!).toUTCString(), field("date"));
});
