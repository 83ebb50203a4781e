/** What the examples promise, with origins that behave as the real programs did. */

import { assertEquals } from "../support/assert.ts";
import { siteOf } from "../support/config_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange } from "../support/proxy.ts";
import { plainOf } from "../../lib/config/file/node.ts";
import { loadConfig } from "../../lib/config/load.ts";
import { ConfigDisk } from "../../lib/disk/config_disk.ts";
import { SystemClock } from "../../lib/net/clock.ts";

const FOLDER = new URL("../../examples/", import.meta.url).pathname;

/** The value of an example, with another upstream. */
async function example(
  file: string,
  upstreams: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const disk = new ConfigDisk(new SystemClock());
  const { root } = await loadConfig(FOLDER + file, disk);
  return { ...plainOf(root!) as Record<string, unknown>, upstreams };
}

Deno.test("npm-registry: npm install and npm view get the lists that they ask for", async () => {
  // Verdaccio 6.8: the form goes by Accept, and Vary does not name it.
  await using origin = Origin.answering(({ field }) => {
    const isShort = field("accept")?.includes("install-v1") ?? false;
    return ok(isShort ? "short" : "full", "Vary: Accept-Encoding");
  });
  await using site = await siteOf(
    await example("npm-registry/sluice.json", {
      registry: { servers: origin.url },
    }),
  );
  const ask = async (accept: string): Promise<string> => {
    const head = `GET /left-pad HTTP/1.1\r\nHost: npm.example\r\n`;
    const request = `${head}Accept: ${accept}\r\nConnection: close\r\n\r\n`;
    return (await exchange(site, request)).content;
  };
  for (const _ of ["from the origin", "from memory"]) {
    assertEquals(await ask("application/vnd.npm.install-v1+json"), "short");
    assertEquals(await ask("application/json"), "full");
  }
});
