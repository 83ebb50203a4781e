/** The demo as a process: what it prints can be asked as it stands, and shows what it says. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { type Ended, Program } from "../support/program.ts";
import { canRecord } from "../support/recording.ts";

/** For the page to have its explanation: each takes a second at most. */
const TRIES_MAX = 30;

/** By the end of a command line without its address: what the answers to it look like, one after another. */
const ANSWERS: readonly (readonly [end: string, ...answers: RegExp[]])[] = [
  [
    "-H 'Host: shop.localhost' /",
    /^HTTP\/1.1 200 [^]*X-Frame-Options: [^]*; fwd=uri-miss; stored/,
    /^(?![^]*X-Powered-By)[^]*Cache-Status: sluice; hit; ttl=\d/,
  ],
  ["-H 'Host: shop.localhost' '/?utm_source=mail'", /sluice; hit/],
  ["br' -H 'Host: shop.localhost' /", /^Content-Encoding: br/m],
  [
    "-H 'Host: shop.localhost' /basket",
    /^HTTP\/1.1 200 (?![^]*Cache-Status)[^]*Your basket is empty/,
  ],
  ["-X PURGE -H 'Host: shop.localhost' '/*'", /^{"purged":1}/],
  ["json' -H 'Host: static.localhost' /", /^\[\{"name":"pictures"/],
  [
    "-H 'Host: static.localhost' /lines.txt",
    /^HTTP\/1.1 206 [^]*Content-Range: bytes 0-15\/8000[^]*line 001 of 500\n$/,
  ],
  [
    "-H 'Host: old.localhost' '/?page=2'",
    /^HTTP\/1.1 308 [^]*Location: http:\/\/shop\.localhost:\d+\/\?page=2\r/,
  ],
  ["-H 'Host: api.localhost' /hello", /Hello 127\.0\.0\.1, this is api\./],
  ["curl -H 'Host: api.localhost' /v1/orders/7", /"path":"\/orders\/7"/],
  ["-X DELETE -H 'Host: api.localhost' /v1/orders/7", /^HTTP\/1.1 405 /],
  [
    "-H 'Host: api.localhost' /v1/report",
    /^HTTP\/1.1 504 [^]*application\/json[^]*errors\/sorry\.json/,
  ],
  ["-H 'Host: api.localhost' /office", /^HTTP\/1.1 403 /],
  [
    "-H 'Host: api.localhost' /guess",
    /^HTTP\/1.1 204 /,
    /^HTTP\/1.1 204 /,
    /^HTTP\/1.1 429 [^]*^Retry-After: \d/m,
  ],
  [
    "curl /sluice.json",
    /^\/\/ What "sluice --demo" runs by[^]*"\*": \{ "proxy": "guide" \}/,
  ],
  [
    "/'",
    /^coding +no-accept-encoding[^]*X-Frame-Options: SAMEORIGIN/m,
  ],
];

/** What a shell prints for a command line. */
async function outputOf(command: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", command],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** The row for a command line: the one with the longest end. */
function answersFor(command: string, address: string): readonly RegExp[] {
  const line = command.replace(address, "");
  const rows = ANSWERS.filter(([end]) => line.endsWith(end))
    .toSorted(([a], [b]) => b.length - a.length);
  assert(rows.length > 0, `nothing is said about ${line}`);
  return rows[0]!.slice(1) as RegExp[];
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/** Runs the demo for as long as somebody visits it. */
async function withDemo(
  visit: (program: Program) => Promise<void>,
  ...flags: readonly string[]
): Promise<Ended> {
  const program = new Program("--demo", "--listen=127.0.0.1:0", ...flags);
  try {
    await visit(program);
  } finally {
    program.signal("SIGTERM");
    await program.ended();
  }
  return await program.ended();
}

Deno.test({
  name: "every line that the demo prints shows what it says",
  ignore: !await canRecord(), // it needs a shell and curl
  async fn(): Promise<void> {
    let folder = "";
    const { code } = await withDemo(async (program) => {
      const [said, file, address] = await program.until(
        /the demo runs by (\S+)\nsluice: the demo: (\S+)\/\n[^]*sluice top .*\n.*\n/,
      );
      folder = file!;
      const commands = said.match(/(?<=^ +)curl .*/gm) ?? [];
      assertEquals(commands.length, ANSWERS.length);
      for (const command of commands) {
        for (const answer of answersFor(command, address!)) {
          assertMatch(await outputOf(command), answer, command);
        }
      }
    });
    assertEquals(code, 0);
    assert(!await isThere(folder), "the folder goes with the demo");
  },
});

Deno.test("the demo's page leads to the live page, and shows what explain says", async () => {
  await withDemo(async (program) => {
    const [, url, live] = await program.until(
      /the demo: (\S+)\nsluice: the live page: (\S+)\n/,
    );
    let page = "";
    // On a machine that is busy, the page does not wait for the explanation.
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      if (page.includes("<pre>GET ")) break;
      page = await (await fetch(url!)).text();
      assert(page.includes(`<a href="${live}"`), page);
    }
    assertMatch(page, /<pre>GET http:\/\/shop\.localhost[^<]*uri-miss/);
    const [, action] = /<form action="([^"]+)"/.exec(page)!;
    const asked = await fetch(`${action}?url=http://shop.localhost/`);
    assertMatch(await asked.text(), /^GET http:\/\/shop\.localhost\/: /);
  }, "--log-format=off");
});

Deno.test("the demo's file can be changed while it runs", async () => {
  const { out } = await withDemo(async (program) => {
    const [, file, url] = await program.until(
      /the demo runs by (\S+)\nsluice: the demo: (\S+)\n/,
    );
    const text = await Deno.readTextFile(file!);
    await Deno.writeTextFile(
      file!,
      text.replace('{ "proxy": "guide" }', '{ "respond": 418 }'),
    );
    await program.until(/~ \* \/: proxy guide → respond 418\n/);
    const response = await fetch(url!);
    await response.body?.cancel();
    assertEquals(response.status, 418);
  }, "--log-format=off");
  assertEquals(out, "");
});

Deno.test("a demo that cannot listen says so, and leaves nothing behind", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const program = new Program(
    "--demo",
    `--listen=127.0.0.1:${listener.addr.port}`,
  );
  const { code, err } = await program.ended();
  assertEquals(code, 1);
  assertMatch(err, /address is in use/);
});
