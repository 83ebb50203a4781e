/** The scheme that the origin is told is part of the key; purging and invalidating reach both. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy, speakPlainHttp } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

speakPlainHttp("both schemes are in it, and a trusted proxy tells which");

const FRESH = "Cache-Control: max-age=60";
const HTTP = "X-Forwarded-Proto: http";
const HTTPS = "X-Forwarded-Proto: https";

interface Counting {
  readonly origin: Origin;
  readonly proxy: Proxy;
  content(target: string, ...fields: string[]): Promise<string>;
}

/** Behind a trusted proxy; each response of the origin has another content. */
async function counting(...flags: string[]): Promise<Counting> {
  let count = 0;
  const origin = Origin.answering(() => ok(String(++count), FRESH));
  const flag = ["--trust-proxy", "127.0.0.1"];
  const proxy = await Proxy.start(origin, ...flag, ...flags);
  const content = async (
    target: string,
    ...fields: string[]
  ): Promise<string> => (await exchange(proxy, get(target, ...fields))).content;
  return { origin, proxy, content };
}

Deno.test("what the origin sees alike is stored once, whoever says it", async () => {
  const { origin, proxy, content } = await counting();
  await using _ = origin;
  await using __ = proxy;
  assertEquals(
    [
      await content("/"),
      await content("/", HTTP), // which is what it would say itself
      await content("/", HTTPS),
      await content("/", "X-Forwarded-Proto: HTTPS"), // the origin may tell it from https
      await content("/", "X-Forwarded-Proto: https, http"),
      await content("/", HTTPS, HTTPS),
      await content("/", HTTPS),
      await content("/"),
    ],
    ["1", "1", "2", "3", "4", "5", "2", "1"],
  );
});

Deno.test("to purge takes out what is stored of both schemes", async (t) => {
  const PURGES: [what: string, line: string, ...fields: string[]][] = [
    ["a URL", "PURGE /a"],
    ["a URL, asked for by the other scheme", "PURGE /a", HTTPS],
    ["a prefix", "PURGE /*"],
    ["a prefix, asked for by the other scheme", "PURGE /*", HTTPS],
  ];
  for (const workers of rows(["1", "2"], "1")) {
    for (const [what, line, ...more] of PURGES) {
      await t.step(`${what}: --workers ${workers}`, async () => {
        const { origin, proxy, content } = await counting("--workers", workers);
        await using _ = origin;
        await using __ = proxy;
        assertEquals([await content("/a"), await content("/a", HTTPS)], [
          "1",
          "2",
        ]);
        const fields = ["Host: sluice.test", "X-Forwarded-For: 127.0.0.1"];
        const request = [`${line} HTTP/1.1`, ...fields, ...more, "", ""];
        const { content: purged } = await exchange(
          proxy,
          request.join("\r\n"),
        );
        assertEquals(purged.trim(), '{"purged":2}');
        assertEquals([await content("/a"), await content("/a", HTTPS)], [
          "3",
          "4",
        ]);
      });
    }
  }
});

Deno.test("an unsafe request invalidates what is stored of both schemes", async () => {
  const { origin, proxy, content } = await counting();
  await using _ = origin;
  await using __ = proxy;
  assertEquals([await content("/"), await content("/", HTTPS)], ["1", "2"]);
  await exchange(
    proxy,
    `POST / HTTP/1.1\r\nHost: sluice.test\r\n${HTTPS}\r\nContent-Length: 0\r\n\r\n`,
  );
  assertEquals([await content("/"), await content("/", HTTPS)], ["4", "5"]);
});

Deno.test("--cache-status full shows the scheme where it is not http", async () => {
  const { origin, proxy } = await counting("--cache-status", "full");
  await using _ = origin;
  await using __ = proxy;
  const keyOf = async (...fields: string[]): Promise<string | undefined> =>
    /key="(.*)"/.exec(
      (await exchange(proxy, get("/a", ...fields))).field("cache-status") ?? "",
    )?.[1];
  assertEquals(await keyOf(), "sluice.test /a");
  assertEquals(await keyOf(HTTPS), "sluice.test /a https");
});
