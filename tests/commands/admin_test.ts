/** `sluice purge`, `reload` and `upstreams`: what they say to an admin listener, and to whoever called them. */

import { assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { AdministeredSite } from "../support/admin.ts";
import { TestClock } from "../support/clock.ts";
import { MemoryDisk } from "../support/memory_disk.ts";
import { Peer } from "../support/peer.ts";
import type { AdminReply, AdminRequest } from "../../lib/admin/resource.ts";
import { jsonReply, problemReply } from "../../lib/admin/resource.ts";
import { administer } from "../../lib/commands/admin.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { formatSocketAddress } from "../../lib/net/address.ts";
import { type Clock, SystemClock } from "../../lib/net/clock.ts";

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function said(
  args: readonly string[],
  files: Readonly<Record<string, string>> = {},
  clock: Clock = new SystemClock(),
): Promise<Said> {
  const command = parseCommand(args, String);
  if (command.kind !== "admin") throw new Error("Another command");
  const out: string[] = [];
  const err: string[] = [];
  const code = await administer(command, {
    disk: new MemoryDisk(files),
    clock,
    print: (text) => out.push(text),
    complain: (line) => err.push(line),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

function at({ place }: AdministeredSite): string[] {
  return ["--admin", formatSocketAddress(place.address!)];
}

Deno.test("reload tells what has changed, or what is wrong", async () => {
  const results = [
    { kind: "reloaded", changes: [] },
    { kind: "reloaded", changes: ["+ host b.example", "~ drain: 1s → 2s"] },
    {
      kind: "invalid",
      errors: ["a.json:1:2: x: unknown", "not reloaded: it has errors"],
    },
    {
      kind: "refused",
      errors: ["not reloaded: this needs a restart: workers 2 → 4"],
    },
  ] as const;
  let next = 0;
  await using site = await AdministeredSite.start({
    reload: () => Promise.resolve(results[next++]!),
  });
  const rows: readonly Said[] = [
    { code: 0, out: "reloaded: nothing has changed", err: "" },
    { code: 0, out: "reloaded\n+ host b.example\n~ drain: 1s → 2s", err: "" },
    {
      code: 1,
      out: "",
      err: "a.json:1:2: x: unknown\nnot reloaded: it has errors",
    },
    {
      code: 1,
      out: "",
      err: "not reloaded: this needs a restart: workers 2 → 4",
    },
  ];
  for (const row of rows) {
    assertEquals(await said(["reload", ...at(site)]), row);
  }
});

Deno.test("upstreams are shown and changed", async () => {
  const flags = ["--upstream", "http://127.0.0.1:1"];
  await using site = await AdministeredSite.start({ flags });
  const name = "http://127.0.0.1:1";
  assertEquals(await said(["upstreams", ...at(site)]), {
    code: 0,
    out: `${name}\n  127.0.0.1:1  up     weight 1  0 in flight  0 connections`,
    err: "",
  });
  const server = [name, "127.0.0.1:1"];
  assertEquals(await said(["upstreams", ...server, "drain", ...at(site)]), {
    code: 0,
    out: `${name} 127.0.0.1:1: drain`,
    err: "",
  });
  assertEquals(
    (await said(["upstreams", ...server, "weight", "7", ...at(site)])).code,
    0,
  );
  assertMatch((await said(["upstreams", ...at(site)])).out, /drain +weight 7/);
  assertEquals(await said(["upstreams", "x", "y:1", "up", ...at(site)]), {
    code: 1,
    out: "",
    err: 'sluice: error: there is no upstream "x"',
  });
  assertEquals(
    await said(["upstreams", name, "127.0.0.1:2", "up", ...at(site)]),
    {
      code: 1,
      out: "",
      err:
        `sluice: error: upstream "${name}" has no server "127.0.0.1:2"; did you mean 127.0.0.1:1?`,
    },
  );
});

Deno.test("purges go one after another, and are counted together", async () => {
  const orders: string[] = [];
  const resources = new Map([["/purge", {
    change: ({ content }: AdminRequest): AdminReply => {
      orders.push(content);
      return content.includes("bad")
        ? problemReply(400, 'url: "bad" is not a URL')
        : jsonReply(200, { purged: 2 });
    },
  }]]);
  await using site = await AdministeredSite.start({ resources });
  assertEquals(
    await said(["purge", "http://a/", "http://b/", "--soft", ...at(site)]),
    {
      code: 0,
      out: "purged 4",
      err: "",
    },
  );
  assertEquals(orders, [
    '{"url":"http://a/","soft":true}',
    '{"url":"http://b/","soft":true}',
  ]);
  assertEquals(
    await said(["purge", "http://a/", "bad", "http://c/", ...at(site)]),
    {
      code: 1,
      out: "purged 2",
      err: 'sluice: error: url: "bad" is not a URL',
    },
  );
  assertEquals(orders.length, 4);
});

Deno.test("the configuration says where, and the token", async () => {
  await using site = await AdministeredSite.start({ admin: { token: "hush" } });
  const listen = formatSocketAddress(site.place.address!);
  const hosts = { "*": { respond: 200 } };
  const files = {
    "text.json": JSON.stringify({ hosts, admin: { listen, token: "hush" } }),
    "file.json": JSON.stringify({
      hosts,
      admin: { listen, token: { file: "t" } },
    }),
    "wrong.json": JSON.stringify({ hosts, admin: { listen, token: "no" } }),
    "elsewhere.json": JSON.stringify({
      hosts,
      admin: { listen: "127.0.0.1:1", token: "hush" },
    }),
    "none.json": JSON.stringify({ hosts }),
    "bad.json": JSON.stringify({ hosts: { "*": { respond: 7 } } }),
    "t": "hush\n",
    "empty": "\n",
  };
  for (
    const args of [
      ["--config", "text.json"],
      ["--config", "file.json"],
      ["--config", "wrong.json", "--token-file", "t"],
      ["--config", "elsewhere.json", ...at(site)],
      [...at(site), "--token-file", "t"],
    ]
  ) {
    assertEquals(
      (await said(["reload", ...args], files)).code,
      0,
      args.join(" "),
    );
  }
  const name = listen;
  const failures: readonly [args: readonly string[], err: string][] = [
    [
      at(site),
      `${name} wants a token: give --token-file FILE, or --config FILE with admin.token`,
    ],
    [["--config", "wrong.json"], `${name}: the token is wrong`],
    [
      ["--config", "elsewhere.json"],
      "nothing listens on 127.0.0.1:1: is sluice running, with --admin or admin.listen?",
    ],
    [
      ["--admin", "unix:/nowhere/at/all"],
      "nothing listens on unix:/nowhere/at/all: is sluice running, with --admin or admin.listen?",
    ],
  ];
  for (const [args, err] of failures) {
    assertEquals(await said(["reload", ...args], files), {
      code: 1,
      out: "",
      err: `sluice: error: ${err}`,
    });
  }
  const wrong: readonly [args: readonly string[], message: string][] = [
    [
      ["--config", "none.json"],
      "none.json has no admin listener: write admin.listen there, or give --admin ADDRESS",
    ],
    [
      ["--config", "bad.json"],
      "bad.json has errors, so it does not say where sluice listens: put them right, or give --admin ADDRESS",
    ],
    [
      ["--config", "text.json", "--token-file", "gone"],
      'cannot read "gone": there is no such file',
    ],
    [
      ["--config", "text.json", "--token-file", "empty"],
      'what "empty" holds is not a token: write visible ASCII without spaces, 4096 characters at most',
    ],
  ];
  for (const [args, message] of wrong) {
    const error = await assertRejects(
      () => said(["reload", ...args], files),
      UsageError,
    );
    assertEquals(error.message, message);
  }
});

/** Somebody else's program, which answers whoever connects with this. */
function other(
  answer: string | undefined,
): { readonly args: string[] } & Disposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const peers: Peer[] = [];
  (async () => {
    for await (const socket of listener) {
      const peer = new Peer(socket);
      peers.push(peer);
      if (answer === undefined) continue;
      await peer.readThrough("\r\n\r\n");
      await peer.send(answer);
      peer.close();
    }
  })();
  return {
    args: ["--admin", `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`],
    [Symbol.dispose](): void {
      listener.close();
      for (const peer of peers) peer.close();
    },
  };
}

Deno.test("somebody else who answers, or does not, is told apart", async () => {
  const rows: readonly [answer: string, err: RegExp][] = [
    ["", /: that is not an admin listener of sluice$/],
    ["SSH-2.0-OpenSSH\r\n", /: that is not an admin listener of sluice$/],
    ["HTTP/1.1 200 OK\r\n", /: that is not an admin listener of sluice$/],
    [
      "HTTP/1.1 404 Not Found\r\n\r\nnothing here\n",
      /^sluice: error: nothing here$/,
    ],
    ["HTTP/1.1 404 Not Found\r\n\r\n\x1b[2J", /error: \?\[2J$/],
    ["HTTP/1.1 502 Bad Gateway\r\n\r\n", /^sluice: error: the status is 502$/],
  ];
  for (const [answer, err] of rows) {
    using stranger = other(answer);
    const { code, out, err: line } = await said(["reload", ...stranger.args]);
    assertEquals([code, out], [1, ""]);
    assertMatch(line, err);
  }
  const commands = [
    ["reload"],
    ["purge", "--all"],
    ["upstreams"],
    ["upstreams", "a", "b:1", "up"],
  ];
  for (const content of ["<html>", "{}", "null", "[]x"]) {
    for (const command of commands) {
      using stranger = other(`HTTP/1.1 200 OK\r\n\r\n${content}`);
      assertEquals(await said([...command, ...stranger.args]), {
        code: 1,
        out: "",
        err:
          "sluice: error: what answers there is not an admin listener of sluice",
      });
    }
  }
  using silent = other(undefined);
  const clock = new TestClock();
  const answer = said(["reload", ...silent.args], {}, clock);
  await clock.advance(31_000);
  assertMatch((await answer).err, /: no answer within 30 s$/);
});
