/** Which addresses may, from socket to socket. */

import { assertEquals } from "../support/assert.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { exchange } from "../support/proxy.ts";

const HERE = "127.0.0.1";

/** The statuses that clients get whose address a trusted proxy tells. */
async function statusesFor(
  rules: Record<string, unknown>,
  lines: readonly string[],
  top: Record<string, unknown> = {},
): Promise<number[]> {
  await using site = await ConfigSite.start({
    trustedProxies: HERE,
    ...top,
    hosts: { "*": { ...rules, respond: 200 } },
  });
  const statuses: number[] = [];
  for (const line of lines) {
    const fields = line === "" ? [] : line.split("|");
    statuses.push((await site.get("/", ...fields)).status);
  }
  return statuses;
}

function forwarded(...lists: readonly string[]): string[] {
  return lists.map((list) => `X-Forwarded-For: ${list}`);
}

Deno.test("allow and deny: deny comes first", async () => {
  const lists = forwarded(
    "10.0.0.1",
    "10.6.6.6",
    "192.0.2.1",
    "::ffff:10.0.0.9",
  );
  const office = "10.0.0.0/8";
  const bad = "10.6.0.0/16";
  assertEquals(await statusesFor({ allow: office }, lists), [
    ...[200, 200, 403, 200],
  ]);
  assertEquals(await statusesFor({ deny: bad }, lists), [200, 403, 200, 200]);
  assertEquals(await statusesFor({ allow: office, deny: bad }, lists), [
    ...[200, 403, 403, 200],
  ]);
});

Deno.test("the address is that which the last trusted proxy saw, and nobody's who says so himself", async () => {
  const lists = forwarded(
    "10.0.0.1, 192.0.2.1",
    "192.0.2.1, 10.0.0.1",
    "192.0.2.1, 10.0.0.1, 127.0.0.1",
    "[2001:db8::1]:80",
    "unknown",
    "10.0.0.1, unknown",
    "_hidden",
    "",
  );
  const allow = ["10.0.0.0/8", "2001:db8::/32", HERE];
  // A proxy that does not say who its client is does not make it one of the house.
  assertEquals(await statusesFor({ allow }, lists), [
    ...[403, 200, 200, 200, 403, 403, 403, 403],
  ]);
  const allowed = await statusesFor({ allow }, [""]);
  assertEquals(allowed, [200], "the proxy itself");
  const untrusted = await statusesFor(
    { allow: "10.0.0.0/8" },
    forwarded("10.0.0.1"),
    { trustedProxies: "192.0.2.0/24" },
  );
  assertEquals(untrusted, [403]);
});

Deno.test("clientAddress: one header, from trusted proxies only", async () => {
  const lines = [
    "CF-Connecting-IP: 10.0.0.1",
    "cf-connecting-ip: ::ffff:10.0.0.1",
    "CF-Connecting-IP: 192.0.2.1|X-Forwarded-For: 10.0.0.1",
    "X-Forwarded-For: 10.0.0.1",
    "CF-Connecting-IP: 10.0.0.1|CF-Connecting-IP: 10.0.0.1",
    "CF-Connecting-IP: 10.0.0.1, 10.0.0.2",
    "CF_Connecting_IP: 10.0.0.1",
    "",
  ];
  const rules = { allow: ["10.0.0.0/8", HERE] };
  const clientAddress = "CF-Connecting-IP";
  assertEquals(await statusesFor(rules, lines, { clientAddress }), [
    ...[200, 200, 403, 403, 403, 403, 403, 403],
  ]);
  const top = { clientAddress, trustedProxies: "192.0.2.0/24" };
  const untrusted = await statusesFor({ allow: "10.0.0.0/8" }, lines, top);
  assertEquals(new Set(untrusted), new Set([403]));
});

Deno.test("no spelling of a path gets past the rule of another one", async () => {
  await using site = await ConfigSite.start({
    hosts: {
      "*": {
        "/": { proxy: "http://127.0.0.1:1" },
        "/admin/*": { deny: "0.0.0.0/0", respond: 200 },
      },
    },
  });
  const rows: [target: string, status: number][] = [
    ["/admin", 403],
    ["/admin/", 403],
    ["/%61dmin/x", 403],
    ["/x/../admin/x", 403],
    ["/x/%2e%2e/admin/x", 403],
    ["/./admin", 403],
    ["//admin/x", 400],
    ["/admin%2Fx", 400],
    ["/x%2f..%2fadmin/x", 400],
    ["/x%5c..%5cadmin/x", 400],
    ["/admin;a=b/x", 400],
    ["/%2561dmin/x", 400],
    ["http://sluice.test/admin/x", 403],
    ["http://sluice.test/%61dmin/x", 403],
    ["/Admin/x", 502], // another path, by RFC 3986 §6.2.2.1
  ];
  const got: [string, number][] = [];
  for (const [target] of rows) {
    got.push([target, (await site.get(target)).status]);
  }
  assertEquals(got, rows);
});

Deno.test("two routes with the same rule let each other's spellings pass; with another, not", async () => {
  const proxy = "http://127.0.0.1:1";
  await using site = await ConfigSite.start({
    hosts: {
      "*": {
        allow: HERE,
        "/": { proxy },
        "/a/*": { proxy, headers: { "X-A": "1" } },
        "/b/*": { proxy, allow: [HERE, "::1"] },
      },
    },
  });
  assertEquals((await site.get("//a/x")).status, 502);
  assertEquals((await site.get("//b/x")).status, 400);
});

Deno.test("maintenance.except: not for a client that nobody knows", async () => {
  const folder = await Deno.makeTempDir();
  const when = `${folder}/on`;
  await Deno.writeTextFile(when, "");
  const maintenance = { when, except: [HERE, "10.0.0.0/8"] };
  await using site = await ConfigSite.start({
    trustedProxies: HERE,
    maintenance,
    hosts: { "*": { respond: 200 } },
  });
  const statuses: number[] = [];
  for (const list of ["10.0.0.1", "192.0.2.1", "unknown"]) {
    statuses.push((await site.get("/", `X-Forwarded-For: ${list}`)).status);
  }
  assertEquals(statuses, [200, 503, 503]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("who is refused may go on with the same connection", async () => {
  await using site = await ConfigSite.start({
    hosts: {
      "*": { "/": { respond: 200 }, "/no": { deny: HERE, respond: 200 } },
    },
  });
  const two = "GET /no HTTP/1.1\r\nHost: a\r\n\r\n";
  using client = await site.proxy.connect();
  await client.send(two + two.replace("/no", "/"));
  assertEquals((await client.readMessage()).status, 403);
  assertEquals((await client.readMessage()).status, 200);
  const upload = "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" +
    "Expect: 100-continue\r\n\r\n";
  assertEquals((await exchange(site.proxy, upload)).status, 403);
});
