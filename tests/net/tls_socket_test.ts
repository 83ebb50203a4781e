/** A connection in TLS: content in both directions, ends that are told, and ends that are cut. */

import { createTlsContext } from "../../lib/net/tls_engine.ts";
import { TlsSocket } from "../../lib/net/tls_socket.ts";
import { writeAll } from "../../lib/net/writer.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import {
  AUTHORITY_PEM,
  CERTIFICATE_PEM,
  KEY_PEM,
} from "../support/certificate.ts";

const CONTEXT = createTlsContext(CERTIFICATE_PEM, KEY_PEM);

/** A connection of a client, which is the runtime's own, with us. */
async function pair(): Promise<
  { ours: TlsSocket; client: Deno.TlsConn } & Disposable
> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = Deno.connectTls({
    hostname: "localhost",
    port: listener.addr.port,
    caCerts: [AUTHORITY_PEM],
  });
  const ours = TlsSocket.ofClient(await listener.accept(), CONTEXT, {
    serverName: "localhost",
    covers: () => true,
  });
  const client = await connecting;
  await Promise.all([ours.handshake(), client.handshake()]);
  return {
    ours,
    client,
    [Symbol.dispose](): void {
      ours.close();
      client.close();
    },
  };
}

async function readAll(socket: {
  read(buffer: Uint8Array): Promise<number | null>;
}, size: number): Promise<Uint8Array> {
  const parts: number[] = [];
  const buffer = new Uint8Array(size);
  for (;;) {
    const count = await socket.read(buffer);
    if (count === null) return Uint8Array.from(parts);
    for (let i = 0; i < count; i++) parts.push(buffer[i]!);
  }
}

const CONTENT = new Uint8Array(300_000).map((_, index) => index * 7);

Deno.test("content comes as it was sent, whatever the buffers are", async () => {
  for (const size of [1000, 1024, 16_384, 65_536]) {
    using both = await pair();
    const { ours, client } = both;
    const sent = writeAll(client, CONTENT).then(() => client.closeWrite());
    assertEquals(await readAll(ours, size), CONTENT);
    await sent;
    // The client has ended its side, and still gets its answer.
    const answered = writeAll(ours, CONTENT).then(() => ours.closeWrite());
    assertEquals(await readAll(client, size), CONTENT);
    await answered;
  }
});

Deno.test("closing without the word that this was all is seen to be cut", async () => {
  using both = await pair();
  const { ours, client } = both;
  await writeAll(ours, CONTENT.subarray(0, 10));
  ours.close();
  await assertRejects(() => readAll(client, 100), Deno.errors.UnexpectedEof);
});

Deno.test("… and finishing is not", async () => {
  using both = await pair();
  const { ours, client } = both;
  await writeAll(ours, CONTENT.subarray(0, 10));
  ours.finish();
  assertEquals((await readAll(client, 100)).length, 10);
});

Deno.test("a read that waits ends when the socket is closed", async () => {
  using both = await pair();
  const reading = both.ours.read(new Uint8Array(10));
  both.ours.close();
  assertEquals(await reading, null);
});

Deno.test("a client that cuts the connection ends the input", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const plain = await Deno.connect({ port });
  const ours = TlsSocket.ofClient(await listener.accept(), CONTEXT, {
    serverName: "",
    covers: () => true,
  });
  const shaken = ours.handshake();
  plain.close();
  await assertRejects(() => shaken, Deno.errors.UnexpectedEof);
  ours.close();
});

Deno.test("what is no record of TLS fails the handshake", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using plain = await Deno.connect({ port: listener.addr.port });
  const ours = TlsSocket.ofClient(await listener.accept(), CONTEXT, {
    serverName: "",
    covers: () => true,
  });
  await plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await assertRejects(() => ours.handshake(), Error);
  ours.close();
});

Deno.test("a client that takes nothing holds up what is written", async () => {
  using both = await pair();
  const { ours } = both;
  const bytes = new Uint8Array(65_536);
  let written = 0;
  const write = async (): Promise<void> => {
    for (;;) written += await ours.write(bytes);
  };
  const ended = write().catch(() => {});
  let before = -1;
  while (written !== before) { // until the system takes no more
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(written < 64 * 1024 * 1024, `${written} bytes`);
  ours.close();
  await ended;
});

Deno.test("a part of a write is told, at most two records of it", async () => {
  using both = await pair();
  assertEquals(await both.ours.write(CONTENT), 32 * 1024);
});
