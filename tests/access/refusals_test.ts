/** Why a route refused a client: the log has the reason, and the metrics count it. */

import { Refusal } from "../../lib/access/refusal.ts";
import type { AccessReason } from "../../lib/reasons/reason.ts";
import { REASON_CODES, REASONS } from "../../lib/reasons/reason.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { Origin } from "../support/origin.ts";

const HERE = ["127.0.0.0/8", "::1"];
const JWKS = '{"keys":[]}';

/** What a route demands, what a request has, and why it is refused. */
type Row = readonly [
  reason: AccessReason | undefined,
  route: object,
  status: number,
  ...fields: readonly string[],
];

const bearer = (head: object, payload: object): string => {
  const part = (value: object): string =>
    btoa(JSON.stringify(value)).replaceAll("=", "");
  return `Authorization: Bearer ${part(head)}.${part(payload)}.AAAA`;
};

Deno.test("the log has the reason of each refusal", async (t) => {
  const folder = await Deno.makeTempDir();
  const users = `${folder}/users`;
  const keys = `${folder}/keys.json`;
  const flag = `${folder}/flag`;
  await Deno.writeTextFile(
    users,
    "ann:$2b$04$gONNVz7BfVz2R2ZgEYP5bOOHQ/8M4G1SBj9VOCZfRSw1Qh1dG4MFa\n",
  );
  await Deno.writeTextFile(keys, JWKS);
  await Deno.writeTextFile(flag, "");
  await using service = Origin.answering(() =>
    "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
  );
  const jwt = { jwks: keys };
  const rows: Row[] = [
    [undefined, { allow: HERE }, 200],
    ["address-denied", { deny: HERE }, 403],
    ["address-not-allowed", { allow: "10.0.0.0/8" }, 403],
    ["rate-limit", { limit: { rate: "1/h", status: 503 } }, 503],
    ["no-credentials", { auth: { basic: users } }, 401],
    [
      "bad-credentials",
      { auth: { basic: users } },
      401,
      "Authorization: Digest x",
    ],
    [
      "wrong-credentials",
      { auth: { basic: users } },
      401,
      `Authorization: Basic ${btoa("ann:no")}`,
    ],
    [
      "auth-unavailable",
      { auth: { basic: `${folder}/none` } },
      503,
      `Authorization: Basic ${btoa("ann:no")}`,
    ],
    ["no-credentials", { auth: { jwt } }, 401],
    ["bad-credentials", { auth: { jwt } }, 400, "Authorization: Basic eDp5"],
    ["token-malformed", { auth: { jwt } }, 401, "Authorization: Bearer a.b"],
    [
      "token-algorithm",
      { auth: { jwt } },
      401,
      bearer({ alg: "HS256" }, { exp: 1 }),
    ],
    ["token-key", { auth: { jwt } }, 401, bearer({ alg: "ES256" }, { exp: 1 })],
    ["auth-service-refused", { auth: { forward: service.url } }, 403],
    ["auth-unavailable", { auth: { forward: "http://127.0.0.1:1" } }, 503],
    ["maintenance-on", { maintenance: { when: flag } }, 503],
  ];
  for (const [reason, route, status, ...fields] of rows) {
    await t.step(`${reason} ${JSON.stringify(route)}`, async () => {
      const { maintenance, ...rest } = route as { maintenance?: object };
      await using site = await ConfigSite.start(
        {
          ...maintenance && { maintenance },
          hosts: { "*": { respond: 200, ...rest } },
        },
        undefined,
        [users, keys],
      );
      if (reason === "rate-limit") {
        await site.get("/");
        await site.logged();
      }
      const response = await site.get("/", ...fields);
      const line = await site.logged();
      assertEquals([response.status, line.status], [status, status]);
      assertEquals(line.access_reason, reason);
    });
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("every reason of access is that of an error", () => {
  const reasons = REASON_CODES.filter((code) =>
    REASONS[code].group === "access"
  );
  assert(reasons.length > 10);
  for (const reason of reasons as AccessReason[]) {
    const error = new Refusal(reason);
    assert(error.status >= 400, reason);
    assertEquals(error.reason, reason);
  }
});
