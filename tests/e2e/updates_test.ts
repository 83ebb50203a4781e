/**
 * What a 304 or the response to HEAD makes of a stored response (RFC 9111 §3.2, §4.3.4,
 * §4.3.5): it passes the same decision as a new one.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const FRESH = "Cache-Control: max-age=60";
const STALE = "Cache-Control: max-age=0";
const TAG = 'ETag: "a"';

/** An origin that answers conditional requests with a 304 and these lines; its content counts requests. */
function originOf(
  first: readonly string[],
  update: readonly string[],
  seen: boolean[],
): Origin {
  return Origin.answering((request) => {
    const isConditional = request.field("if-none-match") !== undefined;
    seen.push(isConditional);
    return isConditional
      ? `HTTP/1.1 304 Not Modified\r\n${update.join("\r\n")}\r\n\r\n`
      : ok(`${seen.length}`, ...first);
  });
}

interface Row {
  readonly what: string;
  readonly first?: readonly string[];
  /** What the 304 says. */
  readonly update: readonly string[];
  /** Fields of the request that it answers. */
  readonly request?: readonly string[];
  /** The content that a third client gets. */
  readonly third: "1" | "3";
  /** Whether the origin was asked for it with a condition; undefined if it was not asked. */
  readonly isValidated?: boolean;
  readonly detail?: string;
}

const LATER = "Cache-Control: max-age=60";

const ROWS: readonly Row[] = [
  { what: "what may be stored is", update: [LATER, TAG], third: "1" },
  {
    what: "private",
    update: ["Cache-Control: private, max-age=60", TAG],
    third: "3",
    isValidated: false,
    detail: "private",
  },
  {
    what: "no-store",
    update: ["Cache-Control: no-store", TAG],
    third: "3",
    isValidated: false,
    detail: "no-store",
  },
  {
    what: "no-store for this cache",
    update: ["CDN-Cache-Control: no-store", LATER, TAG],
    third: "3",
    isValidated: false,
    detail: "no-store",
  },
  {
    what: "Vary: *",
    update: [LATER, TAG, "Vary: *"],
    third: "3",
    isValidated: false,
    detail: "vary-star",
  },
  {
    what: "another Vary",
    update: [LATER, TAG, "Vary: X-A"],
    third: "3",
    isValidated: false,
    detail: "vary",
  },
  {
    what: "the same Vary",
    first: ["Vary: X-A, x-b"],
    update: [LATER, TAG, "Vary: X-B,x-a"],
    third: "1",
  },
  {
    what: "Vary left out",
    first: ["Vary: X-A"],
    update: [LATER, TAG],
    third: "1",
  },
  {
    what: "a request with no-store",
    update: [LATER, TAG],
    request: ["Cache-Control: no-store"],
    third: "1",
    isValidated: true,
    detail: "request-no-store",
  },
  {
    what: "a request with Authorization",
    update: [LATER, TAG],
    request: ["Authorization: x"],
    third: "1",
    isValidated: true,
    detail: "authorization",
  },
  {
    what: "private to a request with Authorization",
    update: ["Cache-Control: private", TAG],
    request: ["Authorization: x"],
    third: "3",
    isValidated: false,
    detail: "private",
  },
  {
    what: "public to a request with Authorization",
    update: [`${LATER}, public`, TAG],
    request: ["Authorization: x"],
    third: "1",
  },
  {
    what: "a cookie is not merged",
    update: [LATER, TAG, "Set-Cookie: sid=2"],
    third: "1",
  },
  {
    what: "nor one of the old kind",
    update: [LATER, TAG, "Set-Cookie2: sid=2"],
    third: "1",
  },
  {
    what: "nor what is private",
    update: [`${LATER}, private="x-user"`, TAG, "X-User: ann"],
    third: "1",
  },
  {
    what: "what becomes private goes",
    first: ["X-User: ann"],
    update: [`${LATER}, private="x-user"`, TAG],
    third: "1",
  },
];

Deno.test("a 304 passes the same decision as a new response", async (t) => {
  for (const row of ROWS) {
    const { what, update, third, isValidated, detail } = row;
    await t.step(what, async () => {
      const seen: boolean[] = [];
      const first = [STALE, TAG, "X-Old: 1", ...row.first ?? []];
      await using origin = originOf(first, update, seen);
      await using proxy = await Proxy.start(origin);
      assertEquals((await exchange(proxy, get("/"))).content, "1");
      // Who asks gets the content, and all that the 304 says.
      const asked = await exchange(proxy, get("/", ...row.request ?? []));
      const status = asked.field("cache-status")!;
      assertEquals(asked.status, 200);
      assertEquals(asked.content, "1");
      assertEquals(asked.field("x-old"), "1");
      for (const line of update) {
        const [name, value] = line.split(": ");
        assertEquals(asked.field(name!), value, line);
      }
      assert(status.includes("fwd-status=304"), status);
      assertEquals(/detail=([^;]+)/.exec(status)?.[1], detail, status);
      assertEquals(seen, [false, true]);
      // Nobody else does, unless it may be stored.
      const other = await exchange(proxy, get("/"));
      assertEquals(other.content, third, other.field("cache-status"));
      assertEquals(seen[2], isValidated);
      for (const name of ["set-cookie", "set-cookie2", "x-user"]) {
        const isSaid = isValidated === true &&
          update.some((line) => line.toLowerCase().startsWith(`${name}:`));
        if (!isSaid && isValidated === undefined) {
          assertEquals(other.field(name), undefined);
        }
      }
    });
  }
});

Deno.test("a cookie of a 304 replaces the stored one for the client that asked alone", async () => {
  const seen: boolean[] = [];
  await using origin = originOf(
    ["Cache-Control: max-age=0", TAG, "Set-Cookie: sid=1"],
    ["Cache-Control: max-age=60", TAG, "Set-Cookie: sid=2"],
    seen,
  );
  await using proxy = await Proxy.start(origin, "--cache-set-cookie", "store");
  await exchange(proxy, get("/"));
  assertEquals((await exchange(proxy, get("/"))).field("set-cookie"), "sid=2");
  const other = await exchange(proxy, get("/"));
  assertEquals(other.field("set-cookie"), "sid=1");
  assertEquals(seen.length, 2);
});

Deno.test("a client's own 304 carries what the origin's did", async () => {
  await using origin = originOf(
    [STALE, TAG],
    ["Cache-Control: private", TAG, "Set-Cookie: sid=2", "X-New: 1"],
    [],
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  const answer = await exchange(proxy, get("/", 'If-None-Match: "a"'));
  assertEquals(answer.status, 304);
  assertEquals(answer.field("set-cookie"), "sid=2");
  assertEquals(answer.field("x-new"), "1");
});

Deno.test("content that is one client's is whole in every form, again and again", async (t) => {
  const text = "text ".repeat(2000);
  const lines = [TAG, "Content-Type: text/plain"];
  await using origin = Origin.answering((request) =>
    request.field("if-none-match") === undefined
      ? ok(text, STALE, ...lines)
      : `HTTP/1.1 304 x\r\n${STALE}\r\n${TAG}\r\nSet-Cookie: a=b\r\n\r\n`
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  for (
    const [what, fields, length] of [
      ["whole", [], text.length],
      ["coded", ["Accept-Encoding: gzip"], undefined],
      ["a range", ["Range: bytes=5-9"], 5],
      ["coded again", ["Accept-Encoding: gzip"], undefined],
      ["whole again", [], text.length],
    ] as const
  ) {
    await t.step(what, async () => {
      const answer = await exchange(proxy, get("/", ...fields));
      assertEquals(answer.field("set-cookie"), "a=b");
      if (length === undefined) {
        assertEquals(answer.field("content-encoding"), "gzip");
      } else {assertEquals(
          answer.content,
          text.slice(length === 5 ? 5 : 0).slice(0, length),
        );}
    });
  }
});

const HEAD = "HEAD / HTTP/1.1\r\nHost: sluice.test\r\n";

Deno.test("the response to HEAD freshens what its validator proves, and nothing else", async (t) => {
  const rows: [
    what: string,
    stored: readonly string[],
    head: readonly string[],
    request: readonly string[],
    /** The content of the next GET: `1` from memory. */
    next: "1" | "3",
  ][] = [
    ["a validator that agrees", [TAG], [LATER, TAG], [], "1"],
    ["no validator", [TAG], [LATER], [], "3"],
    ["a length that agrees", [TAG], [LATER, "Content-Length: 1"], [], "3"],
    ["no validator on either side", ["X-A: 1"], [LATER], [], "3"],
    ["a validator that does not agree", [TAG], [LATER, 'ETag: "b"'], [], "3"],
    ["no-store", [TAG], ["Cache-Control: no-store", TAG], [], "3"],
    ["a request with no-store", [TAG], [LATER, TAG], [
      "Cache-Control: no-store",
    ], "3"],
  ];
  for (const [what, stored, head, request, next] of rows) {
    await t.step(what, async () => {
      let count = 0;
      const seen: (string | undefined)[] = [];
      await using origin = Origin.answering((message) => {
        count++;
        seen.push(message.field("if-none-match"));
        return message.startLine.startsWith("HEAD")
          ? `HTTP/1.1 200 OK\r\n${head.join("\r\n")}\r\n\r\n`
          : ok(
            `${count}`,
            "Cache-Control: max-age=0, stale-if-error=60",
            ...stored,
          );
      });
      await using proxy = await Proxy.start(origin);
      await exchange(proxy, get("/"));
      const answer = await exchange(
        proxy,
        HEAD + request.map((line) => `${line}\r\n`).join("") + "\r\n",
        true,
      );
      assertEquals(answer.status, 200);
      const after = await exchange(proxy, get("/"));
      assertEquals(after.content, next, after.field("cache-status"));
    });
  }
});

Deno.test("a HEAD that forbids storing takes out what is stored, validator or not", async (t) => {
  for (
    const head of [
      ["Cache-Control: private"],
      ["Cache-Control: no-store", TAG],
      ["Vary: *"],
    ]
  ) {
    await t.step(head.join(), async () => {
      let count = 0;
      await using origin = Origin.answering(({ startLine }) => {
        count++;
        return startLine.startsWith("HEAD")
          ? `HTTP/1.1 200 OK\r\n${head.join("\r\n")}\r\n\r\n`
          : ok(`${count}`, "Cache-Control: max-age=60", TAG);
      });
      await using proxy = await Proxy.start(origin);
      await exchange(proxy, get("/"));
      await exchange(proxy, HEAD + "Cache-Control: no-cache\r\n\r\n", true);
      assertEquals((await exchange(proxy, get("/"))).content, "3");
    });
  }
});

Deno.test("a cookie of a HEAD is not merged", async () => {
  await using origin = Origin.answering(({ startLine }) =>
    startLine.startsWith("HEAD")
      ? `HTTP/1.1 200 OK\r\n${LATER}\r\n${TAG}\r\nSet-Cookie: a=b\r\n\r\n`
      : ok("x", STALE, TAG)
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/"));
  const head = await exchange(proxy, HEAD + "\r\n", true);
  assertEquals(head.field("set-cookie"), "a=b");
  const after = await exchange(proxy, get("/"));
  assert(after.field("cache-status")!.includes("hit"));
  assertEquals(after.field("set-cookie"), undefined);
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
