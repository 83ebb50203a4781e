/** The cache at work: streams, shared requests, stale answers, updates, purges. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { octetsOf } from "../../lib/http/octets.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message, Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function digest(content: string): Promise<string> {
  return new Uint8Array(
    await crypto.subtle.digest("SHA-256", octetsOf(content)),
  ).toHex();
}

/** Content in which every octet depends on its place. */
function contentOf(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += `${i},`;
  return text.slice(0, length);
}

Deno.test("the founding scenario: one answer of a raw origin outlives it, and its return", async () => {
  await using proxy = await Proxy.start("http://127.0.0.1:1");
  assertEquals((await exchange(proxy, get("/"))).status, 502);
  let origin = new Origin();
  await using other = await Proxy.start(origin);
  const { port } = origin;
  const asked = exchange(other, get("/a"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send("HTTP/1.1 200 OK\r\ncAcHe-CoNtRoL: mAx-AgE=10000\r\n\r\nold");
  peer.close(); // that was its end, and the content's
  assertEquals((await asked).content, "old");
  await origin[Symbol.asyncDispose]();
  origin = Origin.answering(() => ok("new", "Cache-Control: no-store"), port);
  assertEquals((await exchange(other, get("/a"))).content, "old");
  assertEquals((await exchange(other, get("/b"))).content, "new");
  await origin[Symbol.asyncDispose]();
  assertEquals((await exchange(other, get("/a"))).content, "old");
  assertEquals((await exchange(other, get("/b"))).status, 502);
});

Deno.test("200 clients on one cold key make one request, and each gets every octet", async () => {
  const content = contentOf(60_000);
  const expected = await digest(content);
  let count = 0;
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readMessage();
      count++;
      await pause(100); // so that they all come meanwhile
      const answer = ok(content, FRESH);
      for (let at = 0; at < answer.length; at += 10_000) {
        await peer.send(answer.slice(at, at + 10_000));
        await pause(5);
      }
    }
  });
  await using proxy = await Proxy.start(origin);
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => exchange(proxy, get("/"))),
  );
  assertEquals(count, 1);
  for (const { content } of answers) {
    assertEquals(await digest(content), expected);
  }
  const collapsed = answers.filter((answer) =>
    answer.field("cache-status")!.includes("collapsed")
  );
  assertEquals(collapsed.length, 199);
});

for (const when of ["before the head", "within the content"]) {
  Deno.test(`the first client leaves ${when}, and the others are served by the same request`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin);
    const first = await proxy.connect();
    await first.send(get("/"));
    const peer = await origin.accept();
    await peer.readMessage();
    const others = Array.from({ length: 5 }, () => exchange(proxy, get("/")));
    await pause(100);
    if (when === "before the head") {
      first.close();
      await pause(100);
    }
    await peer.send(
      `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    );
    if (when === "within the content") {
      await first.readThrough("hello");
      first.close();
      await pause(100);
    }
    await peer.send("6\r\n world\r\n0\r\n\r\n");
    for (const answer of await Promise.all(others)) {
      assertEquals(answer.content, "hello world");
    }
    assertEquals(
      (await exchange(proxy, get("/"))).field("cache-status")?.startsWith(
        "sluice; hit",
      ),
      true,
    );
    assertEquals(origin.connectionCount, 1);
  });
}

Deno.test("what nobody reads any more is not fetched to its end", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  const first = await proxy.connect();
  await first.send(get("/"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send(
    `HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 1000000\r\n\r\nhello`,
  );
  await first.readThrough("hello");
  await pause(100);
  first.close();
  assertEquals(await peer.readToEnd(), ""); // the connection was closed
  const again = exchange(proxy, get("/"));
  const next = await origin.accept();
  await next.readMessage();
  await next.send(ok("whole"));
  assertEquals((await again).content, "whole");
});

Deno.test("what is nearly there is fetched to its end, even if nobody reads it", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  const first = await proxy.connect();
  await first.send(get("/"));
  const peer = await origin.accept();
  await peer.readMessage();
  await peer.send(
    `HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 10\r\n\r\nhello`,
  );
  await first.readThrough("hello");
  await pause(100);
  first.close();
  await pause(100);
  await peer.send("world");
  await pause(50);
  assertEquals((await exchange(proxy, get("/"))).content, "helloworld");
});

Deno.test("a response that breaks off is seen to, and never served again", async () => {
  const script = async (peer: Peer, index: number): Promise<void> => {
    await peer.readMessage();
    await peer.send(
      index === 0
        ? `HTTP/1.1 200 OK\r\n${FRESH}\r\nContent-Length: 10\r\n\r\nhello`
        : ok("whole", FRESH),
    );
  };
  await using origin = Origin.serving(script);
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  await assertRejects(
    () => client.readMessage(),
    Error,
    "Input ended after 5 of 10",
  );
  assertEquals((await exchange(proxy, get("/"))).content, "whole");
});

Deno.test("a chunked response that breaks off has no end", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(
      `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    );
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(get("/"));
  assert(!(await client.readToEnd()).includes("\r\n0\r\n"));
});

Deno.test("a slow reader holds up nobody", async () => {
  const content = contentOf(4_000_000);
  await using origin = Origin.answering(() => ok(content, FRESH));
  await using proxy = await Proxy.start(origin);
  using slow = await proxy.connect();
  await slow.send(get("/"));
  await pause(50);
  assertEquals(
    await digest((await exchange(proxy, get("/"))).content),
    await digest(content),
  );
  assertEquals(
    await digest((await slow.readMessage()).content),
    await digest(content),
  );
});

Deno.test("content larger than may be stored passes through to all who read it", async () => {
  const content = contentOf(3_000_000);
  for (const framing of ["length", "chunked"]) {
    let count = 0;
    await using origin = Origin.answering(() => {
      count++;
      return framing === "length"
        ? ok(content, FRESH)
        : `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n${
          content.match(/[^]{1,70000}/g)!.map((run) =>
            `${run.length.toString(16)}\r\n${run}\r\n`
          ).join("")
        }0\r\n\r\n`;
    });
    await using proxy = await Proxy.start(
      origin,
      "--cache-max-object",
      "100KiB",
    );
    for (const wanted of [1, 2]) {
      const answers = await Promise.all(
        [1, 2].map(() => exchange(proxy, get("/"))),
      );
      for (const answer of answers) {
        assertEquals(await digest(answer.content), await digest(content));
      }
      assert(count >= wanted);
    }
  }
});

Deno.test("those who waited for what cannot be stored go on side by side", async () => {
  let busy = 0;
  let busiest = 0;
  await using origin = Origin.answering(async () => {
    busiest = Math.max(busiest, ++busy);
    await pause(300);
    busy--;
    return ok("x", "Cache-Control: private");
  });
  await using proxy = await Proxy.start(origin);
  await Promise.all(Array.from({ length: 6 }, () => exchange(proxy, get("/"))));
  assertEquals(busiest, 5); // one first, then all the others
  busiest = 0;
  await Promise.all(Array.from({ length: 6 }, () => exchange(proxy, get("/"))));
  assertEquals(busiest, 6); // now it is known
});

Deno.test("stale-while-revalidate: an answer at once, one refresh behind it", async () => {
  let count = 0;
  await using origin = Origin.answering(async (request) => {
    if (++count > 1) await pause(100);
    assertEquals(request.field("range"), undefined);
    return ok(
      String(count),
      "Cache-Control: max-age=1, stale-while-revalidate=60",
    );
  });
  await using proxy = await Proxy.start(origin);
  assertEquals((await exchange(proxy, get("/"))).content, "1");
  await pause(2100);
  const answers = await Promise.all(
    [1, 2, 3].map(() => exchange(proxy, get("/", "Range: bytes=0-0"))),
  );
  for (const answer of answers) {
    assertEquals([answer.status, answer.content], [206, "1"]);
    assert(Number(answer.field("age")) >= 1);
  }
  await pause(200);
  assertEquals((await exchange(proxy, get("/"))).content, "2");
  assertEquals(count, 2);
});

Deno.test("stale answers in place of errors, unless a directive forbids it", async (t) => {
  const rows: [
    what: string,
    control: string,
    failure: "down" | "503",
    status: number,
  ][] = [
    ["down, by default", "max-age=1", "down", 200],
    ["503 is passed on by default", "max-age=1", "503", 503],
    ["503 with stale-if-error", "max-age=1, stale-if-error=60", "503", 200],
    [
      "down with stale-if-error exceeded",
      "max-age=1, stale-if-error=0",
      "down",
      502,
    ],
    ["down with must-revalidate", "max-age=1, must-revalidate", "down", 504],
    ["down with s-maxage", "s-maxage=1", "down", 504],
    ["503 with s-maxage", "s-maxage=1", "503", 503],
    [
      "down with s-maxage and its own word",
      "s-maxage=1, stale-if-error=60",
      "down",
      200,
    ],
    [
      "503 with s-maxage and its own word",
      "s-maxage=1, stale-if-error=60",
      "503",
      200,
    ],
    [
      "503 with must-revalidate",
      "max-age=1, stale-if-error=60, must-revalidate",
      "503",
      503,
    ],
  ];
  for (const [what, control, failure, status] of rows) {
    await t.step(what, async () => {
      let isDown = false;
      await using origin = Origin.serving(async (peer) => {
        for (;;) {
          await peer.readMessage();
          if (isDown && failure === "down") return;
          const line = isDown ? "503 x" : "200 OK";
          await peer.send(
            `HTTP/1.1 ${line}\r\nCache-Control: ${control}\r\nETag: "a"\r\nContent-Length: 1\r\n\r\nx`,
          );
        }
      });
      await using proxy = await Proxy.start(origin);
      await exchange(proxy, get("/"));
      await pause(2050);
      isDown = true;
      const answer = await exchange(proxy, get("/"));
      assertEquals(answer.status, status, answer.field("cache-status"));
      if (status === 200) assert(Number(answer.field("age")) >= 1);
    });
  }
});

Deno.test("a 304 freshens what is stored, and only what it may (RFC 9111 §4.3.4)", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    ++count === 1
      ? ok(
        "old",
        "Cache-Control: max-age=0",
        'ETag: "a"',
        "X-A: 1",
        "X-B: 1",
        "Content-Encoding: x",
      )
      : count === 2
      ? `HTTP/1.1 304 Not Modified\r\n${FRESH}\r\nETag: "a"\r\nX-A: 2\r\nX-C: 2\r\nContent-Length: 99\r\nContent-Encoding: y\r\nConnection: X-D\r\nX-D: 2\r\n\r\n`
      : ok("new")
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  for (const what of [/fwd=stale; fwd-status=304/, /hit; ttl=/]) {
    const answer = await exchange(proxy, get("/"));
    assert(what.test(answer.field("cache-status")!));
    assertEquals(
      ["x-a", "x-b", "x-c", "x-d", "content-length", "content-encoding"].map((
        name,
      ) => answer.field(name)),
      ["2", "1", "2", undefined, "3", "x"],
    );
    assertEquals(answer.content, "old");
  }
});

Deno.test("a 304 that speaks of something else is asked about again", async () => {
  const asked: (string | undefined)[] = [];
  await using origin = Origin.answering((request) => {
    asked.push(request.field("if-none-match"));
    return asked.length === 2
      ? 'HTTP/1.1 304 Not Modified\r\nETag: "other"\r\n\r\n'
      : ok(String(asked.length), "Cache-Control: max-age=0", 'ETag: "a"');
  });
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  assertEquals((await exchange(proxy, get("/"))).content, "3");
  assertEquals(asked, [undefined, '"a"', undefined]);
});

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

Deno.test("HEAD is answered from a stored GET, and tells what has become of it (RFC 9111 §4.3.5)", async () => {
  let etag = '"a"';
  const seen: string[] = [];
  await using origin = Origin.answering((request) => {
    seen.push(request.startLine.split(" ")[0]!);
    const isHead = seen.at(-1) === "HEAD";
    return `HTTP/1.1 200 OK\r\nCache-Control: max-age=1\r\nETag: ${etag}\r\nX-N: ${seen.length}\r\nContent-Length: 1\r\n\r\n${
      isHead ? "" : "x"
    }`;
  });
  await using proxy = await Proxy.start(origin);
  const head = (): Promise<Message> =>
    exchange(proxy, "HEAD / HTTP/1.1\r\nHost: sluice.test\r\n\r\n", true);
  await exchange(proxy, get("/"));
  const answer = await head();
  assertEquals([
    answer.status,
    answer.field("content-length"),
    answer.field("age"),
  ], [200, "1", "0"]);
  await pause(2050);
  await head(); // stale: goes on, and freshens
  const fresh = await exchange(proxy, get("/"));
  assertEquals([fresh.field("x-n"), fresh.content], ["2", "x"]);
  await pause(2050);
  etag = '"b"';
  await head(); // something else is there now
  assertEquals(
    (await exchange(proxy, get("/"))).field("cache-status"),
    "sluice; fwd=uri-miss; stored",
  );
  assertEquals(seen, ["GET", "HEAD", "HEAD", "GET"]);
});

Deno.test("unsafe requests that succeed invalidate (RFC 9111 §4.4)", async () => {
  const counts = new Map<string, number>();
  let location: string[] = [];
  let status = 200;
  await using origin = Origin.answering((request) => {
    const [method, target] = request.startLine.split(" ");
    const count = (counts.get(target!) ?? 0) + 1;
    counts.set(target!, count);
    return method === "GET"
      ? ok(String(count), FRESH)
      : `HTTP/1.1 ${status} x\r\n${location.join("\r\n")}${
        location.length > 0 ? "\r\n" : ""
      }Content-Length: 0\r\n\r\n`;
  });
  await using proxy = await Proxy.start(origin);
  const content = async (target: string): Promise<string> =>
    (await exchange(proxy, get(target))).content;
  const send = (method: string, target: string): Promise<Message> =>
    exchange(
      proxy,
      `${method} ${target} HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 1\r\n\r\nx`,
    );
  assertEquals([await content("/a"), await content("/a")], ["1", "1"]);
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "FOO"]) {
    const before = Number(await content("/a"));
    await send(method, "/a");
    assertEquals(Number(await content("/a")), before + 2, method);
  }
  status = 500;
  const before = await content("/a");
  await send("POST", "/a");
  assertEquals(await content("/a"), before);
  status = 303;
  location = ["Location: /a", "Content-Location: http://sluice.test/b"];
  const b = await content("/b");
  await send("POST", "/c");
  assert(await content("/a") !== before && await content("/b") !== b);
  location = ["Location: http://other.test/a"];
  const a = await content("/a");
  await send("POST", "/c");
  assertEquals(await content("/a"), a);
});

Deno.test("a POST that says so stores what GET would bring (RFC 9110 §9.3.3)", async () => {
  await using origin = Origin.answering(() =>
    ok("posted", FRESH, "Content-Location: /a")
  );
  await using proxy = await Proxy.start(origin);
  await exchange(
    proxy,
    "POST /a HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 3\r\n\r\nabc",
  );
  const answer = await exchange(proxy, get("/a"));
  assertEquals([answer.content, answer.field("age")], ["posted", "0"]);
});

Deno.test("what is sent alike has one key, anything else does not", async (t) => {
  let count = 0;
  await using origin = Origin.answering(() => ok(String(++count), FRESH));
  await using proxy = await Proxy.start(origin);
  const content = async (target: string, host: string): Promise<string> =>
    (await exchange(proxy, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))
      .content;
  const rows: [a: [string, string], b: [string, string], same: boolean][] = [
    [["/1", "h"], ["/1", "H"], false],
    [["/2", "h"], ["/2", "h:80"], false],
    [["/2a", "h"], ["/2a", "h:"], false],
    [["/2b", "h"], ["/2b", "h."], false],
    [["/3", "h"], ["/3", "h:81"], false],
    [["/4", "h"], ["http://h/4", "x"], true],
    [["/5", "h"], ["http://x/5", "h"], false],
    [["/%7e6", "h"], ["/~6", "h"], false],
    [["/7%2f", "h"], ["/7%2F", "h"], false],
    [["/8%2F", "h"], ["/8/", "h"], false],
    [["/9?a=1&b=2", "h"], ["/9?b=2&a=1", "h"], false],
    [["/10", "h"], ["/x/../10", "h"], true],
    [["/x/../11", "h"], ["/11", "h"], false], // what came for dot segments is not stored
    [["/12", "h"], ["/%2e/12", "h"], true],
    [["/13", "h"], ["/13?", "h"], false],
    [["/14", "h"], ["/14/", "h"], false],
    [["//15", "h"], ["/15", "h"], false],
    [["/16", "h"], ["/16", "g"], false],
    [["http://h", "h"], ["/", "h"], true],
  ];
  for (const [a, b, same] of rows) {
    await t.step(`${a} ${same ? "is" : "is not"} ${b}`, async () => {
      assertEquals(await content(...a) === await content(...b), same);
    });
  }
});

Deno.test("the key can leave out the query, sort it, or hold a field or a cookie", async () => {
  const scene = async (
    flags: string[],
    requests: [string, ...string[]][],
  ): Promise<string[]> => {
    let count = 0;
    await using origin = Origin.answering(() => ok(String(++count), FRESH));
    await using proxy = await Proxy.start(
      origin,
      ...flags.flatMap((part) => ["--cache-key", part]),
    );
    const contents: string[] = [];
    for (const request of requests) {
      contents.push((await exchange(proxy, get(...request))).content);
    }
    return contents;
  };
  assertEquals(await scene(["no-query"], [["/?a"], ["/?b"], ["/"]]), [
    "1",
    "1",
    "1",
  ]);
  assertEquals(
    await scene(["sort-query"], [["/?a&b"], ["/?b&a"], ["/?a&b&c"]]),
    ["1", "1", "2"],
  );
  assertEquals(
    await scene(["header:X-A"], [["/", "X-A: 1"], ["/", "x-a: 1"], [
      "/",
      "X-A: 2",
    ], ["/"]]),
    ["1", "1", "2", "3"],
  );
  assertEquals(
    await scene(["cookie:t"], [["/", "Cookie: a=1; t=2"], [
      "/",
      "Cookie: t=2; a=3",
    ], ["/", "Cookie: t=3"]]),
    ["1", "1", "2"],
  );
});

Deno.test("what trusted proxies say of a request parts what is stored", async () => {
  let count = 0;
  await using origin = Origin.answering(() => ok(String(++count), FRESH));
  await using proxy = await Proxy.start(origin, "--trust-proxy", "127.0.0.1");
  const content = async (...fields: string[]): Promise<string> =>
    (await exchange(proxy, get("/", ...fields))).content;
  assertEquals(
    [
      await content(),
      await content("X-Forwarded-Proto: https"),
      await content("X-Forwarded-Host: evil"),
      await content(),
      await content("X-Forwarded-Proto: https"),
    ],
    ["1", "2", "3", "1", "2"],
  );
  assertEquals(
    (await exchange(proxy, get("/", "X-Original-URL: /x"))).field(
      "cache-status",
    ),
    "sluice; fwd=bypass; detail=bypass",
  );
});

Deno.test("fields that private and no-cache name are not stored, tags are not passed on", async () => {
  await using origin = Origin.answering(() =>
    ok(
      "x",
      'Cache-Control: max-age=60, private="x-user", no-cache="x-nonce"',
      "X-User: 1",
      "X-Nonce: 1",
      "X-A: 1",
      "Cache-Tag: t",
      "Warning: 110 - x",
    )
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  const names = (await exchange(proxy, get("/"))).fields.map(([name]) => name);
  assertEquals(names, [
    "Cache-Control",
    "X-A",
    "Date",
    "Via",
    "Content-Length",
    "Age",
    "Cache-Status",
  ]);
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

Deno.test("Cache-Status can be left out, or tell the key", async () => {
  await using origin = Origin.answering(() =>
    ok("x", FRESH, "Cache-Status: upstream; hit")
  );
  await using off = await Proxy.start(origin, "--cache-status", "off");
  assertEquals(
    (await exchange(off, get("/"))).field("cache-status"),
    "upstream; hit",
  );
  await using full = await Proxy.start(origin, "--cache-status", "full");
  assertEquals(
    (await exchange(full, get('/"'))).field("cache-status"),
    'upstream; hit, sluice; fwd=uri-miss; stored; key="sluice.test /\\""',
  );
  assert(
    /hit; key="sluice.test \/\\""; ttl=\d+$/.test(
      (await exchange(full, get('/"'))).field("cache-status")!,
    ),
  );
});

Deno.test("HTTP/1.0 clients get what is stored, and the end of their connection", async () => {
  await using origin = Origin.answering(() =>
    `HTTP/1.1 200 OK\r\n${FRESH}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 2; i++) {
    using client = await proxy.connect();
    await client.send("GET / HTTP/1.0\r\nHost: sluice.test\r\n\r\n");
    const text = await client.readToEnd();
    assert(
      text.includes("\r\nContent-Length: 5\r\n") &&
        text.includes("\r\nConnection: close\r\n") &&
        text.endsWith("\r\n\r\nhello"),
      text,
    );
  }
  assertEquals(origin.connectionCount, 1);
});

Deno.test("pipelined hits are answered in order", async () => {
  await using origin = Origin.answering((request) =>
    ok(request.startLine.split(" ")[1]!, FRESH)
  );
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  for (let round = 0; round < 2; round++) {
    const targets = Array.from({ length: 50 }, (_, i) => `/${i}`);
    await client.send(targets.map((target) => get(target)).join(""));
    for (const target of targets) {
      assertEquals((await client.readMessage()).content, target);
    }
  }
});

Deno.test("a default lifetime for what has none", async () => {
  let count = 0;
  await using origin = Origin.answering(() => ok(String(++count)));
  await using proxy = await Proxy.start(origin, "--cache-default-ttl", "1m");
  assertEquals([
    (await exchange(proxy, get("/"))).content,
    (await exchange(proxy, get("/"))).content,
  ], ["1", "1"]);
});
