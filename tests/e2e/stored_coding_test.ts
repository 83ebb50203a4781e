/** Content codings of what is stored: made once, and undone for those who cannot read them. */

import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { contentOf, read } from "../support/coded.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";

const TYPE = "Content-Type: text/plain";
const FRESH = "Cache-Control: max-age=60";

Deno.test("a stored response is encoded once for each coding, and its forms live and go together", async () => {
  let count = 0;
  const content = contentOf(50_000);
  await using origin = Origin.answering((request) => {
    count++;
    return request.field("if-none-match") === undefined
      ? ok(
        content,
        TYPE,
        "Cache-Control: max-age=1",
        'ETag: "a"',
        "Accept-Ranges: bytes",
      )
      : 'HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: "a"\r\nX-New: 1\r\n\r\n';
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin);
  const ask = (...fields: string[]): Promise<Message> =>
    exchange(proxy, get("/", ...fields));
  const answers = await Promise.all(
    ["gzip", "br", "", "gzip", "gzip, br", "br, gzip;q=0.5"].map((coding) =>
      ask(`Accept-Encoding: ${coding}`)
    ),
  );
  assertEquals(
    await Promise.all(answers.map(read)),
    answers.map(() => content),
  );
  assertEquals(answers.map((answer) => answer.field("content-encoding")), [
    "gzip",
    "br",
    undefined,
    "gzip",
    "gzip",
    "br",
  ]);
  const whole = await ask("Accept-Encoding: gzip");
  assertEquals([
    whole.field("etag"),
    whole.field("content-length"),
    whole.field("transfer-encoding"),
  ], ['W/"a"', String(whole.content.length), undefined]);
  const unchanged = await ask("Accept-Encoding: gzip", 'If-None-Match: W/"a"');
  assertEquals([
    unchanged.status,
    unchanged.field("etag"),
    unchanged.field("vary"),
  ], [304, 'W/"a"', "Accept-Encoding"]);
  const part = await ask("Accept-Encoding: gzip", "Range: bytes=10-19");
  assertEquals([part.status, part.content, part.field("content-encoding")], [
    206,
    content.slice(10, 20),
    undefined,
  ]);
  assertEquals(
    (await ask("Range: bytes=10-19")).content,
    content.slice(10, 20),
  );
  assertEquals(
    (await ask("Accept-Encoding: gzip", "Range: bytes=10-19", 'If-Range: "a"'))
      .content,
    content.slice(10, 20),
  );
  assertEquals(count, 1);
  await clock.advance(2050);
  for (const coding of ["gzip", "br", ""]) {
    const fresh = await ask(`Accept-Encoding: ${coding}`);
    assertEquals([await read(fresh), fresh.field("x-new")], [content, "1"]);
  }
  assertEquals(count, 2);
  await exchange(proxy, "PURGE / HTTP/1.1\r\nHost: sluice.test\r\n\r\n");
  await ask("Accept-Encoding: gzip");
  assertEquals(count, 3);
});

Deno.test("many clients of one cold page in different codings", async () => {
  const content = contentOf(200_000);
  let count = 0;
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    count++;
    const answer = ok(content, TYPE, FRESH);
    for (let at = 0; at < answer.length; at += 40_000) {
      await peer.send(answer.slice(at, at + 40_000));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  await using proxy = await Proxy.start(origin);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      exchange(
        proxy,
        get("/", `Accept-Encoding: ${["gzip", "br", "identity"][i % 3]}`),
      )),
  );
  for (const answer of answers) {
    assertEquals(await read(answer) === content, true);
  }
  assertEquals(count, 1);
});

Deno.test("what the origin has encoded is decoded from memory for who cannot read it", async () => {
  const content = contentOf(5000);
  const stream = new Blob([bytesOf(content)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const encoded = textOf(bytes, 0, bytes.length);
  let count = 0;
  await using origin = Origin.answering(({ startLine }) => {
    count++;
    const body = startLine.includes("/broken") ? "no gzip" : encoded;
    return ok(body, TYPE, FRESH, "Content-Encoding: gzip", 'ETag: "a"');
  });
  await using proxy = await Proxy.start(origin, "--cache-max-object", "6KiB");
  await exchange(proxy, get("/", "Accept-Encoding: gzip"));
  for (const fields of [[], ["Accept-Encoding: identity"]]) {
    const plain = await exchange(proxy, get("/", ...fields));
    assertEquals(
      [plain.content, plain.field("content-encoding"), plain.field("etag")],
      [content, undefined, 'W/"a"'],
    );
    assertEquals(plain.field("vary"), "Accept-Encoding");
  }
  const same = await exchange(proxy, get("/", "Accept-Encoding: gzip"));
  assertEquals([same.content, same.field("etag")], [encoded, '"a"']);
  assertEquals(count, 1);
  await exchange(proxy, get("/broken"));
  assertEquals((await exchange(proxy, get("/broken"))).content, "no gzip");
  await using small = await Proxy.start(origin, "--cache-max-object", "1KiB");
  await exchange(small, get("/"));
  assertEquals((await exchange(small, get("/"))).content, encoded); // more than may be made of it
});
