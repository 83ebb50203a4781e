/** Entity tags there and back: clients get one for each form, the origin gets its own. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const TYPE = "Content-Type: text/plain";
const CONTENT = "some text, again and again\n".repeat(100);
const GZIP = "Accept-Encoding: gzip";

function put(target: string, ...fields: readonly string[]): string {
  return get(target, ...fields, "Content-Length: 0").replace("GET", "PUT");
}

/** An origin that compares as RFC 9110 says for `If-Match`, and by the letter for `If-None-Match`. */
function originOf(
  etag: string,
  control: string,
  seen: string[] = [],
): Origin {
  return Origin.answering((request) => {
    const ifMatch = request.field("if-match");
    const ifNoneMatch = request.field("if-none-match");
    seen.push(ifMatch ?? ifNoneMatch ?? "-");
    if (request.startLine.startsWith("PUT")) {
      const isMatch = ifMatch === etag && !etag.startsWith("W/");
      return isMatch
        ? "HTTP/1.1 204 No Content\r\n\r\n"
        : "HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n";
    }
    return ifNoneMatch === etag
      ? `HTTP/1.1 304 Not Modified\r\nETag: ${etag}\r\n${control}\r\n\r\n`
      : ok(CONTENT, TYPE, `ETag: ${etag}`, control);
  });
}

const SETTINGS: readonly [
  what: string,
  control: string,
  flags: readonly string[],
][] = [
  ["stored", "Cache-Control: max-age=60", []],
  ["passed", "Cache-Control: no-store", []],
  ["without a cache", "Cache-Control: max-age=60", ["--no-cache"]],
];

Deno.test("the entity tag of a 304 is the one that the client holds", async (t) => {
  const rows: [fields: string[], etag: string][] = [
    [[GZIP, 'If-None-Match: W/"a"'], 'W/"a"'],
    [[GZIP, 'If-None-Match: "a"'], '"a"'],
    [['If-None-Match: "a"'], '"a"'],
    [['If-None-Match: W/"a"'], 'W/"a"'],
    [[GZIP, "Range: bytes=0-", 'If-None-Match: W/"a"'], 'W/"a"'],
  ];
  const more: [fields: string[], etag: string][] = [
    [[GZIP, 'If-None-Match: "b", W/"a"'], 'W/"a"'],
    [[GZIP, 'If-None-Match: "b", "a"'], '"a"'],
    [[GZIP, 'If-None-Match: "b"', 'If-None-Match: "a"'], '"a"'],
    [[GZIP, 'If-None-Match: "a", W/"a"'], 'W/"a"'],
    [['If-None-Match: W/"a", "a"'], '"a"'],
    [[GZIP, "If-None-Match: *"], 'W/"a"'],
    [["If-None-Match: *"], '"a"'],
  ];
  for (const [what, control, flags] of SETTINGS) {
    await using origin = originOf('"a"', control);
    await using proxy = await Proxy.start(origin, ...flags);
    await exchange(proxy, get("/", GZIP));
    for (
      const [fields, etag] of what === "stored" ? [...rows, ...more] : rows
    ) {
      await t.step(`${what}: ${fields.join(" | ")}`, async () => {
        const answer = await exchange(proxy, get("/", ...fields));
        assertEquals([answer.status, answer.field("etag")], [304, etag]);
      });
    }
  }
});

Deno.test("an origin's own weak tag stays as it is", async (t) => {
  for (const [what, control, flags] of SETTINGS) {
    await using origin = originOf('W/"a"', control);
    await using proxy = await Proxy.start(origin, ...flags);
    for (const fields of [[GZIP], []]) {
      const whole = await exchange(proxy, get("/", ...fields));
      assertEquals([whole.status, whole.field("etag")], [200, 'W/"a"']);
      await t.step(`${what} ${fields}`, async () => {
        const answer = await exchange(
          proxy,
          get("/", ...fields, 'If-None-Match: W/"a"'),
        );
        assertEquals([answer.status, answer.field("etag")], [304, 'W/"a"']);
      });
    }
  }
});

Deno.test("the tag of a coded form reaches the origin as its own", async (t) => {
  const rows: [given: string, reaches: string][] = [
    ['If-Match: W/"a"', '"a"'],
    ['If-Match: "a"', '"a"'],
    ['If-Match: W/"b", W/"a",  "c"', 'W/"b", "a",  "c"'],
    ['If-Match: W/"b"', 'W/"b"'],
    ['If-Match: "W/"', '"W/"'],
    ["If-Match: *", "*"],
    ['if-match:W/"a"\r\nIF-MATCH: W/"a"', '"a", "a"'],
    ['If-None-Match: W/"a"', '"a"'],
    ['If-None-Match: W/"b"', 'W/"b"'],
  ];
  for (const [what, control, flags] of SETTINGS) {
    const seen: string[] = [];
    await using origin = originOf('"a"', control, seen);
    await using proxy = await Proxy.start(origin, ...flags);
    const given = await exchange(proxy, get("/", GZIP));
    assertEquals(given.field("etag"), 'W/"a"');
    for (const [line, reaches] of rows) {
      await t.step(`${what}: ${line}`, async () => {
        await exchange(proxy, put("/", line));
        assertEquals(seen.at(-1), reaches);
      });
    }
    await t.step(`${what}: a save`, async () => {
      const tag = given.field("etag")!;
      const answer = await exchange(proxy, put("/", `If-Match: ${tag}`));
      assertEquals(answer.status, 204);
    });
  }
});

Deno.test("tags that sluice did not give reach the origin as they came", async (t) => {
  const rows: [what: string, etag: string, flags: string[]][] = [
    ["the origin's are weak", 'W/"a"', []],
    ["the origin's are weak, without a cache", 'W/"a"', ["--no-cache"]],
    ["nothing is coded", '"a"', ["--compress", "off"]],
  ];
  for (const [what, etag, flags] of rows) {
    await t.step(what, async () => {
      const seen: string[] = [];
      await using origin = originOf(etag, "Cache-Control: no-cache", seen);
      await using proxy = await Proxy.start(origin, ...flags);
      await exchange(proxy, get("/", GZIP));
      for (const field of ["If-Match", "If-None-Match"]) {
        await exchange(proxy, put("/", `${field}: W/"a"`));
        assertEquals(seen.at(-1), 'W/"a"');
      }
    });
  }
});

Deno.test("rules have the last word on conditions and tags", async () => {
  const seen: string[] = [];
  await using origin = originOf('"a"', "Cache-Control: no-store", seen);
  await using proxy = await Proxy.start(
    origin,
    "--request-header",
    "-If-Match",
    "--response-header",
    'ETag: "z"',
  );
  await exchange(proxy, get("/", GZIP));
  await exchange(proxy, put("/", 'If-Match: W/"a"'));
  assertEquals(seen.at(-1), "-");
  const answer = await exchange(proxy, get("/", GZIP, 'If-None-Match: "a"'));
  assertEquals([answer.status, answer.field("etag")], [304, '"z"']);
});

Deno.test("a decoded form's tag is mapped back, too, and any worker knows it", async () => {
  const stream = new Blob([CONTENT]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const coded = String.fromCharCode(...bytes);
  const seen: (string | undefined)[] = [];
  await using origin = Origin.answering((request) => {
    seen.push(request.field("if-match"));
    return request.startLine.startsWith("PUT")
      ? "HTTP/1.1 204 No Content\r\n\r\n"
      : ok(
        coded,
        TYPE,
        'ETag: "a"',
        "Cache-Control: max-age=60",
        "Content-Encoding: gzip",
      );
  });
  await using proxy = await Proxy.start(origin, "--workers", "2");
  await exchange(proxy, get("/", GZIP));
  const plain: Message = await exchange(proxy, get("/"));
  assertEquals(plain.field("etag"), 'W/"a"');
  for (let i = 0; i < 8; i++) {
    await exchange(proxy, put("/", 'If-Match: W/"a"')); // the first takes out what is stored
    assertEquals(seen.at(-1), '"a"');
  }
});
