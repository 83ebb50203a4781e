/** Each request has an id: the origin, the client and the log have the same, and no two requests do. */

import { parseCommand } from "../../lib/config/command.ts";
import type { Config } from "../../lib/config/config.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const NAME = "X-Request-Id";
const MADE = /^[0-9a-f]{16}-[0-9a-z]+$/;

function configOf(upstream: string, flags: readonly string[]): Config {
  const command = parseCommand(
    ["--listen", "127.0.0.1:0", "--upstream", upstream, ...flags],
    String,
  );
  assert(command.kind === "run");
  return command.config;
}

/** A proxy that gives ids, which no flag makes it do. */
async function start(
  origin: Origin,
  ...flags: readonly string[]
): Promise<Proxy> {
  const proxy = await Proxy.start(origin, ...flags);
  const config = configOf(origin.url, flags);
  const requestId = { name: NAME, lowerCase: NAME.toLowerCase() };
  const hosts = config.hosts.map(({ names, routes }) => ({
    names,
    routes: routes.map((route) => ({
      ...route,
      options: { ...route.options, requestId },
    })),
  }));
  const options = { ...config.fallback.options, requestId };
  const fallback = { ...config.fallback, options };
  await proxy.replaceWith(() => ({ ...config, hosts, fallback }));
  return proxy;
}

/** The ids in a message. */
function idsOf({ fields }: Message): string[] {
  return fields.filter(([name]) => name.toLowerCase() === "x-request-id")
    .map(([, value]) => value);
}

/** The id of a message, which has just one. */
function idOf(message: Message): string {
  const ids = idsOf(message);
  assertEquals(ids.length, 1, message.startLine);
  return ids[0]!;
}

for (const workers of rows(["1", "2"], "1")) {
  Deno.test(`${workers} worker(s): every kind of response has an id of its own, stored ones too`, async () => {
    const asked: string[] = [];
    await using origin = Origin.answering((request) => {
      asked.push(idOf(request));
      return ok(
        "hello",
        "Cache-Control: max-age=60",
        'ETag: "a"',
        "X-Request-Id: the origin's",
      );
    });
    await using proxy = await start(
      origin,
      ...["--workers", workers, "--log-format", "json"],
    );
    const requests: readonly [request: string, status: number][] = [
      [get("/"), 200], // a miss
      [get("/"), 200], // a hit
      [get("/", 'If-None-Match: "a"'), 304],
      [get("/", "Range: bytes=1-2"), 206],
      [get("/", "Range: bytes=9-"), 416],
      [get("/other", "X-Request-Id: mine"), 200], // nobody trusts the client
      ["PURGE / HTTP/1.1\r\nHost: h\r\n\r\n", 200],
      ["OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n", 200],
      ["GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
      ["G(T / HTTP/1.1\r\n", 400], // it has no head
    ];
    const ids: string[] = [];
    for (const [request, status] of requests) {
      const response = await exchange(proxy, request);
      assertEquals(response.status, status, request);
      ids.push(idOf(response));
      assertEquals(
        JSON.parse(await proxy.nextLogLine()).request_id,
        ids.at(-1),
      );
    }
    for (const id of ids) assertMatch(id, MADE);
    assertEquals(new Set(ids).size, ids.length);
    assertEquals(asked, [ids[0], ids[5]]);
  });
}

Deno.test("a trusted proxy's id goes on; a bad one is replaced", async () => {
  const asked: string[] = [];
  await using origin = Origin.answering((request) => {
    asked.push(idOf(request));
    return ok("hello", "Cache-Control: max-age=60");
  });
  await using proxy = await start(origin, "--trust-proxy", "127.0.0.0/8");
  const first = await exchange(proxy, get("/", "x-request-id: abc.1"));
  const hit = await exchange(proxy, get("/", "X-Request-Id: abc.2"));
  const bad = await exchange(proxy, get("/bad", "X-Request-Id: a b"));
  assertEquals([idOf(first), idOf(hit)], ["abc.1", "abc.2"]);
  assertMatch(idOf(bad), MADE);
  assertEquals(asked, ["abc.1", idOf(bad)]);
  assertMatch(await proxy.nextLogLine(), / id=abc\.1$/);
});

Deno.test("look-alikes go no further", async () => {
  const names: string[] = [];
  await using origin = Origin.answering(({ fields }) => {
    names.push(...fields.map(([name]) => name.toLowerCase()));
    return ok("hello");
  });
  await using proxy = await start(origin, "--trust-proxy", "127.0.0.0/8");
  await exchange(proxy, get("/", "X_Request.Id: abc"));
  assert(!names.includes("x_request.id"));
  assert(names.includes("x-request-id"));
});

Deno.test("a response that varies on the id is for one request only", async () => {
  let count = 0;
  await using origin = Origin.answering(() =>
    ok(`${++count}`, "Cache-Control: max-age=60", "Vary: X-Request-Id")
  );
  await using proxy = await start(origin);
  const contents: string[] = [];
  for (let i = 0; i < 3; i++) {
    contents.push((await exchange(proxy, get("/"))).content);
  }
  assertEquals(contents, ["1", "2", "3"]);
});

Deno.test("a switch of protocols has the id, too", async () => {
  const asked: string[] = [];
  await using origin = Origin.serving(async (peer) => {
    asked.push(idOf(await peer.readMessage()));
    await peer.send(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" +
        "Upgrade: websocket\r\nX-Request-Id: no\r\n\r\n",
    );
  });
  await using proxy = await start(origin);
  using client = await proxy.connect();
  await client.send(
    get("/", "Connection: upgrade", "Upgrade: websocket"),
  );
  assertEquals([idOf(await client.readHead())], asked);
});

Deno.test("without it, ids pass as they come, and none is made", async () => {
  const asked: string[][] = [];
  await using origin = Origin.answering((request) => {
    asked.push(idsOf(request));
    return ok("hello", "X-Request-Id: from below");
  });
  await using proxy = await Proxy.start(origin);
  const response = await exchange(proxy, get("/", "X-Request-Id: mine"));
  await exchange(proxy, get("/"));
  assertEquals(asked, [["mine"], []]);
  assertEquals(idsOf(response), ["from below"]);
});
