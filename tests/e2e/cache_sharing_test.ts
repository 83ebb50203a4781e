/** Several clients at one response that is on its way into the cache: all get it, none holds it up. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { pause, TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf } from "../support/content.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

const FRESH = "Cache-Control: max-age=60";

async function digest(content: string): Promise<string> {
  return new Uint8Array(
    await crypto.subtle.digest("SHA-256", bytesOf(content)),
  ).toHex();
}

Deno.test("200 clients on one cold key make one request, and each gets every byte", async () => {
  const content = contentOf(60_000);
  const expected = await digest(content);
  let count = 0;
  const all = Promise.withResolvers<void>();
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      count++;
      await all.promise;
      const answer = ok(content, FRESH);
      for (let at = 0; at < answer.length; at += 10_000) {
        await peer.send(answer.slice(at, at + 10_000));
        await pause(5);
      }
    }
  });
  await using proxy = await Proxy.start(origin);
  const asked = Array.from({ length: 200 }, () => exchange(proxy, get("/")));
  await proxy.hasUnderWay(asked.length);
  all.resolve();
  const answers = await Promise.all(asked);
  assertEquals(count, 1);
  for (const { content } of answers) {
    assertEquals(await digest(content), expected);
  }
  const collapsed = answers.filter((answer) =>
    answer.field("cache-status")!.includes("collapsed")
  );
  assertEquals(collapsed.length, 199);
});

for (const when of ["before the head", "within the content"]) {
  Deno.test(`the first client leaves ${when}, and the others are served by the same request`, async () => {
    await using origin = new Origin();
    const clock = new TestClock();
    await using proxy = await Proxy.startAt(clock, origin);
    const first = await proxy.connect();
    await first.send(get("/"));
    const peer = await origin.accept();
    await peer.readMessage();
    const others = Array.from({ length: 5 }, () => exchange(proxy, get("/")));
    await proxy.hasUnderWay(1 + others.length);
    await clock.advance(150); // later than a half-close would come
    const leave = async (): Promise<void> => {
      first.close();
      await clock.advance(10); // that is seen
    };
    if (when === "before the head") await leave();
    await peer.send(
      `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    );
    if (when === "within the content") {
      await first.readThrough("hello");
      await leave();
    }
    await peer.send("6\r\n world\r\n0\r\n\r\n");
    for (const answer of await Promise.all(others)) {
      assertEquals(answer.content, "hello world");
    }
    assertEquals(
      (await exchange(proxy, get("/"))).field("cache-status")?.startsWith(
        "sluice; hit",
      ),
      true,
    );
    assertEquals(origin.connectionCount, 1);
  });
}

Deno.test("what nobody reads any more is not fetched to its end", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const first = await proxy.connect();
  await first.send(get("/"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send(
    `HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 1000000\r\n\r\nhello`,
  );
  await first.readThrough("hello");
  await clock.advance(150);
  first.close();
  assertEquals(await peer.readToEnd(), ""); // the connection was closed
  const again = exchange(proxy, get("/"));
  const next = await origin.accept();
  await next.readMessage();
  await next.send(ok("whole"));
  assertEquals((await again).content, "whole");
});

Deno.test("what is nearly there is fetched to its end, even if nobody reads it", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const first = await proxy.connect();
  await first.send(get("/"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send(
    `HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 10\r\n\r\nhello`,
  );
  await first.readThrough("hello");
  await clock.advance(150);
  first.close();
  await proxy.nextLogLine(); // that is seen
  await peer.send("world");
  assertEquals((await exchange(proxy, get("/"))).content, "helloworld");
});

Deno.test("a response that breaks off is seen to, and never served again", async () => {
  const script = async (peer: Peer, index: number): Promise<void> => {
    await peer.readMessage();
    await peer.send(
      index === 0
        ? `HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 10\r\n\r\nhello`
        : ok("whole", FRESH),
    );
  };
  await using origin = Origin.serving(script);
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  await assertRejects(
    () => client.readMessage(),
    Error,
    "Input ended after 5 of 10",
  );
  assertEquals((await exchange(proxy, get("/"))).content, "whole");
});

Deno.test("a chunked response that breaks off has no end", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(
      `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    );
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  assert(!(await client.readToEnd()).includes("\r\n0\r\n"));
});

Deno.test("a slow reader holds up nobody", async () => {
  const content = contentOf(4_000_000);
  await using origin = Origin.answering(() => ok(content, FRESH));
  await using proxy = await Proxy.start(origin);
  using slow = await proxy.connect();
  await slow.send(get("/"));
  await proxy.hasUnderWay(1);
  assertEquals(
    await digest((await exchange(proxy, get("/"))).content),
    await digest(content),
  );
  assertEquals(
    await digest((await slow.readMessage()).content),
    await digest(content),
  );
});

Deno.test("content larger than may be stored passes through to all who read it", async () => {
  const content = contentOf(3_000_000);
  for (const framing of ["length", "chunked"]) {
    let count = 0;
    await using origin = Origin.answering(() => {
      count++;
      return framing === "length"
        ? ok(content, FRESH)
        : `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n${
          content.match(/[^]{1,70000}/g)!.map((run) =>
            `${run.length.toString(16)}\r\n${run}\r\n`
          ).join("")
        }0\r\n\r\n`;
    });
    await using proxy = await Proxy.start(
      origin,
      "--cache-max-object",
      "100KiB",
    );
    for (const wanted of [1, 2]) {
      const answers = await Promise.all(
        [1, 2].map(() => exchange(proxy, get("/"))),
      );
      for (const answer of answers) {
        assertEquals(await digest(answer.content), await digest(content));
      }
      assert(count >= wanted);
    }
  }
});

Deno.test("those who waited for what cannot be stored go on side by side", async () => {
  const busy: (() => void)[] = [];
  let onBusy = (): void => {};
  await using origin = Origin.answering(async () => {
    await new Promise<void>((resolve) => {
      busy.push(resolve);
      onBusy();
    });
    return ok("x", "Cache-Control: private");
  });
  const areBusy = async (count: number): Promise<void> => {
    while (busy.length < count) {
      await new Promise<void>((resolve) => onBusy = resolve);
    }
    assertEquals(busy.length, count);
    for (const goOn of busy.splice(0)) goOn();
  };
  await using proxy = await Proxy.start(origin);
  const asked = (): Promise<unknown>[] =>
    Array.from({ length: 6 }, () => exchange(proxy, get("/")));
  const first = asked();
  await proxy.hasUnderWay(first.length);
  await areBusy(1); // one first, then all the others
  await areBusy(5);
  await Promise.all(first);
  const second = asked();
  await areBusy(6); // now it is known
  await Promise.all(second);
});
