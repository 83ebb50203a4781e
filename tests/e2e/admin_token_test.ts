/** The token of the admin listener: who gets in with what, guesses, logins of browsers. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { AdministeredSite, countReloads, requestOf } from "../support/admin.ts";
import { TestClock } from "../support/clock.ts";
import type { Peer } from "../support/peer.ts";

const TOKEN = "a-token-of-the-admin";
const BEARER = `Authorization: Bearer ${TOKEN}`;

Deno.test("without the token there is only liveness and readiness", async () => {
  const reloads = countReloads();
  const admin = { token: TOKEN };
  await using site = await AdministeredSite.start({
    admin,
    reload: reloads.reload,
  });
  for (const open of ["/livez", "/readyz", "/healthz"]) {
    assertEquals((await site.get(open)).status, 200, open);
  }
  for (
    const target of [
      "/config",
      "/version",
      "/upstreams",
      "/nothing",
      "/livez/x",
      "//livez",
    ]
  ) {
    const answer = await site.get(target);
    assertEquals(answer.status, 401, target);
    assertEquals(answer.field("www-authenticate"), 'Bearer realm="sluice"');
  }
  assertEquals((await site.post("/reload")).status, 401);
  assertEquals(reloads.count, 0);
  assertEquals((await site.get("/config", BEARER)).status, 200);
  assertEquals(
    (await site.get("/config", BEARER.replace("Bearer ", "bearer   "))).status,
    200,
  );
  assertEquals((await site.post("/reload", "", BEARER)).status, 200);
  assertEquals(reloads.count, 1);
});

Deno.test("a wrong token is answered late, a right one at once, and guesses are few", async () => {
  const clock = new TestClock();
  const admin = { token: TOKEN };
  await using site = await AdministeredSite.start({ admin, clock });
  const wrong = [
    "Authorization: Bearer wrong",
    "Authorization: Bearer ",
    `Authorization: Basic ${btoa(`admin:${TOKEN}`)}`,
    `Authorization: Bearer ${TOKEN} ${TOKEN}`,
    `Authorization: Bearer ${TOKEN}x`,
    `Authorization: Bearer ${TOKEN.slice(0, -1)}`,
    `Authorization: ${TOKEN}`,
    "Authorization: Bearer " + "x".repeat(4000),
  ];
  const peers = await Promise.all(wrong.map(async (line) => {
    const peer = await site.connect();
    await peer.send(requestOf("GET", "/config", [line]));
    return peer;
  }));
  let answered = 0;
  const answers = peers.map(async (peer) => {
    const { status } = await peer.readMessage();
    answered++;
    return status;
  });
  await clock.advance(0); // all of them have been seen
  const more = await site.get("/config", wrong[0]!);
  assertEquals([more.status, more.field("retry-after")], [429, "1"]);
  assertEquals((await site.get("/config", BEARER)).status, 200);
  assertEquals(answered, 0);
  await clock.advance(500);
  assertEquals(await Promise.all(answers), wrong.map(() => 401));
  for (const peer of peers) peer.close();
});

Deno.test("a client that guesses and leaves makes room for others", async () => {
  const clock = new TestClock();
  const admin = { token: TOKEN };
  await using site = await AdministeredSite.start({ admin, clock });
  for (let round = 0; round < 3; round++) {
    const peers = await Promise.all(Array.from({ length: 8 }, async () => {
      const peer = await site.connect();
      await peer.send(
        requestOf("GET", "/config", ["Authorization: Bearer no"]),
      );
      return peer;
    }));
    await clock.advance(100);
    for (const peer of peers) peer.close();
    await clock.advance(100);
  }
  using peer = await site.connect();
  await peer.send(requestOf("GET", "/config", ["Authorization: Bearer no"]));
  const answer = peer.readMessage();
  await clock.advance(0);
  await clock.advance(500);
  assertEquals((await answer).status, 401);
});

Deno.test("a browser logs in with a form, and out", async () => {
  const admin = { token: TOKEN };
  await using site = await AdministeredSite.start({ admin });
  const page = await site.get("/config", "Accept: text/html,*/*");
  assertEquals([page.status, page.field("location")], [303, "/login"]);
  const form = await site.get("/login");
  assertEquals(form.status, 200);
  assertMatch(form.content, /<form method="post" action="\/login">/);
  assertMatch(form.field("content-security-policy")!, /form-action 'self'/);
  // With "no-referrer", browsers send the form with "Origin: null", which is refused.
  assertEquals(form.field("referrer-policy"), "same-origin");
  const { port } = site.place.address as Deno.NetAddr;
  const own = [`Host: localhost:${port}`, `Origin: http://localhost:${port}`];
  assertEquals(
    (await site.post("/login", `token=${TOKEN}`, ...own)).status,
    303,
  );
  const bad = await site.post("/login", "token=no");
  assertEquals([bad.status, bad.field("set-cookie")], [401, undefined]);
  assertMatch(bad.content, /Wrong token/);
  const foreign = await site.post(
    "/login",
    `token=${TOKEN}`,
    "Origin: http://evil.example",
  );
  assertEquals(foreign.status, 403);
  const good = await site.post("/login", `token=${TOKEN}`);
  assertEquals([good.status, good.field("location")], [303, "/"]);
  const cookie = good.field("set-cookie")!;
  assertMatch(cookie, /; HttpOnly; SameSite=Strict$/);
  assertEquals(cookie.includes(TOKEN), false);
  const sent = `Cookie: ${cookie.split(";", 1)[0]}`;
  assertEquals((await site.get("/config", sent)).status, 200);
  assertEquals((await site.post("/reload", "", sent)).status, 200);
  assertEquals((await site.get("/logout", sent)).status, 405);
  assertEquals((await site.post("/logout", "", sent)).status, 303);
  assertEquals((await site.get("/config", sent)).status, 401);
});

Deno.test("another token ends logins, and holds at once", async () => {
  const admin = { token: TOKEN };
  await using site = await AdministeredSite.start({ admin });
  using peer = await site.connect(); // a connection that stays
  await peer.send(
    requestOf("POST", "/login", [`Content-Length: ${6 + TOKEN.length}`]) +
      `token=${TOKEN}`,
  );
  const cookie =
    (await peer.readMessage()).field("set-cookie")!.split(";", 1)[0];
  await peer.send(requestOf("GET", "/version", [BEARER]));
  assertEquals((await peer.readMessage()).status, 200);
  await site.change({ token: "another" });
  await peer.send(requestOf("GET", "/version", [`Cookie: ${cookie}`]));
  assertEquals((await peer.readMessage()).status, 401);
  await peer.send(
    requestOf("GET", "/version", ["Authorization: Bearer another"]),
  );
  assertEquals((await peer.readMessage()).status, 200);
});

Deno.test("those who log in slowly leave room for probes and for others", async () => {
  const clock = new TestClock();
  const admin = { token: TOKEN };
  await using site = await AdministeredSite.start({ admin, clock });
  const peers: Peer[] = [];
  for (let i = 0; i < 100; i++) {
    const peer = await site.connect();
    peers.push(peer);
    await peer.send(
      requestOf("POST", "/login", ["Content-Length: 100"]) + "token=",
    );
  }
  await clock.advance(0);
  assertEquals((await site.get("/livez")).status, 200);
  assertEquals((await site.get("/config", BEARER)).status, 200);
  for (const peer of peers) peer.close();
});
