/**
 * Content that is too large for memory while it is written to disk: whoever else wants it
 * reads what is there already, and a client that reads slowly holds up nobody.
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { DiskSite, WORKERS } from "../support/disk_site.ts";
import type { Peer } from "../support/peer.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const MIB = 2 ** 20;
const CACHE = { memory: "16MiB", maxObject: "1MiB" };
const LENGTH = 6 * MIB + 1234;
/** More than sockets hold. */
const LONG = 16 * MIB;
const CLIENTS = 3;

/** Content of which each place differs from its neighbours. */
function contentOf(length: number): string {
  const part = Array.from({ length: 10_000 }, (_, i) => `${i};`).join("");
  return part.repeat(Math.ceil(length / part.length)).slice(0, length);
}

function headOf(length: number, isChunked = false): string {
  return [
    "HTTP/1.1 200 OK",
    "Cache-Control: max-age=3600",
    'ETag: "v"',
    isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`,
    "",
    "",
  ].join("\r\n");
}

function chunkOf(content: string): string {
  return `${content.length.toString(16)}\r\n${content}\r\n`;
}

/** An origin that sends half of its content, and the rest once it may. */
class Halves {
  readonly asked: string[] = [];
  readonly #half = Promise.withResolvers<void>();
  readonly #gate = Promise.withResolvers<boolean>();
  readonly content = contentOf(LENGTH);
  #onAsked = (): void => {};

  /** Resolves once half of it has been sent. */
  get half(): Promise<void> {
    return this.#half.promise;
  }

  /** Resolves once it has been asked so often. */
  async untilAsked(count: number): Promise<void> {
    while (this.asked.length < count) {
      await new Promise<void>((resolve) => this.#onAsked = resolve);
    }
  }

  /** Has the rest sent, or the connection closed. */
  goOn(isWhole = true): void {
    this.#gate.resolve(isWhole);
  }

  readonly script = async (peer: Peer): Promise<void> => {
    for (;;) {
      const request = await peer.readMessage();
      const range = request.field("range");
      this.asked.push(range ?? "whole");
      this.#onAsked();
      if (range !== undefined) {
        await peer.send(
          `HTTP/1.1 206 Partial Content\r\nETag: "v"\r\nContent-Range: bytes 0-1/${LENGTH}\r\nContent-Length: 2\r\n\r\nxx`,
        );
        continue;
      }
      const middle = 3.5 * MIB;
      await peer.send(headOf(LENGTH) + this.content.slice(0, middle));
      this.#half.resolve();
      if (!await this.#gate.promise) return;
      await peer.send(this.content.slice(middle));
    }
  };
}

for (const workers of rows(WORKERS, 2)) {
  Deno.test(`large content that is still being written is fetched once for all, with ${workers} worker(s)`, async () => {
    const origin = new Halves();
    await using site = await DiskSite.create({
      ...{ workers, cache: CACHE, script: origin.script },
    });
    await site.start();
    const first = site.exchange("/v");
    await origin.half;
    // What is there can be had, and what is not, from the origin.
    for (const [begin, end] of [[0, 9], [MIB - 2, MIB + 2]] as const) {
      const part = await site.exchange("/v", `Range: bytes=${begin}-${end}`);
      assertEquals(part.status, 206);
      assertEquals(part.content, origin.content.slice(begin, end + 1));
      assertMatch(part.field("cache-status") ?? "", /; hit/);
    }
    assertEquals(origin.asked, ["whole"]);
    const ahead = await site.exchange("/v", "Range: bytes=5000000-5000001");
    assertEquals(ahead.content, "xx");
    assertEquals(origin.asked, ["whole", "bytes=5000000-5000001"]);
    const others: Peer[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      const peer = await site.connect();
      others.push(peer);
      await peer.send(get("/v"));
      assertMatch(
        (await peer.readHead()).field("cache-status") ?? "",
        /; hit/,
      );
    }
    origin.goOn();
    assert((await first).content === origin.content);
    for (const peer of others) {
      assert(await peer.readExactly(LENGTH) === origin.content);
      peer.close();
    }
    await site.untilKept(1);
    assertEquals(await site.glance("/v"), 200);
    assertEquals(origin.asked, ["whole", "bytes=5000000-5000001"]);
  });

  Deno.test(`those who ask at once for large content share one fetch, with ${workers} worker(s)`, async () => {
    const origin = new Halves();
    origin.goOn();
    await using site = await DiskSite.create({
      ...{ workers, cache: CACHE, script: origin.script },
    });
    await site.start();
    const answers = Array.from({ length: 5 }, () => site.exchange("/v"));
    for (const { content } of await Promise.all(answers)) {
      assert(content === origin.content);
    }
    assertEquals(origin.asked, ["whole"]);
  });
}

for (const workers of rows(WORKERS, 1)) {
  Deno.test(`large content that breaks off is cut for those who follow it, and fetched anew, with ${workers} worker(s)`, async () => {
    const origin = new Halves();
    await using site = await DiskSite.create({
      ...{ workers, cache: CACHE, script: origin.script },
    });
    await site.start();
    using first = await site.connect();
    await first.send(get("/v"));
    await origin.half;
    using second = await site.connect();
    await second.send(get("/v"));
    assertMatch((await second.readHead()).field("cache-status") ?? "", /; hit/);
    origin.goOn(false);
    const got = await second.readToEnd();
    assert(got.length < LENGTH && origin.content.startsWith(got));
    await first.readToEnd();
    origin.goOn();
    assertEquals(await site.glance("/v"), 200);
    assertEquals(origin.asked, ["whole", "whole"]);
  });

  for (const isSoft of rows([false, true], false)) {
    const how = isSoft ? "softly " : "";
    Deno.test(`large content that is ${how}purged while it is written is not found any more, with ${workers} worker(s)`, async () => {
      const origin = new Halves();
      await using site = await DiskSite.create({
        ...{ workers, cache: CACHE, script: origin.script },
      });
      await site.start();
      const first = site.exchange("/v");
      await origin.half;
      using follower = await site.connect();
      await follower.send(get("/v"));
      await follower.readHead();
      const soft = isSoft ? "\r\nFastly-Soft-Purge: 1" : "";
      await site.send(`PURGE /v HTTP/1.1\r\nHost: sluice.test${soft}\r\n\r\n`);
      const again = site.exchange("/v");
      await origin.untilAsked(2);
      origin.goOn();
      for (const { content } of [await first, await again]) {
        assert(content === origin.content);
      }
      // Whoever had begun to read what was purged reads on.
      assert(await follower.readExactly(LENGTH) === origin.content);
      assertEquals(origin.asked, ["whole", "whole"]);
    });
  }

  for (const isChunked of rows([false, true], true)) {
    const how = isChunked ? "of unknown length" : "of known length";
    Deno.test(`a client that reads slowly holds up nobody, and gets all of its large content ${how}, with ${workers} worker(s)`, async () => {
      const content = contentOf(LONG);
      await using site = await DiskSite.create({
        ...{ workers, cache: CACHE },
        script: async (peer) => {
          await peer.readMessage();
          await peer.send(headOf(LONG, isChunked));
          await peer.send(
            isChunked ? `${chunkOf(content)}0\r\n\r\n` : content,
          );
          await peer.readMessage();
        },
      });
      await site.start();
      using slow = await site.connect();
      await slow.send(get("/v"));
      // All of it is on disk, although its client has not read it.
      await site.untilKept(1);
      const message = await slow.readMessage();
      assertEquals(message.status, 200);
      assert(message.content === content);
      assert((await site.exchange("/v")).content === content);
    });
  }
}
