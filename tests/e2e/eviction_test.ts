/** A full cache keeps what is asked for, and drops what was asked for once. */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

Deno.test("what clients go on asking for stays, while others come and go", async () => {
  const asked = new Map<string, number>();
  await using origin = Origin.answering(({ startLine }) => {
    const target = startLine.split(" ")[1]!;
    asked.set(target, (asked.get(target) ?? 0) + 1);
    return ok("x".repeat(10_000), "Cache-Control: max-age=600");
  });
  await using proxy = await Proxy.start(origin, "--cache-size", "1MiB");
  for (let i = 0; i < 300; i++) {
    if (i % 5 === 0) await exchange(proxy, get("/used"));
    await exchange(proxy, get(`/once/${i}`));
  }
  assertEquals(asked.get("/used"), 1);
  await exchange(proxy, get("/once/0"));
  assert(asked.get("/once/0") === 2, "nothing was evicted");
});

Deno.test("what the origin goes on confirming stays, too", async () => {
  let wholeCount = 0;
  await using origin = Origin.answering((request) => {
    if (!request.startLine.includes("/checked")) {
      return ok("x".repeat(10_000), "Cache-Control: max-age=600");
    }
    const fields = ["Cache-Control: no-cache", 'ETag: "a"'];
    if (request.field("if-none-match") === '"a"') {
      return `HTTP/1.1 304 Not Modified\r\n${fields.join("\r\n")}\r\n\r\n`;
    }
    wholeCount++;
    return ok("checked", ...fields);
  });
  await using proxy = await Proxy.start(origin, "--cache-size", "1MiB");
  for (let i = 0; i < 300; i++) {
    if (i % 5 === 0) await exchange(proxy, get("/checked"));
    await exchange(proxy, get(`/once/${i}`));
  }
  assertEquals(wholeCount, 1);
});
