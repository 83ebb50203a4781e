/** How a reply is delivered: conditions before ranges before framing, one row for each rule. */

import { assertEquals } from "../support/assert.ts";
import { LIMITS } from "../support/splits.ts";
import {
  type DeliveryPlan,
  isFarAhead,
  planDelivery,
  type PlannedReply,
} from "../../lib/deliver/plan.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";

const NOW_MS = Date.UTC(2026, 10, 26);
const DATE = "Wed, 25 Nov 2026 00:00:00 GMT";

/** A whole stored response of 1000 bytes. */
const STORED: PlannedReply = {
  status: 200,
  validators: {
    etag: '"a"',
    lastModifiedMs: Date.parse(DATE),
    dateMs: NOW_MS,
  },
  hasContent: true,
  length: 1000,
  arrived: 0,
  form: undefined,
  isDivisible: true,
  codings: undefined,
  isWholeRange: false,
};
/** Content of unknown length, of which 500 bytes are here. */
const ARRIVING: PlannedReply = { ...STORED, length: -1, arrived: 500 };
/** What the origin sends to this client. */
const PASSED: PlannedReply = { ...STORED, validators: undefined };

function requestOf(text: string): RequestHead {
  const [line, ...fields] = text.split("|").map((part) => part.trim());
  const bytes = bytesOf(
    [`${line} / HTTP/1.1`, "Host: h", ...fields, "", ""].join("\r\n"),
  );
  const request = new RequestHead();
  request.begin(0, LIMITS);
  request.parse(bytes, bytes.length);
  return request;
}

function old(request: RequestHead): RequestHead {
  request.minorVersion = 0;
  return request;
}

/** What of a plan a row says: status, framing with the length, ranges; `-` for no content. */
function wordsOf({ status, framing, length, ...plan }: DeliveryPlan): string {
  const words: (string | number)[] = [
    status,
    framing === "length" ? length : framing,
  ];
  for (const { start, end } of plan.ranges ?? []) words.push(`${start}-${end}`);
  if (!plan.sendsContent) words.push("-");
  return words.join(" ");
}

const ROWS: readonly [
  rule: string,
  request: string,
  reply: PlannedReply,
  plan: string,
][] = [
  ["the whole", "GET", STORED, "200 1000"],
  ["HEAD has the length and no content", "HEAD", STORED, "200 1000 -"],
  ["HEAD of unknown length says nothing", "HEAD", ARRIVING, "200 none -"],
  ["of unknown length", "GET", ARRIVING, "200 chunked"],
  [
    "9110 §6.4.1: a status without content",
    "GET",
    { ...STORED, status: 204, hasContent: false },
    "204 none -",
  ],
  // Conditions (RFC 9110 §13)
  [
    "13.1.2: the tag is known",
    'GET | If-None-Match: "a"',
    STORED,
    "304 none -",
  ],
  ["13.1.2: weakly", 'GET | If-None-Match: W/"a"', STORED, "304 none -"],
  ["13.1.2: another tag", 'GET | If-None-Match: "b"', STORED, "200 1000"],
  [
    "13.1.3: not changed since",
    `GET | If-Modified-Since: ${DATE}`,
    STORED,
    "304 none -",
  ],
  [
    "13.2.2: the tag goes before the date",
    `GET | If-None-Match: "b" | If-Modified-Since: ${DATE}`,
    STORED,
    "200 1000",
  ],
  [
    "13.2.2: a condition goes before a range",
    'GET | If-None-Match: "a" | Range: bytes=0-9',
    STORED,
    "304 none -",
  ],
  [
    "13.2.1: only where it would be 200",
    'GET | If-None-Match: "a"',
    { ...STORED, status: 404 },
    "404 1000",
  ],
  [
    "the origin has answered the condition itself",
    'GET | If-None-Match: "a" | Range: bytes=0-9',
    PASSED,
    "200 1000",
  ],
  // Ranges (RFC 9110 §14)
  ["14.2: a range", "GET | Range: bytes=0-9", STORED, "206 10 0-10"],
  ["14.2: only of GET", "HEAD | Range: bytes=0-9", STORED, "200 1000 -"],
  [
    "14.2: several, in order",
    "GET | Range: bytes=900-, 0-9",
    STORED,
    "206 110 0-10 900-1000",
  ],
  ["15.5.17: none of it", "GET | Range: bytes=1000-", STORED, "416 0 -"],
  ["14.2: another unit", "GET | Range: lines=0-9", STORED, "200 1000"],
  [
    "14.2: only of 200",
    "GET | Range: bytes=0-9",
    { ...STORED, status: 404 },
    "404 1000",
  ],
  [
    "of unknown length, it is here",
    "GET | Range: bytes=0-9",
    ARRIVING,
    "206 10 0-10",
  ],
  [
    "of unknown length, it is not here",
    "GET | Range: bytes=0-500",
    ARRIVING,
    "200 chunked",
  ],
  [
    "of another form than was asked for",
    "GET | Range: bytes=0-9",
    { ...STORED, isDivisible: false },
    "200 1000",
  ],
  [
    "everything as a range, of what the origin sends whole",
    "GET | Range: bytes=0-",
    { ...PASSED, isWholeRange: true },
    "206 1000 0-1000",
  ],
  // If-Range (RFC 9110 §13.1.5)
  [
    "13.1.5: the tag agrees",
    'GET | Range: bytes=0-9 | If-Range: "a"',
    STORED,
    "206 10 0-10",
  ],
  [
    "13.1.5: it does not",
    'GET | Range: bytes=0-9 | If-Range: "b"',
    STORED,
    "200 1000",
  ],
  [
    "13.1.5: never weakly",
    'GET | Range: bytes=0-9 | If-Range: W/"a"',
    STORED,
    "200 1000",
  ],
  [
    "13.1.5: a date agrees",
    `GET | Range: bytes=0-9 | If-Range: ${DATE}`,
    STORED,
    "206 10 0-10",
  ],
  [
    "13.1.5: the date is that of coded forms, too",
    `GET | Range: bytes=0-9 | If-Range: ${DATE} | Accept-Encoding: gzip`,
    { ...STORED, codings: ["gzip"] },
    "200 1000",
  ],
  [
    "13.1.5: which this client does not read",
    `GET | Range: bytes=0-9 | If-Range: ${DATE}`,
    { ...STORED, codings: ["gzip"] },
    "206 10 0-10",
  ],
  [
    "13.1.5: no tag of ours tells the bytes of a form",
    'GET | Range: bytes=0-9 | If-Range: "a"',
    { ...STORED, form: "identity" },
    "200 1000",
  ],
];

Deno.test("planDelivery(): conditions, ranges, framing", async (t) => {
  for (const [rule, request, reply, expected] of ROWS) {
    await t.step(rule, () => {
      const plan = planDelivery(requestOf(request), reply, NOW_MS);
      assertEquals(wordsOf(plan), expected);
    });
  }
});

Deno.test("planDelivery(): HTTP/1.0 has no chunks, the connection's end ends them", () => {
  const plan = (reply: PlannedReply): string =>
    wordsOf(planDelivery(old(requestOf("GET")), reply, NOW_MS));
  assertEquals(plan(STORED), "200 1000");
  assertEquals(plan(ARRIVING), "200 close");
});

Deno.test("isFarAhead(): a range that begins more than 1 MiB behind what is here", () => {
  const reply = { ...STORED, length: 4_000_000 };
  const isFar = (start: number, arrived: number): boolean => {
    const request = requestOf(`GET | Range: bytes=${start}-`);
    return isFarAhead(planDelivery(request, reply, NOW_MS), arrived);
  };
  assertEquals(isFar(1_048_676, 100), false);
  assertEquals(isFar(1_048_677, 100), true);
  assertEquals(
    isFarAhead(planDelivery(requestOf("GET"), reply, NOW_MS), 0),
    false,
  );
});
