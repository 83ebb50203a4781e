/** Who sends stored content at the same time gets its own head, or shares the same one. */

import {
  bufferWithRoom,
  headroomOf,
} from "../../../lib/cache/store/headroom.ts";
import { Storage } from "../../../lib/cache/store/storage.ts";
import { bytesOf, textOf } from "../../../lib/http/bytes.ts";
import { assert, assertEquals } from "../../support/assert.ts";

function text(bytes: Uint8Array | undefined): string | undefined {
  return bytes && textOf(bytes, 0, bytes.length);
}

const buffer = bufferWithRoom(8);
buffer.set(bytesOf("contents"));
const room = headroomOf(buffer)!;

Deno.test("a head stands before the content, as much of it as there is", () => {
  for (const head of ["a head ", "", "a longer head "]) {
    assertEquals(text(room.enter(bytesOf(head), 7)), `${head}content`);
    room.leave();
  }
});

Deno.test("while one is written, it stays: only who has the same shares it", () => {
  const first = room.enter(bytesOf("one "), 8);
  const second = room.enter(bytesOf("one "), 8);
  for (const other of ["two ", "one", "none ", ""]) {
    assertEquals(room.enter(bytesOf(other), 8), undefined);
  }
  room.leave();
  assertEquals(room.enter(bytesOf("two "), 8), undefined);
  assertEquals([text(first), text(second)], ["one contents", "one contents"]);
  room.leave();
  assertEquals(text(room.enter(bytesOf("two "), 8)), "two contents");
  room.leave();
});

Deno.test("a head that is too long does not fit", () => {
  assertEquals(room.enter(new Uint8Array(1025), 8), undefined);
  assert(room.enter(new Uint8Array(1024), 8) !== undefined);
  assertEquals(room.enter(new Uint8Array(1025), 8), undefined);
  room.leave();
});

Deno.test("large buffers have room, and keep it when they are used again", () => {
  const storage = new Storage();
  assertEquals(headroomOf(storage.take(20_000)), undefined);
  const large = storage.take(32 * 1024);
  const known = headroomOf(large);
  assert(known !== undefined);
  storage.give(large);
  assert(headroomOf(storage.take(32 * 1024)) === known);
});
