/** Runs of bytes and their numbers, with hashes that say nothing. */

import { bytesOf } from "../../lib/http/bytes.ts";
import { ByteTable } from "../../lib/router/byte_table.ts";
import { assertEquals } from "../support/assert.ts";

const SAME = Uint8Array.from({ length: 256 }, (_, byte) => byte);

Deno.test("keys with one hash are told apart by owner, length and bytes", () => {
  const keys = ["ab", "abc", "abd", "ab"].map((text, index) => ({
    owner: index === 3 ? 1 : 0,
    bytes: bytesOf(text),
    hash: 7,
  }));
  const table = new ByteTable(keys, SAME);
  const find = (text: string, owner: number, hash = 7): number =>
    table.find(hash, owner, bytesOf(`-${text}-`), 1, 1 + text.length);
  assertEquals(find("ab", 0), 0);
  assertEquals(find("abc", 0), 1);
  assertEquals(find("abd", 0), 2);
  assertEquals(find("ab", 1), 3);
  assertEquals(find("abc", 1), -1);
  assertEquals(find("abe", 0), -1);
  assertEquals(find("a", 0), -1);
  assertEquals(find("ab", 0, 8), -1);
});

Deno.test("a table finds each of many keys, and in any case if it is told so", () => {
  const lower = SAME.map((byte) => byte >= 65 && byte <= 90 ? byte + 32 : byte);
  const texts = Array.from({ length: 1000 }, (_, index) => `key-${index}`);
  const hash = (text: string): number =>
    text.length * 1000 + Number(text.slice(4));
  const keys = texts.map((text) => ({
    owner: 0,
    bytes: bytesOf(text),
    hash: hash(text),
  }));
  const table = new ByteTable(keys, lower);
  for (const [index, text] of texts.entries()) {
    const asked = bytesOf(text.toUpperCase());
    assertEquals(table.find(hash(text), 0, asked, 0, asked.length), index);
  }
  assertEquals(new ByteTable([], SAME).find(0, 0, bytesOf(""), 0, 0), -1);
});
