/** `Upgrade` becomes a tunnel after a 101 that answers it, and in no other case. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const WISH = get(
  "/ws",
  "Connection: keep-alive, Upgrade",
  "Upgrade: WebSocket",
);
const GRANT =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: b\r\n\r\n";

Deno.test("octets pass both ways after 101, and each direction ends by itself", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(WISH + "early");
  const peer = await origin.accept();
  const request = await peer.readHead();
  assertEquals(request.field("upgrade"), "WebSocket");
  assertEquals(request.field("connection"), "upgrade");
  await peer.send(GRANT + "first");
  const response = await client.readHead();
  assertEquals(response.status, 101);
  assertEquals(response.field("upgrade"), "websocket");
  assertEquals(response.field("x-a"), "b");
  assertEquals(await client.readExactly(5), "first");
  assertEquals(await peer.readExactly(5), "early");
  const large = "x".repeat(300_000);
  const sending = client.send(large);
  assertEquals((await peer.readExactly(large.length)).length, large.length);
  await sending;
  await client.end();
  assertEquals(await peer.readToEnd(), "");
  await peer.send("still here"); // the other direction is open
  assertEquals(await client.readExactly(10), "still here");
  peer.close();
  assertEquals(await client.readToEnd(), "");
  assertEquals(/ 101 \d+ .* in=\d+ out=/.test(await proxy.nextLogLine()), true);
});

Deno.test("an origin that does not grant the wish answers it, and the connection goes on", async () => {
  await using origin = Origin.answering(() => ok("no"));
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(WISH + get("/next"));
  assertEquals((await client.readMessage()).content, "no");
  assertEquals((await client.readMessage()).content, "no");
});

const NOT_PASSED: readonly { name: string; request: string }[] = [
  {
    name: "without the connection option",
    request: get("/", "Upgrade: websocket"),
  },
  {
    name: "from HTTP/1.0",
    request:
      "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  },
  {
    name: "with content",
    request: get(
      "/",
      "Connection: upgrade",
      "Upgrade: websocket",
      "Content-Length: 1",
    ) + "x",
  },
  {
    name: "to h2c",
    request: get(
      "/",
      "Connection: upgrade, http2-settings",
      "Upgrade: h2c",
      "HTTP2-Settings: x",
    ),
  },
];

for (const { name, request } of NOT_PASSED) {
  Deno.test(`the wish to upgrade is not passed on: ${name}`, async () => {
    await using origin = Origin.answering((request) =>
      ok(`${request.field("upgrade")} ${request.field("connection")}`)
    );
    await using proxy = await Proxy.start(origin);
    assertEquals(
      (await exchange(proxy, request)).content,
      "undefined undefined",
    );
  });
}

const UNASKED: readonly { name: string; request: string; response: string }[] =
  [
    { name: "unasked", request: get("/"), response: GRANT },
    {
      name: "of another protocol",
      request: WISH,
      response: GRANT.replace("websocket", "foo"),
    },
    {
      name: "of no protocol",
      request: WISH,
      response: "HTTP/1.1 101 Sure\r\n\r\n",
    },
  ];

for (const { name, request, response } of UNASKED) {
  Deno.test(`a 101 ${name} is a bad gateway's`, async () => {
    await using origin = Origin.answering(() => response);
    await using proxy = await Proxy.start(origin);
    assertEquals((await exchange(proxy, request)).status, 502);
  });
}

Deno.test("a tunnel in which nothing moves is ended", async () => {
  await using origin = new Origin();
  await using proxy = await Proxy.start(origin, "--tunnel-timeout", "100ms");
  using client = await proxy.connect();
  await client.send(WISH);
  const peer = await origin.accept();
  await peer.readHead();
  await peer.send(GRANT);
  await client.readHead();
  assertEquals(await client.readToEnd(), "");
  assertEquals(await peer.readToEnd(), "");
});

Deno.test("a real WebSocket echoes through the tunnel", async () => {
  await using echo = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen(): void {},
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }): void => socket.send(`echo ${data}`);
    return response;
  });
  await using proxy = await Proxy.start(`http://127.0.0.1:${echo.addr.port}`);
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/`);
  const answer = await new Promise<string>((resolve, reject) => {
    socket.onopen = (): void => socket.send("hello");
    socket.onmessage = ({ data }): void => resolve(data);
    socket.onerror = (): void => reject(new Error("No WebSocket"));
  });
  assertEquals(answer, "echo hello");
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});
