/** `--health`: whether a sluice answers, whatever its origin does. */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import { type Ended, Program } from "../support/program.ts";
import { Proxy, speakPlainHttp } from "../support/proxy.ts";

speakPlainHttp("flags say where it is asked, and flags cannot say TLS");

/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:1";

async function askHealth(...listen: readonly string[]): Promise<Ended> {
  const flags = listen.map((address) => `--listen=${address}`);
  return await new Program("--health", ...flags).ended();
}

Deno.test("a sluice that answers is healthy, though its origin is not", async () => {
  await using proxy = await Proxy.start(NOWHERE);
  const { code, out, err } = await askHealth(`127.0.0.1:${proxy.port}`);
  assertEquals([code, err], [0, ""]);
  assertEquals(out, `sluice: 127.0.0.1:${proxy.port} answers\n`);
});

const HOSTS: readonly [what: string, hosts: Record<string, unknown>][] = [
  ["has no host for every name", { "a.example": { respond: 200 } }],
  ["sends everything to HTTPS, and lets nobody in", {
    "*": { respond: 503, allow: "192.0.2.1" },
  }],
];

for (const [what, hosts] of HOSTS) {
  Deno.test(`a sluice that ${what} is healthy`, async () => {
    const file = await Deno.makeTempFile({ suffix: ".json" });
    const write = (http: string, https: string): Promise<void> =>
      Deno.writeTextFile(
        file,
        JSON.stringify({ listen: { http, https }, tls: "internal", hosts }),
      );
    await write("127.0.0.1:0", "127.0.0.1:0");
    const program = new Program("--config", file);
    try {
      const [, http, https] = await program.until(
        /listening on (127\.0\.0\.1:\d+), (127\.0\.0\.1:\d+) \(https\)/,
      );
      await write(http!, https!);
      assertEquals(await new Program("--health", "--config", file).ended(), {
        code: 0,
        out: `sluice: ${http} answers\nsluice: ${https} answers\n`,
        err: "",
      });
    } finally {
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
      await Deno.remove(file);
    }
  });
}

Deno.test("it is asked where it listens: on every interface, and on a Unix socket", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/sluice.sock`;
  const unix = Deno.build.os === "windows" ? [] : [`--listen=unix:${path}`];
  await using proxy = await Proxy.start(
    NOWHERE,
    "--listen",
    "0.0.0.0:0",
    ...unix,
  );
  const addresses = [`:${proxy.port}`, ...unix.map((flag) => flag.slice(9))];
  const { code, err } = await askHealth(...addresses);
  assertEquals([code, err], [0, ""]);
});

Deno.test("where nobody listens is no health", async () => {
  const { code, err } = await askHealth("127.0.0.1:1");
  assertEquals(code, 1);
  assertMatch(err, /^sluice: error: 127\.0\.0\.1:1: [^\n]+\n$/);
});

Deno.test("neither is another answer, nor the end, nor silence", async (t) => {
  const rows: readonly { name: string; answer: string; err: RegExp }[] = [
    {
      name: "503",
      answer: "HTTP/1.1 503 Service Unavailable\r\n\r\n",
      err: /the response is "HTTP\/1\.1 503 "/,
    },
    { name: "the end", answer: "", err: /the response is ""/ },
  ];
  for (const { name, answer, err } of rows) {
    await t.step(name, async () => {
      await using other = Origin.serving(async (peer) => {
        await peer.readHead();
        await peer.send(answer);
      });
      const ended = await askHealth(`127.0.0.1:${other.port}`);
      assertEquals(ended.code, 1);
      assertMatch(ended.err, err);
    });
  }
  await t.step("silence", async () => {
    await using other = new Origin();
    const ended = await askHealth(`127.0.0.1:${other.port}`);
    assertEquals(ended.code, 1);
    assertMatch(ended.err, /no response within 2000 ms/);
  });
});
