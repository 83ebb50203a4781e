/** Ranges and codings from outside: an offset counts bytes of what the response's entity tag names. */

import { assertEquals } from "../support/assert.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { needing } from "../support/installed.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const TYPE = "Content-Type: text/plain";
const FRESH = "Cache-Control: max-age=60";
const ETAG = 'ETag: "a"';
const NO_STORE = "Cache-Control: no-store";
const MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";

function contentOf(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += `line ${i} of some text\n`;
  return text.slice(0, length);
}

async function gzipped(content: string): Promise<string> {
  const stream = new Blob([bytesOf(content)]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return textOf(bytes, 0, bytes.length);
}

/** What a range request got: enough to put it together with what the client has. */
function partOf(answer: Message): unknown[] {
  return [
    answer.status,
    answer.field("content-range"),
    answer.field("content-encoding"),
    answer.field("etag"),
    answer.content,
  ];
}

function head(target: string, ...fields: readonly string[]): string {
  return get(target, ...fields).replace("GET", "HEAD");
}

Deno.test("ranges are those of the content without a coding, whatever the client takes", async (t) => {
  const content = contentOf(39_000);
  await using origin = Origin.answering(() =>
    ok(content, TYPE, FRESH, ETAG, `Last-Modified: ${MODIFIED}`)
  );
  await using proxy = await Proxy.start(origin);
  const coded = await exchange(proxy, get("/", "Accept-Encoding: gzip"));
  assertEquals([coded.field("content-encoding"), coded.field("etag")], [
    "gzip",
    'W/"a"',
  ]);
  await exchange(proxy, get("/", "Accept-Encoding: gzip")); // now the coded form is kept
  const rest = [
    206,
    "bytes 1000-38999/39000",
    undefined,
    '"a"',
    content.slice(1000),
  ];
  const whole = [200, undefined, undefined, '"a"', content];
  const rows: [what: string, fields: string[], expected: unknown[]][] = [
    ["no condition", [], rest],
    ["the tag of what is served", ['If-Range: "a"'], rest],
    ["the tag of a coded form", ['If-Range: W/"a"'], whole],
    ["another tag", ['If-Range: "b"'], whole],
    ["a date that the coded forms share", [`If-Range: ${MODIFIED}`], whole],
  ];
  for (const coding of ["gzip", "br", "gzip, deflate, br, zstd", "*"]) {
    for (const [what, fields, expected] of rows) {
      await t.step(`${coding}: ${what}`, async () => {
        const answer = await exchange(
          proxy,
          get(
            "/",
            `Accept-Encoding: ${coding}`,
            "Range: bytes=1000-",
            ...fields,
          ),
        );
        assertEquals(partOf(answer), expected);
      });
    }
  }
  await t.step("a date, where nothing is coded for the client", async () => {
    const answer = await exchange(
      proxy,
      get("/", "Range: bytes=1000-", `If-Range: ${MODIFIED}`),
    );
    assertEquals(partOf(answer), rest);
  });
  await t.step("HEAD", async () => {
    const answer = await exchange(
      proxy,
      head("/", "Accept-Encoding: gzip", "Range: bytes=1000-"),
      true,
    );
    assertEquals(partOf(answer), [200, undefined, undefined, '"a"', ""]);
    assertEquals(answer.field("content-length"), "39000");
  });
  assertEquals(origin.connectionCount, 1);
});

Deno.test({
  ...await needing(
    "curl resumes what it had begun to read, compressed or not",
    "curl",
  ),
  async fn(): Promise<void> {
    const content = contentOf(39_000);
    await using origin = Origin.answering(() => ok(content, TYPE, FRESH, ETAG));
    await using proxy = await Proxy.start(origin);
    await exchange(proxy, get("/", "Accept-Encoding: gzip"));
    const path = await Deno.makeTempFile();
    for (const flags of [[], ["--compressed"]]) {
      await Deno.writeTextFile(path, content.slice(0, 1000));
      const args = [
        ...["-s", "-k", "-C", "-", "-H", "Host: sluice.test", "-o", path],
        ...flags,
        `${proxy.url}/`,
      ];
      const { code } = await new Deno.Command("curl", { args }).output();
      assertEquals([code, await Deno.readTextFile(path)], [0, content]);
    }
    await Deno.remove(path);
  },
});

Deno.test("a response that passes is not coded for who asked for a range", async (t) => {
  const content = contentOf(5000);
  await using origin = Origin.answering(({ startLine }) => {
    const answer = startLine.includes("/part")
      ? ok(
        content.slice(0, 2000),
        TYPE,
        ETAG,
        "Content-Range: bytes 0-1999/5000",
      )
        .replace("200 OK", "206 Partial Content")
      : ok(content, TYPE, ETAG, NO_STORE);
    return startLine.startsWith("HEAD")
      ? answer.slice(0, answer.indexOf("\r\n\r\n") + 4)
      : answer;
  });
  for (const flags of [["--no-cache"], []]) {
    await using proxy = await Proxy.start(origin, ...flags);
    const fields = ["Accept-Encoding: gzip, br", "Range: bytes=0-1999"];
    await t.step(`${flags} 200`, async () => {
      const answer = await exchange(proxy, get("/", ...fields));
      assertEquals(partOf(answer), [200, undefined, undefined, '"a"', content]);
    });
    await t.step(`${flags} 206`, async () => {
      const answer = await exchange(proxy, get("/part", ...fields));
      assertEquals(partOf(answer), [
        206,
        "bytes 0-1999/5000",
        undefined,
        '"a"',
        content.slice(0, 2000),
      ]);
    });
    await t.step(`${flags} HEAD`, async () => {
      const answer = await exchange(proxy, head("/", ...fields), true);
      assertEquals(partOf(answer), [200, undefined, undefined, '"a"', ""]);
      assertEquals(answer.field("content-length"), "5000");
    });
  }
});

Deno.test("no-transform forbids to code and to decode, in a response and in a request", async (t) => {
  const content = contentOf(5000);
  const coded = await gzipped(content);
  const rows: [what: string, control: string, wish: string[]][] = [
    ["response", "Cache-Control: max-age=60, no-transform", []],
    ["response, in capitals", "Cache-Control: No-Transform, max-age=60", []],
    [
      "response, for caches",
      "Cache-Control: max-age=60\r\nCDN-Cache-Control: max-age=60, no-transform",
      [],
    ],
    [
      "response, on two lines",
      "Cache-Control: max-age=60\r\nCache-Control: no-transform",
      [],
    ],
    ["request", FRESH, ["Cache-Control: no-transform"]],
  ];
  for (const [what, control, wish] of rows) {
    for (const flags of [[], ["--no-cache"]]) {
      await t.step(`${what} ${flags}`, async () => {
        await using origin = Origin.answering(({ startLine }) =>
          startLine.includes("/coded")
            ? ok(coded, TYPE, control, ETAG, "Content-Encoding: gzip")
            : ok(content, TYPE, control, ETAG)
        );
        await using proxy = await Proxy.start(origin, ...flags);
        for (const accepted of ["gzip", "identity", "br"]) {
          for (const round of [1, 2, 3]) {
            const ask = (target: string): Promise<Message> =>
              exchange(
                proxy,
                get(target, `Accept-Encoding: ${accepted}`, ...wish),
              );
            const row = `${accepted} ${round}`;
            assertEquals(
              partOf(await ask("/coded")),
              [200, undefined, "gzip", '"a"', coded],
              row,
            );
            assertEquals(
              partOf(await ask("/plain")),
              [200, undefined, undefined, '"a"', content],
              row,
            );
          }
        }
      });
    }
  }
});

Deno.test("who does not read the origin's coding gets ranges of the content without it", async (t) => {
  const content = contentOf(5000);
  const coded = await gzipped(content);
  await using origin = Origin.answering(() =>
    ok(
      coded,
      TYPE,
      FRESH,
      ETAG,
      "Content-Encoding: gzip",
      `Last-Modified: ${MODIFIED}`,
    )
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/", "Accept-Encoding: gzip"));
  const rows: [what: string, fields: string[], expected: unknown[]][] = [
    ["plain", [], [
      206,
      "bytes 10-4999/5000",
      undefined,
      'W/"a"',
      content.slice(10),
    ]],
    ["plain, the tag of the coded form", ['If-Range: "a"'], [
      200,
      undefined,
      undefined,
      'W/"a"',
      content,
    ]],
    ["plain, the tag of this form, which is weak", ['If-Range: W/"a"'], [
      200,
      undefined,
      undefined,
      'W/"a"',
      content,
    ]],
    ["plain, the date of both", [`If-Range: ${MODIFIED}`], [
      200,
      undefined,
      undefined,
      'W/"a"',
      content,
    ]],
    ["coded, its tag", ["Accept-Encoding: gzip", 'If-Range: "a"'], [
      206,
      `bytes 10-${coded.length - 1}/${coded.length}`,
      "gzip",
      '"a"',
      coded.slice(10),
    ]],
  ];
  for (const [what, fields, expected] of rows) {
    await t.step(what, async () => {
      const answer = await exchange(
        proxy,
        get("/", "Range: bytes=10-", ...fields),
      );
      assertEquals(partOf(answer), expected);
    });
  }
  assertEquals(origin.connectionCount, 1);
});

Deno.test("a date does not resume what may have been coded", async (t) => {
  const content = contentOf(5000);
  const origin = (type: string, ...fields: string[]): Origin =>
    Origin.answering((request) =>
      request.field("range") === undefined
        ? ok(content, type, `Last-Modified: ${MODIFIED}`, ...fields)
        : ok(
          content.slice(1000),
          type,
          `Last-Modified: ${MODIFIED}`,
          "Content-Range: bytes 1000-4999/5000",
          ...fields,
        ).replace("200 OK", "206 Partial Content")
    );
  const whole = [200, undefined, undefined, undefined, content];
  const rest = [
    206,
    "bytes 1000-4999/5000",
    undefined,
    undefined,
    content.slice(1000),
  ];
  const gzip = "Accept-Encoding: gzip";
  const rows: [
    what: string,
    type: string,
    request: string[],
    flags: string[],
    expected: unknown[],
  ][] = [
    ["text", TYPE, [gzip], [], whole],
    ["text, for who takes no coding", TYPE, [], [], rest],
    ["text, by tag", TYPE, [gzip, 'If-Range: "a"'], [], rest],
    ["video", "Content-Type: video/mp4", [gzip], [], rest],
    ["nothing is coded", TYPE, [gzip], ["--compress", "off"], rest],
  ];
  for (const [what, type, request, flags, expected] of rows) {
    for (const more of [[], ["--no-cache"]]) {
      await t.step(`${what} ${more}`, async () => {
        await using its = origin(type, NO_STORE);
        await using proxy = await Proxy.start(its, ...flags, ...more);
        const condition = request.some((line) => line.startsWith("If-Range"))
          ? []
          : [`If-Range: ${MODIFIED}`];
        const answer = await exchange(
          proxy,
          get("/", "Range: bytes=1000-", ...request, ...condition),
        );
        assertEquals(partOf(answer), expected);
      });
    }
  }
});
