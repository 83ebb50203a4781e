/** What a stored response is found by from outside: what is keyed alike is sent alike. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy, speaksTls } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";
/** The usual port of the scheme by which clients come, and the other scheme. */
const PORT = speaksTls() ? 443 : 80;
const OTHER_SCHEME = speaksTls() ? "http" : "https";
const STALE = ["Cache-Control: max-age=0", 'ETag: "a"'];

/** Says in its content what it saw; its responses are stored. */
function echoing(
  seen: Message[],
  fields: readonly string[] = [FRESH],
): Origin {
  return Origin.answering((request) => {
    seen.push(request);
    return ok(`${request.startLine} ${request.field("host")}`, ...fields);
  });
}

Deno.test("whoever asks gets what the origin says of exactly that host and target", async () => {
  await using origin = echoing([]);
  await using proxy = await Proxy.start(origin);
  for (const host of ["h", "H", "h:80", "h:", "h.", "h:080"]) {
    for (const target of ["/enc", "/%65nc", "/%65NC", "/en%63", "/enc?"]) {
      const request = `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
      for (const _ of [1, 2]) {
        const { content } = await exchange(proxy, request);
        assertEquals(content, `GET ${target} HTTP/1.1 ${host}`);
      }
    }
  }
});

Deno.test("what is taken out under an unusual host is taken out under the usual one, too", async () => {
  for (
    const request of [
      `PURGE /a HTTP/1.1\r\nHost: EXAMPLE.com:${PORT}\r\n\r\n`,
      "PURGE /* HTTP/1.1\r\nHost: Example.com:\r\n\r\n",
      `POST /a HTTP/1.1\r\nHost: EXAMPLE.com:${PORT}\r\nContent-Length: 0\r\n\r\n`,
      "PUT /b HTTP/1.1\r\nHost: EXAMPLE.com\r\nContent-Length: 0\r\n\r\n",
    ]
  ) {
    const seen: Message[] = [];
    await using origin = echoing(seen, [FRESH, "Location: /a#b"]);
    await using proxy = await Proxy.start(origin);
    const ask = (host: string): Promise<Message> =>
      exchange(proxy, `GET /a HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await ask("example.com");
    await ask("example.org");
    await exchange(proxy, request);
    seen.length = 0;
    await ask("example.com");
    await ask("example.org");
    assertEquals(seen.map((message) => message.field("host")), [
      "example.com",
    ]);
  }
});

Deno.test("Location takes out what it names, as it stands and as clients follow it", async () => {
  const seen: Message[] = [];
  await using origin = echoing(seen, [FRESH, "Location: /%65nc{x}"]);
  await using proxy = await Proxy.start(origin);
  const targets = ["/%65nc%7Bx%7D", "/enc%7Bx%7D"];
  for (const target of targets) await exchange(proxy, get(target));
  await exchange(
    proxy,
    "POST /p HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 0\r\n\r\n",
  );
  seen.length = 0;
  for (const target of targets) await exchange(proxy, get(target));
  assertEquals(seen.map(({ startLine }) => startLine.split(" ")[1]), [
    "/%65nc%7Bx%7D",
  ]);
});

/** Targets that resolve to `/b`. */
const DOTTED = ["/x/../b", "/./b", "/x/%2e%2E/b", "/x/.%2e/b", "/%2e/b"];

Deno.test("a target with dot segments is answered from what is fresh", async () => {
  const seen: Message[] = [];
  await using origin = echoing(seen);
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/b"));
  for (const target of DOTTED) await exchange(proxy, get(target));
  assertEquals(seen.length, 1);
});

Deno.test("a target with dot segments goes by itself when nothing is fresh, and leaves all as it is", async (t) => {
  const methods = ["GET", "HEAD", "POST", "DELETE"];
  const stored: [string, string[]][] = [
    ["to be validated", STALE],
    ["to be refreshed", ["Cache-Control: max-age=0, stale-while-revalidate=9"]],
    ["fresh", [FRESH, 'ETag: "a"']],
    ["uncacheable", ["Cache-Control: no-store"]],
  ];
  for (const [name, fields] of stored) {
    for (const method of methods) {
      if (name === "fresh" && method !== "POST" && method !== "DELETE") {
        continue; // answered from memory
      }
      for (const target of DOTTED) {
        await t.step(`${name}: ${method} ${target}`, async () => {
          const seen: Message[] = [];
          await using origin = Origin.answering((request) => {
            seen.push(request);
            const [asked, path] = request.startLine.split(" ");
            if (path === "/b") return ok("good", ...fields);
            const evil = ok("evil content", "Cache-Control: max-age=60");
            return asked === "HEAD"
              ? evil.split("\r\n\r\n")[0] + "\r\n\r\n"
              : evil;
          });
          await using proxy = await Proxy.start(origin);
          assertEquals((await exchange(proxy, get("/b"))).content, "good");
          const request =
            `${method} ${target} HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 0\r\n\r\n`
              .replace(
                method === "GET" || method === "HEAD"
                  ? "Content-Length: 0\r\n"
                  : "",
                "",
              );
          const answer = await exchange(proxy, request, method === "HEAD");
          assertEquals(answer.field("content-length"), "12");
          const own = seen.at(-1)!;
          assertEquals(own.startLine, `${method} ${target} HTTP/1.1`);
          assertEquals(own.field("if-none-match"), undefined);
          assertEquals(seen.length, 2);
          assertEquals((await exchange(proxy, get("/b"))).content, "good");
          if (name === "fresh") assertEquals(seen.length, 2);
          if (name === "to be validated") { // it is still what it was
            assertEquals(seen.at(-1)!.field("if-none-match"), '"a"');
          }
        });
      }
    }
  }
});

Deno.test("a target with dot segments does not end the sharing of requests for what it resolves to", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let count = 0;
  await using origin = Origin.answering(async ({ startLine }) => {
    if (startLine.includes("..")) return ok("", "Cache-Control: no-store");
    const content = String(++count);
    begun.resolve();
    await gate.promise;
    return ok(content, FRESH);
  });
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/x/../b"));
  const first = exchange(proxy, get("/b"));
  await begun.promise;
  using client = await proxy.connect();
  await client.send(get("/b"));
  await exchange(proxy, get("/x/../b")); // by then the other has been read
  gate.resolve();
  assertEquals((await first).content, "1");
  assertEquals((await client.readMessage()).content, "1");
});

Deno.test("sort-query does not hand out what another order of one name brought", async () => {
  const seen: Message[] = [];
  await using origin = echoing(seen);
  await using proxy = await Proxy.start(origin, "--cache-key", "sort-query");
  const content = async (target: string): Promise<string> =>
    (await exchange(proxy, get(target))).content.split(" ")[1]!;
  const rows: [asked: string, gets: string][] = [
    ["/?a=2&a=1", "/?a=2&a=1"],
    ["/?a=1&a=2", "/?a=1&a=2"],
    ["/?b=1&a=1&a=2", "/?b=1&a=1&a=2"],
    ["/?a=1&b=1&a=2", "/?b=1&a=1&a=2"],
    ["/?a%62=1&ab=2", "/?a%62=1&ab=2"],
    ["/?ab=2&a%62=1", "/?ab=2&a%62=1"],
    ["/?b=9&a=1;b=2", "/?b=9&a=1;b=2"],
    ["/?a=1;b=2&b=9", "/?a=1;b=2&b=9"],
  ];
  for (const [asked, gets] of rows) {
    assertEquals(await content(asked), gets);
  }
});

Deno.test("what is sent alike has one key, anything else does not", async (t) => {
  let count = 0;
  await using origin = Origin.answering(() => ok(String(++count), FRESH));
  await using proxy = await Proxy.start(origin);
  const content = async (target: string, host: string): Promise<string> =>
    (await exchange(proxy, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
      .content;
  const rows: [a: [string, string], b: [string, string], same: boolean][] = [
    [["/1", "h"], ["/1", "H"], false],
    [["/2", "h"], ["/2", "h:80"], false],
    [["/2a", "h"], ["/2a", "h:"], false],
    [["/2b", "h"], ["/2b", "h."], false],
    [["/3", "h"], ["/3", "h:81"], false],
    [["/4", "h"], ["http://h/4", "x"], true],
    [["/5", "h"], ["http://x/5", "h"], false],
    [["/%7e6", "h"], ["/~6", "h"], false],
    [["/7%2f", "h"], ["/7%2F", "h"], false],
    [["/8%2F", "h"], ["/8/", "h"], false],
    [["/9?a=1&b=2", "h"], ["/9?b=2&a=1", "h"], false],
    [["/10", "h"], ["/x/../10", "h"], true],
    [["/x/../11", "h"], ["/11", "h"], false], // what came for dot segments is not stored
    [["/12", "h"], ["/%2e/12", "h"], true],
    [["/13", "h"], ["/13?", "h"], false],
    [["/14", "h"], ["/14/", "h"], false],
    [["//15", "h"], ["/15", "h"], false],
    [["/16", "h"], ["/16", "g"], false],
    [["http://h", "h"], ["/", "h"], true],
  ];
  for (const [a, b, same] of rows) {
    await t.step(`${a} ${same ? "is" : "is not"} ${b}`, async () => {
      assertEquals(await content(...a) === await content(...b), same);
    });
  }
});

Deno.test("the key can leave out the query, sort it, or hold a field or a cookie", async () => {
  const scene = async (
    flags: string[],
    requests: [string, ...string[]][],
  ): Promise<string[]> => {
    let count = 0;
    await using origin = Origin.answering(() => ok(String(++count), FRESH));
    await using proxy = await Proxy.start(
      origin,
      ...flags.flatMap((part) => ["--cache-key", part]),
    );
    const contents: string[] = [];
    for (const request of requests) {
      contents.push((await exchange(proxy, get(...request))).content);
    }
    return contents;
  };
  assertEquals(await scene(["no-query"], [["/?a"], ["/?b"], ["/"]]), [
    "1",
    "1",
    "1",
  ]);
  assertEquals(
    await scene(["sort-query"], [["/?a&b"], ["/?b&a"], ["/?a&b&c"]]),
    ["1", "1", "2"],
  );
  assertEquals(
    await scene(["header:X-A"], [["/", "X-A: 1"], ["/", "x-a: 1"], [
      "/",
      "X-A: 2",
    ], ["/"]]),
    ["1", "1", "2", "3"],
  );
  assertEquals(
    await scene(["cookie:t"], [["/", "Cookie: a=1; t=2"], [
      "/",
      "Cookie: t=2; a=3",
    ], ["/", "Cookie: t=3"]]),
    ["1", "1", "2"],
  );
});

Deno.test("what trusted proxies say of a request parts what is stored", async () => {
  let count = 0;
  await using origin = Origin.answering(() => ok(String(++count), FRESH));
  await using proxy = await Proxy.start(origin, "--trust-proxy", "127.0.0.1");
  const content = async (...fields: string[]): Promise<string> =>
    (await exchange(proxy, get("/", ...fields))).content;
  assertEquals(
    [
      await content(),
      await content(`X-Forwarded-Proto: ${OTHER_SCHEME}`),
      await content("X-Forwarded-Host: evil"),
      await content(),
      await content(`X-Forwarded-Proto: ${OTHER_SCHEME}`),
    ],
    ["1", "2", "3", "1", "2"],
  );
  assertEquals(
    (await exchange(proxy, get("/", "X-Original-URL: /x"))).field(
      "cache-status",
    ),
    "sluice; fwd=bypass; detail=bypass",
  );
});
