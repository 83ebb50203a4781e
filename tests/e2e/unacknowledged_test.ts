/** What is written does not wait for the acknowledgement of what was written before. */

import { assert } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import { get, Proxy } from "../support/proxy.ts";

/** Delayed acknowledgements come after 40 ms. */
const FAST_MS = 30;
/** On a busy machine, most rounds are slow for other reasons. */
const ROUNDS = 50;

Deno.test("the responses to pipelined requests arrive at once", async () => {
  await using origin = Origin.serving(async (peer) => {
    for (;;) {
      await peer.readHead();
      await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    }
  });
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  let fastest = Infinity;
  for (let round = 0; round < ROUNDS && fastest >= FAST_MS; round++) {
    const began = performance.now();
    await client.send(get("/1") + get("/2") + get("/3"));
    for (let i = 0; i < 3; i++) await client.readMessage();
    fastest = Math.min(fastest, performance.now() - began);
  }
  assert(fastest < FAST_MS, `${fastest} ms`);
});
