/** Large content in slices: what is asked of the origin, and what clients get (RFC 9111 §3.3, §3.4). */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { contentOf, partOf } from "../support/content.ts";
import { exchange, get } from "../support/proxy.ts";
import { RangeOrigin, SLICE } from "../support/range_origin.ts";
import { rows } from "../support/tries.ts";

const LENGTH = 5 * SLICE + 100;

/** The range of a slice, as the origin is asked for it. */
function slice(index: number): string {
  return `GET /v ${index * SLICE}-${(index + 1) * SLICE - 1}`;
}

Deno.test("a range is fetched as the slices that it is in, and answered from them", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  const { content } = origin;
  const rows: [
    range: string,
    start: number,
    end: number,
    asked: readonly string[],
  ][] = [
    [`${3 * SLICE + 5}-${3 * SLICE + 9}`, 3 * SLICE + 5, 3 * SLICE + 10, [
      slice(3),
    ]],
    [`${3 * SLICE}-${4 * SLICE - 1}`, 3 * SLICE, 4 * SLICE, []],
    [`${4 * SLICE - 1}-${4 * SLICE}`, 4 * SLICE - 1, 4 * SLICE + 1, [slice(4)]],
    ["-50", LENGTH - 50, LENGTH, [slice(5)]],
    [`${LENGTH - 1}-`, LENGTH - 1, LENGTH, []],
    ["0-0", 0, 1, [slice(0)]],
    [`10-${SLICE + 10}`, 10, SLICE + 11, [slice(1)]],
    [`0-`, 0, LENGTH, [slice(2)]],
  ];
  for (const [range, start, end, asked] of rows) {
    const answer = await exchange(proxy, get("/v", `Range: bytes=${range}`));
    assertEquals(partOf(answer), [
      206,
      `bytes ${start}-${end - 1}/${LENGTH}`,
      content.slice(start, end),
    ], range);
    assertEquals(origin.taken(), asked, range);
  }
  const whole = await exchange(proxy, get("/v"));
  assertEquals([whole.status, whole.content === content], [200, true]);
  assertEquals(whole.field("content-range"), undefined);
  assert(whole.field("cache-status")?.startsWith("sluice; hit"));
  assertEquals(origin.taken(), []);
});

Deno.test("of what is too large to be stored whole, the beginning is the first slice", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  const whole = await exchange(proxy, get("/v"));
  assertEquals([whole.status, whole.content === origin.content], [200, true]);
  assertEquals(origin.taken(), [
    "GET /v",
    ...[1, 2, 3, 4, 5].map(slice),
  ]);
  assertEquals(whole.field("cache-status"), "sluice; fwd=uri-miss; stored");
  const again = await exchange(proxy, get("/v"));
  assert(again.content === origin.content);
  const head = await exchange(
    proxy,
    get("/v").replace("GET", "HEAD"),
    true,
  );
  assertEquals(
    [head.status, head.field("content-length")],
    [200, `${LENGTH}`],
  );
  assertEquals(origin.taken(), []);
});

Deno.test("conditions are those of the whole; several ranges, and none that can be had", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  const { content } = origin;
  await exchange(proxy, get("/v"));
  origin.taken();
  const part = ["206", `bytes 5-9/${LENGTH}`, content.slice(5, 10)];
  const all = ["200", undefined, content];
  const rows: [fields: string[], expected: unknown[]][] = [
    [["Range: bytes=5-9", 'If-Range: "1"'], part],
    [["Range: bytes=5-9", 'If-Range: "2"'], all],
    [["Range: bytes=5-9", 'If-Range: W/"1"'], all],
    [['If-None-Match: "1"'], ["304", undefined, ""]],
    [['If-None-Match: "2"'], all],
    [[`Range: bytes=${LENGTH}-`], ["416", `bytes */${LENGTH}`, ""]],
    [["Range: bytes=9-5"], all],
    [["Range: lines=1-2"], all],
  ];
  for (const [fields, expected] of rows) {
    const answer = await exchange(
      proxy,
      get("/v", ...fields),
      expected[0] === "304",
    );
    const [status, ...rest] = partOf(answer);
    assertEquals([`${status}`, ...rest], expected, fields.join());
  }
  const several = await exchange(
    proxy,
    get("/v", `Range: bytes=0-1,${2 * SLICE - 1}-${2 * SLICE},-2`),
  );
  assertEquals(several.status, 206);
  for (
    const expected of [
      content.slice(0, 2),
      content.slice(2 * SLICE - 1, 2 * SLICE + 1),
      content.slice(-2),
    ]
  ) assert(several.content.includes(`\r\n\r\n${expected}\r\n`));
  assertEquals(origin.taken(), []);
});

Deno.test("of several ranges, only the slices that they are in are fetched", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  const range = `Range: bytes=0-1,${4 * SLICE}-${4 * SLICE + 1}`;
  assertEquals((await exchange(proxy, get("/v", range))).status, 206);
  assertEquals(origin.taken(), [slice(0), slice(4)]);
});

Deno.test("a response never mixes versions: one that changes ends it, and the next gets the new one", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  await exchange(proxy, get("/v", "Range: bytes=0-9"));
  origin.taken();
  origin.content = origin.content.replaceAll("1", "x");
  origin.fields = ['ETag: "2"'];
  // What has not begun yet is asked for anew.
  const jumped = await exchange(
    proxy,
    get("/v", `Range: bytes=${2 * SLICE}-${2 * SLICE + 9}`),
  );
  assertEquals(partOf(jumped), [
    206,
    `bytes ${2 * SLICE}-${2 * SLICE + 9}/${LENGTH}`,
    origin.content.slice(2 * SLICE, 2 * SLICE + 10),
  ]);
  assertEquals(jumped.field("etag"), '"2"');
  origin.content = origin.content.replaceAll("2", "y");
  origin.fields = ['ETag: "3"'];
  using client = await proxy.connect();
  await client.send(get("/v", `Range: bytes=${2 * SLICE}-${4 * SLICE}`));
  const text = await client.readToEnd();
  const content = text.slice(text.indexOf("\r\n\r\n") + 4);
  assertEquals(content.length, SLICE);
  assert(!content.includes("y"));
  const now = await exchange(proxy, get("/v"));
  assert(now.content === origin.content);
  assertEquals(now.field("etag"), '"3"');
});

Deno.test("what is stale is validated as a whole, and its slices stay", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  await exchange(proxy, get("/v", "Range: bytes=0-9"));
  origin.taken();
  const answer = await exchange(
    proxy,
    get("/v", "Range: bytes=0-9", "Cache-Control: no-cache"),
  );
  assertEquals(partOf(answer)[2], origin.content.slice(0, 10));
  assertEquals(origin.taken(), ["GET /v"]);
  await exchange(proxy, get("/v", `Range: bytes=0-${SLICE}`));
  assertEquals(origin.taken(), [slice(1)]);
});

Deno.test("another version that validation brings is kept in slices, whatever range was asked for", async () => {
  await using origin = new RangeOrigin(LENGTH);
  await using proxy = await origin.start();
  const range = `Range: bytes=${3 * SLICE}-${3 * SLICE + 9}`;
  for (const [version, isSoft] of [["2", false], ["3", true]] as const) {
    await exchange(proxy, get("/v", "Range: bytes=0-9"));
    origin.content = contentOf(LENGTH + Number(version));
    origin.fields = [`ETag: "${version}"`];
    origin.taken();
    if (isSoft) {
      // Clients get what there is; behind their back, the whole is asked for.
      await proxy.purge({ all: true, soft: true });
      let etag: string | undefined;
      while (etag !== '"3"') {
        etag = (await exchange(proxy, get("/v", range))).field("etag");
      }
    } else {
      const [status, , content] = partOf(
        await exchange(proxy, get("/v", range, "Cache-Control: no-cache")),
      );
      const now = origin.content.slice(3 * SLICE, 3 * SLICE + 10);
      assertEquals([status, content === now], [206, true]);
    }
    assertEquals(origin.taken()[0], "GET /v");
    const answer = await exchange(proxy, get("/v", range));
    assertEquals(answer.field("etag"), `"${version}"`);
    assertMatch(answer.field("cache-status")!, /^sluice; hit; ttl=\d\d/);
  }
});

for (const workers of rows([1, 2], 1)) {
  Deno.test(`a purge of its URL takes out the whole and every slice, and nothing old comes back: ${workers} worker(s)`, async () => {
    await using origin = new RangeOrigin(LENGTH);
    await using proxy = await origin.start("--workers", `${workers}`);
    await exchange(proxy, get("/v"));
    const purge = (target: string): Promise<string> =>
      exchange(proxy, `PURGE ${target} HTTP/1.1\r\nHost: sluice.test\r\n\r\n`)
        .then(({ content }) => content);
    assertEquals(await purge("/v"), '{"purged":7}\n');
    assertEquals(await purge("/*"), '{"purged":0}\n');
    origin.content = origin.content.replaceAll("1", "x"); // with the same validator
    const whole = await exchange(proxy, get("/v"));
    assert(whole.content === origin.content);
    assertEquals(await purge("/*"), '{"purged":7}\n');
    // An unsafe request does the same.
    await exchange(proxy, get("/v"));
    await exchange(proxy, get("/v").replace("GET", "POST"));
    origin.content = origin.content.replaceAll("2", "x");
    assert((await exchange(proxy, get("/v"))).content === origin.content);
  });
}
