/** Access with several workers: one truth for all of them, also over a reload. */

import { assert, assertEquals } from "../support/assert.ts";
import { reloadAs, siteOf } from "../support/config_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, type Proxy } from "../support/proxy.ts";
import { tries } from "../support/tries.ts";

const WORKERS = ["--workers", String(tries(2, 3))];

async function statuses(proxy: Proxy, count: number): Promise<number[]> {
  const asked = Array.from(
    { length: count },
    (_, i) => exchange(proxy, get(`/${i}`)),
  );
  return (await Promise.all(asked)).map(({ status }) => status);
}

function countOf(all: readonly number[], status: number): number {
  return all.filter((one) => one === status).length;
}

/** An origin that takes a moment, and knows how many it was asked at the same time. */
class SlowOrigin implements AsyncDisposable {
  most = 0;
  readonly origin: Origin;
  #underWay = 0;

  constructor() {
    this.origin = Origin.answering(async () => {
      this.most = Math.max(this.most, ++this.#underWay);
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.#underWay--;
      return ok("ok", "Cache-Control: no-store");
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin[Symbol.asyncDispose]();
  }
}

Deno.test("a rate is counted over all workers, and over a reload", async () => {
  const config = {
    hosts: { "*": { respond: 200, limit: { rate: "1/h", burst: 7 } } },
  };
  await using proxy = await siteOf(config, ...WORKERS);
  assertEquals(countOf(await statuses(proxy, 40), 200), 7);
  await reloadAs(proxy, { ...config, headers: { "X-New": "1" } });
  assertEquals(countOf(await statuses(proxy, 20), 429), 20);
});

Deno.test("requests in flight are counted over all workers, and there is room when they have ended", async () => {
  await using slow = new SlowOrigin();
  const host = { proxy: slow.origin.url, cache: "off" };
  await using proxy = await siteOf({
    hosts: { "*": { ...host, limit: { concurrent: 3 } } },
  }, ...WORKERS);
  for (let round = 0; round < 3; round++) {
    const all = await statuses(proxy, 30);
    assert(countOf(all, 200) >= 3);
    assertEquals(countOf(all, 200) + countOf(all, 429), 30);
  }
  assert(slow.most <= 3, `${slow.most}`);
});

Deno.test("those that wait in one worker go on when a request of another has ended, and a reload loses none", async () => {
  await using slow = new SlowOrigin();
  const config = {
    hosts: {
      "*": {
        proxy: slow.origin.url,
        cache: "off",
        limit: { concurrent: 2, queue: 100, queueTimeout: "1m" },
      },
    },
  };
  await using proxy = await siteOf(config, ...WORKERS);
  const asked = statuses(proxy, 40);
  await reloadAs(proxy, { ...config, headers: { "X-New": "1" } });
  const more = statuses(proxy, 40);
  assertEquals(countOf([...await asked, ...await more], 200), 80);
  assert(slow.most <= 2, `${slow.most}`);
});

Deno.test("a service that hangs keeps nobody waiting but those who ask for it, and a reload lets those end", async () => {
  await using origin = Origin.answering(() => ok("ok"));
  await using service = new Origin(); // takes connections, and says nothing
  const config = {
    hosts: {
      "guarded.test": {
        proxy: origin.url,
        auth: { forward: service.url, timeout: "1s" },
      },
      "*": { respond: 200 },
    },
  };
  await using proxy = await siteOf(config, ...WORKERS);
  const waiting = Array.from(
    { length: 60 },
    () => exchange(proxy, "GET / HTTP/1.1\r\nHost: guarded.test\r\n\r\n"),
  );
  await reloadAs(proxy, { ...config, headers: { "X-New": "1" } });
  assertEquals(countOf(await statuses(proxy, 30), 200), 30);
  const refused = (await Promise.all(waiting)).map(({ status }) => status);
  assertEquals(countOf(refused, 503), 60);
});
