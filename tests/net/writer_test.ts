/** The write side of a socket, where the socket takes what it likes. */

import { assertEquals, assertRejects } from "../support/assert.ts";
import { writeAll, type WriteOwner, Writer } from "../../lib/net/writer.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";

/** Takes some bytes at a time, and fails when there are no more turns. */
function socketOf(turns: number[]): {
  taken: string;
  write(bytes: Uint8Array): Promise<number>;
} {
  return {
    taken: "",
    write(bytes): Promise<number> {
      const count = turns.shift();
      if (count === undefined) return Promise.reject(new Error("gone"));
      const some = Math.min(count, bytes.length);
      this.taken += textOf(bytes, 0, some);
      return Promise.resolve(some);
    },
  };
}

class Owner implements WriteOwner {
  doneCount = 0;

  onWritten(): void {
    this.doneCount++;
  }

  onWriteFailure(reason: unknown): never {
    throw new Error("The peer left", { cause: reason });
  }
}

Deno.test("a write goes on to its end, in the socket's pieces, and is done once", async () => {
  const socket = socketOf([3, 0, 1, 100, 100]);
  const owner = new Owner();
  const writer = new Writer(socket, owner);
  await writer.write(bytesOf("abcdefgh"));
  assertEquals([socket.taken, writer.count, owner.doneCount], [
    "abcdefgh",
    8,
    1,
  ]);
  await writer.write(bytesOf("ij"));
  assertEquals([socket.taken, writer.count, owner.doneCount], [
    "abcdefghij",
    10,
    2,
  ]);
});

Deno.test("everything is written, in the socket's pieces", async () => {
  for (const turns of [[8], [3, 5], [1, 0, 2, 100]]) {
    const socket = socketOf([...turns]);
    await writeAll(socket, bytesOf("abcdefgh"));
    assertEquals(socket.taken, "abcdefgh");
  }
  await assertRejects(
    () => writeAll(socketOf([3]), bytesOf("abcd")),
    Error,
    "gone",
  );
});

Deno.test("a write that fails at first or on its way says so, and what had left", async () => {
  for (const [turns, sent] of [[[], 0], [[3], 3]] as const) {
    const owner = new Owner();
    const writer = new Writer(socketOf([...turns]), owner);
    await assertRejects(
      () => writer.write(bytesOf("abcdefgh")),
      Error,
      "The peer left",
    );
    assertEquals([writer.count, owner.doneCount], [sent, 0]);
  }
});
