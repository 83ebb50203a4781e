/** Pages of the operator's for errors. */

import { ErrorPages } from "../../lib/handlers/error_pages.ts";
import { assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { Folder, OLD_MS } from "../support/file_site.ts";

Deno.test("a page is that of the status, else of its class, else none", async () => {
  const clock = new TestClock();
  await using folder = await Folder.with({
    "404.html": "not here",
    "sorry.txt": "sorry",
  });
  const { path } = folder;
  const pages = new ErrorPages({
    pages: {
      "404": `${path}/404.html`,
      "5xx": `${path}/sorry.txt`,
      "503": `${path}/missing.html`,
    },
    intercept: false,
  }, clock);
  const page = async (status: number): Promise<string[] | undefined> => {
    const found = await pages.errorPageOf(status);
    return found &&
      [new TextDecoder().decode(found.content), found.type];
  };
  const html = "text/html; charset=utf-8";
  const text = "text/plain; charset=utf-8";
  assertEquals(await page(404), ["not here", html]);
  assertEquals(await page(500), ["sorry", text]);
  assertEquals(await page(502), ["sorry", text]);
  assertEquals(await page(503), undefined); // which cannot be read: the plain one
  assertEquals(await page(403), undefined);
  assertEquals([404, 503, 403].map((status) => pages.has(status)), [
    true,
    true,
    false,
  ]);
  await folder.write("404.html", "changed", OLD_MS + 1);
  await clock.advance(1000);
  assertEquals((await page(404))![0], "changed");
});
