/** What browsers are told: security headers and cross-origin requests. */

import { assertEquals } from "../support/assert.ts";
import { originsOf } from "../../lib/access/cors.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";

const SECURITY = [
  "x-content-type-options",
  "x-frame-options",
  "referrer-policy",
  "strict-transport-security",
  "server",
  "x-powered-by",
];

function read(message: Message, names: readonly string[]): unknown[] {
  return names.map((name) => message.field(name));
}

Deno.test("security: each header unless the origin says it, hit and miss alike", async () => {
  const plain = ok(
    "a",
    "Server: origin/1",
    "X-Powered-By: chance",
    "Cache-Control: max-age=60",
  );
  const own = ok(
    "a",
    "x-frame-options: DENY",
    "Referrer-Policy: no-referrer",
    "Strict-Transport-Security: max-age=1",
  );
  await using origin = Origin.answering(({ startLine }) =>
    startLine.includes("/own") ? own : plain
  );
  await using site = await ConfigSite.start({
    security: true,
    trustedProxies: "127.0.0.1",
    hosts: { "*": { proxy: origin.url } },
  });
  const usual = ["nosniff", "SAMEORIGIN", "strict-origin-when-cross-origin"];
  for (const _ of ["miss", "hit"]) {
    assertEquals(read(await site.get("/"), SECURITY), [
      ...[...usual, undefined, undefined, undefined],
    ]);
  }
  const secure = "X-Forwarded-Proto: https";
  assertEquals(read(await site.get("/", secure), SECURITY), [
    ...[...usual, "max-age=31536000", undefined, undefined],
  ]);
  assertEquals(read(await site.get("/own", secure), SECURITY), [
    ...["nosniff", "DENY", "no-referrer", "max-age=1", undefined, undefined],
  ]);
});

Deno.test("security: own responses have them; the operator's rules win", async () => {
  await using site = await ConfigSite.start({
    security: true,
    headers: {
      "X-Frame-Options": "DENY",
      "Server": "s",
      "Referrer-Policy": null,
    },
    hosts: { "*": { "/a": { respond: 200 } } },
  });
  const names = SECURITY.slice(0, 3);
  assertEquals(read(await site.get("/a"), [...names, "server"]), [
    ...["nosniff", "DENY", undefined, "s"],
  ]);
});

Deno.test("which origins may read", () => {
  const may = originsOf([
    "https://app.example",
    "https://*.wild.example",
    "http://*.port.example:8080",
  ]);
  const rows: [origin: string, may: boolean][] = [
    ["https://app.example", true],
    ["HTTPS://App.Example", true],
    ["http://app.example", false],
    ["https://app.example:8443", false],
    ["https://app.example.evil", false],
    ["https://evil.app.example", false],
    ["https://a.wild.example", true],
    ["https://a.b.wild.example", true],
    ["https://wild.example", false],
    ["https://.wild.example", false],
    ["https://evilwild.example", false],
    ["https://evil/.wild.example", false],
    ["https://evil?.wild.example", false],
    ["https://evil:80.wild.example", false],
    ["https://u@.wild.example", false],
    ["https://a..wild.example", false],
    ["http://a.port.example:8080", true],
    ["http://a.port.example", false],
    ["null", false],
    ["", false],
  ];
  assertEquals(rows.map(([origin]) => [origin, may(origin)]), rows);
});

const CORS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "vary",
];

Deno.test("cors: each origin gets its own answer, from one stored response", async () => {
  await using origin = Origin.answering(() =>
    ok("a", "Cache-Control: max-age=60", "Vary: Accept-Language")
  );
  await using site = await ConfigSite.start({
    hosts: {
      "*": {
        proxy: origin.url,
        cors: {
          origins: ["https://a.example", "https://b.example"],
          credentials: true,
        },
      },
    },
  });
  const vary = "Accept-Language, Origin";
  for (const name of ["a", "b", "a"]) {
    const url = `https://${name}.example`;
    assertEquals(
      read(await site.get("/", `Origin: ${url}`), CORS).slice(0, 2),
      [url, "true"],
    );
  }
  const none = [undefined, undefined];
  for (
    const fields of [[], ["Origin: https://c.example"], [
      "Origin: https://a.example",
      "Origin: https://a.example",
    ]]
  ) {
    const message = await site.get("/", ...fields);
    assertEquals(read(message, CORS).slice(0, 2), none);
    assertEquals(message.field("vary")!.endsWith(vary.split(", ")[1]!), true);
  }
  assertEquals(origin.connectionCount, 1);
});

Deno.test("cors: what the origin says of it stands", async () => {
  await using origin = Origin.answering(() =>
    ok("a", "Access-Control-Allow-Origin: https://own.example")
  );
  const cors = { origins: "*" };
  await using site = await ConfigSite.start({
    hosts: {
      "*": { "/": { proxy: origin.url, cors }, "/r": { respond: 418, cors } },
    },
  });
  const one = await site.get("/", "Origin: https://a.example");
  assertEquals(read(one, CORS), ["https://own.example", undefined, undefined]);
  const other = await site.get("/r");
  assertEquals(read(other, CORS), ["*", undefined, undefined]);
});

Deno.test("cors: a preflight is answered here; any other OPTIONS is not", async () => {
  await using origin = Origin.answering(() => ok("options"));
  const cors = {
    origins: "https://a.example",
    methods: ["PUT", "POST"],
    headers: ["X-A", "Content-Type"],
    maxAge: "1h",
  };
  await using site = await ConfigSite.start({
    hosts: { "*": { proxy: origin.url, cors } },
  });
  const asks = [
    "Access-Control-Request-Method: PUT",
    "Access-Control-Request-Headers: x-a",
  ];
  const good = await site.ask(
    "OPTIONS",
    "/",
    "Origin: https://a.example",
    ...asks,
  );
  assertEquals(good.status, 204);
  assertEquals(
    read(good, [
      "access-control-allow-origin",
      "access-control-allow-methods",
      "access-control-allow-headers",
      "access-control-max-age",
      "content-length",
    ]),
    [
      ...[
        "https://a.example",
        "GET, HEAD, POST, PUT",
        "X-A, Content-Type",
        "3600",
        undefined,
      ],
    ],
  );
  const vary = good.field("vary")!;
  assertEquals(
    vary,
    "Access-Control-Request-Method, Access-Control-Request-Headers, Origin",
  );
  const bad = await site.ask(
    "OPTIONS",
    "/",
    "Origin: https://evil.example",
    ...asks,
  );
  assertEquals([bad.status, bad.field("access-control-allow-origin")], [
    204,
    undefined,
  ]);
  for (const fields of [["Origin: https://a.example"], asks]) {
    assertEquals(
      (await site.ask("OPTIONS", "/", ...fields)).content,
      "options",
    );
  }
});
