/** The keys of tokens at a service: when they are asked for, and when they hold. */

import type { JWK } from "jose";
import { assertEquals } from "../../support/assert.ts";
import { TestClock } from "../../support/clock.ts";
import { ConfigSite } from "../../support/logged_site.ts";
import { ok, Origin } from "../../support/origin.ts";
import { bearer, jwtHosts, Signer } from "../../support/tokens.ts";

/** How a request with a fresh token of this signer is answered. */
async function statusFor(
  site: ConfigSite,
  signer: Signer,
  clock: TestClock,
): Promise<number> {
  const token = await signer.token(clock.now());
  return (await site.get("/", bearer(token))).status;
}

Deno.test("keys of a service: fetched once, again for a new key, at most each 30 s", async () => {
  const clock = new TestClock();
  const [first, second, third] = await Promise.all(
    ["a", "b", "c"].map(Signer.make),
  );
  let keys: JWK[] = [first!.jwk];
  let count = 0;
  await using service = Origin.answering(({ startLine }) => {
    count++;
    assertEquals(startLine, "GET /keys?v=1 HTTP/1.1");
    return ok(JSON.stringify({ keys }));
  });
  await using origin = Origin.answering(() => ok("a"));
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, `${service.url}/keys?v=1`),
    clock,
  );
  if (!clock.stands) return;
  const status = (signer: Signer): Promise<number> =>
    statusFor(site, signer, clock);
  assertEquals([await status(first!), await status(first!), count], [
    200,
    200,
    1,
  ]);
  keys = [first!.jwk, second!.jwk];
  assertEquals([await status(second!), count], [401, 1]);
  await clock.advance(30_000);
  assertEquals([await status(second!), count], [200, 2]);
  for (let i = 0; i < 5; i++) assertEquals(await status(third!), 401);
  assertEquals(count, 2);
});

Deno.test("without keys nobody is let through; with some, a service that fails changes nothing", async () => {
  const clock = new TestClock();
  const signer = await Signer.make("a");
  let answer = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n";
  await using service = Origin.answering(() => answer);
  await using origin = Origin.answering(() => ok("a"));
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, `${service.url}/keys`),
    clock,
  );
  if (!clock.stands) return;
  const status = (): Promise<number> => statusFor(site, signer, clock);
  assertEquals(await status(), 503);
  assertEquals((await site.logged()).error, "auth_unavailable");
  const keysOf = ({ jwk }: Signer): string =>
    ok(JSON.stringify({ keys: [jwk] }));
  answer = keysOf(signer);
  await clock.advance(30_000);
  assertEquals(await status(), 200);
  // It answers again: a key that it has withdrawn holds no longer than others.
  answer = keysOf(await Signer.make("b"));
  await clock.advance(600_000);
  assertEquals(await status(), 401);
  answer = keysOf(signer);
  await clock.advance(30_000);
  assertEquals(await status(), 200);
  for (
    const bad of [
      "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
      ok("<html>"),
      ok("null"),
      ok('{"keys":1}'),
    ]
  ) {
    answer = bad;
    await clock.advance(600_000);
    assertEquals(await status(), 200);
  }
});

Deno.test("keys grow old behind the back of requests; only after a long silence one waits", async () => {
  const clock = new TestClock();
  const signer = await Signer.make("a");
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  let count = 0;
  await using service = Origin.answering(async () => {
    if (++count === 2) await gate; // the second answer takes as long as the test likes
    return ok(JSON.stringify({ keys: [signer.jwk] }));
  });
  await using origin = Origin.answering(() => ok("a"));
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, `${service.url}/keys`),
    clock,
  );
  if (!clock.stands) return;
  const status = (): Promise<number> => statusFor(site, signer, clock);
  assertEquals([await status(), count], [200, 1]);
  await clock.advance(479_000);
  assertEquals([await status(), count], [200, 1]);
  await clock.advance(1000);
  assertEquals(await status(), 200, "it does not wait for the service");
  while (count < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(await status(), 200);
  open();
  await clock.advance(600_000);
  assertEquals([await status(), count], [200, 3], "too old: it waits");
});

Deno.test("after a reload the keys are known, also if the service is gone", async () => {
  const clock = new TestClock();
  const signer = await Signer.make("a");
  const service = Origin.answering(() =>
    ok(JSON.stringify({ keys: [signer.jwk] }))
  );
  await using origin = Origin.answering(() => ok("a"));
  const hosts = jwtHosts(origin.url, `${service.url}/keys`) as object;
  await using site = await ConfigSite.start(hosts, clock);
  const status = (): Promise<number> => statusFor(site, signer, clock);
  assertEquals(await status(), 200);
  await service[Symbol.asyncDispose]();
  await site.reload({ ...hosts, headers: { "X-New": "1" } });
  assertEquals(await status(), 200);
});
