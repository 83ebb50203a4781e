/** Uploads that trickle are ended; those that wait for the origin are not. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { Proxy } from "../support/proxy.ts";

const SLOW = ["--min-upload-rate", "1KiB", "--min-upload-grace", "200ms"];
const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
const DRIP_MS = 1;

/** What the origin does when it has the head: it is silent, or answers at once. */
const ANSWERS: readonly { name: string; answer: string; status: number }[] = [
  { name: "before the response", answer: "", status: 408 },
  {
    name: "after the response's head",
    answer: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    status: 200,
  },
];

for (const { name, answer, status } of ANSWERS) {
  Deno.test(`content that trickles ends the exchange: ${name}`, async () => {
    await using origin = new Origin();
    const clock = new TestClock();
    await using proxy = await Proxy.startAt(clock, origin, ...SLOW);
    using client = await proxy.connect();
    await client.send(HEAD);
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(answer);
    const head = client.readHead();
    if (answer !== "") await head;
    const drip = setInterval(() => client.send("x").catch(() => {}), DRIP_MS);
    await clock.within(5000, head);
    assertEquals((await head).status, status);
    // Its connection is not held.
    await clock.within(5000, peer.readToEnd().catch(() => {}));
    clearInterval(drip);
    await client.readToEnd();
    assert((await proxy.nextLogLine()).endsWith(" error=request_timeout"));
  });
}

Deno.test("an origin that takes its time with what has come is not the client's fault", async () => {
  await using origin = new Origin();
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(clock, origin, ...SLOW);
  using client = await proxy.connect();
  const length = 32 << 20; // more than sockets hold
  const head = HEAD.replace("1000000", String(length));
  const sending = client.send(head + "x".repeat(length));
  const peer = await origin.accept();
  await peer.readHead();
  for (let i = 0; i < 10; i++) await clock.advance(100); // five times the grace
  const reading = peer.readExactly(length);
  await sending;
  assertEquals((await reading).length, length);
  await peer.send(ok("taken"));
  assertEquals((await client.readMessage()).content, "taken");
});
