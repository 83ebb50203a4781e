/** Signed tokens, from socket to socket. */

import { exportJWK, generateKeyPair, SignJWT } from "jose";
import type { JWK } from "jose";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { claimText } from "../../lib/access/jwt/claim_text.ts";
import { TestClock } from "../support/clock.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { ok, Origin } from "../support/origin.ts";

const ISSUER = "https://id.example";
const AUDIENCE = "api";

/** A key, and tokens that it signs. */
class Signer {
  readonly jwk: JWK;
  readonly #key: CryptoKey;
  readonly #kid: string;

  private constructor(jwk: JWK, key: CryptoKey, kid: string) {
    this.jwk = jwk;
    this.#key = key;
    this.#kid = kid;
  }

  static async make(kid: string): Promise<Signer> {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = {
      ...await exportJWK(publicKey),
      kid,
      alg: "ES256",
      use: "sig",
    };
    return new Signer(jwk, privateKey, kid);
  }

  /** A token that is accepted, but for these claims. */
  async token(
    nowMs: number,
    claims: Record<string, unknown> = {},
  ): Promise<string> {
    const all = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: "ann",
      exp: Math.floor(nowMs / 1000) + 300,
      ...claims,
    };
    const given = Object.fromEntries(
      Object.entries(all).filter(([, value]) => value !== undefined),
    );
    return await new SignJWT(given)
      .setProtectedHeader({
        alg: "ES256",
        ...this.#kid !== "" && { kid: this.#kid },
      }).sign(this.#key);
  }
}

function jwtHosts(
  proxy: string,
  jwks: string,
  more: Record<string, unknown> = {},
): unknown {
  const jwt = { jwks, issuer: ISSUER, audience: AUDIENCE, ...more };
  return { hosts: { "*": { proxy, auth: { jwt } } } };
}

function bearer(token: string): string {
  return `Authorization: Bearer ${token}`;
}

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
  const status = async (signer: Signer): Promise<number> =>
    (await site.get("/", bearer(await signer.token(clock.now())))).status;
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
  const status = async (): Promise<number> =>
    (await site.get("/", bearer(await signer.token(clock.now())))).status;
  assertEquals(await status(), 503);
  assertEquals((await site.logged()).error, "auth_unavailable");
  answer = ok(JSON.stringify({ keys: [signer.jwk] }));
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
  const status = async (): Promise<number> =>
    (await site.get("/", bearer(await signer.token(clock.now())))).status;
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
  const status = async (): Promise<number> =>
    (await site.get("/", bearer(await signer.token(clock.now())))).status;
  assertEquals(await status(), 200);
  await service[Symbol.asyncDispose]();
  await site.reload({ ...hosts, headers: { "X-New": "1" } });
  assertEquals(await status(), 200);
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
