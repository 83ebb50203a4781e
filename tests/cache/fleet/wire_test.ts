/** Records as the shared store keeps them: whole, or nothing. */

import { assert, assertEquals } from "../../support/assert.ts";
import {
  keptContent,
  plainContent,
} from "../../../lib/cache/fleet/content_coding.ts";
import { purgeText, readPurge } from "../../../lib/cache/fleet/purge_text.ts";
import { unknownUpTo } from "../../../lib/cache/fleet/purge_entries.ts";
import {
  CODING,
  newContentName,
  readWire,
  writeWire,
} from "../../../lib/cache/fleet/wire.ts";
import type { Purge } from "../../../lib/cache/store/purge.ts";
import type { StoredRecord } from "../../../lib/cache/store/stored_record.ts";
import { bytesOf } from "../../../lib/http/bytes.ts";

const PLACE = { generation: -5n, position: 7 };
const TEXT = bytesOf("some text that repeats itself. ".repeat(200));

function recordWith(content: Uint8Array): StoredRecord {
  return {
    key: bytesOf("h /a"),
    variant: bytesOf("v"),
    tags: bytesOf("\nt\n"),
    description: bytesOf("{}"),
    head: bytesOf("HTTP/1.1 200 OK\r\n\r\n"),
    content,
  };
}

for (
  const [what, content, coding] of [
    ["short", bytesOf("x"), CODING.None],
    ["empty", new Uint8Array(0), CODING.None],
    ["text", TEXT, CODING.Deflate],
    ["noise", crypto.getRandomValues(new Uint8Array(9000)), CODING.None],
  ] as const
) {
  Deno.test(`a record comes back as it was: ${what} content`, async () => {
    const kept = await keptContent(content);
    assertEquals(kept.coding, coding);
    const bytes = writeWire(recordWith(content), PLACE, kept, undefined);
    const wire = readWire(bytes)!;
    assertEquals(wire.place, PLACE);
    assertEquals(wire.record.key, bytesOf("h /a"));
    assertEquals(wire.record.head, bytesOf("HTTP/1.1 200 OK\r\n\r\n"));
    const plain = await plainContent(wire, wire.inline!);
    assertEquals(new Uint8Array(plain!), content);
  });
}

Deno.test("a record that is torn or damaged anywhere is nothing", async () => {
  const bytes = writeWire(
    recordWith(TEXT),
    PLACE,
    await keptContent(TEXT),
    undefined,
  );
  for (let length = 0; length < bytes.length; length++) {
    assertEquals(readWire(bytes.subarray(0, length)), undefined);
  }
  for (let at = 0; at < bytes.length; at++) {
    if (at === 2 || at === 3) continue; // nothing is there
    const damaged = bytes.slice();
    damaged[at]! ^= 0x10;
    const wire = readWire(damaged);
    const content = wire && await plainContent(wire, wire.inline ?? TEXT);
    assertEquals(content, undefined, `byte ${at}`);
  }
});

Deno.test("content in pieces that is not what the record says is nothing", async () => {
  const content = crypto.getRandomValues(new Uint8Array(5000));
  const kept = await keptContent(content);
  const name = newContentName();
  const wire = readWire(writeWire(recordWith(content), PLACE, kept, name))!;
  assertEquals(wire.inline, undefined);
  assert(await plainContent(wire, content) !== undefined);
  const other = content.slice();
  other[4000]! ^= 1;
  assertEquals(await plainContent(wire, other), undefined);
  assertEquals(await plainContent(wire, content.subarray(1)), undefined);
});

Deno.test("deflated content becomes no longer than it was", async () => {
  const kept = await keptContent(new Uint8Array(1_000_000));
  const lying = { ...kept, length: 1000 };
  const bytes = writeWire(recordWith(TEXT), PLACE, lying, undefined);
  const wire = readWire(bytes)!;
  assertEquals(await plainContent(wire, wire.inline!), undefined);
});

for (
  const purge of [
    { kind: "key", key: bytesOf("h /\u00e4"), hash: 3 },
    { kind: "prefix", prefix: bytesOf("h /"), isSoft: true },
    { kind: "host", host: bytesOf("h") },
    { kind: "tag", tag: "t" },
    { kind: "all" },
  ] as readonly Purge[]
) {
  Deno.test(`a purge by ${purge.kind} is read as it was written`, () => {
    const read = readPurge(purgeText(purge));
    const { isSoft = false } = purge;
    const { hash: _, ...rest } = { hash: 0, ...purge, isSoft };
    assertEquals(read as unknown, rest);
  });
}

Deno.test("a purge whose name is too long is one of everything", () => {
  const longest = "t".repeat(128 * 1024);
  assertEquals(readPurge(purgeText({ kind: "tag", tag: longest })), {
    kind: "tag",
    tag: longest,
    isSoft: false,
  });
  assertEquals(readPurge(purgeText({ kind: "tag", tag: longest + "t" })), {
    kind: "all",
    isSoft: false,
  });
});

for (
  const text of ["", "{}", '["new","hard",""]', '["key","hard"]', "[1,2,3]"]
) {
  Deno.test(`a purge that cannot be read is one of everything: ${text}`, () => {
    assertEquals(readPurge(text), { kind: "all", isSoft: false });
  });
}

for (
  const [position, last, numbers, unknown] of [
    [3, 3, [], undefined],
    [3, 5, [4, 5], undefined],
    [3, 9, [4, 5], undefined], // the rest is on the next page
    [3, 5, [], 5],
    [3, 9, [7, 8, 9], 6],
    [3, 9, [4, 6], 5],
  ] as const
) {
  Deno.test(`from ${position} of ${last}, with ${numbers}: unknown up to ${unknown}`, () => {
    const entries = numbers.map((number) => ({
      number,
      purge: { kind: "all", isSoft: false } as const,
    }));
    assertEquals(unknownUpTo(position, { last, entries }), unknown);
  });
}
