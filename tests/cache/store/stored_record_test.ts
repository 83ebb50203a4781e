/** A stored response as bytes: each section is found, and none is taken for another. */

import { assertEquals } from "../../support/assert.ts";
import {
  hasKeyPrefix,
  hasTag,
  keyRange,
  readRecord,
  recordLength,
  type StoredRecord,
  tagBytes,
  tagsLength,
  updateRecord,
  writeRecord,
} from "../../../lib/cache/store/stored_record.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";

/** Bytes before the record, as it lies in the memory of others. */
const START = 48;

type Texts = { readonly [Section in keyof StoredRecord]: string };

const TEXTS: Texts = {
  key: "h /a",
  variant: "v",
  tags: "\nx\ny\n",
  description: "{}" + " ".repeat(80),
  head: "head",
  content: "content",
};

/** A record in memory that has more, before and behind it. */
function written(more: Partial<Texts> = {}): {
  readonly memory: Uint8Array;
  readonly record: Uint8Array;
} {
  const texts = { ...TEXTS, ...more };
  const record: StoredRecord = {
    key: bytesOf(texts.key),
    variant: bytesOf(texts.variant),
    tags: bytesOf(texts.tags),
    description: bytesOf(texts.description),
    head: bytesOf(texts.head),
    content: bytesOf(texts.content),
  };
  const length = recordLength(record);
  const memory = new Uint8Array(START * 2 + length);
  const around = bytesOf("\nz\nh /a");
  for (let at = 0; at < memory.length; at++) {
    memory[at] = around[at % around.length]!;
  }
  const own = memory.subarray(START, START + length);
  writeRecord(own, record);
  return { memory, record: own };
}

function texts(record: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readRecord(record))
      .map(([name, bytes]) => [name, textOf(bytes, 0, bytes.length)]),
  );
}

Deno.test("what is written is read", () => {
  assertEquals(texts(written().record), TEXTS);
  const empty = { key: "", variant: "", tags: "", head: "", content: "" };
  assertEquals(texts(written(empty).record), { ...TEXTS, ...empty });
  const long = { content: "x".repeat(100_000), head: "y".repeat(300) };
  assertEquals(texts(written(long).record), { ...TEXTS, ...long });
});

Deno.test("a tag is looked for among the tags, and nowhere else", () => {
  const rows: readonly [tags: string, found: string][] = [
    ["\nx\ny\n", "xy"],
    ["\nx\n", "x"],
    ["\ny\nxx\nw\n", "yw"],
    ["\nxx\nyx\nx1\n", ""],
    ["", ""],
  ];
  const record = `\nz\n${" ".repeat(80)}`;
  const others = { variant: "\nz\n", record, head: "\nz\n" };
  for (const [tags, found] of rows) {
    for (const content of ["", "\nz\n".repeat(100)]) {
      const { memory } = written({ ...others, tags, content });
      const seen = [..."xyzw"]
        .filter((tag) => hasTag(memory, START, tagBytes(tag)));
      assertEquals(seen.join(""), found, JSON.stringify(tags));
    }
  }
});

Deno.test("what is long is found, and what comes behind it", () => {
  const long = "x".repeat(70_000);
  const more = { key: long + "k", variant: long, tags: `\n${long}\ny\n` };
  const { memory, record } = written(more);
  assertEquals(texts(record), { ...TEXTS, ...more });
  const { start, end } = keyRange(memory, START);
  assertEquals(textOf(memory, start, end), more.key);
  assertEquals(hasKeyPrefix(memory, START, bytesOf(more.key)), true);
  assertEquals(hasKeyPrefix(memory, START, bytesOf(more.key + "x")), false);
  assertEquals(tagsLength(memory, START), more.tags.length);
  const seen = ["y", long, "z", long + "k"]
    .map((tag) => hasTag(memory, START, tagBytes(tag)));
  assertEquals(seen, [true, true, false, false]);
});

Deno.test("a key begins with what it begins with", () => {
  const { memory } = written();
  const rows: readonly [prefix: string, expected: boolean][] = [
    ["", true],
    ["h", true],
    ["h /a", true],
    ["h /b", false],
    ["i", false],
    ["h /av", false], // the next section goes on with it
    ["h /ab", false],
  ];
  for (const [prefix, expected] of rows) {
    assertEquals(
      hasKeyPrefix(memory, START, bytesOf(prefix)),
      expected,
      prefix,
    );
  }
});

Deno.test("a new head takes the room of the record's blanks, or there is none", () => {
  const slack = " ".repeat(64);
  for (
    const [head, isUpdated] of [
      ["HEAD", true],
      ["H", true],
      ["H".repeat(4 + 16), true],
      ["H".repeat(4 + 80), true],
      ["H".repeat(4 + 81), false],
    ] as const
  ) {
    const { record } = written();
    const before = texts(record);
    const update: StoredRecord = {
      ...readRecord(written({ head }).record),
      description: bytesOf(`{}${slack}`),
    };
    assertEquals(updateRecord(record, update), isUpdated, head);
    const { description, ...after } = texts(record);
    assertEquals(description!.trim(), "{}");
    const { description: _, ...rest } = before;
    assertEquals(after, isUpdated ? { ...rest, head } : rest);
  }
});
