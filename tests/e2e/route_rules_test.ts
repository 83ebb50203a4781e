/** Several routes for one URL, with rules of their own: none sees what another's have made. */

import { assertEquals, assertNotEquals } from "../support/assert.ts";
import { reloadAs, siteOf } from "../support/config_site.ts";
import { Folder } from "../support/file_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, type Proxy } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

/** Takes a request with this header before the route behind it does. */
const MARKED = { header: { "X-Marked": true } };
const MARK = "X-Marked: 1";

/** An origin that counts, and answers with these headers. */
function counting(name: string, ...fields: readonly string[]): Origin {
  return Origin.answering((_, index) => ok(`${name}${index}`, ...fields));
}

function host(routes: unknown): unknown {
  return { hosts: { "*": { "/": routes } } };
}

async function ask(
  proxy: Proxy,
  request: string,
): Promise<string> {
  return (await exchange(proxy, request)).content;
}

for (const workers of rows(["1", "2"], "1")) {
  const flags = ["--workers", workers];

  const rules: readonly [cache: unknown, answer: string][] = [
    [{ force: "1h" }, "Cache-Control: no-store"],
    [{ ttl: "1h" }, "X-Nothing: 1"],
    [{ targetedField: "X-Ours" }, "X-Ours: max-age=60"],
  ];
  for (const [cache, answer] of rules) {
    Deno.test(`${workers} worker(s): what is stored by ${JSON.stringify(cache)} is not for a route without`, async () => {
      await using origin = counting("a", answer);
      const proxy = origin.url;
      const stored = { proxy, cache };
      await using site = await siteOf(
        host([{ ...stored, when: MARKED }, { proxy }]),
        ...flags,
      );
      assertEquals(await ask(site, get("/", MARK)), "a0");
      assertEquals(await ask(site, get("/", MARK)), "a0");
      assertEquals(await ask(site, get("/")), "a1");
      await reloadAs(site, host({ proxy }));
      assertEquals(await ask(site, get("/", MARK)), "a2");
      await reloadAs(site, host(stored)); // what did not change is found again
      assertEquals(await ask(site, get("/")), "a0");
    });
  }

  const queries: readonly [
    query: unknown,
    then: unknown,
    stored: string,
    asked: string,
  ][] = [
    ["ignore", "keep", "/?page=2", "/"],
    ["ignore", ["page"], "/?page=2", "/"],
    ["sort", "keep", "/?b=1&a=1", "/?a=1&b=1"],
    [["a"], ["a", "b"], "/?a=1&b=2", "/?a=1"],
  ];
  Deno.test(`${workers} worker(s): what is stored where a query does not count is not found where it does`, async () => {
    await using origin = counting("a", "Cache-Control: max-age=60");
    const proxy = origin.url;
    for (const [index, [query, then, stored, asked]] of queries.entries()) {
      const at = (target: string, ...marks: readonly string[]): string =>
        get(`/${index}${target}`, ...marks);
      const old = { proxy, cache: { query } };
      const young = { proxy, cache: { query: then } };
      await using site = await siteOf(
        host([{ ...old, when: MARKED }, young]),
        ...flags,
      );
      const first = await ask(site, at(stored, MARK));
      assertEquals(await ask(site, at(asked, MARK)), first);
      const second = await ask(site, at(asked));
      assertNotEquals(second, first);
      await reloadAs(site, host(young));
      assertEquals(await ask(site, at(asked, MARK)), second);
    }
  });

  Deno.test(`${workers} worker(s): a cookie that one route stores is not sent by another`, async () => {
    await using origin = counting(
      "a",
      "Cache-Control: max-age=60",
      "Set-Cookie: a=1",
    );
    const proxy = origin.url;
    await using site = await siteOf(
      host([{ when: MARKED, proxy, cache: { setCookie: "store" } }, {
        proxy,
        cache: { setCookie: "strip" },
      }]),
      ...flags,
    );
    assertEquals(await ask(site, get("/", MARK)), "a0");
    assertEquals(await ask(site, get("/")), "a1");
    const again = await exchange(site, get("/"));
    assertEquals([again.content, again.field("set-cookie")], ["a1", undefined]);
  });

  const unsafe: readonly [name: string, more: Record<string, unknown>][] = [
    ["stores nothing", { cache: "off" }],
    ["stores by other rules", { cache: "1h", requestHeaders: { "X-A": "b" } }],
    ["ignores the query", { cache: { query: "ignore" } }],
  ];
  for (const [name, more] of unsafe) {
    Deno.test(`${workers} worker(s): POST by a route that ${name} makes the URL's other routes forget`, async () => {
      await using origin = counting("a", "Cache-Control: max-age=60");
      const proxy = origin.url;
      const post = { when: { method: ["POST", "PURGE"] }, proxy, ...more };
      await using site = await siteOf(host([post, { proxy }]), ...flags);
      assertEquals(await ask(site, get("/?q")), "a0");
      assertEquals(await ask(site, get("/?q")), "a0");
      const posted =
        "POST /?q HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 0\r\n\r\n";
      assertEquals(await ask(site, posted), "a1");
      assertEquals(await ask(site, get("/?q")), "a2");
      if (more.cache === "off") return; // there, the origin gets PURGE
      const purged = await ask(
        site,
        "PURGE /?q HTTP/1.1\r\nHost: sluice.test\r\n\r\n",
      );
      assertEquals(purged, '{"purged":1}\n');
      assertEquals(await ask(site, get("/?q")), "a3");
    });
  }
}

Deno.test("what an origin names is forgotten as clients ask for it, where that is another URL", async (t) => {
  const strip = { strip: "/api" };
  const rows: [
    route: (url: string) => unknown,
    named: (url: string) => string,
  ][] = [
    [(proxy) => ({ proxy }), () => "/api/y"],
    [(proxy) => ({ proxy, rewrite: strip }), () => "/y"],
    [(proxy) => ({ proxy, rewrite: strip }), () => "y"],
    [(proxy) => ({ proxy, rewrite: strip }), () => "http://h/api/y"],
    [
      (proxy) => ({ proxy, rewrite: strip, host: "upstream" }),
      (url) => `${url}/y`,
    ],
    [(proxy) => ({ proxy, host: "upstream" }), (url) => `${url}/api/y`],
    [(proxy) => ({ proxy, rewrite: { prepend: "/app" } }), () => "/app/api/y"],
  ];
  for (const [route, named] of rows) {
    for (const field of ["Location", "Content-Location"]) {
      await t.step(
        `${JSON.stringify(route("o"))} ${field}: ${named("o")}`,
        async () => {
          await using origin = Origin.answering(({ startLine }, index) =>
            startLine.startsWith("POST")
              ? ok("", `${field}: ${named(origin.url)}`)
              : ok(`${index}`, "Cache-Control: max-age=60")
          );
          await using site = await siteOf({
            hosts: { h: { "/api/*": route(origin.url) } },
          });
          const askFor = (method: string, target: string): Promise<string> =>
            ask(site, `${method} ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
          assertEquals(await askFor("GET", "/api/y"), "0");
          assertEquals(await askFor("GET", "/api/z"), "1");
          assertEquals(await askFor("POST", "/api/x"), "");
          assertEquals(await askFor("GET", "/api/y"), "3");
          assertEquals(await askFor("GET", "/api/z"), "1");
        },
      );
    }
  }
});

Deno.test("headers to the origin with templates, also where nothing is stored", async () => {
  await using origin = Origin.answering((request) =>
    ok(request.field("x-from") ?? "none")
  );
  const proxy = origin.url;
  await using site = await siteOf({
    requestHeaders: { "X-From": "{host} {method}" },
    hosts: {
      "*": { "/": { proxy }, "/off": { proxy, cache: "off" } },
    },
  });
  for (const path of ["/", "/off"]) {
    assertEquals(await ask(site, get(path)), "sluice.test GET");
    const post =
      `POST ${path} HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 0\r\n\r\n`;
    assertEquals(await ask(site, post), "sluice.test POST");
  }
});

Deno.test("a route that stores nothing takes conditions", async () => {
  await using origin = Origin.answering((request) =>
    ok(request.field("if-none-match") ?? request.field("if-match") ?? "none")
  );
  await using site = await siteOf(host({ proxy: origin.url, cache: "off" }));
  for (const name of ["If-None-Match", "If-Match"]) {
    assertEquals(await ask(site, get("/", `${name}: "a"`)), '"a"');
  }
});

Deno.test("a folder below a prefix that is stripped is redirected to its slash, where the route takes that", async () => {
  await using folder = await Folder.with({ "index.html": "it", "sub/": "" });
  const files = folder.path;
  const rewrite = { strip: "/docs" };
  await using site = await siteOf({
    hosts: {
      "*": {
        "/docs/*": { files, rewrite },
        "/none/*": { files: `${files}/sub`, rewrite: { strip: "/none" } },
        "/only": { files, rewrite: { strip: "/only" } },
      },
    },
  });
  const rows = [
    ["/docs?a=b", 308, "/docs/?a=b"],
    ["/docs/sub", 308, "/docs/sub/"],
    ["/docs/", 200, undefined],
    ["/none", 404, undefined],
    ["/only", 200, undefined],
  ] as const;
  for (const [target, status, place] of rows) {
    const found = await exchange(site, get(target));
    assertEquals([found.status, found.field("location")], [status, place]);
  }
});

Deno.test("where no route is found, what the host says holds; without a host, what the top says", async () => {
  await using folder = await Folder.with({
    "404.html": "a's",
    "4xx.html": "all",
  });
  await using site = await siteOf({
    headers: { "X-Top": "top" },
    errors: { "4xx": `${folder.path}/4xx.html` },
    hosts: {
      "a.example": {
        headers: { "X-A": "a" },
        errors: { "404": `${folder.path}/404.html` },
        "/x": [{ when: MARKED, respond: 200 }],
      },
      "b.example": { headers: { "X-B": "b" }, respond: 204 },
    },
  });
  const rows = [
    ["/none", "a.example", 404, "a's", "a", undefined],
    ["/x", "A.example.:81", 404, "a's", "a", undefined],
    ["/", "c.example", 421, "all", undefined, undefined],
    ["/", "b.example", 204, "", undefined, "b"],
  ] as const;
  for (const [path, name, ...expected] of rows) {
    const { status, content, field } = await exchange(
      site,
      `GET ${path} HTTP/1.1\r\nHost: ${name}\r\n\r\n`,
    );
    assertEquals([status, content, field("x-a"), field("x-b")], expected);
    assertEquals(field("x-top"), "top");
  }
  const bad = await exchange(site, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
  assertEquals([bad.status, bad.field("x-b"), bad.field("x-top")], [
    400,
    undefined,
    "top",
  ]);
});

Deno.test("what looks like a header that a route is chosen by, or counts by, does not get past it", async () => {
  await using origin = Origin.answering(({ fields }) =>
    ok(
      fields.map((line) => line.join(": ")).filter((line) => /mark/i.test(line))
        .join(),
    )
  );
  const proxy = origin.url;
  await using site = await siteOf({
    hosts: {
      "*": {
        "/": [{ when: MARKED, proxy, deny: ["0.0.0.0/0", "::/0"] }, { proxy }],
        "/other": { proxy },
        "/counted": {
          proxy,
          limit: { rate: "1/h", burst: 9, by: "header:X-Counted-Mark" },
        },
      },
    },
  });
  assertEquals((await exchange(site, get("/", MARK))).status, 403);
  for (const path of ["/", "/other"]) {
    const sent = get(path, "X_Marked: 1", "x.mARKED: 2", "X_Mark: 3");
    assertEquals(await ask(site, sent), "X_Mark: 3");
  }
  const sent = get("/counted", "X_Counted_Mark: 1", "X-Counted-Mark: 2");
  assertEquals(await ask(site, sent), "X-Counted-Mark: 2");
});
