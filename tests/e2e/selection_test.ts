/**
 * Whose stored response a request selects: that of requests which the origin saw to be
 * the same. A proxy that stores gives the same answers as one that does not.
 */

import { assertEquals } from "../support/assert.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { answeringBy } from "../support/selection.ts";

interface Scene {
  readonly what: string;
  readonly vary: string;
  readonly flags?: readonly string[];
  /** The lines of each request, behind `Host`. */
  readonly requests: readonly string[];
  /** How many requests the origin gets if each of them comes three times. */
  readonly asked: number;
}

const TRUST = ["--trust-proxy", "127.0.0.1"];

const SCENES: readonly Scene[] = [
  {
    what: "a field that Connection strikes is not there",
    vary: "Accept-Language",
    requests: [
      "Connection: Accept-Language\r\nAccept-Language: de",
      "Accept-Language: de",
      "",
      "Connection: close, x, accept-language\r\nAccept-Language: fr",
      "Accept-Language: fr\r\nConnection: keep-alive",
    ],
    asked: 3,
  },
  {
    what: "what sluice writes is not what the client writes",
    vary: "X-Forwarded-For",
    requests: ["", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"],
    asked: 1,
  },
  {
    what:
      "what a trusted proxy says of the client counts if the origin says so",
    vary: "X-Forwarded-For",
    flags: TRUST,
    requests: ["", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"],
    asked: 3,
  },
  {
    what: "an address that goes no further",
    vary: "X-Real-IP, True-Client-IP",
    requests: ["", "X-Real-IP: 192.0.2.1", "True-Client-IP: 192.0.2.2"],
    asked: 1,
  },
  {
    what: "an address that a trusted proxy gives",
    vary: "True-Client-IP",
    flags: TRUST,
    requests: ["", "True-Client-IP: 192.0.2.1", "True-Client-IP: 192.0.2.2"],
    asked: 3,
  },
  {
    what: "the scheme, of clients",
    vary: "X-Forwarded-Proto",
    requests: ["", "X-Forwarded-Proto: https"],
    asked: 1,
  },
  {
    what: "the scheme, of trusted proxies",
    vary: "X-Forwarded-Proto",
    flags: TRUST,
    requests: ["", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http"],
    asked: 2, // without it, the origin is told http as well
  },
  {
    what: "Forwarded is written for each client",
    vary: "Forwarded",
    flags: ["--forwarded"],
    requests: ["", "Forwarded: for=192.0.2.1"],
    asked: 1,
  },
  {
    what: "Via",
    vary: "Via",
    requests: ["", "Via: 1.0 other", "Via: 1.1 sluice"],
    asked: 3,
  },
  {
    what: "a rule sets the field",
    vary: "X-Tier",
    flags: ["--request-header", "X-Tier: edge"],
    requests: ["", "X-Tier: 1", "X_Tier: 2", "x.tier: 3"],
    asked: 1,
  },
  {
    what: "a rule adds to the field",
    vary: "X-Tier",
    flags: ["--request-header", "+X-Tier: edge"],
    requests: ["", "X-Tier: 1", "X-Tier: 2"],
    asked: 3,
  },
  {
    what: "a rule strikes the field",
    vary: "Accept-Language",
    flags: ["--request-header", "-Accept-Language"],
    requests: ["", "Accept-Language: de", "Accept-Language: fr"],
    asked: 1,
  },
  {
    what: "a rule sets what the origin is asked for",
    vary: "Accept-Encoding",
    flags: ["--request-header", "Accept-Encoding: br"],
    requests: ["", "Accept-Encoding: gzip", "Accept-Encoding: x"],
    asked: 1,
  },
  {
    what: "cookies, whole",
    vary: "Cookie",
    requests: [
      "",
      "Cookie: a=1",
      "Cookie: a=1; b=2",
      "Cookie: a=1;b=2",
      "Connection: Cookie\r\nCookie: a=2",
    ],
    asked: 4,
  },
  {
    what: "what concerns one connection only",
    vary: "TE, Connection, Keep-Alive, Upgrade",
    requests: [
      "",
      "TE: trailers\r\nConnection: TE",
      "Keep-Alive: 5",
      "Upgrade: websocket",
    ],
    asked: 2,
  },
  {
    what: "a name that is itself a look-alike",
    vary: "X_Country",
    requests: ["X-Country: de", "", "X_Country: de"],
    asked: 3 + 2,
  },
  {
    what: "a look-alike of a known name",
    vary: "User_Agent",
    requests: ["User-Agent: a", "User-Agent: b", "User_Agent: c"],
    asked: 9,
  },
  {
    what: "order, inner spaces, quotes and case",
    vary: "Accept, Accept-Language, Foo",
    requests: [
      "Accept: a/b, c/d",
      "Accept: c/d, a/b",
      "Accept: a/b;q=0.1, c/d",
      "Accept-Language: de, en",
      "Accept-Language: en, de",
      "Accept-Language: d e",
      "Accept-Language: de",
      'Foo: "a, b"',
      'Foo: "a,b"',
      'Foo: "a\\", b"',
      'Foo: "a\\",b"',
      'Foo: "a , b',
      'Foo: "a,b',
      "Foo: a b",
      "Foo: a  b",
      "Foo: ab",
      "Foo: AB",
      "Foo: a,b",
      "Foo: a,,b",
    ],
    asked: 19,
  },
  {
    what: "a field of our own account",
    vary: "User-Agent",
    requests: ["User-Agent: a (b,c)", "User-Agent: a (b, c)"],
    asked: 2,
  },
  {
    what: "lines are one list, and spaces around its commas mean nothing",
    vary: "List",
    requests: ["List: 1, 2", "List: 1\r\nList: 2", "List:  1 ,\t2 "],
    asked: 1,
  },
  {
    what: "Host is in the key",
    vary: "Host, X-Forwarded-Host",
    requests: ["", "X-Forwarded-Host: evil", "Connection: Host"],
    asked: 1,
  },
];

for (const { what, vary, flags = [], requests, asked } of SCENES) {
  Deno.test(`selected by what the origin saw: ${what} (Vary: ${vary})`, async () => {
    const seen: Message[] = [];
    await using origin = answeringBy(vary, seen);
    await using storing = await Proxy.start(origin, ...flags);
    await using plain = await Proxy.start(origin, "--no-cache", ...flags);
    const ask = async (proxy: Proxy, lines: string): Promise<string> => {
      const head = `GET / HTTP/1.1\r\nHost: h\r\n${lines && lines + "\r\n"}`;
      const { content } = await exchange(proxy, `${head}\r\n`);
      return vary === "List" ? content.replaceAll(/\s*,\s*/g, ",") : content;
    };
    const due = new Map<string, string>();
    for (const lines of requests) due.set(lines, await ask(plain, lines));
    seen.length = 0;
    for (const lines of [...requests, ...requests.toReversed(), ...requests]) {
      assertEquals(await ask(storing, lines), due.get(lines), lines);
    }
    assertEquals(seen.length, asked);
  });
}

Deno.test("look-alikes of what a response varies on are stored for nobody, and struck once that is known", async () => {
  const seen: Message[] = [];
  await using origin = answeringBy("X-Country", seen);
  await using proxy = await Proxy.start(origin);
  const rows: [lines: string[], content: string, isAsked: boolean][] = [
    [["X_Country: de"], "de", true], // nobody can know yet
    [[], "", true],
    [["X_Country: de"], "", false],
    [["x.country: fr"], "", false],
    [["X-Country: de"], "de", true],
    [["X_Country: fr", "X-Country: de"], "de", false],
    [["X_Country: fr", "X-Country: it"], "it", true],
    [["X-Country: it"], "it", false],
    [["X_Country: fr", "Cache-Control: no-cache"], "", true],
    [[], "", false],
  ];
  for (const [lines, content, isAsked] of rows) {
    const before = seen.length;
    const answer = await exchange(proxy, get("/", ...lines));
    assertEquals(answer.content, `x-country=${content}`, lines.join());
    assertEquals(seen.length > before, isAsked, lines.join());
  }
});

Deno.test("the case of language tags means nothing", async () => {
  const seen: Message[] = [];
  await using origin = answeringBy("Accept-Language", seen);
  await using proxy = await Proxy.start(origin);
  for (const value of ["en, de-CH", "EN,de-ch", "eN , DE-ch"]) {
    const field = `Accept-Language: ${value}`;
    const { content } = await exchange(proxy, get("/", field));
    assertEquals(content, "accept-language=en, de-CH");
  }
  assertEquals(seen.length, 1);
});

Deno.test("an HTTP/1.0 request is told by its Via", async () => {
  const seen: Message[] = [];
  await using origin = answeringBy("Via", seen);
  await using proxy = await Proxy.start(origin);
  for (const version of [0, 1, 0, 1]) {
    const request = `GET / HTTP/1.${version}\r\nHost: h\r\n\r\n`;
    const { content } = await exchange(proxy, request);
    assertEquals(content, `via=1.${version} sluice`);
  }
  assertEquals(seen.length, 2);
});
