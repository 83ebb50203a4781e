/** Signed tokens, from socket to socket. */

import type { JWK } from "jose";
import { assertEquals, assertMatch } from "../../support/assert.ts";
import { claimText } from "../../../lib/access/jwt/claim_text.ts";
import { TestClock } from "../../support/clock.ts";
import { ConfigSite } from "../../support/logged_site.ts";
import { ok, Origin } from "../../support/origin.ts";
import { AUDIENCE, bearer, jwtHosts, Signer } from "../../support/tokens.ts";

Deno.test("a token is accepted, or why not (RFC 6750 §3)", async () => {
  const clock = new TestClock();
  const signer = await Signer.make("a");
  const stranger = await Signer.make("a");
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify({ keys: [signer.jwk] }));
  await using origin = Origin.answering(() => ok("a"));
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, file),
    clock,
    [file],
  );
  const nowMs = clock.now();
  const seconds = Math.floor(nowMs / 1000);
  const token = (claims: Record<string, unknown>): Promise<string> =>
    signer.token(nowMs, claims);
  const good = await token({});
  const [head, payload, signature] = good.split(".") as [
    string,
    string,
    string,
  ];
  const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${payload}.`;
  const rows: [token: string, status: number, words?: string][] = [
    [good, 200],
    [await token({ aud: ["other", AUDIENCE] }), 200],
    [await token({ exp: seconds - 30 }), 200],
    [await token({ exp: seconds - 90 }), 401, "The token has expired"],
    [await token({ nbf: seconds + 30 }), 200],
    [
      await token({ nbf: seconds + 90 }),
      401,
      "A claim of the token is not accepted",
    ],
    [
      await token({ exp: undefined }),
      401,
      "A claim of the token is not accepted",
    ],
    [
      await token({ exp: "never" }),
      401,
      "A claim of the token is not accepted",
    ],
    [
      await token({ iss: "https://evil.example" }),
      401,
      "A claim of the token is not accepted",
    ],
    [
      await token({ aud: "other" }),
      401,
      "A claim of the token is not accepted",
    ],
    [
      await token({ aud: undefined }),
      401,
      "A claim of the token is not accepted",
    ],
    [await stranger.token(nowMs), 401, "The signature is wrong"],
    [
      `${head}.${payload}.${signature.slice(0, -4)}AAAA`,
      401,
      "The signature is wrong",
    ],
    [`${head}.${payload}`, 401, "The token is malformed"],
    [`${head}.${payload}.`, 401],
    ["a.b.c", 401, "The token is malformed"],
    [none, 401, "The algorithm is not accepted"],
  ];
  for (const [text, status, words] of rows) {
    const answer = await site.get("/", bearer(text));
    assertEquals(answer.status, status, text);
    const challenge = answer.field("www-authenticate");
    if (status === 200) assertEquals(challenge, undefined);
    else {assertMatch(
        challenge!,
        /^Bearer realm="Restricted", error="invalid_token", error_description="[^"]+"$/,
      );}
    if (words !== undefined) assertMatch(challenge!, new RegExp(`"${words}"$`));
  }
  const none401 = await site.get("/");
  assertEquals([none401.status, none401.field("www-authenticate")], [
    401,
    'Bearer realm="Restricted"',
  ]);
  for (
    const fields of [["Authorization: Basic YTpi"], ["Authorization: Bearer"], [
      bearer("a b"),
    ], [bearer(good), bearer(good)]]
  ) {
    const { status, field } = await site.get("/", ...fields);
    assertEquals(status, 400);
    assertMatch(field("www-authenticate")!, /error="invalid_request"/);
  }
  await Deno.remove(file);
});

Deno.test("claims become headers that no client can send, and only those that fit", async () => {
  const signer = await Signer.make("a");
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify({ keys: [signer.jwk] }));
  await using origin = Origin.answering(({ head }) => ok(head));
  const forward = {
    "X-User": "sub",
    "X-Groups": "groups",
    "X-Bad": "bad",
    "X-Deep": "deep",
    "X-Name": "name",
    "X-Proto": "__proto__",
  };
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, file, { forward }),
    undefined,
    [file],
  );
  const token = await signer.token(Date.now(), {
    groups: ["a", "b"],
    bad: "x\r\nX-Admin: 1",
    deep: { a: 1 },
    name: "\u00c9va \u20ac",
  });
  const { status, content } = await site.get(
    "/",
    bearer(token),
    "X-User: root",
    "X_User: root",
    "X-Bad: root",
    "X-Deep: root",
    "Remote-User: root",
  );
  assertEquals(status, 200);
  const lines = content.split("\r\n").filter((line) =>
    /^x-(?:user|groups|bad|deep|name|proto|admin)/i.test(line)
  );
  assertEquals(lines, [
    "x-user: ann",
    "x-groups: a,b",
    "x-name: \u00c3\u0089va \u00e2\u0082\u00ac",
  ]);
  assertEquals(content.includes("root"), false);
  assertEquals((await site.logged()).user, "ann");
  await Deno.remove(file);
});

Deno.test("a token that does not say which key is its own is tried with each, but not with many", async () => {
  const clock = new TestClock();
  const signers = await Promise.all(
    Array.from({ length: 10 }, () => Signer.make("")),
  );
  const keys = signers.map(({ jwk: { kid: _, ...jwk } }) => jwk);
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify({ keys }));
  await using origin = Origin.answering(() => ok("a"));
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, file),
    clock,
    [file],
  );
  const statusOf = async (signer: Signer): Promise<number> =>
    (await site.get("/", bearer(await signer.token(clock.now())))).status;
  assertEquals(
    await Promise.all([0, 7, 8].map((index) => statusOf(signers[index]!))),
    [200, 200, 401],
  );
  assertEquals(await statusOf(await Signer.make("")), 401);
  await Deno.remove(file);
});

Deno.test("the text of a claim", () => {
  const claims = {
    a: "x",
    n: 1.5,
    t: true,
    l: ["a", 1],
    c: ["a,b"],
    o: {},
    m: [{}],
    z: null,
    e: [],
  };
  const rows: [name: string, text: string | undefined][] = [
    ["a", "x"],
    ["n", "1.5"],
    ["t", "true"],
    ["l", "a,1"],
    ["c", undefined],
    ["o", undefined],
    ["m", undefined],
    ["z", undefined],
    ["e", ""],
    ["missing", undefined],
    ["toString", undefined],
  ];
  assertEquals(rows.map(([name]) => [name, claimText(claims, name)]), rows);
});

Deno.test("a token that was good is good no longer than it says, and only as long as its key is there", async () => {
  const clock = new TestClock();
  const [signer, other] = await Promise.all(["a", "b"].map(Signer.make));
  const file = await Deno.makeTempFile({ suffix: ".json" });
  const write = (keys: JWK[]): Promise<void> =>
    Deno.writeTextFile(file, JSON.stringify({ keys }));
  await write([signer!.jwk]);
  await using origin = Origin.answering(() => ok("a"));
  await using site = await ConfigSite.start(
    jwtHosts(origin.url, file, { skew: "0s" }),
    clock,
    [file],
  );
  if (!clock.stands) return;
  const exp = Math.floor(clock.now() / 1000) + 60;
  const short = bearer(await signer!.token(clock.now(), { exp }));
  const long = bearer(await signer!.token(clock.now()));
  const statuses = async (): Promise<number[]> => [
    (await site.get("/", short)).status,
    (await site.get("/", long)).status,
  ];
  assertEquals(await statuses(), [200, 200]);
  assertEquals(await statuses(), [200, 200]);
  await clock.advance(61_000);
  assertEquals(await statuses(), [401, 200]);
  await write([other!.jwk]);
  await clock.advance(2000);
  await statuses(); // has the file looked at, behind its back
  await clock.advance(2000);
  assertEquals(await statuses(), [401, 401]);
  await Deno.remove(file);
});
