/** Slices when things go wrong: origins, clients, and both at once. */

import { assert, assertEquals } from "../support/assert.ts";
import { partOf } from "../support/content.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { random } from "../support/random.ts";
import { CUT, RangeOrigin, SLICE } from "../support/range_origin.ts";
import { rows } from "../support/tries.ts";

const LENGTH = 8 * SLICE + 100;

/** The range of a slice, as the origin is asked for it. */
function slice(index: number): string {
  return `GET /v ${index * SLICE}-${(index + 1) * SLICE - 1}`;
}

/** A range of 10 bytes at the beginning of a slice. */
function tenOf(index: number): string {
  return get("/v", `Range: bytes=${index * SLICE}-${index * SLICE + 9}`);
}

/** What a client gets of a request, up to the end of its connection. */
async function all(proxy: Proxy, request: string): Promise<string> {
  using client = await proxy.connect();
  await client.send(request);
  const text = await client.readToEnd();
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

Deno.test("whatever ranges are asked for, in whatever order, the bytes are the content's", async () => {
  const next = random(11);
  const upTo = (limit: number): number => Math.floor(next() * limit);
  for (let round = 0; round < 6; round++) {
    const length = 1 + upTo([SLICE, 3 * SLICE, 9 * SLICE][round % 3]!);
    await using origin = new RangeOrigin(length);
    await using proxy = await origin.start();
    const { content } = origin;
    for (let i = 0; i < 40; i++) {
      const first = upTo(length * 1.1);
      const last = first + upTo(next() < 0.5 ? 100 : length);
      const [range, start, end] = ([
        [`${first}-${last}`, first, Math.min(last + 1, length)],
        [`${first}-`, first, length],
        [`-${first}`, Math.max(0, length - first), length],
      ] as const)[upTo(3)]!;
      const answer = await exchange(proxy, get("/v", `Range: bytes=${range}`));
      const what = `${range} of ${length}`;
      if (start < end) {
        assertEquals(answer.status, 206, what);
        assertEquals(
          answer.field("content-range"),
          `bytes ${start}-${end - 1}/${length}`,
        );
        assert(answer.content === content.slice(start, end), what);
      } else assertEquals(answer.status, 416, what);
      if (next() < 0.1) {
        assert((await exchange(proxy, get("/v"))).content === content, what);
      }
      if (next() < 0.05) {
        const target = next() < 0.5 ? "/v" : "/*";
        await exchange(
          proxy,
          `PURGE ${target} HTTP/1.1\r\nHost: sluice.test\r\n\r\n`,
        );
      }
    }
  }
});

Deno.test("an origin that does not send ranges is asked for one once", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.manner = "whole";
  const range = `Range: bytes=${SLICE}-${SLICE + 9}`;
  const first = await exchange(proxy, get("/v", range));
  assertEquals([first.status, first.content === origin.content], [200, true]);
  await exchange(proxy, get("/v", range));
  assertEquals(origin.taken(), [slice(1), `GET /v ${SLICE}-${SLICE + 9}`]);
});

Deno.test("parts that cannot be put together are not stored, and asked for as the client does", async () => {
  const modified = new Date(Date.now() + 5000).toUTCString();
  for (
    const fields of [
      [],
      ['ETag: W/"1"'],
      [`Last-Modified: ${modified}`], // as if it had just been changed
      ['ETag: "1"', "Cache-Control: private"],
      ['ETag: "1"', "Vary: *"],
    ]
  ) {
    await using origin = new RangeOrigin(LENGTH);
    await using proxy = await origin.start();
    origin.fields = fields;
    for (let i = 0; i < 2; i++) {
      const answer = await exchange(proxy, tenOf(2));
      assertEquals(partOf(answer), [
        206,
        `bytes ${2 * SLICE}-${2 * SLICE + 9}/${LENGTH}`,
        origin.content.slice(2 * SLICE, 2 * SLICE + 10),
      ], fields.join());
    }
    const own = `GET /v ${2 * SLICE}-${2 * SLICE + 9}`;
    assertEquals(origin.taken(), [slice(2), own, own], fields.join());
  }
});

Deno.test("servers that each have their own tags are not asked for slices for long", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  let count = 0;
  origin.answer = () => {
    origin.fields = [`ETag: "${count++ % 2}"`];
    return undefined;
  };
  const contents: string[] = [];
  for (let i = 0; i < 4; i++) {
    contents.push(await all(proxy, get("/v", "Connection: close")));
  }
  assert(contents.at(-1) === origin.content);
  for (const content of contents) {
    assert(origin.content.startsWith(content));
  }
  const own = `Range: bytes=${SLICE}-${SLICE + 9}`;
  origin.taken();
  await exchange(proxy, get("/v", own));
  assertEquals(origin.taken(), [`GET /v ${SLICE}-${SLICE + 9}`]);
});

Deno.test("a date that is old enough is as good as a tag", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.fields = ["Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"];
  for (let i = 0; i < 2; i++) await exchange(proxy, tenOf(2));
  assertEquals(origin.taken(), [slice(2)]);
  origin.fields = ["Last-Modified: Mon, 07 Nov 1994 08:49:37 GMT"];
  const { status } = await exchange(proxy, tenOf(3));
  assertEquals([status, origin.taken()], [206, [slice(3), slice(3)]]);
});

Deno.test("what fits into a slice is stored as a whole, whatever range was asked for", async () => {
  await using origin = new RangeOrigin(1000);
  await using proxy = await origin.start();
  const part = await exchange(proxy, get("/v", "Range: bytes=10-19"));
  assertEquals(partOf(part), [
    206,
    "bytes 10-19/1000",
    origin.content.slice(10, 20),
  ]);
  const whole = await exchange(proxy, get("/v"));
  assertEquals(partOf(whole), [200, undefined, origin.content]);
  assertEquals(origin.taken(), [slice(0)]);
});

const WORKERS = [[], ["--workers", "2"]];

Deno.test("of many who want the same slice, one request goes to the origin", async () => {
  for (const flags of rows(WORKERS, WORKERS[0]!)) {
    await using origin = new RangeOrigin(LENGTH);
    await using proxy = await origin.start(...flags);
    await exchange(proxy, tenOf(0));
    origin.taken();
    const gate = Promise.withResolvers<void>();
    origin.answer = async () => {
      await gate.promise;
      return undefined;
    };
    const answers = Array.from({ length: 8 }, () => exchange(proxy, tenOf(5)));
    while (origin.asked.length === 0) await exchange(proxy, tenOf(0));
    gate.resolve();
    for (const answer of await Promise.all(answers)) {
      assertEquals(
        answer.content,
        origin.content.slice(5 * SLICE, 5 * SLICE + 10),
      );
    }
    assertEquals(origin.taken(), [slice(5)], flags.join());
  }
});

Deno.test("a slice that breaks off is fetched once more, and then the response ends where it is", async () => {
  const cut = (index: number, content: string): string =>
    [
      "HTTP/1.1 206 Partial Content",
      'ETag: "1"',
      `Content-Range: bytes ${index * SLICE}-${
        (index + 1) * SLICE - 1
      }/${LENGTH}`,
      `Content-Length: ${SLICE}`,
      "Connection: close",
      "",
      content.slice(index * SLICE, index * SLICE + 1000),
    ].join("\r\n");
  for (const cuts of [1, 2]) {
    await using origin = new RangeOrigin(LENGTH);
    await using proxy = await origin.start();
    let left = cuts;
    origin.answer = (range) =>
      range === `${2 * SLICE}-${3 * SLICE - 1}` && left-- > 0
        ? cut(2, origin.content) + CUT
        : undefined;
    const content = await all(
      proxy,
      get("/v", "Range: bytes=5-", "Connection: close"),
    );
    const end = cuts === 1 ? LENGTH : 2 * SLICE + 1000;
    assert(content === origin.content.slice(5, end), `${content.length}`);
  }
});

Deno.test("of a client that does not read, no more than a few slices are fetched; none when it has gone", async () => {
  await using origin = new RangeOrigin(400 * SLICE);
  await using proxy = await origin.start();
  await exchange(proxy, tenOf(0));
  origin.taken();
  {
    using client = await proxy.connect();
    await client.send(get("/v"));
    await client.readThrough("\r\n\r\n");
    // Buffers of the system take some; then nothing more is asked for.
    let before = -1;
    while (before !== origin.asked.length) {
      before = origin.asked.length;
      for (let i = 0; i < 20; i++) await exchange(proxy, tenOf(0));
    }
    assert(before < 390, `${before}`);
  }
  const left = origin.asked.length;
  for (let i = 0; i < 20; i++) await exchange(proxy, tenOf(0));
  assert(origin.asked.length <= left + 2);
});

Deno.test("a slice of which a client wants only a part is fetched to its end, and is there for others", async () => {
  const large = 16 * SLICE; // so that most of it is missing
  await using origin = new RangeOrigin(3 * large);
  await using proxy = await origin.startWith(large);
  await exchange(proxy, tenOf(0));
  origin.taken();
  origin.pausesAfter = 1000;
  const range = (start: number, end: number): string =>
    get("/v", `Range: bytes=${large + start}-${large + end - 1}`);
  assertEquals((await exchange(proxy, range(0, 10))).status, 206);
  const other = exchange(proxy, range(5, large));
  origin.gate.resolve();
  const { content } = await other;
  assert(content === origin.content.slice(large + 5, 2 * large));
  assertEquals(origin.taken().length, 1);
});

Deno.test("only-if-cached gets what is there, and nothing else", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  await exchange(proxy, get("/v", `Range: bytes=0-${2 * SLICE - 1}`));
  origin.taken();
  const only = "Cache-Control: only-if-cached";
  for (
    const [range, status] of [
      [`0-${2 * SLICE - 1}`, 206],
      [`${2 * SLICE - 1}-${2 * SLICE}`, 504],
      [`${3 * SLICE}-`, 504],
      [`0-1,${2 * SLICE - 1}-${2 * SLICE - 1}`, 206],
      [`0-1,${2 * SLICE}-${2 * SLICE}`, 504],
    ] as const
  ) {
    const answer = await exchange(
      proxy,
      get("/v", `Range: bytes=${range}`, only),
    );
    assertEquals(answer.status, status, range);
  }
  assertEquals(origin.taken(), []);
});

Deno.test("an origin that answers with an error to a slice is passed on, or ends the response", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.answer = () => "HTTP/1.1 404 Gone\r\nContent-Length: 2\r\n\r\nno";
  const { status, content } = await exchange(
    proxy,
    get("/other", "Range: bytes=0-9"),
  );
  assertEquals([status, content], [404, "no"]);
  origin.answer = undefined;
  await exchange(proxy, tenOf(0));
  origin.answer = () => "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno";
  assertEquals((await exchange(proxy, tenOf(1))).status, 502);
  origin.answer = undefined;
  assertEquals((await exchange(proxy, tenOf(1))).status, 206);
});

Deno.test("purges by prefix, tag and softly name slices, too", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  origin.fields.push("Cache-Tag: t");
  const purge = async (target: string, ...fields: string[]): Promise<string> =>
    (await exchange(
      proxy,
      [`PURGE ${target} HTTP/1.1`, "Host: sluice.test", ...fields, "", ""]
        .join("\r\n"),
    )).content.trim();
  for (
    const [target, ...fields] of [["/v"], ["/*"], [
      "/",
      "Cache-Tag: t",
    ]] as const
  ) {
    await exchange(proxy, get("/v"));
    assertEquals(await purge(target, ...fields), '{"purged":10}', target);
  }
  await exchange(proxy, get("/v"));
  origin.taken();
  await purge("/v", "Fastly-Soft-Purge: 1");
  assert((await exchange(proxy, get("/v"))).content === origin.content);
  while (origin.asked.length === 0) await exchange(proxy, tenOf(0));
  await exchange(proxy, get("/v"));
  assertEquals(origin.taken(), ["GET /v"]); // a 304: the slices are as good as before
});

Deno.test("when all memory is in use, slices pass through, each to its client", async () => {
  const large = 64 * SLICE; // more than sockets take
  await using origin = new RangeOrigin(9 * large);
  await using proxy = await Proxy.startWith(
    (config) => ({
      ...config,
      store: {
        bytesMax: 3 * large,
        objectBytesMax: large,
        sliceBytes: large,
      },
    }),
    origin.origin,
  );
  await exchange(proxy, tenOf(0));
  const clients = await Promise.all(
    Array.from({ length: 4 }, () => proxy.connect()),
  );
  // They do not read, and hold what there is room for.
  for (const [index, client] of clients.entries()) {
    const from = (index + 1) * large;
    await client.send(get("/v", `Range: bytes=${from}-`, "Connection: close"));
    await client.readThrough("\r\n\r\n");
  }
  const answers = await Promise.all(
    Array.from({ length: 4 }, () =>
      exchange(
        proxy,
        get("/v", `Range: bytes=${6 * large + 5}-${7 * large + 9}`),
      )),
  );
  for (const { status, content } of answers) {
    assertEquals(status, 206);
    assert(content === origin.content.slice(6 * large + 5, 7 * large + 10));
  }
  for (const [index, client] of clients.entries()) {
    const rest = await client.readToEnd();
    client.close();
    assert(rest === origin.content.slice((index + 1) * large), `${index}`);
  }
});
