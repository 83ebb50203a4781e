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

Deno.test("wordpress: who has logged in gets no page of a visitor, nor the reverse", async () => {
  // WordPress 6.1: a visitor's page says nothing of caching and does not vary.
  let count = 0;
  await using origin = Origin.answering(({ field }) => {
    count++;
    return field("cookie")?.includes("logged_in") === true
      ? ok("hers", "Cache-Control: no-cache, must-revalidate, max-age=0")
      : ok("a visitor's");
  });
  const written = await example("wordpress/sluice.json", {
    php: { servers: origin.url },
  }) as Record<string, unknown>;
  await using site = await siteOf({ ...written, listen: "127.0.0.1:0" });
  const ask = async (cookie: string): Promise<string> => {
    const head = "GET /?p=1 HTTP/1.1\r\nHost: blog.example\r\n";
    const line = cookie === "" ? "" : `Cookie: ${cookie}\r\n`;
    const request = `${head}${line}Connection: close\r\n\r\n`;
    return (await exchange(site, request)).content;
  };
  const hers = "wordpress_test_cookie=1; wordpress_logged_in_0a1b=ann";
  for (
    const [cookie, content] of [
      ["", "a visitor's"],
      [hers, "hers"],
      ["_ga=1", "a visitor's"],
      [hers, "hers"],
      ["", "a visitor's"],
    ] as const
  ) assertEquals(await ask(cookie), content, cookie);
  assertEquals(count, 3, "visitors share one page");
});

/** What belongs to a machine, and not to what is asked here. */
const OF_A_MACHINE = ["listen", "tls", "workers", "admin", "log", "include"];

/** A host of an example, and what is asked of it. */
const ASKED: readonly (readonly [
  file: string,
  host: string,
  path: string,
  status: number,
])[] = [
  ["acme/sluice.json", "www.acme.example", "/a?b", 308],
  ["acme/sluice.json", "acme.example", "/blog/x", 302],
  ["acme/sluice.json", "elsewhere.example", "/", 421],
  ["docker-registry/sluice.json", "localhost", "/v2/", 204],
  ["docker-registry/sluice.json", "registry.example", "/debug/vars", 404],
  ["express/sluice.json", "app.example.com", "/login", 204],
  ["express/sluice.json", "other.example.com", "/", 421],
  ["git/sluice.json", "git.example", "/a.git/info/refs", 204],
  ["git/sluice.json", "any", "/code/a.git/info/refs", 204],
  ["git/sluice.json", "any", "/a.git/info/refs", 404],
  ["nextjs/sluice.config.ts", "app.example", "/api/x", 204],
  ["nextjs/sluice.config.ts", "www.app.example", "/", 308],
  ["npm-registry/sluice.json", "npm.example", "/-/ping", 200],
  ["php/sluice.json", "php.example", "/", 204],
  ["php/sluice.json", "php.example", "/.git/config", 404],
  ["socketio/sluice.json", "any", "/rt/socket.io/", 204],
  ["spa/sluice.json", "any", "/api/me", 204],
  ["streams/sluice.json", "any", "/v1/chat/completions", 204],
  ["video/sluice.json", "media.example", "/live/a.m3u8", 204],
  ["vite/sluice.json", "vite.test", "/shop/src/main.js", 204],
  ["webdav/sluice.json", "localhost", "/a.txt", 204],
  ["wordpress/sluice.json", "blog.example", "/wp-login.php", 204],
  ["wordpress/sluice.json", "blog.example", "/xmlrpc.php", 403],
];

Deno.test("every example runs: with an origin that answers everything with 204", async () => {
  await using origin = Origin.answering(() =>
    "HTTP/1.1 204 No Content\r\n\r\n"
  );
  const disk = new ConfigDisk(new SystemClock());
  const files = new Set(ASKED.map(([file]) => file));
  for (const file of files) {
    const { root } = await loadConfig(FOLDER + file, disk);
    const written = plainOf(root!) as Record<string, unknown>;
    for (const name of OF_A_MACHINE) delete written[name];
    delete written.maintenance; // its files are on another machine
    // Whatever servers it names, ours answers.
    const here = JSON.parse(
      JSON.stringify(
        written,
        (key, value) => key === "auth" ? undefined : value,
      )
        .replaceAll(/"http:\/\/[\w.]+:\d+"/g, JSON.stringify(origin.url)),
    );
    await using site = await siteOf(here);
    for (const [of, host, path, status] of ASKED) {
      if (of !== file) continue;
      const request =
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      const { head } = await exchange(site, request);
      const [, found] = head.split(" ");
      assertEquals([file, host, path, Number(found)], [
        file,
        host,
        path,
        status,
      ]);
    }
  }
});

Deno.test("every example is run", () => {
  const folders = [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
  const run = new Set(ASKED.map(([file]) => file.split("/")[0]));
  assertEquals(folders.filter((name) => !run.has(name)), []);
});
