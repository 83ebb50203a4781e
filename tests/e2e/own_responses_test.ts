/** Routes that redirect or respond by themselves, and maintenance. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { DEFAULTS, Folder, OLD_MS, withHandler } from "../support/file_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { parseRedirect, parseTemplate } from "../../lib/http/template.ts";
import { parseCidr } from "../../lib/net/cidr.ts";

const UPSTREAM = "http://127.0.0.1:1";

Deno.test("a redirect has a place, a small body, and keeps the connection", async () => {
  await using proxy = await Proxy.start(UPSTREAM);
  for (const status of [301, 302, 303, 307, 308]) {
    await proxy.replaceWith(
      withHandler({
        kind: "redirect",
        to: parseRedirect("https://b.example/x"),
        status,
      }),
    );
    using client = await proxy.connect();
    for (const method of ["GET", "HEAD", "POST", "GET"]) {
      const request = get("/a", "Content-Length: 0").replace("GET", method);
      await client.send(request);
      const isHead = method === "HEAD";
      const found = await client.readMessage(isHead);
      assertEquals(found.status, status);
      assertEquals(found.field("location"), "https://b.example/x");
      assertEquals(found.content === "", isHead);
      assertMatch(found.field("content-length")!, /^[1-9]/);
    }
  }
});

Deno.test("a redirect to a path never becomes one to a host", async () => {
  await using proxy = await Proxy.start(UPSTREAM);
  await proxy.replaceWith(
    withHandler({
      kind: "redirect",
      to: { source: "", parts: ["//evil.example\r\nX: y"] },
      status: 302,
    }),
  );
  const { head, field } = await exchange(proxy, get("/"));
  assertEquals(field("location"), "/evil.example%0D%0AX:%20y");
  assertEquals(/^X:/m.test(head), false);
});

Deno.test("a route responds with status, body and type", async () => {
  await using proxy = await Proxy.start(UPSTREAM);
  const rows: [number, string, string, string, string | undefined][] = [
    [200, "hello", "", "hello", "text/plain; charset=utf-8"],
    [200, "<p>", "text/html", "<p>", "text/html"],
    [200, "", "", "", undefined],
    [404, "", "", "404 Not Found\n", "text/plain; charset=utf-8"],
    [421, "", "", "421 Misdirected Request\n", "text/plain; charset=utf-8"],
    [418, "\u20ac", "", "\u00e2\u0082\u00ac", "text/plain; charset=utf-8"],
    [204, "", "", "", undefined],
  ];
  for (const [status, body, type, content, contentType] of rows) {
    await proxy.replaceWith(
      withHandler({
        kind: "respond",
        status,
        body: body === "" ? undefined : parseTemplate(body),
        type,
      }),
    );
    using client = await proxy.connect();
    for (let i = 0; i < 2; i++) {
      await client.send(get("/"));
      const found = await client.readMessage();
      assertEquals([found.status, found.content], [status, content]);
      assertEquals(found.field("content-type"), contentType);
      const length = status === 204 ? undefined : `${content.length}`;
      assertEquals(found.field("content-length"), length);
    }
  }
});

Deno.test("maintenance is on as long as a file exists, but not for everybody", async () => {
  const clock = new TestClock();
  await using folder = await Folder.with({ "page.html": "<h1>Back soon" });
  await using proxy = await Proxy.startAt(clock, UPSTREAM);
  const maintenance = {
    when: `${folder.path}/on`,
    page: `${folder.path}/page.html`,
    status: 503,
    retryAfterSeconds: 120,
    except: [] as ReturnType<typeof parseCidr>[],
  };
  const site = {
    kind: "respond",
    status: 200,
    body: parseTemplate("site"),
    type: "",
  } as const;
  const use = (options: typeof maintenance): Promise<void> =>
    proxy.replaceWith(withHandler(site, { maintenance: options }));
  await use(maintenance);
  const ask = async (): Promise<string> =>
    (await exchange(proxy, get("/"))).content;
  assertEquals(await ask(), "site");
  await folder.write("on", "");
  await clock.advance(1000);
  for (let i = 0; i < 2; i++) {
    const found = await exchange(proxy, get("/"));
    assertEquals([found.status, found.content], [503, "<h1>Back soon"]);
    assertEquals(found.field("retry-after"), "120");
    assertEquals(found.field("cache-control"), "no-store");
    assertEquals(found.field("content-type"), "text/html; charset=utf-8");
  }
  await Deno.remove(`${folder.path}/page.html`);
  await clock.advance(1000);
  assertEquals(await ask(), "503 Service Unavailable\n");
  await use({ ...maintenance, except: [parseCidr("127.0.0.0/8")] });
  assertEquals(await ask(), "site");
  await use(maintenance);
  await Deno.remove(`${folder.path}/on`);
  await clock.advance(1000);
  assertEquals(await ask(), "site");
});

Deno.test("an error has the operator's page, with its status, to HEAD too", async () => {
  const clock = new TestClock();
  await using folder = await Folder.with({
    "404.html": "<h1>Not here",
    "5xx.txt": "Sorry",
    "www/a": "",
  });
  const { path } = folder;
  await using proxy = await Proxy.startAt(clock, UPSTREAM);
  const files = { ...DEFAULTS, kind: "files", root: `${path}/www` } as const;
  await proxy.replaceWith(withHandler(files, {
    errors: {
      pages: {
        404: `${path}/404.html`,
        405: `${path}/none`,
        "5xx": `${path}/5xx.txt`,
      },
      intercept: false,
    },
  }));
  using client = await proxy.connect();
  for (let i = 0; i < 2; i++) {
    await client.send(get("/none") + get("/none").replace("GET", "HEAD"));
    const found = await client.readMessage();
    assertEquals([found.status, found.content], [404, "<h1>Not here"]);
    assertEquals(found.field("content-type"), "text/html; charset=utf-8");
    assertEquals(found.field("cache-control"), "no-store");
    const head = await client.readMessage(true);
    assertEquals([head.status, head.field("content-length")], [404, "12"]);
  }
  await client.send(get("/a").replace("GET", "DELETE"));
  const refused = await client.readMessage();
  assertEquals(refused.content, "405 Method Not Allowed\n"); // its page is not there
  assertEquals(refused.field("allow"), "GET, HEAD");
  await folder.write("404.html", "<h1>Nothing", OLD_MS + 1);
  await clock.advance(1000);
  assertEquals((await exchange(proxy, get("/none"))).content, "<h1>Nothing");
});

Deno.test("pages take the place of an origin's errors if they are told to, stored ones too", async () => {
  await using folder = await Folder.with({ "404.html": "<h1>Ours" });
  await using origin = Origin.answering(({ startLine }) =>
    startLine.includes("/none")
      ? "HTTP/1.1 404 Not Found\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\ntheirs"
      : ok("fine")
  );
  await using proxy = await Proxy.start(origin);
  for (const intercept of [true, false]) {
    await proxy.replaceRoute(origin, {
      errors: { pages: { 404: `${folder.path}/404.html` }, intercept },
    });
    using client = await proxy.connect();
    for (const path of ["/none", "/none", "/fine", "/none"]) {
      await client.send(get(path));
      const { status, content } = await client.readMessage();
      const page = intercept ? "<h1>Ours" : "theirs";
      assertEquals(
        [status, content],
        path === "/fine" ? [200, "fine"] : [404, page],
      );
    }
  }
});
