/** Conditions and ranges of what is stored (RFC 9110 §13, §14). */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf } from "../support/content.ts";

const FRESH = "Cache-Control: max-age=60";

Deno.test("conditions of clients are answered from memory (RFC 9110 §13)", async (t) => {
  const modified = "Sun, 06 Nov 1994 08:49:37 GMT";
  await using origin = Origin.answering(() =>
    ok(
      "x",
      FRESH,
      'ETag: "a,b"',
      `Last-Modified: ${modified}`,
      "Content-Type: text/plain",
      "X-A: 1",
    )
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  const rows: [fields: string[], status: number][] = [
    [['If-None-Match: "a,b"'], 304],
    [['If-None-Match: W/"a,b"'], 304],
    [['If-None-Match: "x", "a,b"'], 304],
    [['If-None-Match: "x"', 'If-None-Match: "a,b"'], 304],
    [["If-None-Match: *"], 304],
    [['If-None-Match: "a"'], 200],
    [['If-None-Match: "x"', `If-Modified-Since: ${modified}`], 200],
    [[`If-Modified-Since: ${modified}`], 304],
    [["If-Modified-Since: Mon, 07 Nov 1994 08:49:37 GMT"], 304],
    [["If-Modified-Since: Sat, 05 Nov 1994 08:49:37 GMT"], 200],
    [["If-Modified-Since: yesterday"], 200],
  ];
  for (const [fields, status] of rows) {
    await t.step(fields.join(" | "), async () => {
      const answer = await exchange(proxy, get("/", ...fields));
      assertEquals(answer.status, status);
      if (status === 200) return;
      const names = answer.fields.map(([name]) => name.toLowerCase()).sort();
      assertEquals(names, [
        "age",
        "cache-control",
        "cache-status",
        "date",
        "etag",
        "via",
        "x-a",
      ]);
    });
  }
  assertEquals(origin.connectionCount, 1);
});

Deno.test("ranges of what is stored (RFC 9110 §14)", async (t) => {
  const content = contentOf(1000);
  await using origin = Origin.answering(() =>
    ok(
      content,
      FRESH,
      'ETag: "a"',
      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
      "Content-Type: text/plain",
    )
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  const rows: [
    fields: string[],
    status: number,
    content: string,
    range?: string,
  ][] = [
    [["Range: bytes=0-4"], 206, content.slice(0, 5), "bytes 0-4/1000"],
    [["Range: BYTES=995-"], 206, content.slice(995), "bytes 995-999/1000"],
    [["Range: bytes=-5"], 206, content.slice(995), "bytes 995-999/1000"],
    [["Range: bytes=990-2000"], 206, content.slice(990), "bytes 990-999/1000"],
    [["Range: bytes=-2000"], 206, content, "bytes 0-999/1000"],
    [["Range: bytes=0-9,5-19"], 206, content.slice(0, 20), "bytes 0-19/1000"],
    [["Range: bytes=1000-"], 416, "", "bytes */1000"],
    [["Range: bytes=-0"], 416, "", "bytes */1000"],
    [["Range: bytes=5-4"], 200, content],
    [["Range: bytes=a-b"], 200, content],
    [["Range: bytes="], 200, content],
    [["Range: lines=0-4"], 200, content],
    [
      [`Range: bytes=${
        Array.from({ length: 17 }, (_, i) => `${i * 50}-${i * 50}`).join(",")
      }`],
      200,
      content,
    ],
    [
      ["Range: bytes=0-4", 'If-Range: "a"'],
      206,
      content.slice(0, 5),
      "bytes 0-4/1000",
    ],
    [["Range: bytes=0-4", 'If-Range: "b"'], 200, content],
    [["Range: bytes=0-4", 'If-Range: W/"a"'], 200, content],
    [
      ["Range: bytes=0-4", "If-Range: Sun, 06 Nov 1994 08:49:37 GMT"],
      206,
      content.slice(0, 5),
      "bytes 0-4/1000",
    ],
    [
      ["Range: bytes=0-4", "If-Range: Sun, 06 Nov 1994 08:49:38 GMT"],
      200,
      content,
    ],
    [["Range: bytes=0-4", 'If-None-Match: "a"'], 304, ""],
  ];
  for (const [fields, status, expected, range] of rows) {
    await t.step(fields.join(" | ").slice(0, 60), async () => {
      const answer = await exchange(proxy, get("/", ...fields));
      assertEquals([
        answer.status,
        answer.content,
        answer.field("content-range"),
      ], [status, expected, range]);
    });
  }
  await t.step("several", async () => {
    const answer = await exchange(
      proxy,
      get("/", "Range: bytes=0-4, 200-209,-5"),
    );
    assertEquals(answer.status, 206);
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(
      answer.field("content-type")!,
    )![1]!;
    const part = (start: number, end: number): string =>
      `\r\n--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${start}-${
        end - 1
      }/1000\r\n\r\n${content.slice(start, end)}`;
    assertEquals(
      answer.content,
      `${part(0, 5)}${part(200, 210)}${part(995, 1000)}\r\n--${boundary}--\r\n`,
    );
  });
  await t.step("HEAD has no ranges", async () => {
    const head = await exchange(
      proxy,
      "HEAD / HTTP/1.1\r\nHost: sluice.test\r\nRange: bytes=0-4\r\n\r\n",
      true,
    );
    assertEquals([head.status, head.field("content-length")], [200, "1000"]);
  });
  assertEquals(origin.connectionCount, 1);
});
