import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { LIMITS } from "../support/splits.ts";
import type { LogFormat } from "../../lib/observe/access_log.ts";
import { nextTurn, SystemClock } from "../../lib/net/clock.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import { RequestHead } from "../../lib/http/request_head.ts";
import { AccessLog, type LogSink } from "../../lib/observe/access_log.ts";
import type { LogEntry } from "../../lib/observe/log_entry.ts";

class Sink implements LogSink {
  text = "";
  /** Set to make writes wait. */
  gate: Promise<void> | undefined;
  async write(bytes: Uint8Array): Promise<number> {
    await this.gate;
    const count = Math.min(bytes.length, 1000); // a pipe takes as much as it likes
    this.text += textOf(bytes, 0, count);
    return count;
  }
}

function entryOf(message: string, more: Partial<LogEntry> = {}): LogEntry {
  const bytes = bytesOf(message);
  const request = new RequestHead();
  request.begin(0, LIMITS);
  request.parse(bytes, bytes.length);
  return {
    request,
    clientAddress: "192.0.2.1",
    remoteAddress: "10.0.0.1",
    status: 200,
    bytesIn: 10,
    bytesOut: 20,
    contentBytesOut: 5,
    startedMs: Date.now(),
    originMs: 7,
    cacheStatus: "",
    errorCode: "",
    ...more,
  };
}

async function logged(
  format: LogFormat,
  ...entries: readonly LogEntry[]
): Promise<string> {
  const sink = new Sink();
  const log = new AccessLog(format, sink, new SystemClock());
  for (const entry of entries) log.record(entry);
  await log.close();
  return sink.text;
}

const REQUEST =
  'GET /a?b HTTP/1.1\r\nHost: h\r\nUser-Agent: x"\\\t\xe9y\r\n\r\n';
const TIME = String.raw`\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\]`;
const REST = String.raw`time=0\.\d{3} origin=0\.007 in=10 out=20 cache=`;

Deno.test("the common and the combined format", async () => {
  assertMatch(
    await logged("common", entryOf(REQUEST)),
    new RegExp(
      `^192\\.0\\.2\\.1 - - ${TIME} "GET /a\\?b HTTP/1\\.1" 200 5 ${REST}-\n$`,
    ),
  );
  assertMatch(
    await logged(
      "combined",
      entryOf(REQUEST, { cacheStatus: "hit", errorCode: "bad_host" }),
    ),
    new RegExp(
      `200 5 "-" "x\\\\x22\\\\x5c\\\\x09\\\\xe9y" ${REST}hit error=bad_host\n$`,
    ),
  );
  assertEquals(await logged("off", entryOf(REQUEST)), "");
});

Deno.test("json lines are JSON, whatever the client sent", async () => {
  const line = JSON.parse(
    await logged("json", entryOf(REQUEST, { cacheStatus: "miss" })),
  );
  assertEquals(
    [
      line.method,
      line.uri,
      line.proto,
      line.host,
      line.user_agent,
      line.status,
      line.cache,
      line.upstream,
    ],
    ["GET", "/a?b", "HTTP/1.1", "h", 'x"\\\t\xe9y', 200, { result: "miss" }, {
      ttfb: 0.007,
    }],
  );
});

Deno.test("a JSON line has all that is known, and nothing else", async () => {
  const request = "GET /a HTTP/1.0\r\nHost: h\r\nReferer: r\r\n\r\n";
  const clock = new TestClock();
  clock.pass(1500);
  const line = async (more: Partial<LogEntry>): Promise<unknown> => {
    const sink = new Sink();
    const log = new AccessLog("json", sink, clock);
    log.record(entryOf(request, { startedMs: clock.now() - 1500, ...more }));
    await log.close();
    return JSON.parse(sink.text);
  };
  const plain = {
    ts: new Date(clock.now()).toISOString(),
    level: "info",
    msg: "request",
    "client_ip": "192.0.2.1",
    "remote_ip": "10.0.0.1",
    method: "GET",
    uri: "/a",
    proto: "HTTP/1.0",
    host: "h",
    referer: "r",
    status: 200,
    "bytes_in": 10,
    "bytes_out": 20,
    duration: 1.5,
  };
  assertEquals(await line({ originMs: -1 }), plain);
  assertEquals(
    await line({
      originMs: 0,
      cacheStatus: "miss",
      cacheReason: "a",
      aloneReason: "b",
      staleRefusal: "c",
      codingReason: "d",
      retryReason: "e",
      ending: "f",
      errorCode: "g",
    }),
    {
      ...plain,
      upstream: { ttfb: 0 },
      cache: { result: "miss", reason: "a", alone: "b", "not_stale": "c" },
      "coding_reason": "d",
      "retry_reason": "e",
      end: "f",
      error: "g",
    },
  );
});

Deno.test("headers that are asked for are in json lines, escaped, cut, and without secrets", async () => {
  const sink = new Sink();
  const fields = [
    ...["X-Team", "x-team", "Cookie", "Authorization"],
    ...["Proxy-Authorization", "Set-Cookie", "X-Long", "X-None"],
  ];
  const log = new AccessLog(
    { format: "json", fields },
    sink,
    new SystemClock(),
  );
  const long = "y".repeat(1020);
  log.record(entryOf(
    'GET / HTTP/1.1\r\nHost: h\r\nX-Team: a"\\\xe9\r\nCookie: s=1\r\n' +
      "cookie: t=2\r\nAuthorization: Basic abc\r\nX-Team:\r\nX-TEAM: b\r\n" +
      `Proxy-Authorization: p\r\nSet-Cookie: c\r\nX-Long: ${long}\r\n` +
      "X-Long: 123456\r\nX-Long: 7\r\n\r\n",
  ));
  log.record(entryOf("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  log.record(entryOf("GE"));
  await log.close();
  const [first, second, third] = sink.text.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(first.headers, {
    "x-team": 'a"\\\xe9, , b',
    "cookie": "***",
    "authorization": "***",
    "proxy-authorization": "***",
    "set-cookie": "***",
    "x-long": `${long}, 1234...`,
  });
  assert(!("headers" in second) && !("headers" in third));
});

Deno.test("requests that are skipped have no line; those without a request line do", async () => {
  const sink = new Sink();
  const log = new AccessLog(
    {
      format: "common",
      isSkipped: ({ targetText }) => targetText === "/healthz",
    },
    sink,
    new SystemClock(),
  );
  log.record(entryOf("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"));
  log.record(entryOf("GET /other HTTP/1.1\r\nHost: h\r\n\r\n"));
  log.record(entryOf("GE"));
  log.configure({ format: "off" });
  assert(!log.isOn);
  log.record(entryOf(REQUEST));
  log.configure({ format: "common" });
  log.record(entryOf("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"));
  await log.close();
  const requests = [...sink.text.matchAll(/"([^"]*)" 200/g)];
  assertEquals(requests.map(([, request]) => request), [
    "GET /other HTTP/1.1",
    "-",
    "GET /healthz HTTP/1.1",
  ]);
});

Deno.test("of a sample, errors and slow requests are logged in any case", async () => {
  const sink = new Sink();
  const clock = new TestClock();
  const chances = [0.1, 0.09, 0.5];
  const log = new AccessLog(
    { format: "json", sample: { rate: 0.1, slowMs: 1000 } },
    sink,
    clock,
    () => chances.shift()!,
  );
  const entry = (path: string, more: Partial<LogEntry>): LogEntry =>
    entryOf(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`, {
      startedMs: clock.now(),
      ...more,
    });
  log.record(entry("/unlucky", {}));
  log.record(entry("/lucky", { startedMs: clock.now() - 999 }));
  log.record(entry("/slow", { startedMs: clock.now() - 1000 }));
  log.record(entry("/missing", { status: 404 }));
  log.record(entry("/cut", { errorCode: "origin_body_cut" }));
  log.record(entry("/unlucky", { status: 399 }));
  assertEquals(chances, []);
  log.configure({ format: "json" });
  log.record(entry("/all", {}));
  await log.close();
  const lines = sink.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map((line) => [line.uri, line["sample_rate"]]), [
    ["/lucky", 0.1],
    ["/slow", undefined],
    ["/missing", undefined],
    ["/cut", undefined],
    ["/all", undefined],
  ]);
});

Deno.test("the phases of a request to an origin are in JSON, in seconds", async () => {
  const clock = new TestClock();
  clock.pass(2000);
  const startedMs = clock.now() - 2000;
  const sink = new Sink();
  const log = new AccessLog("json", sink, clock);
  const sent = {
    address: "192.0.2.9:80",
    originStatus: 503,
    tryCount: 1,
    isReused: false,
    connectionAgeMs: 0,
    queueMs: 12.3456,
    connectMs: 34.5,
    sentMs: startedMs + 100,
  };
  const entry = {
    startedMs,
    originMs: 350,
    tryCount: 1,
    routeName: 'a.example/"*#2',
    scheme: "https",
    coding: "br",
    cacheStatus: "stale",
    cacheAge: 61,
    cacheTtl: -1,
  };
  log.record(entryOf(REQUEST, { ...entry, sent }));
  const none = { originStatus: 0, queueMs: -1, connectMs: -1, isReused: true };
  log.record(
    entryOf(REQUEST, { ...entry, originMs: -1, sent: { ...sent, ...none } }),
  );
  await log.close();
  const [line, unanswered] = sink.text.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assertEquals(line.upstream, {
    addr: "192.0.2.9:80",
    status: 503,
    tries: 2,
    reused: false,
    age: 0,
    queue: 0.012346,
    connect: 0.0345,
    ttfb: 0.25,
    body: 1.65,
    retries: 1,
  });
  assertEquals(line.cache, { result: "stale", age: 61, ttl: -1 });
  assertEquals(
    [line.route, line.scheme, line.coding, line.duration, line.ttfb],
    ['a.example/"*#2', "https", "br", 2, 0.35],
  );
  assertEquals(unanswered.upstream, {
    addr: "192.0.2.9:80",
    tries: 2,
    reused: true,
    age: 0,
    retries: 1,
  });
  assert(!("ttfb" in unanswered));
});

Deno.test("a request's id is in every format", async () => {
  const entry = entryOf(REQUEST, { requestId: "a-1", errorCode: "bad_host" });
  for (const format of ["common", "combined"] as const) {
    assertMatch(
      await logged(format, entry),
      / cache=- id=a-1 error=bad_host\n/,
    );
  }
  assertEquals(
    JSON.parse(await logged("json", entry)).request_id,
    "a-1",
  );
  assert(!(await logged("json", entryOf(REQUEST))).includes("request_id"));
});

Deno.test("a request that was never understood", async () => {
  const line = await logged(
    "combined",
    entryOf("GE", { status: 408, originMs: -1 }),
  );
  assert(line.includes('"-" 408 5 "-" "-" time='), line);
  assert(line.includes("origin=- "), line);
  assert(!("uri" in JSON.parse(await logged("json", entryOf("GE")))));
});

Deno.test("a reader that stalls costs lines, not requests; the loss is told", async () => {
  const sink = new Sink();
  const stalled = Promise.withResolvers<void>();
  sink.gate = stalled.promise;
  const log = new AccessLog("json", sink, new SystemClock());
  const entry = entryOf(REQUEST.replace("/a", `/${"a".repeat(4000)}`));
  const size = (await logged("json", entry)).length;
  const count = Math.ceil((10 * 1024 * 1024) / size);
  for (let i = 0; i < count; i++) log.record(entry);
  stalled.resolve();
  sink.gate = undefined;
  while (!sink.text.includes("dropped")) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await log.close();
  const told = Number(/^# (\d+) lines dropped/m.exec(sink.text)![1]);
  const kept = sink.text.match(/^\{/gm)!.length;
  assertEquals(told + kept, count);
  assert(told > 0 && kept * size < 6 * 1024 * 1024);
});

Deno.test("a line is written in time, also if it comes as another write ends", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const sink = new Sink();
    const clock = new TestClock();
    const log = new AccessLog("common", sink, clock);
    log.record(entryOf(REQUEST));
    clock.pass(100);
    for (let i = 0; i < turns; i++) await Promise.resolve();
    log.record(entryOf(REQUEST));
    await nextTurn();
    clock.pass(100);
    await nextTurn();
    assertEquals(sink.text.split("\n").length - 1, 2, `${turns} turns`);
  }
});
