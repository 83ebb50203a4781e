/** What is stale: served meanwhile, in place of errors, or found out about. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

Deno.test("stale-while-revalidate: an answer at once, one refresh behind it", async () => {
  let count = 0;
  const answered = Promise.withResolvers<void>();
  await using origin = Origin.answering(async (request) => {
    if (++count > 1) await answered.promise;
    assertEquals(request.field("range"), undefined);
    return ok(
      String(count),
      "Cache-Control: max-age=1, stale-while-revalidate=60",
    );
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  assertEquals((await exchange(proxy, get("/"))).content, "1");
  await clock.advance(2100);
  const answers = await Promise.all(
    [1, 2, 3].map(() => exchange(proxy, get("/", "Range: bytes=0-0"))),
  );
  for (const answer of answers) {
    assertEquals([answer.status, answer.content], [206, "1"]);
    assert(Number(answer.field("age")) >= 1);
  }
  answered.resolve();
  while ((await exchange(proxy, get("/"))).content !== "2");
  assertEquals(count, 2);
});

Deno.test("a refresh that brings something new, which is not stored, ends what is stale", async (t) => {
  const NO_STORE = "Cache-Control: no-store";
  const rows: [
    what: string,
    status: number,
    says: readonly string[],
    isReplaced: boolean,
  ][] = [
    ["it is gone", 404, [], true],
    ["gone for good", 410, [NO_STORE], true],
    ["it has moved", 302, ["Location: /y"], true],
    ["it is forbidden", 403, [], true],
    ["it may not be stored", 200, [NO_STORE], true],
    ["it is private", 200, ["Cache-Control: private"], true],
    [
      "it varies on everything",
      200,
      ["Cache-Control: max-age=9", "Vary: *"],
      true,
    ],
    ["the origin is in trouble", 500, [], false],
    ["the origin is down for a while", 503, [NO_STORE], false],
    ["there was too much", 429, [NO_STORE], false],
    ["it took too long", 408, [NO_STORE], false],
  ];
  for (const validator of ["", 'ETag: "a"']) {
    for (const [what, status, says, isReplaced] of rows) {
      await t.step(`${what} ${validator}`, async () => {
        let count = 0;
        await using origin = Origin.answering(() => {
          const lines = count++ > 0 ? says : [
            "Cache-Control: max-age=1, stale-while-revalidate=60",
            ...validator === "" ? [] : [validator],
          ];
          const code = count > 1 ? status : 200;
          return ok("x", ...lines).replace("200 OK", `${code} x`);
        });
        const clock = new TestClock();
        await using proxy = await Proxy.startAt(clock, origin);
        assertEquals((await exchange(proxy, get("/"))).status, 200);
        await clock.advance(2100);
        const asked = (): Promise<Message> => exchange(proxy, get("/"));
        assert((await asked()).field("cache-status")!.includes("; hit"));
        if (!isReplaced) {
          while (count < 4) {
            assert((await asked()).field("cache-status")!.includes("; hit"));
          }
          return;
        }
        while ((await asked()).field("cache-status")!.includes("; hit"));
        assertEquals((await asked()).status, status);
      });
    }
  }
});

Deno.test("what a refresh brings that was asked for before a purge is not stored", async () => {
  let count = 0;
  const asked = Promise.withResolvers<void>();
  const purged = Promise.withResolvers<void>();
  await using origin = Origin.answering(async ({ startLine }) => {
    if (!startLine.startsWith("GET /x ")) return ok("other");
    const content = String(++count);
    if (count === 2) {
      asked.resolve();
      await purged.promise;
    }
    return ok(content, "Cache-Control: max-age=1, stale-while-revalidate=60");
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  if (!clock.stands) return; // it is purged in this process
  assertEquals((await exchange(proxy, get("/x"))).content, "1");
  await clock.advance(2100);
  assertEquals((await exchange(proxy, get("/x"))).content, "1");
  await asked.promise;
  await proxy.purge({ all: true });
  purged.resolve();
  // It has come by the time that others have been answered.
  for (let i = 0; i < 3; i++) await exchange(proxy, get("/other"));
  assertEquals((await exchange(proxy, get("/x"))).content, "3");
});

Deno.test("stale answers in place of errors, unless a directive forbids it", async (t) => {
  const rows: [
    what: string,
    control: string,
    failure: "down" | "503",
    status: number,
  ][] = [
    ["down, by default", "max-age=1", "down", 200],
    ["503 is passed on by default", "max-age=1", "503", 503],
    ["503 with stale-if-error", "max-age=1, stale-if-error=60", "503", 200],
    [
      "down with stale-if-error exceeded",
      "max-age=1, stale-if-error=0",
      "down",
      502,
    ],
    ["down with must-revalidate", "max-age=1, must-revalidate", "down", 504],
    ["down with s-maxage", "s-maxage=1", "down", 504],
    ["503 with s-maxage", "s-maxage=1", "503", 503],
    [
      "down with s-maxage and its own word",
      "s-maxage=1, stale-if-error=60",
      "down",
      200,
    ],
    [
      "503 with s-maxage and its own word",
      "s-maxage=1, stale-if-error=60",
      "503",
      200,
    ],
    [
      "503 with must-revalidate",
      "max-age=1, stale-if-error=60, must-revalidate",
      "503",
      503,
    ],
  ];
  for (const [what, control, failure, status] of rows) {
    await t.step(what, async () => {
      let isDown = false;
      await using origin = Origin.serving(async (peer) => {
        for (;;) {
          await peer.readMessage();
          if (isDown && failure === "down") return;
          const line = isDown ? "503 x" : "200 OK";
          await peer.send(
            `HTTP/1.1 ${line}\r\nCache-Control: ${control}\r\nETag: "a"\r\nContent-Length: 1\r\n\r\nx`,
          );
        }
      });
      const clock = new TestClock();
      await using proxy = await Proxy.startAt(clock, origin);
      await exchange(proxy, get("/"));
      await clock.advance(2050);
      isDown = true;
      const answer = await exchange(proxy, get("/"));
      assertEquals(answer.status, status, answer.field("cache-status"));
      if (status === 200) assert(Number(answer.field("age")) >= 1);
    });
  }
});

Deno.test("HEAD is answered from a stored GET, and tells what has become of it (RFC 9111 §4.3.5)", async () => {
  let etag = '"a"';
  const seen: string[] = [];
  await using origin = Origin.answering((request) => {
    seen.push(request.startLine.split(" ")[0]!);
    const isHead = seen.at(-1) === "HEAD";
    return `HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\nETag: ${etag}\r\nX-N: ${seen.length}\r\nContent-Length: 1\r\n\r\n${
      isHead ? "" : "x"
    }`;
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const head = (): Promise<Message> =>
    exchange(proxy, "HEAD / HTTP/1.1\r\nHost: sluice.test\r\n\r\n", true);
  await exchange(proxy, get("/"));
  const answer = await head();
  assertEquals([
    answer.status,
    answer.field("content-length"),
    answer.field("age"),
  ], [200, "1", "0"]);
  await clock.advance(2050);
  await head(); // stale: goes on, and freshens
  const fresh = await exchange(proxy, get("/"));
  assertEquals([fresh.field("x-n"), fresh.content], ["2", "x"]);
  await clock.advance(2050);
  etag = '"b"';
  await head(); // something else is there now
  assertEquals(
    (await exchange(proxy, get("/"))).field("cache-status"),
    "sluice; fwd=uri-miss; stored",
  );
  assertEquals(seen, ["GET", "HEAD", "HEAD", "GET"]);
});
