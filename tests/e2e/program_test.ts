/** The program as its operator meets it: flags, exit codes, signals, log. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { rows } from "../support/tries.ts";
import { get } from "../support/proxy.ts";

const ENDS: readonly {
  name: string;
  args: readonly string[];
  code: number;
  out?: RegExp;
  err?: RegExp;
}[] = [
  {
    name: "--version",
    args: ["--version"],
    code: 0,
    out: /^sluice \d+\.\d+\.\d+( \([0-9a-z-]+\))?\n$/, // the commit, if it was built from one
  },
  { name: "--help", args: ["--help"], code: 0, out: /--listen ADDRESS/ },
  {
    name: "an unknown flag",
    args: ["--lisen", ":80"],
    code: 2,
    err:
      /^sluice: error: unknown flag --lisen: did you mean --listen\?\nsluice: see docs\/flags.md, or run: sluice help --listen\n$/,
  },
  {
    name: "a wrong value",
    args: ["--max-head", "many"],
    code: 2,
    err:
      /^sluice: error: --max-head: "many" is not a size: [^\n]*\nsluice: see [^\n]* sluice help --max-head\n$/,
  },
  {
    name: "--check of a good command line, without listening",
    args: ["--check", "--listen", "192.0.2.1:1", "--workers", "2"],
    code: 0,
    out: /^sluice: configuration OK\n$/,
  },
  {
    name: "--check of a wrong value",
    args: ["--check", "--workers", "none"],
    code: 2,
    err:
      /^sluice: error: --workers: [^\n]*\nsluice: see [^\n]* sluice help --workers\n$/,
  },
  {
    name: "--check of certificates that cannot be read",
    args: ["--check", "--upstream-ca", "/nowhere/ca.pem"],
    code: 2,
    err:
      /^sluice: error: --upstream-ca: cannot read "\/nowhere\/ca.pem"\nsluice: see [^\n]* sluice help --upstream-ca\n$/,
  },
  {
    name: "--check of certificates that are none",
    args: ["--check", "--upstream-ca", import.meta.filename!],
    code: 2,
    err:
      /^sluice: error: --upstream-ca: [^\n]* there is no PEM certificate in it\nsluice: see [^\n]* sluice help --upstream-ca\n$/,
  },
  {
    name: "an address that is not here",
    args: ["--listen", "192.0.2.1:1"],
    code: 1,
    err: /^sluice: error: cannot listen on 192\.0\.2\.1:1: [^\n]*\n$/,
  },
];

for (const { name, args, code, out = /^$/, err = /^$/ } of ENDS) {
  Deno.test(`the program ends with ${code} for ${name}`, async () => {
    const ended = await new Program(...args).ended();
    assertEquals(ended.code, code);
    assertMatch(ended.out, out);
    assertMatch(ended.err, err);
  });
}

Deno.test("a port in use is one clear line and exit code 1", async () => {
  await using origin = new Origin();
  const { code, err } = await new Program(
    "--listen",
    `127.0.0.1:${origin.port}`,
  ).ended();
  assertEquals(code, 1);
  assertEquals(
    err,
    `sluice: error: cannot listen on 127.0.0.1:${origin.port}: the address is in use\n`,
  );
});

const SIGNALS: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGTERM", "SIGINT", "SIGQUIT"];

for (const signal of rows(SIGNALS, "SIGTERM")) {
  Deno.test(`${signal} lets exchanges end, closes idle connections and exits with 0`, async () => {
    await using origin = new Origin();
    const program = new Program(
      "--listen",
      "127.0.0.1:0",
      "--upstream",
      origin.url,
    );
    const port = await program.port();
    using idle = await Peer.connect(port);
    using busy = await Peer.connect(port);
    await busy.send(get("/"));
    const peer = await origin.accept();
    await peer.readHead();
    program.signal(signal);
    assertEquals(await idle.readToEnd(), "");
    await peer.send(ok("last"));
    const response = await busy.readMessage();
    assertEquals([response.content, response.field("connection")], [
      "last",
      "close",
    ]);
    const { code, out } = await program.ended();
    assertEquals(code, 0);
    assertMatch(out, /"GET \/ HTTP\/1\.1" 200 4 /); // the log is flushed
  });
}

Deno.test("the drain has an end: what still runs is cut off, and the exit code is 0", async () => {
  await using origin = new Origin();
  const program = new Program(
    "--listen",
    "127.0.0.1:0",
    "--upstream",
    origin.url,
    "--drain-timeout",
    "100ms",
  );
  using client = await Peer.connect(await program.port());
  await client.send(get("/"));
  await (await origin.accept()).readHead();
  program.signal("SIGINT");
  assertEquals(await client.readToEnd(), "");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("a second signal ends the program at once", async () => {
  await using origin = new Origin();
  const program = new Program(
    "--listen",
    "127.0.0.1:0",
    "--upstream",
    origin.url,
  );
  using client = await Peer.connect(await program.port());
  await client.send(get("/"));
  await (await origin.accept()).readHead();
  program.signal("SIGINT");
  await program.until(/stopping: in-flight requests get up to 30s to finish/);
  program.signal("SIGINT");
  assertEquals((await program.ended()).code, 3);
});

Deno.test("the log is JSON on demand, with control characters and quotes escaped", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const program = new Program(
    "--listen",
    "127.0.0.1:0",
    "--upstream",
    origin.url,
    "--log-format",
    "json",
  );
  using client = await Peer.connect(await program.port());
  await client.send(
    get('/"\\', 'User-Agent: "\x1b[31m"\xe4'.replace("\x1b", "\t")),
  );
  await client.readMessage();
  client.close();
  await program.until(/}\n/);
  program.signal("SIGINT");
  const { out } = await program.ended();
  const entry = JSON.parse(out);
  assertEquals([entry.uri, entry.user_agent], ['/"\\', '"\t[31m"\xe4']);
  assertEquals([entry.status, entry.method, entry.client_ip], [
    200,
    "GET",
    "127.0.0.1",
  ]);
  assert(entry.upstream.ttfb >= 0 && entry.duration >= 0);
});

Deno.test("no access log on demand", async () => {
  await using origin = Origin.answering(() => ok("hello"));
  const program = new Program(
    "--listen",
    "127.0.0.1:0",
    "--upstream",
    origin.url,
    "--log-format",
    "off",
  );
  using client = await Peer.connect(await program.port());
  await client.send(get("/"));
  await client.readMessage();
  program.signal("SIGINT");
  assertEquals((await program.ended()).out, "");
});
