/** What a plan changes of the response that the client gets. */

import { assertEquals } from "../support/assert.ts";
import { linesOf, routeOf } from "../support/heads.ts";
import { headOf, headWith } from "../support/metadata.ts";
import { ByteWriter } from "../../lib/http/byte_writer.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import {
  type ResponsePlan,
  writeClientResponse,
  writeInterimResponse,
  writeTemplate,
  writeUpgradeResponse,
} from "../../lib/head/client_response.ts";

const DATE = bytesOf("Tue, 24 Nov 2026 00:00:00 GMT");

/** Nothing is changed that need not be. */
const AS_IT_CAME: ResponsePlan = {
  framing: "length",
  length: 5,
  connection: "",
  cacheStatus: "",
  dropsTags: false,
  coding: undefined,
  varies: false,
};
const FIVE = "Content-Length: 5";
const END = ["Via: 1.1 sluice", FIVE];

Deno.test("what the plan says of the client's response", async (t) => {
  const coded = [
    'ETag: "a"',
    "Accept-Ranges: bytes",
    "Content-MD5: a",
    "Digest: a",
    "Content-Digest: a",
    "Repr-Digest: a",
  ];
  const rows: [
    what: string,
    lines: string[],
    plan: Partial<ResponsePlan>,
    flags: string[],
    written: string[],
  ][] = [
    ["tags stay", ["Cache-Tag: a", "Surrogate-Key: b", FIVE], {}, [], [
      "Cache-Tag: a",
      "Surrogate-Key: b",
      ...END,
    ]],
    [
      "tags go",
      ["Cache-Tag: a", "Surrogate-Key: b", "Age: 1", FIVE],
      {
        dropsTags: true,
      },
      [],
      ["Age: 1", ...END],
    ],
    [
      "another client might get it coded",
      ["Vary: A", 'ETag: "a"', FIVE],
      {
        varies: true,
      },
      [],
      ['ETag: "a"', "Vary: A, Accept-Encoding", ...END],
    ],
    [
      "it varied on that already",
      ["Vary: Accept-Encoding", FIVE],
      {
        varies: true,
      },
      [],
      ["Vary: Accept-Encoding", ...END],
    ],
    [
      "it is encoded",
      [...coded, "X: 1", FIVE],
      {
        coding: "gzip",
        varies: true,
      },
      [],
      [
        "X: 1",
        "Vary: Accept-Encoding",
        "Content-Encoding: gzip",
        'ETag: W/"a"',
        ...END,
      ],
    ],
    [
      "it is decoded",
      [...coded, "Content-Encoding: gzip", FIVE],
      {
        coding: "identity",
        varies: true,
      },
      [],
      ["Vary: Accept-Encoding", 'ETag: W/"a"', ...END],
    ],
    [
      "rules before codings",
      ['ETag: "a"', "Vary: A", FIVE],
      {
        coding: "br",
        varies: true,
      },
      ["--response-header", "-etag", "--response-header", "Vary: B"],
      [
        "Content-Encoding: br",
        "Vary: B",
        ...END,
      ],
    ],
    ["another tag", ['ETag: "a"', "X: 1", FIVE], { etag: 'W/"a"' }, [], [
      "X: 1",
      'ETag: W/"a"',
      ...END,
    ]],
    [
      "another tag, which a rule removes",
      ['ETag: "a"', FIVE],
      {
        etag: 'W/"a"',
      },
      ["--response-header", "-etag"],
      END,
    ],
    ["Cache-Status", [FIVE], { cacheStatus: "c; hit" }, [], [
      "Cache-Status: c; hit",
      ...END,
    ]],
    ["what is announced does not come", ["Trailer: X", FIVE], {}, [], END],
    [
      "trailers may come",
      ["Trailer: X", "Transfer-Encoding: chunked"],
      {
        framing: "chunked",
      },
      [],
      ["Trailer: X", "Via: 1.1 sluice", "Transfer-Encoding: chunked"],
    ],
    [
      "… but not of coded content",
      [
        "Trailer: X",
        "Transfer-Encoding: chunked",
      ],
      { framing: "chunked", coding: "gzip" },
      [],
      [
        "Via: 1.1 sluice",
        "Transfer-Encoding: chunked",
      ],
    ],
    [
      "… nor of content that has a length now",
      [
        "Trailer: X",
        "Transfer-Encoding: chunked",
      ],
      {},
      [],
      END,
    ],
    [
      "to the end of the connection",
      [FIVE],
      {
        framing: "close",
        connection: "close",
      },
      [],
      ["Connection: close", "Via: 1.1 sluice"],
    ],
    ["no body, and a length", [FIVE], { framing: "none" }, [], END],
    [
      "no body, and the length of what is coded",
      [FIVE],
      {
        framing: "none",
        coding: "gzip",
      },
      [],
      ["Via: 1.1 sluice"],
    ],
    [
      "a space before the colon goes (RFC 9112 §5.1)",
      ["A: 1", "B : 2", FIVE],
      {},
      [],
      ["A: 1", "B: 2", ...END],
    ],
    [
      "hop by hop",
      ["Connection: x-a", "X-A: 1", "Keep-Alive: a", FIVE],
      {},
      [],
      END,
    ],
  ];
  for (const [what, lines, plan, flags, written] of rows) {
    await t.step(what, () => {
      const out = new ByteWriter(16);
      writeClientResponse(
        out,
        headWith("Date: x", ...lines),
        routeOf(...flags).responseRules,
        { ...AS_IT_CAME, ...plan },
        () => DATE,
      );
      assertEquals(linesOf(out), ["HTTP/1.1 200 X", "Date: x", ...written]);
    });
  }
});

Deno.test("the whole as a range", () => {
  const out = new ByteWriter(16);
  const head = headWith("Date: x", FIVE);
  const plan = { ...AS_IT_CAME, isRange: true };
  writeClientResponse(out, head, [], plan, () => DATE);
  assertEquals(linesOf(out), [
    "HTTP/1.1 206 Partial Content",
    "Date: x",
    "Content-Range: bytes 0-4/5",
    ...END,
  ]);
});

Deno.test("§15.5.22: a 426 says to which protocols", () => {
  for (const [connection, more] of [["", ""], ["close", ", close"]] as const) {
    const out = new ByteWriter(16);
    const lines = ["Date: x", "Connection: upgrade", "Upgrade: b", FIVE];
    const head = headOf(426, ...lines);
    const plan = { ...AS_IT_CAME, connection };
    writeClientResponse(out, head, [], plan, () => DATE);
    assertEquals(linesOf(out), [
      "HTTP/1.1 426 X",
      "Date: x",
      `Connection: upgrade${more}`,
      "Upgrade: b",
      ...END,
    ]);
  }
});

Deno.test("interim responses, the switch to another protocol, and what stored responses begin with", () => {
  const { responseRules } = routeOf("--response-header", "A: 2");
  const out = new ByteWriter(16);
  const hints = ["Link: a", "A: 1", "Trailer: b"];
  writeInterimResponse(out, headOf(103, ...hints));
  assertEquals(linesOf(out), ["HTTP/1.1 103 X", "Link: a", "A: 1"]);
  out.length = 0;
  const switching = ["A: 1", "Connection: upgrade"];
  writeUpgradeResponse(
    out,
    headOf(101, ...switching, "Upgrade: b"),
    responseRules,
  );
  assertEquals(linesOf(out), [
    "HTTP/1.1 101 X",
    "Via: 1.1 sluice",
    "A: 2",
    "Connection: upgrade",
    "Upgrade: b",
  ]);
  out.length = 0;
  const stored = ["Age: 5", "A: 1", "Vary: B", "Trailer: c"];
  writeTemplate(out, headWith(...stored), 0, responseRules, {
    ...AS_IT_CAME,
    varies: true,
  });
  out.text("\r\n");
  assertEquals(linesOf(out), [
    "HTTP/1.1 200 X",
    "Vary: B, Accept-Encoding",
    "A: 2",
    "Via: 1.0 sluice",
  ]);
});
