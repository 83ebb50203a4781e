/** The heads of answers from a stored response. */

import { assert, assertEquals } from "../support/assert.ts";
import { linesOf } from "../support/heads.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { HeadTemplate } from "../../lib/head/head_template.ts";
import {
  type CacheNote,
  type Framed,
  partHeadsOf,
  writeMultipartHead,
  writeNotModified,
  writeRangeHead,
  writeUnsatisfiable,
  writeWholeHead,
} from "../../lib/head/stored_response.ts";

const PLAIN: CacheNote = {
  age: -1,
  cacheStatus: "",
  ttl: undefined,
  ownLines: undefined,
};

const RANGE = { start: 2, end: 5 };

function templateOf(...lines: readonly string[]): HeadTemplate {
  return new HeadTemplate(
    bytesOf(["HTTP/1.1 200 OK", ...lines, ""].join("\r\n")),
  );
}

const TEMPLATE = templateOf(
  "Date: x",
  "Content-Type: text/html",
  'ETag: "a"',
  "Last-Modified: y",
  "Vary: a",
);

/** What is written, the status line apart. */
function written(
  write: (out: ByteWriter) => void,
): [status: string, ...lines: string[]] {
  const out = new ByteWriter(16);
  write(out);
  return linesOf(out) as [string, ...string[]];
}

Deno.test("what follows the template of a whole answer", async (t) => {
  const note = { age: 0, cacheStatus: "c; ttl=" };
  const none: Framed = { framing: "none", length: 0 };
  const bytes = (length: number): Framed => ({ framing: "length", length });
  const rows: [
    what: string,
    framed: Framed,
    more: Partial<CacheNote>,
    lines: string[],
  ][] = [
    ["a length", bytes(5), {}, ["Content-Length: 5"]],
    ["no bytes", bytes(0), {}, ["Content-Length: 0"]],
    ["chunks", { framing: "chunked", length: 0 }, {}, [
      "Transfer-Encoding: chunked",
    ]],
    ["the end of the connection", { framing: "close", length: 0 }, {}, []],
    ["nothing", none, {}, []],
    ["an age", none, { age: 0 }, ["Age: 0"]],
    ["Cache-Status", none, { cacheStatus: "c" }, ["Cache-Status: c"]],
    ["a lifetime", none, { ...note, ttl: 7 }, [
      "Age: 0",
      "Cache-Status: c; ttl=7",
    ]],
    ["a lifetime of 0", none, { ...note, ttl: 0 }, [
      "Age: 0",
      "Cache-Status: c; ttl=0",
    ]],
    ["a lifetime that is over", none, { ...note, ttl: -7 }, [
      "Age: 0",
      "Cache-Status: c; ttl=-7",
    ]],
    ["lines for this client", none, { ownLines: bytesOf("A: 1\r\n") }, [
      "A: 1",
    ]],
  ];
  for (const [what, framed, more, lines] of rows) {
    await t.step(what, () => {
      const head = written((out) => {
        writeWholeHead(out, templateOf(), framed, { ...PLAIN, ...more }, "");
      });
      assertEquals(head, ["HTTP/1.1 200 OK", ...lines]);
    });
  }
  await t.step("one that is kept is the one that would be written", () => {
    const kept = templateOf();
    let keptCount = 0;
    const notes = [{}, { age: 1 }, { age: 2, ttl: 5 }, { age: 2, ttl: 6 }, {
      age: 2,
      ttl: 6,
      cacheStatus: "d",
    }, { age: 2, ownLines: bytesOf("A: 1\r\n") }];
    for (const more of notes) {
      for (const framed of [bytes(1), bytes(1), bytes(1), bytes(22), none]) {
        for (const connection of ["", "close"] as const) {
          const note = { ...PLAIN, ...more };
          const [as, is] = [templateOf(), kept].map((template) =>
            written((out) =>
              writeWholeHead(out, template, framed, note, connection)
            )
          );
          assertEquals(is, as);
          if (kept.end !== undefined) keptCount++;
        }
      }
    }
    assert(keptCount > 0);
  });
  for (const connection of ["close", "keep-alive"] as const) {
    await t.step(`its connection: ${connection}`, () => {
      const [, ...lines] = written((out) => {
        writeWholeHead(out, templateOf(), bytes(1), PLAIN, connection);
      });
      assertEquals(lines, ["Content-Length: 1", `Connection: ${connection}`]);
    });
  }
});

Deno.test("§15.4.5: a 304 has what does not describe the content", async (t) => {
  const rows: [what: string, lines: string[], etag: string, kept: string[]][] =
    [
      [
        "Last-Modified if there is no tag",
        ["Date: x", "Last-Modified: y"],
        "",
        [
          "Date: x",
          "Last-Modified: y",
        ],
      ],
      [
        "the tag that the client holds",
        [
          "Date: x",
          'ETag: "a"',
          "Last-Modified: y",
        ],
        'W/"a"',
        ["Date: x", 'ETag: W/"a"'],
      ],
      [
        "a tag that a rule has set",
        ['ETag: "rule"', "Last-Modified: y"],
        '"a"',
        [
          'ETag: "rule"',
        ],
      ],
      [
        "fields of the content",
        [
          "Content-Type: a",
          "Content-Language: b",
          "Content-Encoding: gzip",
          "Digest: c",
          "Repr-Digest: d",
          "Content-Location: /e",
          "Content-Security-Policy: f",
          "Cache-Control: g",
        ],
        "",
        [
          "Content-Location: /e",
          "Content-Security-Policy: f",
          "Cache-Control: g",
        ],
      ],
    ];
  for (const [what, lines, etag, kept] of rows) {
    await t.step(what, () => {
      const head = written((out) =>
        writeNotModified(out, templateOf(...lines), etag, PLAIN, "")
      );
      assertEquals(head, ["HTTP/1.1 304 Not Modified", ...kept]);
    });
  }
});

Deno.test("§15.3.7.1: one range", () => {
  for (
    const [template, length, accepts] of [
      [TEMPLATE, 9, true],
      [templateOf("Accept-Ranges: none"), -1, false],
    ] as const
  ) {
    const lines = linesAfter(template.bytes);
    assertEquals(
      written((out) => writeRangeHead(out, template, RANGE, length, PLAIN, "")),
      [
        "HTTP/1.1 206 Partial Content",
        ...lines,
        ...(accepts ? ["Accept-Ranges: bytes"] : []),
        `Content-Range: bytes 2-4/${length < 0 ? "*" : length}`,
        "Content-Length: 3",
      ],
    );
  }
});

function linesAfter(template: Uint8Array): string[] {
  return textOf(template, 0, template.length).split("\r\n").slice(1, -1);
}

Deno.test("§15.3.7.2: several ranges", () => {
  const heads = partHeadsOf(TEMPLATE, "zz", [RANGE, RANGE], 9);
  const part =
    "\r\n--zz\r\nContent-Type: text/html\r\nContent-Range: bytes 2-4/9\r\n\r\n";
  const end = "\r\n--zz--\r\n";
  assertEquals(heads.before, [bytesOf(part), bytesOf(part)]);
  assertEquals(heads.end, bytesOf(end));
  const length = 2 * (part.length + 3) + end.length;
  assertEquals(
    written((out) => writeMultipartHead(out, TEMPLATE, heads, 6, PLAIN, "")),
    [
      "HTTP/1.1 206 Partial Content",
      "Date: x",
      'ETag: "a"',
      "Last-Modified: y",
      "Vary: a",
      "Content-Type: multipart/byteranges; boundary=zz",
      `Content-Length: ${length}`,
    ],
  );
  assertEquals(
    partHeadsOf(templateOf("A: 1"), "zz", [RANGE], 9).before,
    [bytesOf("\r\n--zz\r\nContent-Range: bytes 2-4/9\r\n\r\n")],
  );
});

Deno.test("§15.5.17: a range that cannot be satisfied", () => {
  assertEquals(
    written((out) => writeUnsatisfiable(out, TEMPLATE, 9, PLAIN, "")),
    [
      "HTTP/1.1 416 Range Not Satisfiable",
      "Date: x",
      "Vary: a",
      "Content-Range: bytes */9",
      "Content-Length: 0",
    ],
  );
});
