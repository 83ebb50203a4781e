/** The short way to a socket does what the documented one does. */

import { directSocket } from "../../lib/net/direct_socket.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { bytesOf } from "../../lib/http/bytes.ts";

interface Ends extends Disposable {
  readonly near: Deno.TcpConn;
  readonly far: Deno.TcpConn;
}

/** Both ends of one connection. */
async function open(): Promise<Ends> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  return { near, far, [Symbol.dispose]: (): void => closeAll(near, far) };
}

function closeAll(...sockets: Deno.Conn[]): void {
  for (const socket of sockets) {
    try {
      socket.close();
    } catch {
      // closed by the test
    }
  }
}

Deno.test("this runtime has what the short way needs", async () => {
  using ends = await open();
  assert(directSocket(ends.near) !== ends.near);
});

Deno.test("bytes pass both ways, and the end is no byte", async () => {
  using ends = await open();
  const { near, far } = ends;
  const direct = directSocket(near);
  assertEquals(await direct.write(bytesOf("question")), 8);
  const buffer = new Uint8Array(20);
  assertEquals(await far.read(buffer), 8);
  await far.write(bytesOf("answer"));
  await far.closeWrite();
  assertEquals(await direct.read(buffer.subarray(2)), 6);
  assertEquals(buffer.subarray(2, 8), bytesOf("answer"));
  assertEquals(await direct.read(buffer), 0);
});

Deno.test("a read ends when the socket is closed under it", async () => {
  using ends = await open();
  const reading = directSocket(ends.near).read(new Uint8Array(1));
  ends.near.close();
  await assertRejects(() => reading, Error);
});

Deno.test("on a socket that is closed, nothing can be done", async () => {
  using ends = await open();
  const direct = directSocket(ends.near);
  ends.near.close();
  await assertRejects(() => direct.read(new Uint8Array(1)), Error);
  await assertRejects(() => direct.write(new Uint8Array(1)), Error);
});

Deno.test("who resets a connection is noticed by a write", async () => {
  using ends = await open();
  const { near, far } = ends;
  await near.write(new Uint8Array(1));
  far.close(); // with a byte unread: a reset
  const direct = directSocket(near);
  await assertRejects(async () => {
    for (;;) await direct.write(new Uint8Array(65536));
  }, Error);
});

Deno.test("what is no socket of the runtime's serves as it is", () => {
  const socket = {
    read: () => Promise.resolve(null),
    write: ({ length }: Uint8Array) => Promise.resolve(length),
  };
  assertEquals(directSocket(socket), socket);
});
