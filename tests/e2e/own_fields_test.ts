/**
 * What is one client's and what is everybody's: cookies, and fields that the origin
 * names as private. Who made the origin speak gets all that it said; nobody else does.
 */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const COOKIE = "Set-Cookie: sid=1; HttpOnly";
const MORE = "Set-Cookie: csrf=2";
const CDN = "CDN-Cache-Control: max-age=60";
const CODED = ["Accept-Encoding: gzip"];
const TEXT = "text ".repeat(1000);

interface Row {
  readonly says: readonly string[];
  readonly flags?: readonly string[];
  /** The content of the second response: `1` from memory, `2` from the origin. */
  readonly second: "1" | "2";
  /** The cookies in it. */
  readonly cookies?: string;
  /** The rule that `Cache-Status` gives for the first one. */
  readonly detail?: string;
}

const SET = "sid=1; HttpOnly";

const ROWS: readonly Row[] = [
  {
    says: [COOKIE, "Cache-Control: max-age=60"],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: [COOKIE, "Cache-Control: s-maxage=60, public"],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: [COOKIE, `Expires: ${new Date(Date.now() + 60_000).toUTCString()}`],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: ["sEt-cOOkie: sid=1; HttpOnly", "Cache-Control: max-age=60"],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: [COOKIE, 'Cache-Control: max-age=60, private="x-user"'],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: ["Set-Cookie2: a=b", "Cache-Control: max-age=60"],
    second: "2",
    detail: "set-cookie",
  },
  {
    says: ["Set-Cookie:", "Cache-Control: max-age=60"],
    second: "2",
    cookies: "",
    detail: "set-cookie",
  },
  // Explicit words.
  {
    says: [COOKIE, 'Cache-Control: max-age=60, private="set-cookie"'],
    second: "1",
  },
  {
    says: [COOKIE, 'Cache-Control: max-age=60, no-cache="Set-Cookie"'],
    second: "1",
  },
  {
    says: [COOKIE, MORE, 'Cache-Control: max-age=60, private="x, SET-COOKIE"'],
    second: "1",
  },
  { says: [COOKIE, CDN], second: "1" },
  { says: [COOKIE, CDN, "Cache-Control: no-store"], second: "1" },
  {
    says: [COOKIE, "CDN-Cache-Control: no-store", "Cache-Control: max-age=60"],
    second: "2",
    cookies: SET,
    detail: "no-store",
  },
  {
    says: [
      COOKIE,
      'CDN-Cache-Control: max-age="60"',
      "Cache-Control: max-age=60",
    ],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: [COOKIE, "Mine: max-age=60"],
    flags: ["--cache-targeted-field", "Mine"],
    second: "1",
  },
  {
    says: [COOKIE, "Cache-Control: max-age=60"],
    flags: ["--cache-set-cookie", "refuse"],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
  {
    says: [COOKIE, "Cache-Control: max-age=60"],
    flags: ["--cache-set-cookie", "strip"],
    second: "1",
  },
  {
    says: [COOKIE, MORE, "Cache-Control: max-age=60"],
    flags: ["--cache-set-cookie", "strip"],
    second: "1",
  },
  {
    says: [COOKIE, "Cache-Control: max-age=60"],
    flags: ["--cache-set-cookie", "store"],
    second: "1",
    cookies: SET,
  },
  {
    says: [COOKIE, 'Cache-Control: max-age=60, private="set-cookie"'],
    flags: ["--cache-set-cookie", "store"],
    second: "1",
  },
  // No word says that it is everybody's.
  {
    says: [COOKIE, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"],
    flags: ["--cache-set-cookie", "strip"],
    second: "2",
    cookies: SET,
    detail: "set-cookie",
  },
];

Deno.test("a cookie is handed to the client that it was set for, and to nobody else", async (t) => {
  for (const { says, flags = [], second, cookies, detail } of ROWS) {
    await t.step([...says, ...flags].join(" | "), async () => {
      let count = 0;
      await using origin = Origin.answering(() => ok(`${++count}`, ...says));
      await using proxy = await Proxy.start(origin, ...flags);
      const first = await exchange(proxy, get("/"));
      assertEquals(first.field("set-cookie"), setBy(says));
      assertEquals(detailOf(first), detail);
      const other = await exchange(proxy, get("/"));
      assertEquals(other.content, second, other.field("cache-status"));
      assertEquals(other.field("set-cookie"), cookies);
    });
  }
});

function setBy(says: readonly string[]): string | undefined {
  const cookies = says.map((line) => /^set-cookie: ?(.*)$/i.exec(line)?.[1])
    .filter((value) => value !== undefined);
  return cookies.length === 0 ? undefined : cookies.join(", ");
}

function detailOf(message: Message): string | undefined {
  return /detail=([^;]+)/.exec(message.field("cache-status") ?? "")?.[1];
}

Deno.test("who made the origin speak gets all that it said, in whatever form", async (t) => {
  const says = [
    'Cache-Control: max-age=60, private="Set-Cookie", no-cache="x-user"',
    COOKIE,
    MORE,
    "X-User: ann",
    "X-All: yes",
    'ETag: "a"',
    "Content-Type: text/plain",
    'Warning: 199 - "old"',
  ];
  const rows: [what: string, fields: readonly string[], status: number][] = [
    ["the whole", [], 200],
    ["in another coding", CODED, 200],
    ["a range", ["Range: bytes=0-3"], 206],
    ["several ranges", ["Range: bytes=0-1,4-5"], 206],
    ["nothing new", ['If-None-Match: "a"'], 304],
  ];
  for (const isChunked of [false, true]) {
    for (const [what, fields, status] of rows) {
      await t.step(
        `${what}, ${isChunked ? "arriving" : "at once"}`,
        async () => {
          await using origin = Origin.answering(() =>
            isChunked
              ? `HTTP/1.1 200 OK\r\n${
                says.join("\r\n")
              }\r\nTransfer-Encoding: chunked\r\n\r\n${
                TEXT.length.toString(16)
              }\r\n${TEXT}\r\n0\r\n\r\n`
              : ok(TEXT, ...says)
          );
          await using proxy = await Proxy.start(origin);
          // Conditions are the client's: the origin here does not look at them.
          const first = await exchange(proxy, get("/", ...fields));
          const cookies = `${SET}, csrf=2`;
          assertEquals(first.field("set-cookie"), cookies, first.head);
          assertEquals(first.field("x-user"), "ann");
          assertEquals(first.field("x-all"), "yes");
          assertEquals(first.field("warning"), '199 - "old"');
          const second = await exchange(proxy, get("/", ...fields));
          assertEquals(second.status, status);
          assertEquals(second.field("cache-status")!.includes("hit"), true);
          assertEquals(second.field("set-cookie"), undefined);
          assertEquals(second.field("x-user"), undefined);
          assertEquals(second.field("warning"), undefined);
          assertEquals(second.field("x-all"), "yes");
        },
      );
    }
  }
});

Deno.test("those who wait for it get what is stored, and no cookie of the first", async () => {
  let isHeld = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let count = 0;
  await using origin = Origin.answering(async () => {
    count++;
    asked.resolve();
    await isHeld.promise;
    return ok("x", 'Cache-Control: max-age=60, private="set-cookie"', COOKIE);
  });
  await using proxy = await Proxy.start(origin);
  const first = exchange(proxy, get("/"));
  await asked.promise;
  const others = [1, 2, 3].map(() => exchange(proxy, get("/")));
  await proxy.hasUnderWay(1 + others.length);
  isHeld.resolve();
  isHeld = Promise.withResolvers();
  assertEquals((await first).field("set-cookie"), SET);
  for (const other of await Promise.all(others)) {
    assertEquals(other.field("set-cookie"), undefined);
    assertEquals(other.content, "x");
  }
  assertEquals(count, 1);
});

Deno.test("rules about fields hold for what is one client's, too", async () => {
  await using origin = Origin.answering(() =>
    ok(
      "x",
      'Cache-Control: max-age=60, private="x-a, x-b, cache-tag"',
      "X-A: 1",
      "X-B: 2",
      "Cache-Tag: t",
    )
  );
  await using proxy = await Proxy.start(
    origin,
    "--response-header",
    "-X-A",
    "--response-header",
    "X-B: ours",
  );
  const first = await exchange(proxy, get("/"));
  assertEquals(first.field("x-a"), undefined);
  assertEquals(first.field("x-b"), "ours");
  assertEquals(first.field("cache-tag"), undefined);
});

Deno.test("a response is not stored without what its content needs", async () => {
  for (const name of ["Content-Encoding", "Vary"]) {
    let count = 0;
    await using origin = Origin.answering(() =>
      ok(
        `${++count}`,
        `Cache-Control: max-age=60, private="${name}"`,
        "Content-Encoding: x",
        "Vary: A",
      )
    );
    await using proxy = await Proxy.start(origin);
    await exchange(proxy, get("/"));
    assertEquals((await exchange(proxy, get("/"))).content, "2");
  }
});
