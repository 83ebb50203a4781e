/** PURGE: what it takes out, and what it says if it finds nothing. */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy, speaksTls } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

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

/** PURGE of a target, and how many it says have gone. */
async function purge(
  proxy: Proxy,
  target: string,
  ...fields: readonly string[]
): Promise<string> {
  const lines = [`PURGE ${target} HTTP/1.1`, "Host: sluice.test", ...fields];
  return (await exchange(proxy, [...lines, "", ""].join("\r\n"))).content;
}

Deno.test("a soft purge has what it names refreshed at the next request, which is answered from the cache", async () => {
  let version = 1;
  const seen: string[] = [];
  const refreshed = Promise.withResolvers<void>();
  await using origin = Origin.answering((request) => {
    const condition = request.field("if-none-match") ?? "";
    seen.push(condition);
    if (condition === `"${version}"`) {
      return `HTTP/1.1 304 Not Modified\r\nETag: "${version}"\r\n${FRESH}\r\n\r\n`;
    }
    if (version === 2) refreshed.resolve();
    return ok(`v${version}`, FRESH, `ETag: "${version}"`, "Cache-Tag: t");
  });
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/a"));
  version = 2;
  const soft = "Fastly-Soft-Purge: 1";
  assertEquals(await purge(proxy, "/a", soft), '{"purged":1}\n');
  const stale = await exchange(proxy, get("/a"));
  assertEquals([stale.content, stale.field("cache-status")], [
    "v1",
    "sluice; hit; ttl=0",
  ]);
  await refreshed.promise;
  await untilContent(proxy, "/a", "v2");
  assertEquals(seen, ["", '"1"']);
  // By prefix and tag, too; and what the origin confirms is as fresh as before.
  for (const [target, ...more] of [["/a*"], ["/", "Cache-Tag: t"]] as const) {
    const count = seen.length;
    assertEquals(await purge(proxy, target, soft, ...more), '{"purged":1}\n');
    const { content } = await exchange(proxy, get("/a"));
    assertEquals(content, "v2");
    await untilHit(proxy, "/a");
    assertEquals(seen.slice(count), ['"2"']);
  }
});

/** Asks until the answer is this: what refreshes it goes on beside. */
async function untilContent(
  proxy: Proxy,
  target: string,
  expected: string,
): Promise<void> {
  for (;;) {
    const { content } = await exchange(proxy, get(target));
    if (content === expected) return;
  }
}

/** Asks until the answer is fresh. */
async function untilHit(proxy: Proxy, target: string): Promise<void> {
  for (;;) {
    const { field } = await exchange(proxy, get(target));
    const ttl = /; hit; ttl=(\d+)/.exec(field("cache-status") ?? "")?.[1];
    if (Number(ttl) > 0) return;
  }
}

Deno.test("what was softly purged and says must-revalidate is confirmed first, and one whose origin fails stays", async () => {
  let isDown = false;
  const seen: string[] = [];
  await using origin = Origin.answering((request) => {
    const path = request.startLine.split(" ")[1]!;
    const condition = request.field("if-none-match") ?? "";
    seen.push(path + condition);
    if (isDown) return "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n";
    if (condition !== "") {
      return `HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n`;
    }
    const more = path === "/must" ? ", must-revalidate" : "";
    return ok("v1", FRESH + more, 'ETag: "1"');
  });
  await using proxy = await Proxy.start(origin);
  for (const path of ["/must", "/may"]) await exchange(proxy, get(path));
  assertEquals(
    await purge(proxy, "/*", "Fastly-Soft-Purge: 1"),
    '{"purged":2}\n',
  );
  const must = await exchange(proxy, get("/must"));
  assertEquals([must.content, must.field("cache-status")], [
    "v1",
    "sluice; fwd=stale; fwd-status=304; detail=soft-purged",
  ]);
  isDown = true;
  for (let i = 0; i < 3; i++) {
    assertEquals((await exchange(proxy, get("/may"))).content, "v1");
  }
  assertEquals(seen.slice(0, 3), ["/must", "/may", '/must"1"']);
  assert(seen.includes('/may"1"'));
});

Deno.test("a purge of a target with dot segments is one of what clients get for it", async () => {
  await using origin = Origin.answering(() => ok("x", FRESH));
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/b"));
  assertEquals((await exchange(proxy, get("/x/../b"))).field("age"), "0");
  assertEquals(await purge(proxy, "/x/../b"), '{"purged":1}\n');
  await exchange(proxy, get("/b"));
  assertEquals(await purge(proxy, "/x/../b*"), '{"purged":1}\n');
});

Deno.test("a prefix with a query is one of keys with queries, or without", async () => {
  await using origin = Origin.answering(() => ok("x", FRESH));
  await using keeping = await Proxy.start(origin);
  for (const target of ["/a?x=1", "/a?y=1", "/a"]) {
    await exchange(keeping, get(target));
  }
  assertEquals(await purge(keeping, "/a?x*"), '{"purged":1}\n');
  await using dropping = await Proxy.start(origin, "--cache-key", "no-query");
  await exchange(dropping, get("/a?x=1"));
  assertEquals(await purge(dropping, "/a?x*"), '{"purged":1}\n');
});

Deno.test("what is being fetched while others are purged is stored; what is named is not", async () => {
  const rows: readonly [request: string[], isStored: boolean][] = [
    [["/b"], true],
    [["/b*"], true],
    [["/", "Cache-Tag: other"], true],
    [["/a"], false],
    [["/a*"], false],
    [["/", "Cache-Tag: t"], false],
  ];
  for (const [[target = "", ...fields], isStored] of rows) {
    const asked = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await using origin = Origin.answering(async () => {
      asked.resolve();
      await gate.promise;
      return ok("x", FRESH, "Cache-Tag: t");
    });
    await using proxy = await Proxy.start(origin);
    const first = exchange(proxy, get("/a"));
    await asked.promise;
    assertEquals(await purge(proxy, target, ...fields), '{"purged":0}\n');
    gate.resolve();
    await first;
    const again = get("/a", "Cache-Control: only-if-cached");
    const { status } = await exchange(proxy, again);
    assertEquals(status, isStored ? 200 : 504, `${target} ${fields}`);
  }
});

for (const workers of rows(["1", "2"], "1")) {
  Deno.test(`every tag is purged by, of a response and of a PURGE with many, with ${workers} worker(s)`, async () => {
    const many = (count: number): string =>
      `Cache-Tag: ${Array.from({ length: count }, (_, i) => `t${i}`).join()}`;
    await using origin = Origin.answering(({ startLine }, index) =>
      ok(`${index}`, FRESH, many(startLine.includes("/all") ? 1000 : 1001))
    );
    await using proxy = await Proxy.start(origin, "--workers", workers);
    const asked = async (path: string): Promise<string> =>
      (await exchange(proxy, get(path))).content;
    const purge = async (line: string): Promise<[number, string]> => {
      const request = `PURGE /all HTTP/1.1\r\nHost: h\r\n${line}\r\n\r\n`;
      const { status, content } = await exchange(proxy, request);
      return [status, content.trim()];
    };
    assertEquals([await asked("/all"), await asked("/all")], ["0", "0"]);
    assertEquals(await purge("Cache-Tag: t999"), [200, '{"purged":1}']);
    assertEquals(await asked("/all"), "1");
    const others = Array.from({ length: 99 }, (_, i) => `other${i}`).join();
    const last = `Cache-Tag: ${others},t7`;
    assertEquals(await purge(last), [200, '{"purged":1}']);
    assertEquals(await asked("/all"), "2");
    // What is no tag is not taken for nothing, and the URL purged in its place.
    assertEquals((await purge(`Cache-Tag: ${"x".repeat(257)}`))[0], 400);
    assertEquals((await purge("Surrogate-Key: ,"))[0], 400);
    assertEquals(await asked("/all"), "2");
    assertEquals([await asked("/more"), await asked("/more")], ["3", "4"]);
  });
}
