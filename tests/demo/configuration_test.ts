/** The demo's configuration is one that a user could write, and its tour leaves no host out. */

import { checkConfig } from "../../lib/config/load.ts";
import { configurationText } from "../../lib/demo/configuration.ts";
import { startShop } from "../../lib/demo/shop.ts";
import { TOUR } from "../../lib/demo/tour.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { MemoryDisk } from "../support/memory_disk.ts";
import { exchange, get } from "../support/proxy.ts";

const SHOP = "http://127.0.0.1:9001";

function textFor(listen: readonly string[], shop = SHOP): string {
  return configurationText({
    listen,
    admin: "127.0.0.1:9003",
    guide: "http://127.0.0.1:9000",
    shop,
    orders: "http://127.0.0.1:9002",
  });
}

Deno.test("the demo's configuration has nothing wrong with it, and a tour to every host", async () => {
  const disk = new MemoryDisk({
    "demo/sluice.json": textFor(["127.0.0.1:0", ":8080"]),
    "demo/files/a.txt": "a",
    "demo/errors/sorry.json": "{}",
  });
  const { config, problems } = await checkConfig("demo/sluice.json", disk);
  assertEquals(problems, []);
  assert(config !== undefined);
  assertEquals(config.listen.length, 2);
  assertEquals(
    config.hosts.map(({ key }) => key),
    TOUR.map(({ name }) => name || "*"),
  );
});

Deno.test("one address to listen on is no list", () => {
  assert(textFor([":8080"]).includes('"listen": ":8080",'));
});

Deno.test("a page of the shop is fresh for five seconds, then stale and served while it is fetched again", async () => {
  const clock = new TestClock();
  const shop = startShop(clock);
  try {
    await using site = await ConfigSite.start(
      textFor([":8080"], shop.url),
      clock,
      ["files/a.txt", "errors/sorry.json"],
    );
    const cacheStatus = async (): Promise<string> => {
      const page = get("/").replace("sluice.test", "shop.localhost");
      return (await exchange(site.proxy, page)).field("cache-status")!;
    };
    assertEquals(await cacheStatus(), "sluice; fwd=uri-miss; stored");
    await clock.advance(4000);
    assertMatch(await cacheStatus(), /; hit; ttl=\d$/);
    await clock.advance(2000);
    assertMatch(await cacheStatus(), /; hit; ttl=-\d$/);
  } finally {
    await shop.close();
  }
});
