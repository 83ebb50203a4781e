/** The header of a request that is followed: no origin sees it, and without a good token it means nothing. */

import { assertEquals } from "../support/assert.ts";
import { AdministeredSite } from "../support/admin.ts";
import { ok, Origin } from "../support/origin.ts";
import { type Message, Peer } from "../support/peer.ts";
import { rows } from "../support/tries.ts";

const QUESTION = '{"url":"http://a.example/x"}';

interface Place {
  readonly site: AdministeredSite;
  readonly asked: Message[];
}

async function request(
  { site }: Place,
  ...headers: readonly string[]
): Promise<void> {
  const { address } = site;
  if (address?.transport !== "tcp") throw new Error("No port");
  using client = await Peer.connect(address.port);
  const lines = ["Host: a.example", ...headers].join("\r\n");
  await client.send(`GET /x HTTP/1.1\r\n${lines}\r\n\r\n`);
  await client.readMessage();
}

async function tokenOf({ site }: Place): Promise<string> {
  const { status, content } = await site.post("/explain", QUESTION);
  assertEquals(status, 200);
  return JSON.parse(content).token;
}

for (const workers of rows([1, 2], 1)) {
  Deno.test(`no origin sees the header: ${workers} worker(s)`, async () => {
    const asked: Message[] = [];
    await using origin = Origin.answering((message) => {
      asked.push(message);
      return ok("a", "Cache-Control: no-store");
    });
    const flags = ["--upstream", origin.url];
    await using site = await AdministeredSite.start({ workers, flags });
    const place = { site, asked };
    const token = await tokenOf(place);
    const values = ["", "nothing", "0".repeat(32), token, token];
    for (const value of values) await request(place, `Sluice-Trace: ${value}`);
    await request(place, `sluice_trace: ${token}`, `SLUICE-TRACE: ${token}`);
    assertEquals(asked.length, values.length + 1);
    for (const { fields } of asked) {
      const names = fields.map(([name]) => name.toLowerCase());
      assertEquals(names.filter((name) => /trace/.test(name)), []);
    }
    const found = await site.get(`/explain/${token}`);
    assertEquals(found.status, 200);
    assertEquals(JSON.parse(found.content).uri, "/x");
    assertEquals((await site.get(`/explain/${token}`)).status, 404);
  });
}

Deno.test("a token that no request has used is not answered for", async () => {
  await using site = await AdministeredSite.start();
  const token = await tokenOf({ site, asked: [] });
  assertEquals((await site.get(`/explain/${token}`)).status, 409);
  assertEquals((await site.get("/explain/nothing")).status, 404);
});

Deno.test("as many requests are followed as may be, and what is no question is none", async () => {
  await using site = await AdministeredSite.start();
  for (let i = 0; i < 8; i++) await tokenOf({ site, asked: [] });
  assertEquals((await site.post("/explain", QUESTION)).status, 503);
  const bad = [
    "",
    "[]",
    "null",
    "{",
    '{"url":1}',
    '{"url":"http://a/","headers":"a: b"}',
    '{"url":"http://a/","headers":[1]}',
    '{"url":"http://a/","headers":["a: b\\r\\nc: d"]}',
    '{"url":"http://a/","method":"G T"}',
    '{"url":"http://a/","more":1}',
  ];
  for (const content of bad) {
    assertEquals((await site.post("/explain", content)).status, 400, content);
  }
  assertEquals((await site.post("/explain/x", QUESTION)).status, 404);
});
