/** Slower tiers behind the store: asked after a miss in memory, and never waited for in vain. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { memoryOf } from "../support/shared_store.ts";
import {
  bytesOfRecord,
  readRecord,
} from "../../lib/cache/store/stored_record.ts";
import { type Manner, TestTier } from "../support/test_tier.ts";
import { type Incident, Incidents } from "../../lib/observe/incidents.ts";
import { createLimitMemory } from "../../lib/access/limits/limit_memory.ts";
import { createMetricsMemory } from "../../lib/observe/metrics/layout.ts";
import { createClientCounts } from "../../lib/net/client_counts.ts";
import type { SharedPlace } from "../../lib/server/server.ts";

/** Where a proxy keeps what it stores in memory. */
type Memory = "own" | "shared";

const MEMORIES: readonly Memory[] = ["own", "shared"];

function placeOf(memory: Memory): SharedPlace | undefined {
  if (memory === "own") return undefined;
  return {
    worker: 0,
    clientCounts: createClientCounts(1),
    metrics: createMetricsMemory(1),
    limits: createLimitMemory(1),
    memory: memoryOf(4e6, 1),
  };
}

/** A tier, an origin that counts, and proxies that come and go: each begins with an empty memory. */
class Scene implements AsyncDisposable {
  readonly tier = new TestTier();
  readonly clock = new TestClock();
  readonly incidents: Incident[] = [];
  readonly recoveries: string[] = [];
  readonly origin: Origin;
  /** The requests that came to the origin. */
  readonly requests: string[] = [];
  readonly #memory: Memory;
  #proxy: Proxy | undefined;

  /** @param answer What the origin answers. */
  constructor(
    memory: Memory,
    answer = ok("content", "Cache-Control: max-age=60"),
  ) {
    this.#memory = memory;
    this.origin = Origin.answering((request) => {
      const condition = request.field("if-none-match") ?? "";
      this.requests.push(
        `${request.startLine.slice(0, -9)} ${condition}`.trim(),
      );
      return condition === ""
        ? answer
        : `HTTP/1.1 304 Not Modified\r\nETag: ${condition}\r\nCache-Control: max-age=60\r\n\r\n`;
    });
  }

  get proxy(): Proxy {
    return this.#proxy!;
  }

  /** Starts a proxy in place of the one before. */
  async restart(): Promise<void> {
    await this.#proxy?.[Symbol.asyncDispose]();
    const incidents = new Incidents(this.clock, {
      report: (incident) => this.incidents.push(incident),
      recovered: (text) => this.recoveries.push(text),
    });
    const place = placeOf(this.#memory);
    const around = { clock: this.clock, incidents, place };
    this.#proxy = await Proxy.startBefore([this.tier], around, this.origin);
  }

  /** Has the tier keep what the origin answers to a request; memory is empty then, and nothing is counted yet. */
  async keep(...requests: readonly string[]): Promise<void> {
    await this.restart();
    const before = this.tier.countOf("put");
    for (const request of requests) await exchange(this.proxy, request);
    await this.tier.until("put", before + requests.length);
    await this.restart();
    this.requests.length = this.tier.asked.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.tier.manner = "works";
    await this.#proxy?.[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
  }
}

/** Tests it with either memory. */
function test(name: string, body: (memory: Memory) => Promise<void>): void {
  for (const memory of MEMORIES) {
    Deno.test(`${memory} memory: ${name}`, () => body(memory));
  }
}

test("a miss in memory is answered from a tier, and from memory then", async (memory) => {
  await using scene = new Scene(memory);
  await scene.keep(get("/"));
  for (let i = 0; i < 3; i++) {
    const { status, content, field } = await exchange(scene.proxy, get("/"));
    assertEquals([status, content], [200, "content"]);
    assertEquals(field("content-length"), "7");
  }
  assertEquals(scene.requests, []);
  assertEquals(scene.tier.asked, ["get"]);
});

test("what no tier has comes from the origin, and is written to the tier", async (memory) => {
  await using scene = new Scene(memory);
  await scene.keep(get("/"));
  assertEquals((await exchange(scene.proxy, get("/2"))).content, "content");
  assertEquals(scene.requests, ["GET /2"]);
  await scene.tier.until("put", 1);
  assertEquals(scene.tier.count, 2);
});

test("conditions, ranges, HEAD and only-if-cached are answered from a tier, too", async (memory) => {
  const answer = ok("content", "Cache-Control: max-age=60", 'ETag: "a"');
  const rows: [request: string, status: number, content: string][] = [
    [get("/", 'If-None-Match: "a"'), 304, ""],
    [get("/", "Range: bytes=3-"), 206, "tent"],
    [get("/").replace("GET", "HEAD"), 200, ""],
    [get("/", "Cache-Control: only-if-cached"), 200, "content"],
  ];
  await using scene = new Scene(memory, answer);
  await scene.keep(get("/"));
  for (const [index, [request, status, content]] of rows.entries()) {
    await scene.restart();
    const isHead = request.startsWith("HEAD") || status === 304;
    const response = await exchange(scene.proxy, request, isHead);
    assertEquals([response.status, response.content], [status, content]);
    assertEquals([scene.requests, scene.tier.countOf("get")], [[], index + 1]);
  }
});

test("of those who want the same, one looks behind memory", async (memory) => {
  await using scene = new Scene(memory);
  await scene.keep(get("/"));
  scene.tier.manner = "gated";
  const answers = Array.from(
    { length: 5 },
    () => exchange(scene.proxy, get("/")),
  );
  await scene.tier.until("get", 1);
  await scene.clock.advance(0); // all of them have come
  scene.tier.open();
  for (const { content } of await Promise.all(answers)) {
    assertEquals(content, "content");
  }
  assertEquals([scene.requests, scene.tier.asked], [[], ["get"]]);
});

test("each variant is recalled for those who select it", async (memory) => {
  const answer = ok("content", "Cache-Control: max-age=60", "Vary: X-A");
  await using scene = new Scene(memory, answer);
  await scene.keep(get("/", "X-A: 1"), get("/", "X-A: 2"));
  scene.tier.manner = "gated";
  const answers = ["1", "2", "3"].map((value) =>
    exchange(scene.proxy, get("/", `X-A: ${value}`))
  );
  await scene.tier.until("get", 1);
  await scene.clock.advance(0);
  scene.tier.manner = "works";
  scene.tier.open();
  await Promise.all(answers);
  assertEquals(scene.requests, ["GET /"]); // that of the third
});

test("what is stale in a tier is validated, and written with its new head", async (memory) => {
  const answer = ok("content", "Cache-Control: max-age=10", 'ETag: "a"');
  await using scene = new Scene(memory, answer);
  await scene.keep(get("/"));
  await scene.clock.advance(20_000);
  assertEquals((await exchange(scene.proxy, get("/"))).content, "content");
  assertEquals(scene.requests, ['GET / "a"']);
  await scene.tier.until("put", 1);
  await scene.restart();
  await exchange(scene.proxy, get("/"));
  assertEquals(scene.requests, ['GET / "a"']);
});

for (const manner of ["hangs", "rejects"] satisfies Manner[]) {
  test(`a tier that ${manner} is gone past, with one event`, async (memory) => {
    await using scene = new Scene(memory);
    await scene.keep(get("/"));
    scene.tier.manner = manner;
    for (const path of ["/1", "/2", "/3"]) {
      const answer = exchange(scene.proxy, get(path));
      if (path === "/1") {
        await scene.tier.until("get", 1);
        await scene.clock.advance(manner === "hangs" ? 20 : 0);
      }
      assertEquals((await answer).content, "content");
    }
    assertEquals(scene.tier.asked, ["get"]); // from then on it is left alone
    assertEquals(scene.incidents.map(({ text }) => text), [
      `cache tier test: ${
        manner === "hangs" ? "no answer within 20 ms" : "no space left"
      }; requests go on without it`,
    ]);

    scene.tier.manner = "works";
    await scene.clock.advance(1000);
    assertEquals((await exchange(scene.proxy, get("/"))).content, "content");
    assertEquals(scene.requests, ["GET /1", "GET /2", "GET /3"]);
    assertEquals(scene.recoveries, ["cache tier test: works again"]);
  });
}

test("a damaged record is as good as none", async (memory) => {
  await using scene = new Scene(memory);
  await scene.keep(get("/"));
  scene.tier.damage();
  assertEquals((await exchange(scene.proxy, get("/"))).content, "content");
  assertEquals(scene.requests, ["GET /"]);
  assertEquals(scene.incidents.length, 1);
});

/** A request that takes out what is stored for `/a/1`, and what it tells: how many responses that were. */
const PURGES: readonly [what: string, request: string][] = [
  ["its URL", "PURGE /a/1 HTTP/1.1\r\nHost: sluice.test\r\n\r\n"],
  ["a prefix", "PURGE /a/* HTTP/1.1\r\nHost: sluice.test\r\n\r\n"],
  ["a tag", "PURGE / HTTP/1.1\r\nHost: sluice.test\r\nCache-Tag: t\r\n\r\n"],
];

for (const [what, request] of PURGES) {
  test(`a purge by ${what} reaches a tier`, async (memory) => {
    const answer = ok("content", "Cache-Control: max-age=60", "Cache-Tag: t");
    await using scene = new Scene(memory, answer);
    await scene.keep(get("/a/1"));
    const { status, content } = await exchange(scene.proxy, request);
    assertEquals([status, scene.tier.count], [200, 0]);
    assert(content.includes("1"), content);
    await exchange(scene.proxy, get("/a/1"));
    assertEquals(scene.requests, ["GET /a/1"]);
  });

  test(`what was purged by ${what} is not served, though it comes to a tier once more`, async (memory) => {
    await using scene = new Scene(
      memory,
      ok("content", "Cache-Control: max-age=60", "Cache-Tag: t"),
    );
    await scene.restart();
    const { tier } = scene;
    const put = tier.put.bind(tier);
    let bytes = new Uint8Array();
    tier.put = (record, hash, signal) => {
      bytes = bytesOfRecord(record);
      return put(record, hash, signal);
    };
    await exchange(scene.proxy, get("/a/1"));
    await tier.until("put", 1);
    await exchange(scene.proxy, request);
    await tier.until("purge", 1);
    // As by another worker, which had been about to write it.
    await put(readRecord(bytes), 0, new AbortController().signal);
    await exchange(scene.proxy, get("/a/1"));
    assertEquals(scene.requests, ["GET /a/1", "GET /a/1"]);
  });

  test(`what is purged by ${what} while it is looked up is not served`, async (memory) => {
    const answer = ok("content", "Cache-Control: max-age=60", "Cache-Tag: t");
    await using scene = new Scene(memory, answer);
    await scene.keep(get("/a/1"));
    scene.tier.manner = "gated";
    const asked = exchange(scene.proxy, get("/a/1"));
    await scene.tier.until("get", 1);
    const purged = exchange(scene.proxy, request);
    await scene.tier.until("purge", 1);
    scene.tier.open();
    await Promise.all([asked, purged]);
    assertEquals(scene.requests, ["GET /a/1"]);
  });

  test(`a purge by ${what} that a tier missed is made up for before it is asked`, async (memory) => {
    const answer = ok("content", "Cache-Control: max-age=60", "Cache-Tag: t");
    await using scene = new Scene(memory, answer);
    await scene.keep(get("/a/1"));
    scene.tier.manner = "rejects";
    await exchange(scene.proxy, request);
    scene.tier.manner = "works";
    await scene.clock.advance(1000);
    await exchange(scene.proxy, get("/a/1"));
    assertEquals(scene.requests, ["GET /a/1"]);
    await scene.tier.until("purge", 2);
    assertEquals(scene.tier.countOf("get"), 0);
  });
}

test("an unsafe request takes out what a tier has", async (memory) => {
  await using scene = new Scene(memory);
  await scene.keep(get("/"));
  await exchange(scene.proxy, get("/").replace("GET", "POST"));
  await scene.tier.until("purge", 1);
  assertEquals(scene.tier.count, 0);
});

test("a lookup ends when the only one who wants it has gone", async (memory) => {
  await using scene = new Scene(memory);
  await scene.keep(get("/"));
  scene.tier.manner = "hangs";
  scene.tier.timeoutMs = 60_000;
  const client = await scene.proxy.connect();
  await client.send(get("/"));
  await scene.tier.until("get", 1);
  const { signal } = scene.tier;
  const ended = new Promise((resolve) =>
    signal!.addEventListener("abort", resolve)
  );
  await scene.clock.advance(1000); // it is not half-closing
  client.close();
  await ended;
  assertEquals([scene.requests, scene.incidents], [[], []]);
});
