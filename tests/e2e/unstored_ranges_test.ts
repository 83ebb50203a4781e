/** Ranges of content that has not been asked for: what the origin is asked, and what becomes of it. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf, partOf } from "../support/content.ts";

const TYPE = "Content-Type: video/mp4";
const FRESH = "Cache-Control: max-age=60";
const ETAG = 'ETag: "a"';
const MIB = 1024 * 1024;

/** An origin with ranges of its own; it tells what was asked for. */
function rangedOrigin(
  content: string,
  fields: readonly string[],
  seen: (string | undefined)[],
): Origin {
  return Origin.answering((request) => {
    const range = request.field("range");
    seen.push(range);
    const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
    if (match === null) return ok(content, ...fields);
    const start = Number(match[1]);
    const end = Math.min(Number(match[2] || Infinity) + 1, content.length);
    return ok(
      content.slice(start, end),
      ...fields,
      `Content-Range: bytes ${start}-${end - 1}/${content.length}`,
      "X-By: origin",
    ).replace("200 OK", "206 Partial Content");
  });
}

Deno.test("who asks for everything as a range gets it, and the cache, too", async () => {
  const content = contentOf(50_000);
  const seen: (string | undefined)[] = [];
  await using origin = rangedOrigin(content, [TYPE, FRESH, ETAG], seen);
  await using proxy = await Proxy.start(origin);
  const first = await exchange(proxy, get("/", "Range: bytes=0-"));
  assertEquals(partOf(first), [206, "bytes 0-49999/50000", content]);
  assertEquals(first.field("accept-ranges"), "bytes");
  const second = await exchange(proxy, get("/", "Range: bytes=40000-"));
  assertEquals(partOf(second), [
    206,
    "bytes 40000-49999/50000",
    content.slice(40_000),
  ]);
  assertEquals((await exchange(proxy, get("/"))).content, content);
  assertEquals(seen, [undefined]);
});

Deno.test("what is not stored is sent as the range that was asked for, too", async (t) => {
  const content = contentOf(50_000);
  const range = "bytes 0-49999/50000";
  const rows: [
    what: string,
    fields: string[],
    flags: string[],
    expected: unknown[],
  ][] = [
    ["too large", [TYPE, FRESH], ["--cache-max-object", "20KiB"], [
      206,
      range,
    ]],
    ["no-store", [TYPE, "Cache-Control: no-store"], [], [206, range]],
    ["private", [TYPE, "Cache-Control: private"], [], [206, range]],
    ["text", ["Content-Type: text/plain", "Cache-Control: no-store"], [], [
      206,
      range,
    ]],
    [
      "no ranges",
      [
        TYPE,
        "Cache-Control: no-store",
        "Accept-Ranges: none",
      ],
      [],
      [200, undefined],
    ],
  ];
  for (const [what, fields, flags, expected] of rows) {
    await t.step(what, async () => {
      const seen: (string | undefined)[] = [];
      await using origin = rangedOrigin(content, fields, seen);
      await using proxy = await Proxy.start(origin, ...flags);
      const request = get("/", "Accept-Encoding: gzip", "Range: bytes=0-");
      const first = await exchange(proxy, request);
      assertEquals(partOf(first), [...expected, content]);
      assertEquals(first.field("x-by"), undefined);
      assertEquals(first.field("content-encoding"), undefined);
      // Now it is known that there is nothing to gain: the origin gets what the client asked.
      const second = await exchange(proxy, request);
      assertEquals([...partOf(second), second.field("x-by")], [
        206,
        range,
        content,
        "origin",
      ]);
      assertEquals(seen, [undefined, "bytes=0-"]);
    });
  }
});

Deno.test("what is too large to be stored leaves as it comes, as a range", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/", "Range: bytes=0-"));
  const peer = await origin.accept();
  assertEquals((await peer.readMessage()).field("range"), undefined);
  const length = 4 * 1024 * MIB;
  await peer.send(
    `HTTP/1.1 200 OK\r\n${TYPE}\r\n${FRESH}\r\nContent-Length: ${length}\r\n\r\nhello`,
  );
  const head = await client.readHead();
  assertEquals(
    [head.status, head.field("content-range"), head.field("content-length")],
    [206, `bytes 0-${length - 1}/${length}`, `${length}`],
  );
  assertEquals(await client.readExactly(5), "hello");
  peer.close();
  assertEquals(await client.readToEnd(), "");
});

Deno.test("answers that are no range stay what they are", async (t) => {
  const rows: [what: string, answer: string, status: number][] = [
    [
      "404",
      ok("no", TYPE, FRESH).replace("200 OK", "404 Not Found"),
      404,
    ],
    [
      "503",
      ok("no", TYPE, "Cache-Control: no-store").replace(
        "200 OK",
        "503 Service Unavailable",
      ),
      503,
    ],
    ["empty", ok("", TYPE, FRESH), 200],
    ["empty, not stored", ok("", TYPE, "Cache-Control: no-store"), 200],
    [
      "of unknown length, not stored",
      `HTTP/1.1 200 OK\r\n${TYPE}\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n`,
      200,
    ],
    ["204", `HTTP/1.1 204 No Content\r\n${FRESH}\r\n\r\n`, 204],
  ];
  for (const [what, sent, status] of rows) {
    await t.step(what, async () => {
      await using origin = Origin.answering(() => sent);
      await using proxy = await Proxy.start(origin);
      for (let i = 0; i < 2; i++) {
        const answer = await exchange(proxy, get("/", "Range: bytes=0-"));
        assertEquals(
          [answer.status, answer.field("content-range")],
          [status, undefined],
        );
      }
    });
  }
});

Deno.test("any other range of what is not there goes to the origin as it came", async (t) => {
  const content = contentOf(50_000);
  const rows: [fields: string[], flags: string[]][] = [
    [["Range: bytes=0-0"], []],
    [["Range: bytes=0-1"], []],
    [["Range: bytes=1-"], []],
    [["Range: bytes=0-49999"], []],
    [["Range: bytes=0-", 'If-Range: "a"'], []],
    [["Range: bytes=0-", 'If-None-Match: "b"'], []],
    [["Range: bytes=0-", "Cache-Control: no-store"], []],
    [["Range: bytes=0-"], ["--no-cache"]],
  ];
  for (const [fields, flags] of rows) {
    await t.step(`${fields.join(" | ")} ${flags}`, async () => {
      const seen: (string | undefined)[] = [];
      await using origin = rangedOrigin(content, [TYPE, FRESH, ETAG], seen);
      await using proxy = await Proxy.start(origin, ...flags);
      const answer = await exchange(proxy, get("/", ...fields));
      assertEquals([answer.status, answer.field("x-by")], [206, "origin"]);
      assertEquals(seen, [fields[0]!.slice("Range: ".length)]);
    });
  }
});

Deno.test("a range that went to the origin keeps nothing from being stored", async () => {
  const content = contentOf(50_000);
  const seen: (string | undefined)[] = [];
  await using origin = rangedOrigin(content, [TYPE, FRESH, ETAG], seen);
  await using proxy = await Proxy.start(origin);
  for (const range of ["bytes=0-1", "bytes=0-", "bytes=40000-"]) {
    const answer = await exchange(proxy, get("/", `Range: ${range}`));
    assertEquals(answer.status, 206);
  }
  assertEquals(seen, ["bytes=0-1", undefined]);
});
