/** How many TLS handshakes run at the same time: the runtime cannot cancel one. */

import { assertEquals, assertRejects } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { Handshakes } from "../../lib/upstream/handshakes.ts";

Deno.test("with an origin that has not answered yet, four handshakes run at once", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const accepted: Deno.Conn[] = [];
  let begun = 0;
  const fourth = Promise.withResolvers<void>();
  const handshakes = new Handshakes([]);
  const abort = new AbortController();
  const secured: Promise<unknown>[] = [];
  const reads: Promise<void>[] = [];
  for (let i = 0; i < 6; i++) {
    const plain = await Deno.connect({ hostname: "127.0.0.1", port });
    const peer = await listener.accept();
    accepted.push(peer);
    reads.push(
      peer.read(new Uint8Array(1)).then((count) => {
        if (count !== null && ++begun === 4) fourth.resolve();
      }, () => {}),
    );
    secured.push(
      assertRejects(() => handshakes.secure(plain, "localhost", abort.signal)),
    );
  }
  await fourth.promise;
  await pause(50); // for what must not happen
  assertEquals(begun, 4);
  abort.abort(new Error("given up"));
  for (const peer of accepted) peer.close();
  await Promise.all([...secured, ...reads]);
  assertEquals(handshakes.isDoubtful, true);
});
