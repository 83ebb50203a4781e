/** `Upgrade` becomes a tunnel after a 101 that answers it, and in no other case. */

import { assertEquals } from "../support/assert.ts";
import { AUTHORITY_PEM } from "../support/certificate.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy, speaksTls } from "../support/proxy.ts";

const WISH = get(
  "/ws",
  "Connection: keep-alive, Upgrade",
  "Upgrade: WebSocket",
);
const GRANT =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-A: b\r\n\r\n";

Deno.test("bytes pass both ways after 101, and each direction ends by itself", async () => {
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
    name: "with content whose length is not known",
    request: get(
      "/",
      "Connection: upgrade",
      "Upgrade: websocket",
      "Transfer-Encoding: chunked",
    ) + "1\r\nx\r\n0\r\n\r\n",
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
      ok(
        `${request.field("upgrade")} ${request.field("connection")} ${
          request.field("http2-settings")
        }`,
      )
    );
    await using proxy = await Proxy.start(origin);
    assertEquals(
      (await exchange(proxy, request)).content,
      "undefined undefined undefined",
    );
  });
}

Deno.test("of several protocols, those that may pass do", async () => {
  await using origin = Origin.answering((request) =>
    request.field("upgrade") === "websocket, tcp"
      ? GRANT
      : ok(`${request.field("upgrade")}`)
  );
  await using proxy = await Proxy.start(origin);
  const request = get(
    "/",
    "Connection: upgrade, HTTP2-Settings",
    'Upgrade: h2c, websocket, "h2c", h2c;x',
    "Upgrade: tcp",
    "HTTP2-Settings: AAMAAABkAAQAAP__",
  );
  assertEquals((await exchange(proxy, request)).status, 101);
});

const UNASKED: readonly { name: string; request: string; response: string }[] =
  [
    { name: "unasked", request: get("/"), response: GRANT },
    {
      name: "to a wish without the connection option",
      request: get("/", "Upgrade: websocket"),
      response: GRANT,
    },
    {
      name: "to a wish with another connection option",
      request: get("/", "Connection: keep-alive", "Upgrade: websocket"),
      response: GRANT,
    },
    {
      name: "to HTTP/1.0",
      request:
        "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
      response: GRANT,
    },
    {
      name: "to a wish that was not passed on",
      request: get("/", "Connection: upgrade", "Upgrade: h2c"),
      response: GRANT.replace("websocket", "h2c"),
    },
    {
      name: "to what was taken out of a wish",
      request: get("/", "Connection: upgrade", "Upgrade: h2c, websocket"),
      response: GRANT.replace("websocket", "h2c"),
    },
    {
      name: "to chunked content",
      request: get(
        "/",
        "Connection: upgrade",
        "Upgrade: websocket",
        "Transfer-Encoding: chunked",
      ).replace("GET", "POST") + "0\r\n\r\n",
      response: GRANT,
    },
    {
      name: "of another protocol",
      request: WISH,
      response: GRANT.replace("websocket", "foo"),
    },
    {
      name: "of one protocol more",
      request: WISH,
      response: GRANT.replace("websocket", "websocket, foo"),
    },
    {
      name: "of no protocol",
      request: WISH,
      response: "HTTP/1.1 101 Sure\r\n\r\n",
    },
    {
      name: "of an empty list",
      request: WISH,
      response: GRANT.replace("websocket", ","),
    },
  ];

for (const { name, request, response } of UNASKED) {
  for (const flags of [[], ["--no-cache"]]) {
    Deno.test(`a 101 ${name} is a bad gateway's ${flags.join(" ")}`, async () => {
      await using origin = Origin.answering(() => response);
      await using proxy = await Proxy.start(origin, ...flags);
      assertEquals((await exchange(proxy, request)).status, 502);
    });
  }
}

Deno.test("a 426 says to what the client must switch (RFC 9110 §15.5.22)", async () => {
  await using origin = Origin.answering(() =>
    "HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade, x-hop\r\nX-Hop: a\r\n" +
    "Upgrade: websocket, foo/2\r\nCache-Control: max-age=60\r\nContent-Length: 0\r\n\r\n"
  );
  await using proxy = await Proxy.start(origin);
  for (let i = 0; i < 2; i++) { // nor is it stored
    const response = await exchange(proxy, get("/"));
    assertEquals(
      ["upgrade", "connection", "x-hop"].map((name) => response.field(name)),
      ["websocket, foo/2", "upgrade", undefined],
    );
  }
  const last = await exchange(proxy, get("/", "Connection: close"));
  assertEquals(last.field("connection"), "upgrade, close");
});

Deno.test("other responses do not advertise protocols of the origin's", async () => {
  await using origin = Origin.answering(() =>
    ok("", "Upgrade: h2,h2c", "Connection: Upgrade")
  );
  await using proxy = await Proxy.start(origin);
  const response = await exchange(proxy, get("/"));
  assertEquals(response.field("upgrade"), undefined);
  assertEquals(response.field("connection"), undefined);
});

/** As `docker exec` asks. */
function exec(content: string): string {
  return get(
    "/exec/1/start",
    "Connection: Upgrade",
    "Upgrade: tcp",
    "Content-Type: application/json",
    `Content-Length: ${content.length}`,
  ).replace("GET", "POST") + content;
}

const EXEC_GRANT =
  "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

for (const flags of [[], ["--no-cache"]]) {
  Deno.test(`a tunnel begins behind content of known length, wherever it is cut ${flags.join(" ")}`, async () => {
    const content = '{"Tty":true}';
    const tunnelled = "GET / HTTP/1.1\r\n\r\n"; // and is not HTTP, whatever it looks like
    await using origin = Origin.serving(async (peer) => {
      const request = await peer.readMessage();
      assertEquals(request.field("upgrade"), "tcp");
      assertEquals(request.field("content-length"), `${content.length}`);
      assertEquals(request.content, content);
      await peer.send(`${EXEC_GRANT}prompt`);
      await peer.send(await peer.readExactly(tunnelled.length));
      await peer.readToEnd();
    });
    await using proxy = await Proxy.start(origin, ...flags);
    const whole = exec(content) + tunnelled;
    const from = whole.indexOf("\r\n\r\n");
    for (let cut = from; cut <= whole.length; cut++) {
      using client = await proxy.connect();
      await client.send(whole.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 2));
      await client.send(whole.slice(cut));
      assertEquals((await client.readHead()).status, 101);
      assertEquals(
        await client.readExactly(6 + tunnelled.length),
        `prompt${tunnelled}`,
      );
    }
  });

  Deno.test(`a 101 before the content is whole opens the tunnel behind it ${flags.join(" ")}`, async () => {
    const content = "x".repeat(300_000);
    await using origin = new Origin();
    await using proxy = await Proxy.start(origin, ...flags);
    using client = await proxy.connect();
    const whole = exec(content);
    await client.send(whole.slice(0, -200_000));
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(`${EXEC_GRANT}early`);
    await client.send(`${whole.slice(-200_000)}tunnelled`);
    assertEquals(await peer.readExactly(content.length), content);
    assertEquals(await peer.readExactly(9), "tunnelled");
    assertEquals((await client.readHead()).status, 101);
    assertEquals(await client.readExactly(5), "early");
    await client.end();
    assertEquals(await peer.readToEnd(), "");
  });

  Deno.test(`content that does not come keeps the tunnel closed, and ends ${flags.join(" ")}`, async () => {
    await using origin = new Origin();
    await using proxy = await Proxy.start(
      origin,
      "--body-timeout",
      "200ms",
      ...flags,
    );
    using client = await proxy.connect();
    await client.send(exec("hello").slice(0, -1));
    const peer = await origin.accept();
    await peer.readHead();
    await peer.send(EXEC_GRANT);
    assertEquals((await client.readMessage()).status, 408);
    assertEquals(await peer.readToEnd(), "hell");
  });
}

Deno.test("an origin that does not switch has had the content, and the connection goes on", async () => {
  await using origin = Origin.answering((request) => ok(request.content));
  await using proxy = await Proxy.start(origin);
  using client = await proxy.connect();
  await client.send(exec("hello") + get("/next"));
  assertEquals((await client.readMessage()).content, "hello");
  assertEquals((await client.readMessage()).content, "");
});

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
  using trusting = Deno.createHttpClient({ caCerts: [AUTHORITY_PEM] });
  const socket = new WebSocket(
    proxy.url.replace("http", "ws"),
    speaksTls() ? { client: trusting } : {},
  );
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
