/** PURGE: what it takes out, and what it says if it finds nothing. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy, speaksTls } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";

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
    `sluice; detail=nothing-stored; key="127.0.0.1:8000 /x${
      speaksTls() ? " https" : ""
    }"`,
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

Deno.test("PURGE by URL, prefix and tag, for those who may", async () => {
  await using origin = Origin.answering((request) =>
    ok(
      "x",
      FRESH,
      `Cache-Tag: all, ${request.startLine.split(" ")[1]!.slice(1, 2)}`,
    )
  );
  await using proxy = await Proxy.start(origin);
  const targets = ["/a/1", "/a/2", "/b/1"];
  const purge = async (target: string, ...fields: string[]): Promise<string> =>
    (await exchange(
      proxy,
      ["PURGE " + target + " HTTP/1.1", "Host: sluice.test", ...fields, "", ""]
        .join("\r\n"),
    )).content;
  const stored = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const target of targets) {
      const status =
        (await exchange(proxy, get(target, "Cache-Control: only-if-cached")))
          .status;
      if (status === 200) found.push(target);
    }
    return found;
  };
  const fill = async (): Promise<void> => {
    for (const target of targets) await exchange(proxy, get(target));
  };
  await fill();
  assertEquals(await purge("/a/1"), '{"purged":1}\n');
  assertEquals(await stored(), ["/a/2", "/b/1"]);
  assertEquals(await purge("/a/1"), '{"purged":0}\n');
  await fill();
  assertEquals(await purge("/a/*"), '{"purged":2}\n');
  assertEquals(await stored(), ["/b/1"]);
  await fill();
  assertEquals(await purge("/", "Surrogate-Key: a"), '{"purged":2}\n');
  await fill();
  assertEquals(await purge("/", "Cache-Tag: all"), '{"purged":3}\n');
  assertEquals(await stored(), []);
  const forged = await exchange(
    proxy,
    "PURGE / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 127.0.0.1\r\n\r\n",
  );
  assertEquals(forged.status, 403);
  await using closed = await Proxy.start(origin, "--purge-from", "192.0.2.1");
  assertEquals(
    (await exchange(closed, "PURGE / HTTP/1.1\r\nHost: h\r\n\r\n")).status,
    403,
  );
});
