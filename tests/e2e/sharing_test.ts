/** Who waits for whom: one client's request never decides for the others. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";

/** An origin that answers when it is let go, and tells how many requests have come. */
class HeldOrigin implements AsyncDisposable {
  readonly origin: Origin;
  readonly #held: (() => void)[] = [];
  #arrival = Promise.withResolvers<void>();
  isHolding = false;
  count = 0;

  constructor(
    answer: (
      request: { field(name: string): string | undefined; startLine: string },
    ) => string,
  ) {
    this.origin = Origin.answering(async (request) => {
      this.count++;
      this.#arrival.resolve();
      this.#arrival = Promise.withResolvers();
      if (this.isHolding) {
        await new Promise<void>((resolve) => this.#held.push(resolve));
      }
      return answer(request);
    });
  }

  /** When so many requests have come. */
  async reached(count: number): Promise<void> {
    while (this.count < count) await this.#arrival.promise;
  }

  /** The same, before anybody tires of waiting for another (5 s). */
  async reachedSoon(count: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("It waits")), 4000);
    });
    await Promise.race([this.reached(count), late]);
    clearTimeout(timer);
  }

  letGo(): void {
    this.isHolding = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo();
    await this.origin[Symbol.asyncDispose]();
  }
}

Deno.test("one request that may not be stored does not turn sharing off for others", async (t) => {
  const rows: [what: string, request: string][] = [
    ["Authorization", get("/", "Authorization: Basic x")],
    ["no-store", get("/", "Cache-Control: no-store")],
    ["a range that is none", get("/", "Range: bytes=99-")],
    ["a range", get("/", "Range: bytes=0-0")],
    ["a condition", get("/", 'If-None-Match: "a"')],
    ["a method override", get("/", "X-HTTP-Method: POST")],
    ["dot segments", get("/x/..")],
    [
      "content",
      "GET / HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 1\r\n\r\nx",
    ],
    ["If-Match", get("/", 'If-Match: "b"')],
  ];
  for (const [what, request] of rows) {
    await t.step(what, async () => {
      let isSpoilt = true;
      await using held = new HeldOrigin((message) => {
        if (!isSpoilt) return ok("x", FRESH);
        if (message.field("range") === "bytes=99-") {
          return "HTTP/1.1 416 x\r\nContent-Length: 0\r\n\r\n";
        }
        if (message.field("if-none-match") !== undefined) {
          return "HTTP/1.1 304 x\r\n\r\n";
        }
        if (message.field("if-match") !== undefined) {
          return "HTTP/1.1 412 x\r\nContent-Length: 0\r\n\r\n";
        }
        return message.field("range") !== undefined
          ? "HTTP/1.1 206 x\r\nContent-Range: bytes 0-0/1\r\nContent-Length: 1\r\n\r\nx"
          : ok("x", FRESH);
      });
      await using proxy = await Proxy.start(held.origin);
      await exchange(proxy, request);
      await exchange(proxy, "PURGE / HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
      isSpoilt = false;
      held.isHolding = true;
      const before = held.count;
      const clients = [exchange(proxy, get("/"))];
      await held.reached(before + 1);
      for (let i = 0; i < 4; i++) clients.push(exchange(proxy, get("/")));
      await proxy.hasUnderWay(clients.length);
      held.letGo();
      for (const { content } of await Promise.all(clients)) {
        assertEquals(content, "x");
      }
      assertEquals(held.count - before, 1);
    });
  }
});

Deno.test("a request that is one client's neither waits nor lets wait", async (t) => {
  for (const line of ["Authorization: Basic x", "Cache-Control: no-store"]) {
    await t.step(`${line}: does not wait`, async () => {
      await using held = new HeldOrigin(() => ok("x", FRESH));
      held.isHolding = true;
      await using proxy = await Proxy.start(held.origin);
      const first = exchange(proxy, get("/"));
      await held.reached(1);
      const own = exchange(proxy, get("/", line));
      await held.reachedSoon(2); // it goes on although the first has no answer
      held.letGo();
      await Promise.all([first, own]);
    });
    await t.step(`${line}: nobody waits for it`, async () => {
      await using held = new HeldOrigin(() => ok("x", FRESH));
      held.isHolding = true;
      await using proxy = await Proxy.start(held.origin);
      const own = exchange(proxy, get("/", line));
      await held.reached(1);
      const other = exchange(proxy, get("/"));
      await held.reachedSoon(2);
      held.letGo();
      await Promise.all([own, other]);
    });
  }
});

Deno.test("what comes for a cookie decides for requests with cookies alone", async () => {
  await using held = new HeldOrigin((message) =>
    ok(
      message.field("cookie") === undefined ? "all" : "own",
      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
    )
  );
  await using proxy = await Proxy.start(held.origin);
  await exchange(proxy, get("/", "Cookie: a=b"));
  held.isHolding = true;
  const clients = [exchange(proxy, get("/"))];
  await held.reached(2);
  for (let i = 0; i < 3; i++) clients.push(exchange(proxy, get("/")));
  const own = [exchange(proxy, get("/", "Cookie: a=c"))];
  await proxy.hasUnderWay(clients.length + own.length);
  held.letGo();
  for (const { content } of await Promise.all(clients)) {
    assertEquals(content, "all");
  }
  await Promise.all(own);
  assertEquals(held.count <= 3, true);
});

Deno.test("those who waited for what was one client's ask for themselves", async () => {
  let count = 0;
  await using held = new HeldOrigin((message) => {
    count++;
    return message.field("if-none-match") === undefined
      ? ok(`${count}`, "Cache-Control: max-age=0", 'ETag: "a"')
      : 'HTTP/1.1 304 x\r\nCache-Control: private\r\nETag: "a"\r\nX-User: ann\r\n\r\n';
  });
  await using proxy = await Proxy.start(held.origin);
  await exchange(proxy, get("/"));
  held.isHolding = true;
  const first = exchange(proxy, get("/"));
  await held.reached(2);
  const other = exchange(proxy, get("/"));
  await proxy.hasUnderWay(2);
  held.letGo();
  assertEquals((await first).field("x-user"), "ann");
  const answer = await other;
  assertEquals(answer.content, "3");
  assertEquals(answer.field("x-user"), undefined);
});
