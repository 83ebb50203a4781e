/** Passwords, from socket to socket. */

import { assert, assertEquals, assertMatch } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { basic, userLine } from "../../support/htpasswd.ts";
import { ConfigSite } from "../../support/logged_site.ts";
import { ok, Origin } from "../../support/origin.ts";
import type { Message } from "../../support/peer.ts";

/** A site behind passwords: of ann, and of whom tests add. */
class PasswordSite implements AsyncDisposable {
  readonly site: ConfigSite;
  readonly origin: Origin;
  readonly file: string;

  private constructor(site: ConfigSite, origin: Origin, file: string) {
    this.site = site;
    this.origin = origin;
    this.file = file;
  }

  static async start(
    route?: Record<string, unknown>,
    clock?: TestClock,
    answer: (request: Message) => string = ({ head }) => ok(head),
  ): Promise<PasswordSite> {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, userLine("ann", "secret"));
    const origin = Origin.answering(answer);
    const { pass, ...more } = route ?? {};
    const auth = { basic: file, ...(pass === undefined ? {} : { pass }) };
    const site = await ConfigSite.start(
      {
        trustedProxies: "127.0.0.1",
        hosts: { "*": { proxy: origin.url, auth, ...more } },
      },
      clock,
      [file],
    );
    return new PasswordSite(site, origin, file);
  }

  async status(...fields: readonly string[]): Promise<number> {
    return (await this.site.get("/", ...fields)).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
    await Deno.remove(this.file).catch(() => {});
  }
}

const ANN = basic("ann", "secret");

Deno.test("who has a password goes on, under a name that nobody can send", async () => {
  await using one = await PasswordSite.start();
  const { status, content } = await one.site.get(
    "/",
    ANN,
    "Remote-User: root",
    "REMOTE_USER: root",
    "Remote.User: root",
    "Connection: remote-user",
  );
  assertEquals(status, 200);
  assertMatch(content, /\r\nRemote-User: ann\r\n/);
  assertEquals(content.match(/root|authorization/gi), null);
  assertEquals((await one.site.logged()).user, "ann");
});

Deno.test("who has none gets a challenge, and the same whatever is wrong", async () => {
  await using one = await PasswordSite.start();
  const rows = [
    [],
    [basic("ann", "wrong")],
    [basic("nobody", "secret")],
    [basic("ann", "")],
    [basic("", "")],
    ["Authorization: Basic %%"],
    ["Authorization: Bearer abc"],
    [ANN, ANN],
    [`Proxy-${ANN}`],
    [ANN.replace("Authorization", "Authorization_")],
  ];
  for (const fields of rows) {
    const refused = await one.site.get("/", ...fields);
    assertEquals(
      [refused.status, refused.field("www-authenticate"), refused.content],
      [401, 'Basic realm="Restricted", charset="UTF-8"', "401 Unauthorized\n"],
      fields.join(),
    );
    assertEquals((await one.site.logged()).error, "unauthenticated");
  }
  assertEquals(one.origin.connectionCount, 0);
});

Deno.test("without auth, Remote-User is for trusted proxies", async () => {
  await using origin = Origin.answering(({ head }) => ok(head));
  for (const trustedProxies of ["127.0.0.1", "192.0.2.1"]) {
    await using site = await ConfigSite.start({
      trustedProxies,
      hosts: { "*": { proxy: origin.url } },
    });
    const { content } = await site.get(
      "/",
      "Remote-User: root",
      "Remote_User: root",
    );
    assertEquals(
      content.match(/root/g)?.length ?? 0,
      trustedProxies === "127.0.0.1" ? 1 : 0,
    );
  }
});

Deno.test("pass: the origin gets Authorization", async () => {
  await using one = await PasswordSite.start({ pass: true });
  assertMatch(
    (await one.site.get("/", ANN)).content,
    /\r\nAuthorization: Basic/,
  );
});

Deno.test("the file is read again; with an error, what was read holds; without the file, nobody may", async () => {
  const clock = new TestClock();
  await using one = await PasswordSite.start({}, clock);
  if (!clock.stands) return;
  const bob = basic("b\u00f6b", "s\u00fc\u00df");
  assertEquals([await one.status(ANN), await one.status(bob)], [200, 401]);
  const both = userLine("ann", "other") + userLine("b\u00f6b", "s\u00fc\u00df");
  await Deno.writeTextFile(one.file, both);
  await clock.advance(1000);
  assertEquals([await one.status(ANN), await one.status(bob)], [401, 200]);
  assertEquals(await one.status(basic("ann", "other")), 200);
  await Deno.writeTextFile(one.file, "carl:$apr1$a$b\n");
  await clock.advance(1000);
  assertEquals([await one.status(bob), await one.status(ANN)], [200, 401]);
  await Deno.remove(one.file);
  await clock.advance(1000);
  assertEquals(await one.status(bob), 503);
});

Deno.test("a flood of wrong passwords: its address is slowed down, others are not", async () => {
  await using one = await PasswordSite.start();
  const bad = "X-Forwarded-For: 192.0.2.66";
  const flood: number[] = [];
  for (let i = 0; i < 14; i++) {
    flood.push(await one.status(basic("ann", `guess ${i}`), bad));
  }
  assertEquals(flood.slice(0, 10), new Array(10).fill(401));
  assertEquals(flood.slice(11), new Array(3).fill(429));
  const refused = await one.site.get("/", basic("ann", "x"), bad);
  assertMatch(refused.field("retry-after")!, /^[1-6]$/);
  // Nothing is looked at, so the right password tells nothing either, until it is known.
  assertEquals(await one.status(ANN, bad), 429);
  assertEquals(await one.status(ANN, "X-Forwarded-For: 192.0.2.1"), 200);
  assertEquals(await one.status(ANN, bad), 200);
});

Deno.test("many wrong passwords at once keep nobody waiting whose password is known, and the event loop turns", async () => {
  await using one = await PasswordSite.start();
  assertEquals(await one.status(ANN), 200);
  const flood = Array.from(
    { length: 100 },
    (_, i) =>
      one.status(basic("ann", `guess ${i}`), `X-Forwarded-For: 192.0.2.${i}`),
  );
  let isOver = false;
  const all = Promise.all(flood).then(() => isOver = true);
  assertEquals(await one.status(ANN), 200);
  assert(!isOver, "the flood was still on");
  await all;
  assertEquals(new Set(await Promise.all(flood)), new Set([401]));
});

Deno.test("what is behind a password is stored only if its origin says that it may be shared", async () => {
  const rows: [cacheControl: string, asked: number][] = [
    ["max-age=60", 2],
    ["", 2],
    ["public, max-age=60", 1],
    ["s-maxage=60", 1],
    ["private, max-age=60", 2],
  ];
  for (const [cacheControl, asked] of rows) {
    let count = 0;
    await using one = await PasswordSite.start(
      { cache: { ttl: "1h", force: "1h" } },
      undefined,
      () => {
        count++;
        return ok(
          "a",
          `Cache-Control: ${cacheControl}`,
          "Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT",
        );
      },
    );
    assertEquals([await one.status(ANN), await one.status(ANN)], [200, 200]);
    assertEquals(count, asked, cacheControl);
    assertEquals(await one.status(), 401, "nor is it for those who have none");
  }
});

Deno.test("satisfy any: an address or a password", async () => {
  const fields = ["X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 192.0.2.1"];
  await using any = await PasswordSite.start({
    satisfy: "any",
    allow: "10.0.0.0/8",
  });
  assertEquals(await any.status(fields[0]!), 200);
  assertEquals(await any.status(fields[1]!), 401);
  assertEquals(await any.status(fields[1]!, ANN), 200);
  assertEquals(await any.status("X-Forwarded-For: unknown"), 401);
  await using all = await PasswordSite.start({ allow: "10.0.0.0/8" });
  assertEquals(await all.status(fields[0]!), 401);
  assertEquals(await all.status(fields[1]!, ANN), 403);
  assertEquals(await all.status(fields[0]!, ANN), 200);
  await using alone = await PasswordSite.start({ satisfy: "any" });
  assertEquals(await alone.status(), 401);
});

Deno.test("limit by user, after authentication", async () => {
  await using one = await PasswordSite.start({
    limit: { rate: "1/h", burst: 1, by: "user" },
  });
  assertEquals([
    await one.status(),
    await one.status(ANN),
    await one.status(ANN),
  ], [401, 200, 429]);
});

Deno.test("cors: a preflight needs no password, and a refusal can be read", async () => {
  await using one = await PasswordSite.start({
    cors: { origins: "https://a.example" },
  });
  const fields = [
    "Origin: https://a.example",
    "Access-Control-Request-Method: GET",
  ];
  const { status } = await one.site.ask("OPTIONS", "/", ...fields);
  assertEquals(status, 204);
  const refused = await one.site.get("/", fields[0]!);
  assertEquals([refused.status, refused.field("access-control-allow-origin")], [
    401,
    "https://a.example",
  ]);
  assertEquals((await one.site.ask("OPTIONS", "/", fields[0]!)).status, 401);
});
