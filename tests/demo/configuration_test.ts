/** The demo's configuration is one that a user could write, and its tour leaves no host out. */

import { checkConfig } from "../../lib/config/load.ts";
import { configurationText } from "../../lib/demo/configuration.ts";
import { TOUR } from "../../lib/demo/tour.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { MemoryDisk } from "../support/memory_disk.ts";

function textFor(...listen: readonly string[]): string {
  return configurationText({
    listen,
    admin: "127.0.0.1:9003",
    guide: "http://127.0.0.1:9000",
    shop: "http://127.0.0.1:9001",
    orders: "http://127.0.0.1:9002",
  });
}

Deno.test("the demo's configuration has nothing wrong with it, and a tour to every host", async () => {
  const disk = new MemoryDisk({
    "demo/sluice.json": textFor("127.0.0.1:0", ":8080"),
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
  assert(textFor(":8080").includes('"listen": ":8080",'));
});
