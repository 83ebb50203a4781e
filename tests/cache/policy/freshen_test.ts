/** Heads that are stored, and what a later response changes of them: RFC 9111 §3.1, §3.2, §4.3.4, §4.3.5. */

import {
  isSameRepresentation,
  type UpdateLines,
  validatorMatches,
  variesAlike,
  writeFreshenedHead,
  writeStoredHead,
  writeWithheldLines,
} from "../../../lib/cache/policy/freshen.ts";
import { ByteWriter } from "../../../lib/http/byte_writer.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";
import { assertEquals } from "../../support/assert.ts";
import { linesOf } from "../../support/heads.ts";
import { headOf, headWith, metadataFor } from "../../support/metadata.ts";

const NOW = "Thu, 01 Jan 1970 00:00:00 GMT";
const DATE = bytesOf(NOW);
const EARLIER = "Date: Wed, 31 Dec 1969 00:00:00 GMT";
const NONE: ReadonlySet<string> = new Set();
const MODIFIED = "Last-Modified: Wed, 01 Jan 1969 00:00:00 GMT";
const MODIFIED_LATER = "Last-Modified: Thu, 02 Jan 1969 00:00:00 GMT";

Deno.test("§4.3.4: whether a 304 speaks of what is stored", async (t) => {
  const rows: [
    what: string,
    update: string[],
    stored: string[],
    is: boolean,
  ][] = [
    ["the same tag", ['ETag: "a"'], ['ETag: "a"'], true],
    ["another tag", ['ETag: "b"'], ['ETag: "a"'], false],
    ["a weak tag, of a strong one", ['ETag: W/"a"'], ['ETag: "a"'], true],
    ["another weak tag", ['ETag: W/"b"'], ['ETag: "a"'], false],
    ["a strong tag, of a weak one", ['ETag: "a"'], ['ETag: W/"a"'], true],
    ["no tag, of one that has one", [], ['ETag: "a"'], true],
    ["a tag, of one that has none", ['ETag: "a"'], [], true],
    ["the same date", [MODIFIED], [MODIFIED], true],
    ["another date", [MODIFIED_LATER], [MODIFIED], false],
    ["no date, of one that has one", [], [MODIFIED], true],
    ["a date, of one that has none", [MODIFIED], [], true],
    ["no tag, and another date", [MODIFIED_LATER], [
      'ETag: "a"',
      MODIFIED,
    ], false],
    [
      "a tag of one that has none, and another date",
      [
        'ETag: "a"',
        MODIFIED_LATER,
      ],
      [MODIFIED],
      false,
    ],
    ["the tag decides, not the date", ['ETag: "a"', MODIFIED_LATER], [
      'ETag: "a"',
      MODIFIED,
    ], true],
    ["nothing", [], [], true],
  ];
  for (const [what, update, stored, is] of rows) {
    await t.step(what, () => {
      const metadata = metadataFor(headWith(...stored));
      const { fields } = headOf(304, ...update);
      assertEquals(validatorMatches(fields, metadata), is);
    });
  }
});

Deno.test("§4.3.5: whether HEAD shows the stored response to be the one that the origin has", async (t) => {
  const five = "Content-Length: 5";
  const rows: [
    what: string,
    update: string[],
    stored: string[],
    is: boolean | undefined,
  ][] = [
    ["no validator, and its length", [five], [], undefined],
    ["no validator, no length", [], ['ETag: "a"'], undefined],
    ["another length", ["Content-Length: 6"], [], false],
    ["the same tag, another length", ['ETag: "a"', "Content-Length: 4"], [
      'ETag: "a"',
    ], false],
    ["the same tag", ['ETag: "a"', five], ['ETag: "a"'], true],
    ["the same tag, no length", ['ETag: "a"'], ['ETag: "a"'], true],
    ["another tag", ['ETag: "b"', five], ['ETag: "a"'], false],
    ["a tag, of one that has none", ['ETag: "b"'], [], false],
    ["the same date", [MODIFIED, five], [MODIFIED], true],
    ["another date", [MODIFIED_LATER, five], [MODIFIED], false],
    ["the same tag, another date", ['ETag: "a"', MODIFIED_LATER], [
      'ETag: "a"',
      MODIFIED,
    ], false],
  ];
  for (const [what, update, stored, is] of rows) {
    await t.step(what, () => {
      const metadata = metadataFor(headWith(...stored));
      const { fields } = headWith(...update);
      assertEquals(isSameRepresentation(fields, metadata, 5), is);
    });
  }
});

Deno.test("§4.1: heads that vary on the same fields, in whatever order and case", async (t) => {
  const rows: [a: string | undefined, b: string | undefined, is: boolean][] = [
    [undefined, undefined, true],
    [undefined, "", true],
    [undefined, "A", false],
    ["A", undefined, false],
    ["A", "a", true],
    ["A, B", "b,a", true],
    ["A, B", "B, , A, A", true],
    ["A, B", "A", false],
    ["A", "B", false],
    ["*", "*", true],
    ["*", "A", false],
  ];
  for (const [a, b, is] of rows) {
    await t.step(`${a} and ${b}`, () => assertEquals(variesAlike(a, b), is));
  }
});

/** Lines of one connection or one transfer, which are for nobody else. */
const OF_A_TRANSFER = [
  "Connection: close, X-Hop",
  "X-Hop: 1",
  "Keep-Alive: timeout=5",
  "Transfer-Encoding: chunked",
  "Trailer: X-Sum",
];

Deno.test("§3.1: a head is stored without what concerned one connection or one transfer", async (t) => {
  const rows: [
    what: string,
    lines: string[],
    without: string[],
    stored: string[],
  ][] = [
    ["order, case and duplicates stay", ["B: 1", EARLIER, "a: 2", "b: 3"], [], [
      "B: 1",
      EARLIER,
      "a: 2",
      "b: 3",
    ]],
    ["a Date is added", ["A: 1"], [], ["A: 1", `Date: ${NOW}`]],
    ["hop by hop", [...OF_A_TRANSFER, EARLIER, "A: 1"], [], [EARLIER, "A: 1"]],
    ["the length is written anew", ["Content-Length: 5", EARLIER], [], [
      EARLIER,
    ]],
    ["§5.5: Warning", ['Warning: 110 - "x"', EARLIER], [], [EARLIER]],
    ["its age is the origin's", ["Age: 5", EARLIER], [], ["Age: 5", EARLIER]],
    ["what must not be stored", ["Set-Cookie: a", "A: 1", EARLIER], [
      "set-cookie",
    ], ["A: 1", EARLIER]],
  ];
  for (const [what, lines, without, stored] of rows) {
    await t.step(what, () => {
      const out = new ByteWriter(16);
      writeStoredHead(out, headWith(...lines), new Set(without), DATE);
      assertEquals(linesOf(out), ["HTTP/1.1 200 X", ...stored]);
    });
  }
});

Deno.test("what is withheld from the store reaches the client whose request brought it", () => {
  const out = new ByteWriter(16);
  const lines = [...OF_A_TRANSFER.slice(0, 4), EARLIER, "Age: 5", "A: 1"];
  const head = headWith(...lines, "Set-Cookie: a", "X-Ruled: 1");
  const without = new Set(["set-cookie", "x-ruled"]);
  writeWithheldLines(out, head, without, (name) => name === "x-ruled");
  assertEquals(textOf(out.bytes, 0, out.length), "Set-Cookie: a\r\n");
});

Deno.test("§3.2: what a 304 says takes the place of what is stored", async (t) => {
  const rows: [
    what: string,
    stored: string[],
    update: string[],
    without: string[],
    withoutUpdate: UpdateLines,
    updated: string[],
  ][] = [
    ["nothing new, a new Date", ["A: 1", EARLIER], [], [], NONE, [
      "A: 1",
      `Date: ${NOW}`,
    ]],
    ["its Date", ["A: 1"], [EARLIER], [], NONE, ["A: 1", EARLIER]],
    [
      "all lines of a name go",
      ["A: 1", "B: 1", "a: 2"],
      [EARLIER, "A: 3"],
      [],
      NONE,
      ["B: 1", EARLIER, "A: 3"],
    ],
    ["its age is a new one", ["Age: 5", EARLIER], [EARLIER], [], NONE, [
      EARLIER,
    ]],
    [
      "what describes the content stays",
      ["Content-Encoding: gzip", "Content-Range: bytes 0-1/9"],
      [EARLIER, "Content-Encoding: br", "Content-Range: bytes 2-3/9"],
      [],
      NONE,
      ["Content-Encoding: gzip", "Content-Range: bytes 0-1/9", EARLIER],
    ],
    ["hop by hop", ["A: 1"], [...OF_A_TRANSFER, EARLIER], [], NONE, [
      "A: 1",
      EARLIER,
    ]],
    ["what is not taken over", ["A: 1", "B: 1"], [EARLIER], ["a"], NONE, [
      "B: 1",
      EARLIER,
    ]],
    [
      "what is not taken from the update",
      ["A: 1"],
      ["A: 2", EARLIER],
      [],
      new Set(["a"]),
      ["A: 1", EARLIER],
    ],
    [
      "all that is for the client",
      ["A: 1"],
      [
        "A: 2",
        "Warning: 1",
        "Connection: close",
        EARLIER,
      ],
      [],
      "all",
      ["A: 2", "Warning: 1", EARLIER],
    ],
  ];
  for (const [what, stored, update, without, withoutUpdate, updated] of rows) {
    await t.step(what, () => {
      const out = new ByteWriter(16);
      writeFreshenedHead(
        out,
        headWith(...stored),
        headOf(304, ...update),
        new Set(without),
        withoutUpdate,
        DATE,
      );
      assertEquals(linesOf(out), ["HTTP/1.1 200 X", ...updated]);
    });
  }
});
