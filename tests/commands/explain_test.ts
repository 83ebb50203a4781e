/** `sluice explain`: by the sluice that runs, of one worker and of several, live, and by a configuration alone. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { AdministeredSite } from "../support/admin.ts";
import { MemoryDisk } from "../support/memory_disk.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { explainRequest } from "../../lib/commands/explain.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { formatSocketAddress } from "../../lib/net/address.ts";
import { SystemClock } from "../../lib/net/clock.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function said(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const command = parseCommand(["explain", ...args], String);
  if (command.kind !== "explain") throw new Error("Another command");
  const out: string[] = [];
  const err: string[] = [];
  const code = await explainRequest(command, {
    disk: new MemoryDisk(files),
    clock: new SystemClock(),
    print: (text) => out.push(text),
    complain: (line) => err.push(line),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function at({ place }: AdministeredSite): string[] {
  return ["--admin", formatSocketAddress(place.address!)];
}

for (const workers of [1, 2]) {
  Deno.test(`a request is explained, then followed: ${workers} worker(s)`, async () => {
    const asked: Message[] = [];
    await using origin = Origin.answering((request) => {
      asked.push(request);
      return ok("hello", "Cache-Control: max-age=60");
    });
    const flags = ["--upstream", origin.url, "--cache-status", "on"];
    await using site = await AdministeredSite.start({ workers, flags });
    const url = "http://a.example/x";
    const before = await said([url, "--json", ...at(site)]);
    assertEquals(before.code, 0);
    const explained = JSON.parse(before.out);
    assertEquals(explained.result, "miss");
    // It is indented for people.
    assertEquals(before.out.trim(), JSON.stringify(explained, undefined, 2));
    assertEquals(asked.length, 0);

    const miss = JSON.parse(
      (await said([url, "--live", "--json", ...at(site)])).out,
    );
    assertEquals(miss.result, "miss");
    assertEquals(miss.logged.cache.result, "miss");
    assertEquals(miss.response.head[0], "HTTP/1.1 200 OK");
    assertEquals(miss.response.contentBytes, 5);
    const { upstream } = miss.logged;
    for (const phase of ["queue", "connect", "ttfb", "body"]) {
      assert(upstream[phase] >= 0, `${phase}: ${upstream[phase]}`);
    }
    assertEquals(asked.length, 1);
    assertEquals(asked[0]!.field("sluice-trace"), undefined);

    const hit = await said([url, "--live", ...at(site)]);
    assertEquals(hit.code, 0);
    assertMatch(hit.out, /^GET http:\/\/a\.example\/x: hit, 200\n/);
    assertMatch(hit.out, /\n {2}Cache-Status: sluice; hit; ttl=\d+\n/);
    assertMatch(hit.out, /\n {2}cache: \{"result":"hit"/);
    assertEquals(asked.length, 1);
  });
}

Deno.test("a configuration explains without a sluice that runs", async () => {
  const config = JSON.stringify({
    listen: "127.0.0.1:1",
    workers: 4,
    upstreams: { app: { servers: ["http://127.0.0.1:1"], health: {} } },
    hosts: {
      "a.example": { "/": { proxy: "app" }, "/old/*": { redirect: "/new" } },
    },
  });
  const files = { "/etc/sluice.json": config };
  const where = ["--offline", "--config", "/etc/sluice.json"];
  const miss = await said(["http://a.example/x", ...where], files);
  assertEquals(miss.code, 0);
  assertMatch(miss.out, /^offline: .*\nGET http:\/\/a\.example\/x: miss/);
  const moved = await said(
    ["http://a.example/old/x", "--json", ...where],
    files,
  );
  const { status, offline } = JSON.parse(moved.out);
  assertEquals({ status, offline }, { status: 308, offline: true });
  const none = await said(["http://b.example/", ...where], files);
  assertMatch(none.out, /: refused, 421 \(unknown_host\)\n/);
  const broken = await said(["http://a.example/", ...where], {
    "/etc/sluice.json": '{ "hosts": 1 }',
  });
  assertEquals(broken.code, 2);
  assertMatch(broken.err, /hosts/);
});

Deno.test("what the sluice that runs cannot say is one line", async () => {
  await using site = await AdministeredSite.start();
  await using other = Origin.serving(async (peer) => {
    await peer.readMessage();
    await peer.send(ok("{}"));
    peer.close();
  });
  const stranger = ["--admin", new URL(other.url).host];
  const rows: readonly (readonly [args: readonly string[], line: RegExp])[] = [
    [
      ["http://a.example/", "--admin", "127.0.0.1:1"],
      /^sluice: error: nothing listens on 127\.0\.0\.1:1/,
    ],
    [["https://a.example/", "--live", ...at(site)], /listens nowhere for TLS/],
    [
      ["http://a.example/", ...stranger],
      /answers there is not an admin listener/,
    ],
    [
      ["http://a.example/", "--live", ...stranger],
      /answers there is not an admin listener/,
    ],
  ];
  for (const [args, line] of rows) {
    const { code, out, err } = await said(args);
    assertEquals({ code, out }, { code: 1, out: "" });
    assertMatch(err, line);
  }
});

Deno.test("long targets are explained, too: as the listener would take them", async () => {
  await using site = await AdministeredSite.start();
  const path = "a".repeat(8 * 1024 - 1);
  const fits = await said([`http://a.example/${path}`, "--json", ...at(site)]);
  assertEquals(JSON.parse(fits.out).result, "miss");
  const over = await said([`http://a.example/${path}a`, "--json", ...at(site)]);
  const { result, status, reason } = JSON.parse(over.out);
  assertEquals([result, status, reason], ["refused", 414, "target_too_long"]);
});
