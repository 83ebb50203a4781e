/** Streams of events from the admin listener: bounded, at the pace of clients, with an end. */

import { assert, assertEquals } from "../support/assert.ts";
import { AdministeredSite, requestOf } from "../support/admin.ts";
import { pause, TestClock } from "../support/clock.ts";
import type { Peer } from "../support/peer.ts";
import {
  eventBytes,
  type EventSource,
  type EventStreams,
  HEARTBEAT_MS,
} from "../../lib/admin/event_streams.ts";
import {
  type AdminReply,
  type AdminRequest,
  problemReply,
} from "../../lib/admin/resource.ts";

/** A source that a test drives. */
class Source implements EventSource {
  starts = 0;
  stops = 0;
  publish: (event: Uint8Array) => void = () => {};
  streams: EventStreams | undefined;

  start(publish: (event: Uint8Array) => void): () => void {
    this.starts++;
    this.publish = publish;
    return () => {
      this.stops++;
    };
  }

  first(): Uint8Array {
    return eventBytes("first", "1");
  }

  /** Clients that have left are noticed when they are sent something. */
  async stopped(): Promise<void> {
    while (this.stops < this.starts) {
      this.publish(eventBytes("x", "y"));
      await pause(1);
    }
  }

  readonly resources = new Map([["/events", {
    read: ({ x, streams }: AdminRequest): AdminReply => {
      this.streams = streams;
      const content = streams.open(x, this);
      return content === undefined
        ? problemReply(503, "too many")
        : { status: 200, type: "text/event-stream", content };
    },
  }]]);
}

const FIRST = ": sluice\n\n";
const EVENT = "event: first\ndata: 1\n\n";

/** What this thread holds: other tests run in the same process. */
function memoryBytes(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

async function listen(site: AdministeredSite): Promise<Peer> {
  const peer = await site.connect();
  await peer.send(requestOf("GET", "/events"));
  const head = await peer.readHead();
  assertEquals(head.field("transfer-encoding"), "chunked");
  assertEquals(await nextChunk(peer), FIRST + EVENT);
  return peer;
}

/** Reads until both of what comes first are here: they may come in one chunk or in two. */
async function nextChunk(peer: Peer): Promise<string> {
  let text = "";
  while (!text.endsWith(EVENT)) {
    const size = parseInt(await peer.readThrough("\r\n"), 16);
    text += await peer.readExactly(size);
    await peer.readThrough("\r\n");
  }
  return text;
}

Deno.test("an event has a name and lines", () => {
  const text = new TextDecoder().decode(eventBytes("a", "1\n2\r\n3"));
  assertEquals(text, "event: a\ndata: 1\ndata: 2\ndata: 3\n\n");
});

Deno.test("one source for all clients, from the first to the last", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  const one = await listen(site);
  const other = await listen(site);
  assertEquals(source.starts, 1);
  source.publish(eventBytes("x", "y"));
  for (const peer of [one, other]) {
    assertEquals(
      await peer.readThrough("\n\n\r\n"),
      "12\r\nevent: x\ndata: y\n\n\r\n",
    );
  }
  one.close();
  other.close();
  await source.stopped();
  assertEquals([source.starts, source.stops], [1, 1]);
  using again = await listen(site);
  assertEquals(source.starts, 2);
  again.close();
  await source.stopped();
});

Deno.test("there are 16 clients at most", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  const peers: Peer[] = [];
  for (let i = 0; i < 16; i++) peers.push(await listen(site));
  assertEquals((await site.get("/events")).status, 503);
  peers.pop()!.close();
  source.publish(eventBytes("x", "y"));
  let status = 503;
  while (status === 503) {
    source.publish(eventBytes("x", "y"));
    using peer = await site.connect();
    await peer.send(requestOf("GET", "/events"));
    ({ status } = await peer.readHead());
  }
  assertEquals(status, 200);
  for (const peer of peers) peer.close();
  await source.stopped();
});

Deno.test("those who come at the same moment are not more than 16 either", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  const peers = await Promise.all(
    Array.from({ length: 40 }, () => site.connect()),
  );
  const request = requestOf("GET", "/events").replace("HTTP/1.1", "HTTP/1.0");
  const statuses = await Promise.all(peers.map(async (peer) => {
    await peer.send(request);
    return (await peer.readHead()).status;
  }));
  assert(statuses.filter((status) => status === 200).length >= 16);
  while (source.streams!.count > 16) await pause(1);
  assertEquals(source.streams!.count, 16);
  for (const peer of peers) peer.close();
  await source.stopped();
});

Deno.test("a client that reads nothing misses events, holds up nobody, and is closed", async () => {
  const source = new Source();
  const { resources } = source;
  const clock = new TestClock();
  await using site = await AdministeredSite.start({ resources, clock });
  const silent = await listen(site);
  const reading = await listen(site);
  const event = eventBytes("x", "z".repeat(64 * 1024));
  const before = memoryBytes();
  for (let i = 0; i < 2000; i++) {
    source.publish(event);
    await reading.readThrough("\n\n\r\n");
  }
  const grown = memoryBytes() - before;
  assert(grown < 100 * 1024 * 1024, `${grown} bytes more for 128 MB of events`);
  // The system may take a little more for the silent one at any moment: its time for
  // a write begins again then.
  const streams = source.streams!;
  for (let i = 0; i < 20 && streams.count > 1; i++) await clock.advance(6000);
  assertEquals(streams.count, 1);
  reading.close();
  const received = (await silent.readToEnd()).length;
  assert(received < 64 * 1024 * 1024, `${received} bytes were sent`);
  silent.close();
  await source.stopped();
});

Deno.test("a client that has left is noticed though nothing happens", async () => {
  const source = new Source();
  const { resources } = source;
  const clock = new TestClock();
  await using site = await AdministeredSite.start({ resources, clock });
  (await listen(site)).close();
  for (let i = 0; i < 100 && source.stops === 0; i++) {
    await clock.advance(HEARTBEAT_MS);
  }
  assertEquals(source.stops, 1);
});

Deno.test("a HEAD request opens no stream", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  using peer = await site.connect();
  await peer.send(requestOf("HEAD", "/events") + requestOf("GET", "/livez"));
  assertEquals((await peer.readMessage(true)).status, 200);
  assertEquals((await peer.readMessage()).status, 404); // it is not among these resources
  assertEquals(source.starts, 0);
});

Deno.test("HTTP/1.0 gets it without chunks, to the end of the connection", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  using peer = await site.connect();
  await peer.send("GET /events HTTP/1.0\r\n\r\n");
  const head = await peer.readHead();
  assertEquals(head.field("transfer-encoding"), undefined);
  assertEquals(await peer.readThrough(EVENT), FIRST + EVENT);
  source.publish(eventBytes("x", "y"));
  assertEquals(await peer.readThrough("y\n\n"), "event: x\ndata: y\n\n");
});

Deno.test("streams end whole when the listener stops, and nothing waits for them", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  const peers = [await listen(site), await listen(site)];
  const begun = performance.now();
  await site.stop();
  assert(performance.now() - begun < 1900, "it does not wait for the deadline");
  for (const peer of peers) {
    assertEquals(await peer.readToEnd(), "0\r\n\r\n");
    peer.close();
  }
  assertEquals(source.stops, 1);
});

Deno.test("a client that comes and goes a thousand times leaves nothing behind", async () => {
  const source = new Source();
  const { resources } = source;
  await using site = await AdministeredSite.start({ resources });
  for (let round = 0; round < 100; round++) {
    const peers = await Promise.all(
      Array.from({ length: 10 }, () => site.connect()),
    );
    await Promise.all(
      peers.map((peer) => peer.send(requestOf("GET", "/events"))),
    );
    if (round % 2 === 0) await pause(0);
    for (const peer of peers) peer.close();
  }
  await source.stopped();
  using peer = await listen(site);
  peer.close();
  await source.stopped();
});
