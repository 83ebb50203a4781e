/** Connections that open have so many places, and the oldest makes room. */

import { Openings, OPENINGS_MAX } from "../../lib/client/openings.ts";
import { IdleClients } from "../../lib/client/idle_clients.ts";
import type { ClientSocket } from "../../lib/net/client_socket.ts";
import { DeadlineWheel } from "../../lib/net/deadline.ts";
import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const AT = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 443,
  secure: true,
} as const;
const PEER = { address: "192.0.2.1", isTrusted: false };

/** A client that says nothing, and whether it has been closed. */
class SilentSocket {
  isClosed = false;
  readonly #end = Promise.withResolvers<null>();

  read(): Promise<null> {
    return this.#end.promise;
  }

  close(): void {
    this.isClosed = true;
    this.#end.resolve(null);
  }
}

Deno.test("for one more than there are places, the oldest is closed", async () => {
  const openings = new Openings(
    new IdleClients(),
    new DeadlineWheel(new TestClock()),
    { report: (): void => {}, recovered: (): void => {} },
  );
  const sockets: SilentSocket[] = [];
  const open = (): Promise<unknown> => {
    const socket = new SilentSocket();
    sockets.push(socket);
    return openings.open(
      socket as unknown as ClientSocket,
      AT,
      PEER,
      undefined,
    );
  };
  /** Which are closed. */
  const closed = (): number[] =>
    sockets.flatMap(({ isClosed }, index) => isClosed ? [index] : []);
  const opened = Array.from({ length: OPENINGS_MAX }, open);
  assertEquals(closed(), []);
  opened.push(open());
  assertEquals(closed(), [0]);
  opened.push(open());
  assertEquals(closed(), [0, 1]);
  await opened[0]; // those that are closed have no place any more
  openings.close();
  await Promise.all(opened);
  assertEquals(closed().length, OPENINGS_MAX + 2);
});
