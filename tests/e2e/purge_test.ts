/** A PURGE that finds nothing says what it has looked for. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

Deno.test("what is stored is found by the Host of its clients, and what was sought in vain is told", async () => {
  await using origin = Origin.answering(() =>
    ok("hello", "Cache-Control: max-age=60", "Cache-Tag: a")
  );
  await using proxy = await Proxy.start(origin);
  const purge = async (host: string, more = ""): Promise<string[]> => {
    const response = await exchange(
      proxy,
      `PURGE /x HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`,
    );
    return [response.content.trim(), response.field("cache-status") ?? ""];
  };
  await exchange(proxy, get("/x"));
  assertEquals(await purge("127.0.0.1:8000"), [
    '{"purged":0}',
    'sluice; detail=nothing-stored; key="127.0.0.1:8000 /x"',
  ]);
  assertEquals(await purge("sluice.test"), ['{"purged":1}', ""]);
  await exchange(proxy, get("/x"));
  assertEquals(await purge("any.test", "Cache-Tag: a\r\n"), [
    '{"purged":1}',
    "",
  ]);
  assertEquals(await purge("any.test", "Surrogate-Key: b\r\n"), [
    '{"purged":0}',
    "sluice; detail=nothing-stored",
  ]);
});

Deno.test("a PURGE that another proxy passes on is not its own", async () => {
  await using origin = Origin.answering(() => ok("x"));
  await using proxy = await Proxy.start(origin);
  const marks = [
    "Via: 1.1 other",
    "Forwarded: for=127.0.0.1",
    "X-Forwarded-For: 127.0.0.1",
    "X-Forwarded-Proto: https",
    "X-Real-IP: 127.0.0.1", // all that nginx adds, if one tells it to
    "CF-Connecting-IP: 127.0.0.1",
  ];
  for (const mark of marks) {
    const { status } = await exchange(
      proxy,
      `PURGE /x HTTP/1.1\r\nHost: sluice.test\r\n${mark}\r\n\r\n`,
    );
    assertEquals(status, 403, mark);
  }
});
