/** Paths that no route takes: what a host demands and says holds for them, too. */

import { assertEquals } from "../support/assert.ts";
import { userLine } from "../support/htpasswd.ts";
import { ConfigSite } from "../support/logged_site.ts";

const HERE = ["127.0.0.0/8", "::1"];
const GUARDED = { "/known": { respond: 200 } };

Deno.test("who may not get to a host does not learn which paths it has", async () => {
  const users = await Deno.makeTempFile();
  await Deno.writeTextFile(users, userLine("ann", "secret"));
  const rows: [demand: object, status: number][] = [
    [{}, 404],
    [{ allow: HERE }, 404],
    [{ deny: HERE }, 403],
    [{ auth: { basic: users } }, 401],
    [{ auth: { basic: users }, allow: HERE, satisfy: "any" }, 404],
    [{ maintenance: { when: users } }, 503],
  ];
  for (const [demand, status] of rows) {
    await using site = await ConfigSite.start(
      {
        hosts: { "*": { ...GUARDED, ...demand } },
      },
      undefined,
      [users],
    );
    const { status: known } = await site.get("/known");
    const { status: unknown } = await site.get("/unknown");
    assertEquals(
      [known, unknown],
      [status === 404 ? 200 : status, status],
      JSON.stringify(demand),
    );
  }
  await Deno.remove(users);
});

Deno.test("a limit of a host counts requests that no route takes", async () => {
  await using site = await ConfigSite.start({
    hosts: { "*": { ...GUARDED, limit: { rate: "1/h", burst: 2 } } },
  });
  const statuses: number[] = [];
  for (const path of ["/unknown", "/known", "/other", "/known"]) {
    statuses.push((await site.get(path)).status);
  }
  assertEquals(statuses, [404, 200, 429, 429]);
});

Deno.test("headers with templates, and those for pages of other origins, are sent where there is no route", async () => {
  await using site = await ConfigSite.start({
    security: true,
    hosts: {
      "*": {
        ...GUARDED,
        headers: { "X-Path": "{method} {path}" },
        cors: { origins: ["https://app.test"] },
        limit: { rate: "10/s" },
      },
    },
  });
  for (const path of ["/known", "/unknown"]) {
    const { field } = await site.get(path, "Origin: https://app.test");
    assertEquals(
      [
        field("x-path"),
        field("access-control-allow-origin"),
        field("vary"),
        field("ratelimit-policy"),
        field("x-content-type-options"),
      ],
      [
        `GET ${path}`,
        "https://app.test",
        "Origin",
        '"client";q=10;w=1',
        "nosniff",
      ],
    );
  }
});

Deno.test("a request whose host nobody knows gets nothing of a host's", async () => {
  await using site = await ConfigSite.start({
    hosts: { "a.test": { ...GUARDED, deny: HERE, headers: { "X-A": "1" } } },
  });
  const { status, field } = await site.get("/known");
  assertEquals([status, field("x-a")], [421, undefined]);
});
