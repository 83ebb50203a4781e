/** A service that is asked about each request, from socket to socket. */

import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { ConfigSite } from "../../support/logged_site.ts";
import { ok, Origin } from "../../support/origin.ts";
import type { Message } from "../../support/peer.ts";
import { exchange } from "../../support/proxy.ts";

/** A site whose service answers as a test says. */
class ForwardSite implements AsyncDisposable {
  readonly site: ConfigSite;
  readonly service: Origin;
  readonly origin: Origin;
  /** What the service was asked. */
  readonly asked: Message[];

  private constructor(
    site: ConfigSite,
    service: Origin,
    origin: Origin,
    asked: Message[],
  ) {
    this.site = site;
    this.service = service;
    this.origin = origin;
    this.asked = asked;
  }

  static async start(
    answer: (request: Message) => string,
    auth: Record<string, unknown> = {},
    more: Record<string, unknown> = {},
  ): Promise<ForwardSite> {
    const asked: Message[] = [];
    const service = Origin.answering((request) => {
      asked.push(request);
      return answer(request);
    });
    const origin = Origin.answering(({ head, content }) => ok(head + content));
    const forward = `${service.url}/check?from=sluice`;
    const site = await ConfigSite.start({
      ...more,
      hosts: { "*": { proxy: origin.url, auth: { forward, ...auth } } },
    });
    return new ForwardSite(site, service, origin, asked);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.service[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
  }
}

function answer(status: string, ...lines: readonly string[]): string {
  return [`HTTP/1.1 ${status}`, ...lines].join("\r\n") + "\r\n\r\n";
}

const LETS_THROUGH = answer("204 No Content");

Deno.test("what the service is told", async () => {
  await using one = await ForwardSite.start(() => LETS_THROUGH);
  const request = [
    "POST /a%20b/../c?d=e HTTP/1.1",
    "Host: app.example:8443",
    "Cookie: sid=1",
    "Cookie: b=2",
    "Authorization: Bearer t",
    "Accept: text/html",
    "X-Forwarded-Uri: /evil",
    "X-Forwarded-Method: TRACE",
    "X-Original-URL: http://evil/",
    "X-Forwarded-For: 192.0.2.66",
    "X_Original_Method: TRACE",
    "Remote-User: root",
    "X-Own: 1",
    "If-None-Match: *",
    "Range: bytes=0-1",
    "Content-Length: 3",
    "",
    "abc",
  ].join("\r\n");
  const { status, content } = await exchange(one.site.proxy, request);
  assertEquals(status, 200);
  assertMatch(content, /\r\n\r\nabc$/, "the origin gets the content");
  const [{ startLine, fields, content: sent }] = one.asked as [Message];
  assertEquals([startLine, sent], ["GET /check?from=sluice HTTP/1.1", ""]);
  assertEquals(fields.map(([name, value]) => `${name}: ${value}`), [
    `Host: 127.0.0.1:${one.service.port}`,
    "X-Forwarded-Method: POST",
    "X-Forwarded-Proto: http",
    "X-Forwarded-Host: app.example:8443",
    "X-Forwarded-Uri: /a%20b/../c?d=e",
    "X-Original-Method: POST",
    "X-Original-URL: http://app.example:8443/a%20b/../c?d=e",
    "Cookie: sid=1",
    "Cookie: b=2",
    "Authorization: Bearer t",
    "Accept: text/html",
    "Via: 1.1 sluice",
    "X-Forwarded-For: 127.0.0.1",
  ]);
});

Deno.test("a trusted proxy's word goes on", async () => {
  await using one = await ForwardSite.start(() => LETS_THROUGH, {}, {
    trustedProxies: "127.0.0.1",
  });
  await one.site.get(
    "/",
    "X-Forwarded-For: 192.0.2.1",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: app.example",
    "X-Forwarded-Uri: /other",
  );
  const [{ field, fields }] = one.asked as [Message];
  assertEquals(field("x-original-url"), "https://app.example/");
  assertEquals(field("x-forwarded-for"), "192.0.2.1, 127.0.0.1");
  assertEquals(field("x-forwarded-uri"), "/");
  assertEquals(
    fields.filter(([name]) => /forwarded-proto/i.test(name)).length,
    1,
  );
});

Deno.test("copied headers are the service's, never the client's; its cookies reach the client", async () => {
  await using one = await ForwardSite.start(
    () =>
      answer(
        "200 OK",
        "Remote-User: ann",
        "X-Groups: a",
        "X-Groups: b",
        "X-Other: 1",
        "Set-Cookie: s=1",
        "Set-Cookie: t=2",
        "Content-Length: 2",
      ) + "ok",
    { copy: ["Remote-User", "X-Groups", "X-Missing"] },
  );
  const { content, fields } = await one.site.get(
    "/",
    "Remote-User: root",
    "X-Groups: admin",
    "x_groups: admin",
    "X-Missing: admin",
  );
  assertEquals(
    content.split("\r\n").filter((line) =>
      /remote|group|missing|other/i.test(line)
    ),
    ["Remote-User: ann", "X-Groups: a", "X-Groups: b"],
  );
  assertEquals(
    fields.filter(([name]) => name === "Set-Cookie").map(([, value]) => value),
    ["s=1", "t=2"],
  );
  assertEquals((await one.site.logged()).user, "ann");
});

Deno.test("anything but 2xx is passed back: redirects, cookies, pages", async () => {
  await using one = await ForwardSite.start(() =>
    answer(
      "302 Found",
      "Location: https://login.example/?rd=x",
      "Set-Cookie: csrf=1",
      "Content-Type: text/html",
      "X-Internal: secret",
      "Content-Length: 5",
    ) + "login"
  );
  const refused = await one.site.get("/");
  assertEquals([refused.status, refused.content], [302, "login"]);
  assertEquals(refused.field("location"), "https://login.example/?rd=x");
  assertEquals(refused.field("set-cookie"), "csrf=1");
  assertEquals(refused.field("cache-control"), "no-store");
  assertEquals(refused.field("x-internal"), undefined);
  assertEquals((await one.site.logged()).error, "auth_refused");
  const head = await one.site.ask("HEAD", "/");
  assertEquals([head.status, head.content], [302, ""]);
  assertEquals([one.service.connectionCount, one.origin.connectionCount], [
    1,
    0,
  ]);
});

Deno.test("a long answer's head counts, though its content lies where it lay", async () => {
  const page = "X-Groups: root\r\n".repeat(10_000);
  await using one = await ForwardSite.start(
    ({ field }) =>
      answer(
        field("x-forwarded-uri") === "/in" ? "200 OK" : "302 Found",
        "X-Groups: a",
        "Location: /login",
        "Set-Cookie: s=1",
        `Content-Length: ${page.length}`,
      ) + page,
    { copy: ["X-Groups"] },
  );
  for (let i = 0; i < 3; i++) {
    const passed = await one.site.get("/in");
    assertEquals(passed.content.match(/^X-Groups:.*$/gm), ["X-Groups: a"]);
    assertEquals(passed.field("set-cookie"), "s=1");
    const refused = await one.site.get("/out");
    assertEquals([refused.status, refused.content === page], [302, true]);
    assertEquals(refused.field("location"), "/login");
    assertEquals(refused.field("set-cookie"), "s=1");
  }
});

Deno.test("401 with its challenge; 403; 500", async () => {
  const lines: Record<string, string> = {
    "/401": answer(
      "401 Unauthorized",
      'WWW-Authenticate: Bearer realm="x"',
      "Content-Length: 0",
    ),
    "/403": answer("403 Forbidden", "Content-Length: 0"),
    "/500": answer("500 Oops", "Content-Length: 0"),
  };
  await using one = await ForwardSite.start(({ field }) =>
    lines[field("x-forwarded-uri")!]!
  );
  for (const status of [401, 403, 500]) {
    const refused = await one.site.get(`/${status}`);
    assertEquals(refused.status, status);
    assertEquals(
      refused.field("www-authenticate"),
      status === 401 ? 'Bearer realm="x"' : undefined,
    );
  }
});

Deno.test("out of reach, silent, or without sense: 503, and the origin is not asked", async () => {
  const answers = [
    "nonsense\r\n\r\n",
    answer("304 Not Modified"),
    answer("101 Switching Protocols", "Upgrade: x", "Connection: upgrade"),
    answer("200 OK", "Content-Length: 5") + "ab",
    answer("200 OK", `Content-Length: ${2 ** 21}`) + "a".repeat(2 ** 21),
    "",
  ];
  for (const [index, text] of answers.entries()) {
    await using one = await ForwardSite.start(() => text, { timeout: "200ms" });
    const refused = await one.site.get("/");
    assertEquals(refused.status, 503, `${index}`);
    assertEquals((await one.site.logged()).error, "auth_unavailable");
    assertEquals(one.origin.connectionCount, 0);
  }
  await using gone = await ConfigSite.start({
    hosts: { "*": { respond: 200, auth: { forward: "http://127.0.0.1:1/" } } },
  });
  assertEquals((await gone.get("/")).status, 503);
});

Deno.test("one connection for many questions; a reload keeps it", async () => {
  await using one = await ForwardSite.start(() =>
    answer("200 OK", "Content-Length: 1") + "x"
  );
  for (let i = 0; i < 5; i++) {
    assertEquals((await one.site.get("/")).status, 200);
  }
  assertEquals(one.service.connectionCount, 1);
  assert(one.asked.length === 5);
});
