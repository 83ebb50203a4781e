/** What `--check` finds beyond the schema. */

import { assert, assertEquals } from "../support/assert.ts";
import { type Files, MemoryDisk } from "../support/memory_disk.ts";
import { reportRoutes } from "../../lib/config/check.ts";
import { formatProblem } from "../../lib/config/file/place.ts";
import { checkConfig } from "../../lib/config/load.ts";

/** The lines of a check, without those of what does not work yet. */
async function checked(config: unknown, files: Files = {}): Promise<string[]> {
  const text = JSON.stringify(config);
  const disk = new MemoryDisk({ ...files, "etc/sluice.json": text });
  const { problems } = await checkConfig("etc/sluice.json", disk);
  return problems.filter(({ kind }) => kind !== "not-yet").map(formatProblem)
    .map((line) => line.replace(/^etc\/sluice\.json:1:\d+: /, ""));
}

Deno.test("guards that a route loses, and upstreams that nobody uses", async () => {
  const config = {
    deny: "192.0.2.1",
    upstreams: {
      used: { servers: "http://a", mirror: { to: "copies" } },
      copies: { servers: "http://b" },
      spare: { servers: "http://c" },
    },
    hosts: {
      a: {
        allow: "::1",
        limit: { rate: "1/s" },
        "/": { proxy: "used" },
        "/same": { proxy: "used", allow: "::1" },
        "/open": { proxy: "used", allow: "off" },
        "/list": [{ when: { method: "GET" }, proxy: "used" }, {
          proxy: "used",
          limit: { rate: "2/s" },
          body: 1,
        }],
      },
      b: { respond: 200, deny: "off", allow: "::1" },
    },
  };
  const lines = await checked(config);
  assertEquals(lines.map((line) => line.replace(/:1:\d+,/, ":1:N,")), [
    "upstreams.spare: warning: no route uses it",
    'hosts.a["/open"].allow: warning: this takes the place of allow in etc/sluice.json:1:N, which does not hold here',
    'hosts.a["/list"][1].limit: warning: this takes the place of limit in etc/sluice.json:1:N, which does not hold here',
    "hosts.b.deny: warning: this takes the place of deny in etc/sluice.json:1:N, which does not hold here",
  ]);
});

Deno.test("secrets that are to be logged", async () => {
  const hosts = { "*": { respond: 200 } };
  const lines = await checked({
    log: { fields: ["X-Team", "authorization", "Set-Cookie"] },
    hosts,
  });
  assertEquals(lines, [
    "log.fields[1]: warning: authorization is a secret: lines say only that it was there, not its value",
    "log.fields[2]: warning: Set-Cookie is a secret: lines say only that it was there, not its value",
  ]);
  assertEquals(await checked({ log: { fields: "Cookie" }, hosts }), [
    "log.fields: warning: Cookie is a secret: lines say only that it was there, not its value",
  ]);
});

Deno.test("what the router says stands where the route does", async () => {
  const text = `{ "hosts": {
  "a": { "/x": { "respond": 200 },
         "/l": [{ "respond": 200 },
                { "respond": 201 }] },
  "b": { "respond": 200 } } }`;
  const { root, config } = await checkConfig(
    "s.json",
    new MemoryDisk({ "s.json": text }),
  );
  assert(root !== undefined && config !== undefined);
  const problems = reportRoutes(root, config, [
    { kind: "warning", host: 0, route: 0, message: "nothing reaches it" },
    { kind: "error", host: 0, route: 2, message: "cannot be" },
    { kind: "warning", host: 1, route: 0, message: "nothing reaches it" },
    { kind: "error", host: 1, route: -1, message: "is no name" },
  ]);
  assertEquals(problems.map(formatProblem), [
    's.json:2:10: hosts.a["/x"]: warning: nothing reaches it',
    's.json:4:17: hosts.a["/l"][1]: cannot be',
    "s.json:5:3: hosts.b: warning: nothing reaches it",
    "s.json:5:3: hosts.b: is no name",
  ]);
});

Deno.test("a token that can be guessed from elsewhere", async () => {
  const hosts = { "*": { respond: 204 } };
  const warning = "admin.token: warning: is short, and can be guessed: " +
    "take a random one, as openssl rand -base64 32 makes";
  const rows: readonly (readonly [admin: unknown, lines: string[]])[] = [
    [{ listen: ":2020", token: "fifteen-letters" }, [warning]],
    [{ listen: ":2020", token: "sixteen-letters!" }, []],
    [{ listen: ":2020", token: { file: "short" } }, [warning]],
    [{ listen: ":2020", token: { file: "long" } }, []],
    [{ listen: "127.0.0.1:2020", token: "short" }, []],
    [{ listen: "unix:/run/a.sock", token: "short" }, []],
  ];
  const files = { "etc/short": "short  \n", "etc/long": "a".repeat(16) };
  for (const [admin, lines] of rows) {
    assertEquals(await checked({ admin, hosts }, files), lines);
  }
});
