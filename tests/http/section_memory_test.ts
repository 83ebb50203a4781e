/** A section that comes again is read as it was the first time, and one that only looks like it is not. */

import { bytesOf } from "../../lib/http/bytes.ts";
import { isNominated } from "../../lib/http/connection.ts";
import { HttpError } from "../../lib/http/error.ts";
import { FIELD } from "../../lib/http/field.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { SectionMemory } from "../../lib/http/section_memory.ts";
import { assertEquals } from "../support/assert.ts";

const LIMITS = { headBytesMax: 9000, targetBytesMax: 1000, fieldCountMax: 40 };
const LINES = "Host: a.example\r\nUser-Agent: some browser\r\n" +
  `Cookie: id=${"x".repeat(60)}\r\nX-Odd_Name: 1\r\nAccept: */*\r\n`;
const MANY = Array.from({ length: 30 }, (_, i) => `Name-${i}: ${i}\r\n`).join(
  "",
);
const LONG = `Long: ${"y".repeat(5000)}\r\n`;
const NOMINATING = "Connection: accept, close\r\nConnection: x\r\nX: 1\r\n";

/** What a request says, so that two readings of it can be compared. */
function readingOf(head: RequestHead): unknown {
  const { fields, options, framing, targetText, end } = head;
  const ids = Array.from({ length: fields.count }, (_, i) => fields.id(i));
  return {
    targetText,
    end,
    options,
    framing,
    ids,
    lines: [...fields.lines()],
    ends: ids.map((_, i) => fields.lineEnd(i)),
    firsts: Object.values(FIELD).map((id) => fields.first(id)),
    nominated: ids.map((_, i) => isNominated(fields, i)),
  };
}

/** Reads a request that arrives in pieces; a code if it is refused. */
function read(
  head: RequestHead,
  bytes: Uint8Array,
  start: number,
  pieces: readonly number[],
  memory?: SectionMemory,
): unknown {
  head.begin(start, LIMITS);
  try {
    for (const end of pieces) {
      if (head.parse(bytes, end, memory)) return readingOf(head);
    }
    return "incomplete";
  } catch (error) {
    if (error instanceof HttpError) return error.code;
    throw error;
  }
}

/** The sections that come on one connection, one after the other. */
const CONNECTIONS: Record<string, readonly string[]> = {
  "the same again": [LINES, LINES, LINES, LINES],
  "another value of the same length": [
    LINES,
    LINES,
    LINES.replace("xx", "xy"),
    LINES,
  ],
  "another name of the same length": [
    LINES,
    LINES,
    LINES.replace("Accept", "Expect").replace("*/*", "100"),
    LINES,
  ],
  "one line more, and less": [LINES, LINES, `${LINES}A: b\r\n`, LINES],
  "a beginning of it": [LINES, LINES, "Host: a.example\r\n", LINES],
  "two in turn": [LINES, MANY + LINES, LINES, MANY + LINES, LINES, LINES],
  "many lines": [MANY + LINES, MANY + LINES, MANY + LINES],
  "more than is kept": [LONG + LINES, LONG + LINES, LONG + LINES],
  "less than is kept": Array(4).fill("Host: a\r\n"),
  "nominated lines": Array(4).fill(LINES + NOMINATING),
  "a host too many": [LINES, LINES, `${LINES}Host: b\r\n`, LINES],
  "a malformed line": [LINES, LINES, LINES.replace("User", "User "), LINES],
};

for (const [name, sections] of Object.entries(CONNECTIONS)) {
  Deno.test(`sections of one connection are read as on their own: ${name}`, () => {
    const memory = new SectionMemory();
    const head = new RequestHead();
    for (const [index, lines] of sections.entries()) {
      // Behind another target, at another offset, with a next request behind it.
      const start = index * 3;
      const request = `GET /${"p".repeat(index)} HTTP/1.1\r\n${lines}\r\n`;
      const bytes = bytesOf("#".repeat(start) + request + "GET / HTTP/1.1\r\n");
      const end = start + request.length;
      for (
        const pieces of [[bytes.length], [end], [start + 40, end - 1, end]]
      ) {
        assertEquals(
          read(head, bytes, start, pieces, memory),
          read(new RequestHead(), bytes, start, pieces),
        );
      }
    }
  });
}

Deno.test("what is kept is not read again", () => {
  const memory = new SectionMemory();
  const head = new RequestHead();
  const bytes = bytesOf(`GET / HTTP/1.1\r\n${LINES}\r\n`);
  let readCount = 0;
  const { parse } = head.fields;
  head.fields.parse = (...read): boolean => {
    readCount++;
    return parse.apply(head.fields, read);
  };
  for (let i = 0; i < 5; i++) read(head, bytes, 0, [bytes.length], memory);
  assertEquals(readCount, 2);
});

Deno.test("a kept section does not get around the limits of a head", () => {
  const memory = new SectionMemory();
  const head = new RequestHead();
  const request = `GET / HTTP/1.1\r\n${LINES}\r\n`;
  const bytes = bytesOf(request);
  for (let i = 0; i < 2; i++) read(head, bytes, 0, [bytes.length], memory);
  const target = "p".repeat(900);
  const limits = { ...LIMITS, headBytesMax: request.length + 10 };
  head.begin(0, limits);
  const longer = bytesOf(`GET /${target} HTTP/1.1\r\n${LINES}\r\n`);
  let code = "";
  try {
    head.parse(longer, longer.length, memory);
  } catch (error) {
    code = (error as HttpError).code;
  }
  assertEquals(code, "fields_too_large");
});
