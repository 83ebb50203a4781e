/** Ranges of content that is on its way. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf, partOf } from "../support/content.ts";

const TYPE = "Content-Type: video/mp4";
const FRESH = "Cache-Control: max-age=60";
const ETAG = 'ETag: "a"';
const MIB = 1024 * 1024;

/** Several workers share what is stored, and not what arrives. */
const ignore = Deno.env.get("SLUICE_FLAGS")?.includes("--workers") ?? false;

const CONTENT = contentOf(3 * MIB);

interface Arriving extends AsyncDisposable {
  readonly origin: Origin;
  readonly proxy: Proxy;
  /** The connection on which the content comes. */
  readonly peer: Peer;
  /** The first client, who has read the head. */
  readonly first: Peer;
}

/** A response of which the head and some content have arrived. */
async function arriving(
  head: readonly string[],
  content: string,
  ...fields: readonly string[]
): Promise<Arriving> {
  const origin = new Origin();
  const proxy = await Proxy.start(origin);
  const first = await proxy.connect();
  await first.send(get("/", ...fields));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send(["HTTP/1.1 200 OK", ...head, "", content].join("\r\n"));
  await first.readHead();
  await first.readExactly(1); // now it is stored, and some of the content is there
  return {
    origin,
    proxy,
    peer,
    first,
    async [Symbol.asyncDispose](): Promise<void> {
      first.close();
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

const KNOWN = [TYPE, FRESH, ETAG, `Content-Length: ${CONTENT.length}`];

Deno.test("a range of content that is arriving, once its bytes are there", {
  ignore,
}, async (t) => {
  await using its = await arriving(KNOWN, CONTENT.slice(0, 20_000));
  const rows: [fields: string[], expected: unknown[]][] = [
    [["Range: bytes=0-99"], [206, `bytes 0-99/${CONTENT.length}`, 0, 100]],
    [["Range: bytes=5000-5999"], [
      206,
      `bytes 5000-5999/${CONTENT.length}`,
      5000,
      6000,
    ]],
    [["Range: bytes=0-99", 'If-Range: "a"'], [
      206,
      `bytes 0-99/${CONTENT.length}`,
      0,
      100,
    ]],
    [[`Range: bytes=${CONTENT.length}-`], [
      416,
      `bytes */${CONTENT.length}`,
      0,
      0,
    ]],
  ];
  for (const [fields, [status, range, start, end]] of rows) {
    await t.step(fields.join(" | "), async () => {
      const answer = await exchange(its.proxy, get("/", ...fields));
      assertEquals(partOf(answer), [
        status,
        range,
        CONTENT.slice(start as number, end as number),
      ]);
    });
  }
  await t.step("several", async () => {
    const answer = await exchange(
      its.proxy,
      get("/", "Range: bytes=5-9,1000-1009"),
    );
    assertEquals(answer.status, 206);
    assert(answer.content.includes(`\r\n\r\n${CONTENT.slice(5, 10)}\r\n--`));
    assert(
      answer.content.includes(`\r\n\r\n${CONTENT.slice(1000, 1010)}\r\n--`),
    );
  });
  await t.step("to HTTP/1.0", async () => {
    const answer = await exchange(
      its.proxy,
      "GET / HTTP/1.0\r\nHost: sluice.test\r\nRange: bytes=7-8\r\n\r\n",
    );
    assertEquals(partOf(answer), [
      206,
      `bytes 7-8/${CONTENT.length}`,
      CONTENT.slice(7, 9),
    ]);
  });
  await t.step("HEAD has no ranges", async () => {
    const answer = await exchange(
      its.proxy,
      get("/", "Range: bytes=7-8").replace("GET", "HEAD"),
      true,
    );
    assertEquals(
      [answer.status, answer.field("content-length")],
      [200, `${CONTENT.length}`],
    );
  });
  assertEquals(its.origin.connectionCount, 1);
});

Deno.test(
  "a range that begins soon is sent as its bytes arrive",
  { ignore },
  async () => {
    await using its = await arriving(KNOWN, CONTENT.slice(0, 20_000));
    using client = await its.proxy.connect();
    await client.send(get("/", "Range: bytes=100000-199999"));
    using resumed = await its.proxy.connect();
    await resumed.send(get("/", "Range: bytes=10000-"));
    const head = await client.readHead();
    assertEquals(
      [head.status, head.field("content-range"), head.field("content-length")],
      [206, `bytes 100000-199999/${CONTENT.length}`, "100000"],
    );
    assertEquals((await resumed.readHead()).status, 206);
    assertEquals(
      await resumed.readExactly(10_000),
      CONTENT.slice(10_000, 20_000),
    );
    await its.peer.send(CONTENT.slice(20_000, 150_000));
    assertEquals(
      await client.readExactly(50_000),
      CONTENT.slice(100_000, 150_000),
    );
    await its.peer.send(CONTENT.slice(150_000, 250_000));
    assertEquals(
      await client.readExactly(50_000),
      CONTENT.slice(150_000, 200_000),
    );
    await client.send(get("/", "Range: bytes=0-9")); // the connection goes on
    assertEquals((await client.readMessage()).content, CONTENT.slice(0, 10));
    const rest = resumed.readExactly(CONTENT.length - 20_000);
    await its.peer.send(CONTENT.slice(250_000));
    assertEquals(await rest === CONTENT.slice(20_000), true);
    const hit = await exchange(its.proxy, get("/", "Range: bytes=-5"));
    assertEquals(hit.content, CONTENT.slice(-5));
    assertEquals(its.origin.connectionCount, 1);
  },
);

Deno.test("a range far behind what has arrived is the origin's to answer", {
  ignore,
}, async (t) => {
  await using its = await arriving(KNOWN, CONTENT.slice(0, 20_000));
  for (const range of ["bytes=2000000-2000009", "bytes=-10"]) {
    await t.step(range, async () => {
      using client = await its.proxy.connect();
      await client.send(get("/", `Range: ${range}`));
      const peer = await its.origin.accept();
      assertEquals((await peer.readMessage()).field("range"), range);
      await peer.send(
        ok("0123456789", TYPE, ETAG, "Content-Range: bytes 1-10/99")
          .replace("200 OK", "206 Partial Content"),
      );
      const answer = await client.readMessage();
      assertEquals(partOf(answer), [206, "bytes 1-10/99", "0123456789"]);
      assert(answer.field("cache-status")!.includes("fwd=partial"));
      peer.close();
    });
  }
});

Deno.test(
  "a range of content of unknown length: one that is there, else the whole",
  { ignore },
  async (t) => {
    const head = [TYPE, FRESH, "Transfer-Encoding: chunked"];
    await using its = await arriving(
      head,
      `2710\r\n${CONTENT.slice(0, 10_000)}\r\n`,
    );
    for (const [first, last] of [[0, 99], [5, 5], [5000, 5999]] as const) {
      const answer = await exchange(
        its.proxy,
        get("/", `Range: bytes=${first}-${last}`),
      );
      assertEquals(partOf(answer), [
        206,
        `bytes ${first}-${last}/*`,
        CONTENT.slice(first, last + 1),
      ]);
    }
    const values = ["0-", "-5", "0-20000", "20000-", "0-1,5-6", "9-8", "5"];
    for (const value of values) {
      await t.step(value, async () => {
        using client = await its.proxy.connect();
        await client.send(get("/", `Range: bytes=${value}`));
        assertEquals((await client.readHead()).status, 200);
      });
    }
    assertEquals(its.origin.connectionCount, 1);
  },
);

Deno.test("a range that breaks off has no end", { ignore }, async () => {
  await using its = await arriving(KNOWN, CONTENT.slice(0, 20_000));
  using client = await its.proxy.connect();
  await client.send(get("/", "Range: bytes=10000-29999"));
  assertEquals((await client.readHead()).status, 206);
  its.peer.close();
  await assertRejects(() => client.readExactly(20_000), Error, "Input ended");
});

Deno.test(
  "nobody gets ranges of a coding that is taken off later",
  { ignore },
  async () => {
    const head = [...KNOWN, "Content-Encoding: gzip"];
    const gzip = "Accept-Encoding: gzip";
    await using its = await arriving(head, CONTENT.slice(0, 20_000), gzip);
    using reading = await its.proxy.connect();
    await reading.send(get("/", "Range: bytes=0-9", gzip));
    assertEquals((await reading.readHead()).status, 206);
    using other = await its.proxy.connect();
    await other.send(get("/", "Range: bytes=0-9"));
    using peer = await its.origin.accept();
    assertEquals((await peer.readMessage()).field("range"), "bytes=0-9");
  },
);

Deno.test(
  "who asks for everything as a range shares a request",
  { ignore },
  async () => {
    const content = contentOf(50_000);
    const seen: (string | undefined)[] = [];
    const all = Promise.withResolvers<void>();
    await using origin = Origin.answering(async (request) => {
      seen.push(request.field("range"));
      await all.promise;
      return ok(content, TYPE, FRESH);
    });
    await using proxy = await Proxy.start(origin);
    const asked = [
      ["Range: bytes=0-"],
      [],
      ["Range: bytes=0-"],
      ["Range: bytes=9-"],
    ].map((fields) => exchange(proxy, get("/", ...fields)));
    await proxy.hasUnderWay(asked.length);
    all.resolve();
    const answers = await Promise.all(asked);
    assertEquals(answers.map(({ status }) => status).toSorted(), [
      ...[200, 206, 206, 206],
    ]);
    assertEquals(seen.filter((range) => range === undefined).length, 1);
  },
);

Deno.test("a range of what arrives leaves the others what they came for", async () => {
  const content = contentOf(300_000);
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      const answer = ok(content, TYPE, FRESH, ETAG);
      for (let at = 0; at < answer.length; at += 30_000) {
        await peer.send(answer.slice(at, at + 30_000));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  });
  await using proxy = await Proxy.start(origin);
  const ranges = Array.from({ length: 30 }, (_, i) => [
    i * 10_000 % 290_000,
    i * 10_000 % 290_000 + i * 500,
  ]);
  const answers = await Promise.all([
    exchange(proxy, get("/", "Range: bytes=0-")),
    ...ranges.map(([start, end]) =>
      exchange(proxy, get("/", `Range: bytes=${start}-${end}`))
    ),
    exchange(proxy, get("/")),
  ]);
  assertEquals(answers[0]!.content === content, true);
  assertEquals(answers.at(-1)!.content === content, true);
  for (const [i, [start, end]] of ranges.entries()) {
    const answer = answers[i + 1]!;
    const isWhole = answer.status === 200; // the origin's, who knows no ranges
    assertEquals(
      answer.content,
      isWhole ? content : content.slice(start!, end! + 1),
    );
  }
});
