/** Encoding and decoding beside everything else: nobody is held up, and no memory is taken without end. */

import { assert, assertEquals } from "../support/assert.ts";
import { textOf } from "../../lib/http/bytes.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { random } from "../support/random.ts";

const TYPE = "Content-Type: text/plain";
const FRESH = "Cache-Control: max-age=60";

/** Text that takes as long to encode as real text does. */
function proseOf(length: number): string {
  const next = random(7);
  const words = Array.from(
    { length: 5000 },
    () => Math.floor(next() * 36 ** (2 + 5 * next())).toString(36),
  );
  let text = "";
  while (text.length < length) {
    text += `${words[Math.floor(next() * words.length)]} `;
  }
  return text.slice(0, length);
}

async function gzipped(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([content]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return textOf(bytes, 0, bytes.length);
}

/** How often a small response is had while something else is being made. */
async function answersUntil(
  proxy: Proxy,
  end: Promise<unknown>,
): Promise<number> {
  let isOver = false;
  end.finally(() => isOver = true);
  using client = await proxy.connect();
  for (let count = 0;; count++) {
    await client.send(get("/small"));
    await client.readMessage();
    if (isOver) return count;
  }
}

/** A client that closes this soon behind its request may only have said all that it has to say. */
const HALF_CLOSE_MS = 150;

Deno.test("others are answered while a large stored response is encoded", async () => {
  const prose = proseOf(4 << 20);
  await using origin = Origin.answering(({ startLine }) =>
    ok(startLine.includes("large") ? prose : "small", TYPE, FRESH)
  );
  await using proxy = await Proxy.start(origin, "--compress", "br,gzip");
  await exchange(proxy, get("/small"));
  await exchange(proxy, get("/large"));
  for (const coding of ["br", "gzip"]) {
    using client = await proxy.connect();
    await client.send(get("/large", `Accept-Encoding: ${coding}`));
    const head = client.readHead();
    const count = await answersUntil(proxy, head);
    // On a busy machine it takes longer than the client is kept waiting: then it is sent as it is.
    const sent = (await head).field("content-encoding") ?? coding;
    assertEquals(sent, coding);
    assert(count >= 5, `${coding}: ${count} answers meanwhile`);
  }
});

Deno.test("content that expands without end is served as it came, and holds up nobody", async () => {
  const bomb = await gzipped(new Uint8Array(256 << 20));
  await using origin = Origin.answering(({ startLine }) =>
    startLine.includes("bomb")
      ? ok(bomb, TYPE, FRESH, "Content-Encoding: gzip")
      : ok("small", TYPE, FRESH)
  );
  await using proxy = await Proxy.start(origin);
  await exchange(proxy, get("/small"));
  for (let i = 0; i < 6; i++) {
    await exchange(proxy, get(`/bomb/${i}`, "Accept-Encoding: gzip"));
  }
  const answers = [0, 1, 2, 3, 4, 5].map((i) =>
    exchange(proxy, get(`/bomb/${i}`))
  );
  const count = await answersUntil(proxy, Promise.all(answers));
  for (const answer of await Promise.all(answers)) {
    assertEquals(answer.field("content-encoding"), "gzip");
    assertEquals(answer.content.length, bomb.length);
  }
  assert(count >= 5, `${count} answers meanwhile`);
});

Deno.test("only so many responses are encoded on their way; more pass as they are, until one ends", async () => {
  await using origin = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(
      `HTTP/1.1 200 OK\r\n${TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    );
    await peer.readToEnd();
  });
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--no-cache",
    "--workers",
    "1",
  );
  const clients: Peer[] = [];
  const codingOf = async (accepted: string): Promise<string> => {
    const client = await proxy.connect();
    clients.push(client);
    await client.send(get("/", `Accept-Encoding: ${accepted}`));
    return (await client.readHead()).field("content-encoding") ?? "none";
  };
  try {
    const codings: string[] = [];
    for (let i = 0; i < 40; i++) codings.push(await codingOf("br"));
    const count = codings.filter((coding) => coding === "br").length;
    assert(count > 0 && count < 40, `${count} in brotli`);
    assertEquals(codings.lastIndexOf("br"), count - 1);
    assertEquals(await codingOf("br, gzip;q=0.5"), "gzip");
    await clock.advance(HALF_CLOSE_MS);
    clients[0]!.close();
    await proxy.nextLogLine(); // it is noticed
    assertEquals(await codingOf("br"), "br");
  } finally {
    for (const client of clients) client.close();
  }
});

Deno.test("a client that leaves while a form is made is noticed at once, and the form is kept", async () => {
  const prose = proseOf(4 << 20);
  await using origin = Origin.answering(() => ok(prose, TYPE, FRESH));
  const clock = new TestClock();
  await using proxy = await Proxy.startAt(
    clock,
    origin,
    "--compress",
    "br,gzip",
  );
  await exchange(proxy, get("/"));
  await proxy.nextLogLine();
  const client = await proxy.connect();
  await client.send(get("/", "Accept-Encoding: br"));
  await proxy.hasUnderWay(1);
  await clock.advance(HALF_CLOSE_MS);
  client.close();
  assert((await proxy.nextLogLine()).includes(" 499 "));
  // Whoever waits for too long gets it as it is: on a busy machine that may happen first.
  let coding: string | undefined;
  while (coding === undefined) {
    const answer = await exchange(proxy, get("/", "Accept-Encoding: br"));
    coding = answer.field("content-encoding");
  }
  assertEquals(coding, "br");
});
