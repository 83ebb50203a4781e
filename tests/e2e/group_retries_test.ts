/** What is sent once more, and to whom: no request runs twice that must not, and none fails that need not. */

import { assert, assertEquals } from "../support/assert.ts";
import { groupProxy, NamedOrigin } from "../support/group.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get } from "../support/proxy.ts";
import { freePort, refusingUrl } from "../support/free_port.ts";
import { START_MS, TestClock } from "../support/clock.ts";

const POST =
  "POST /p HTTP/1.1\r\nHost: sluice.test\r\nContent-Length: 2\r\n\r\nab";
const NO_STORE = "Cache-Control: no-store";

/** An origin that closes each connection when it has read a request. */
function resetting(asked: string[]): Origin {
  return Origin.serving(async (peer) => {
    const { startLine } = await peer.readMessage();
    asked.push(startLine.split(" ")[0]!);
  });
}

Deno.test("a request with content goes to another server if nothing of it was sent", async () => {
  await using a = new NamedOrigin("a");
  await using proxy = await groupProxy({
    servers: [refusingUrl(), a.url],
    balance: "round-robin",
  });
  for (let i = 0; i < 6; i++) {
    assertEquals((await exchange(proxy, POST)).content, "a");
  }
  assertEquals(a.asked.length, 6);
});

Deno.test("GET goes to another server if no byte of a response came, POST never", async () => {
  const asked: string[] = [];
  await using bad = resetting(asked);
  await using a = new NamedOrigin("a");
  await using proxy = await groupProxy({
    servers: [bad.url, { url: a.url, backup: true }],
    eject: "off",
  });
  assertEquals((await exchange(proxy, get("/"))).content, "a");
  assertEquals((await exchange(proxy, POST)).status, 502);
  assertEquals([asked, a.asked.length], [["GET", "POST"], 1]);
});

Deno.test("a timeout: GET goes to another server, POST gets 504", async () => {
  await using silent = new Origin();
  await using a = new NamedOrigin("a");
  const clock = new TestClock();
  await using proxy = await groupProxy({
    servers: [silent.url, { url: a.url, backup: true }],
    eject: "off",
  }, { route: { timeout: { response: "200ms" } }, clock });
  for (const [request, status] of [[get("/"), 200], [POST, 504]] as const) {
    const answered = exchange(proxy, request);
    await (await silent.accept()).readHead();
    await clock.advance(400);
    assertEquals((await answered).status, status);
  }
  assertEquals(a.asked.length, 1);
});

Deno.test("what is not in retry.on is not tried again", async () => {
  await using bad = resetting([]);
  await using a = new NamedOrigin("a");
  const servers = [bad.url, { url: a.url, backup: true }];
  for (const retry of ["off", { on: ["connect", "timeout"] }, { tries: 0 }]) {
    await using proxy = await groupProxy({ servers, retry, eject: "off" });
    assertEquals((await exchange(proxy, get("/"))).status, 502);
  }
  assertEquals(a.asked.length, 0);
});

Deno.test("a status in retry.on is tried at another server, and then passed on", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  a.answer = () => "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy";
  await using proxy = await groupProxy({
    servers: [a.url, { url: b.url, backup: true }],
    retry: { on: ["503"] },
    eject: "off",
  });
  assertEquals((await exchange(proxy, get("/1"))).content, "b");
  b.answer = () => "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nworse";
  const { status, content } = await exchange(proxy, get("/2"));
  assertEquals([status, content], [500, "worse"]);
  assertEquals((await exchange(proxy, POST)).status, 503);
});

Deno.test("an answer of 503 reaches the client unless retry.on names it", async () => {
  await using a = new NamedOrigin("a");
  await using b = new NamedOrigin("b");
  a.answer = () => "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
  await using proxy = await groupProxy({
    servers: [a.url, { url: b.url, backup: true }],
  });
  assertEquals((await exchange(proxy, get("/"))).status, 503);
});

Deno.test("Retry-After of a 503 is waited for, if that is no longer than retry.for", async () => {
  await using a = new NamedOrigin("a");
  const busy = (seconds: number): string =>
    `HTTP/1.1 503 No\r\nRetry-After: ${seconds}\r\nContent-Length: 0\r\n\r\n`;
  a.answer = () => a.asked.length % 2 === 1 ? busy(0) : ok("at last", NO_STORE);
  await using proxy = await groupProxy({
    servers: [a.url],
    retry: { on: ["503"], for: "1s" },
  });
  assertEquals((await exchange(proxy, get("/1"))).content, "at last");
  a.answer = () => busy(2);
  assertEquals((await exchange(proxy, get("/2"))).status, 503);
  assertEquals(a.asked.length, 3);
});

Deno.test("a refused connection is tried again for as long as retry.for says, with its content", async () => {
  const port = freePort();
  const clock = new TestClock();
  await using proxy = await groupProxy({
    servers: [`http://127.0.0.1:${port}`],
    retry: { for: "5s" },
  }, { clock });
  const answered = [exchange(proxy, get("/")), exchange(proxy, POST)];
  await proxy.hasUnderWay(2);
  await clock.advance(250); // it is refused more than once
  await using a = new NamedOrigin("a", port);
  const answers = await clock.within(4000, Promise.all(answered));
  assertEquals(answers.map(({ content }) => content), ["a", "a"]);
  assertEquals(a.asked.length, 2);
});

Deno.test("after retry.for, a refused connection is a 502", async () => {
  const clock = new TestClock();
  await using proxy = await groupProxy({
    servers: [refusingUrl()],
    retry: { for: "5s" },
  }, { clock });
  const answer = exchange(proxy, get("/"));
  await proxy.hasUnderWay(1);
  assertEquals((await clock.within(60_000, answer)).status, 502);
  assert(clock.now() >= START_MS + 4800, "it was tried for too short a time");
});

Deno.test("a client that leaves while a refused connection is tried again ends that", async () => {
  const clock = new TestClock();
  await using proxy = await groupProxy({
    servers: [refusingUrl()],
    retry: { for: "1m" },
  }, { clock });
  const client = await proxy.connect();
  await client.send(get("/"));
  await proxy.hasUnderWay(1);
  await clock.advance(150); // later than a half-close would come
  client.close();
  assertEquals(JSON.parse(await proxy.nextLogLine()).status, 499);
});

Deno.test("when all servers fail, retries are a fifth of the requests at most", async () => {
  const asked: string[] = [];
  await using a = resetting(asked);
  await using b = resetting(asked);
  await using proxy = await groupProxy({
    servers: [a.url, b.url],
    eject: "off",
  });
  for (let i = 0; i < 100; i++) {
    assertEquals((await exchange(proxy, get(`/${i}`))).status, 502);
  }
  assert(asked.length >= 103 && asked.length <= 121, `${asked.length} tries`);
});

Deno.test("copies go to the mirror, and its answers nowhere", async () => {
  await using a = new NamedOrigin("a");
  await using copy = new NamedOrigin("copy");
  copy.answer = () => "HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad";
  await using proxy = await groupProxy({
    servers: [a.url],
    mirror: { to: "shadow" },
  }, { upstreams: { shadow: { servers: [copy.url] } } });
  for (let i = 0; i < 3; i++) {
    assertEquals((await exchange(proxy, get(`/${i}`))).content, "a");
  }
  assertEquals((await exchange(proxy, POST)).content, "a");
  await copy.hasBeenAsked(4);
  assertEquals(
    copy.asked.map(({ startLine, content }) => `${startLine} ${content}`)
      .toSorted(),
    a.asked.map(({ startLine, content }) => `${startLine} ${content}`)
      .toSorted(),
  );
});

Deno.test("a mirror that is silent or dead holds up nobody", async () => {
  await using a = new NamedOrigin("a");
  await using silent = new Origin();
  for (const to of [silent.url, refusingUrl()]) {
    await using proxy = await groupProxy({ servers: [a.url], mirror: { to } });
    for (let i = 0; i < 100; i++) {
      assertEquals((await exchange(proxy, get(`/${i}`))).content, "a");
    }
  }
});
