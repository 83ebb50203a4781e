/**
 * What is explained is what then happens: for many random requests, whatever is stored
 * and however the origin answers, the explanation and the exchange agree in result,
 * status, reason, `Cache-Status`, and in what the origin is asked.
 */

import type { Explanation } from "../../lib/explain/explanation.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { nextTurn } from "../../lib/net/clock.ts";
import { pause, TestClock } from "../support/clock.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, speaksTls } from "../support/proxy.ts";
import { random } from "../support/random.ts";
import { costly, rows, tries } from "../support/tries.ts";

const SEEDS = [1, 2, 3];
const REQUESTS = tries(100, 200);
/** With several workers, each request is another exchange of messages between threads. */
const REQUESTS_OF_WORKERS = tries(30, 60);

/** What the origin says of caching, by target. */
const POLICIES = [
  ["Cache-Control: max-age=30", 'ETag: "a"'],
  ["Cache-Control: max-age=20, stale-while-revalidate=20", 'ETag: "b"'],
  ["Cache-Control: s-maxage=20, must-revalidate", 'ETag: "c"'],
  ["Cache-Control: max-age=20, stale-if-error=60"],
  ["Cache-Control: no-cache", 'ETag: "d"'],
  ["Cache-Control: max-age=30", "Vary: Accept-Language, X-A"],
  ["Cache-Control: no-store"],
  ["Cache-Control: private"],
  ["Cache-Control: max-age=30", "Set-Cookie: a=b"],
  ["Cache-Control: max-age=30", "Content-Type: text/html"],
  ["Cache-Control: public, max-age=30"],
  ["Cache-Control: max-age=30", "Vary: *"],
  [],
] as const;
const CONTENT = "a".repeat(1500);

const PREFIXES = ["", "", "", "/plain", "/group", "/moved", "/gone", "/denied"];
const LISTED = ["/list", "/limited", "/stripped", "/%2e%2e/x"];
const METHODS = [
  ..."GET GET GET GET GET GET GET GET".split(" "),
  ..."HEAD HEAD POST OPTIONS PURGE".split(" "),
];
const HEADERS = [
  "Accept-Language: de",
  "Accept-Language: en, de",
  "X-A: 1",
  "Cookie: s=1",
  "Authorization: Basic YTpi",
  "Cache-Control: no-cache",
  "Cache-Control: max-age=5",
  "Cache-Control: min-fresh=20",
  "Cache-Control: max-stale=20",
  "Cache-Control: only-if-cached",
  "Cache-Control: no-store",
  "Pragma: no-cache",
  'If-None-Match: "a"',
  'If-None-Match: "b", "c"',
  'If-Match: "a"',
  "Range: bytes=0-9",
  "Range: bytes=0-",
  "Accept-Encoding: gzip",
  "Accept-Encoding: br, gzip",
  "X-HTTP-Method-Override: PUT",
  "Max-Forwards: 0",
  "Via: 1.1 other",
];

/** Reasons to use what is stored while the origin is asked. */
const REFRESHING = ["stale-while-revalidate", "soft-purged"];

/** What the origin does, for all. */
type Mode = "well" | "status" | "gone";

/** What the origins do, and are asked. */
interface Run {
  /** The heads that the origins got, the last first. */
  readonly asked: Message[];
  mode: Mode;
  /** Whether the proxy does all that it does in turns of this thread. */
  readonly inThisThread: boolean;
}

/** How what goes on is waited for: 20 times so many turns until it begins, and so many to its end. */
const HERE = { turn: nextTurn, turns: 50 };
/** Turns of this thread say nothing of another's: these are of 1 ms. */
const ELSEWHERE = { turn: () => pause(1), turns: 100 };

function configOf(origins: readonly Origin[]): unknown {
  const [first] = origins;
  const url = first!.url;
  return {
    cache: { status: "full", slice: "16KiB" },
    compress: { codings: ["gzip"], min: "1KiB" },
    upstreams: {
      group: {
        servers: origins.map((origin) => origin.url),
        balance: "hash",
        hashBy: "uri",
        eject: "off",
        retry: { tries: 0 },
      },
      one: { servers: [url], retry: { tries: 0 } },
    },
    hosts: {
      "h.example": {
        "/": { proxy: "one", requestHeaders: { "X-Rule": "{client}" } },
        "/plain/*": { proxy: "one", cache: "off" },
        "/group/*": { proxy: "group" },
        "/stripped/*": { proxy: "one", rewrite: { strip: "/stripped" } },
        "/moved/*": { redirect: "https://other.example{uri}" },
        "/gone/*": { respond: 410 },
        "/denied/*": { proxy: "one", allow: ["10.0.0.0/8"] },
        "/limited/*": { proxy: "one", limit: { rate: "6/m", burst: 3 } },
        "/list/*": [
          { when: { header: { "X-A": "1" } }, respond: 204 },
          { when: { method: ["GET", "HEAD"] }, proxy: "one" },
        ],
      },
    },
  };
}

/** The response of an origin. */
function answer(request: Message, mode: Mode): string {
  const [method, target = ""] = request.startLine.split(" ");
  if (mode === "status") {
    return "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  }
  const policy = POLICIES[Number(/(\d+)$/.exec(target)?.[1] ?? 0)] ?? [];
  const tag = policy.find((line) => line.startsWith("ETag"))?.slice(6);
  const asks = request.field("if-none-match");
  if (tag !== undefined && asks?.includes(tag)) {
    return `HTTP/1.1 304 Not Modified\r\n${policy.join("\r\n")}\r\n\r\n`;
  }
  const lines = [...policy, `Content-Length: ${CONTENT.length}`];
  const content = method === "HEAD" ? "" : CONTENT;
  return `HTTP/1.1 200 OK\r\n${lines.join("\r\n")}\r\n\r\n${content}`;
}

function startOrigin(run: Run): Origin {
  return Origin.serving(async (peer) => {
    for (;;) {
      const request = await peer.readMessage();
      run.asked.unshift(request);
      if (run.mode === "gone") return peer.close();
      await peer.send(answer(request, run.mode));
    }
  });
}

/** What an explanation says about the step. */
function factsOf(
  { steps }: Explanation,
  step: string,
): Record<string, unknown> {
  return Object.assign(
    {},
    ...steps.filter((each) => each.step === step).map(
      ({ facts }) => facts,
    ),
  );
}

/** The origin's part: what it was asked is what was said. */
function assertAsked(explanation: Explanation, request: Message): void {
  const { line, headers } = factsOf(explanation, "sent");
  assertEquals(request.startLine, line);
  const masked = request.fields.map(([name, value]) =>
    /authorization|cookie/i.test(name) ? `${name}: ***` : `${name}: ${value}`
  );
  assertEquals(masked, headers as string[]);
}

/** Only a proxy of this process can be asked. */
const ignore = Deno.env.get("SLUICE_BIN") !== undefined;

for (const seed of rows(SEEDS, 1)) {
  Deno.test({
    name: `what is explained is what happens: seed ${seed}`,
    ignore,
    fn: () => compareMany(seed, REQUESTS),
  });
}

Deno.test({
  ...costly("what one of several workers explains is what happens", ignore),
  fn: () => compareMany(4, REQUESTS_OF_WORKERS, "--workers", "2"),
});

async function compareMany(
  seed: number,
  count: number,
  ...flags: readonly string[]
): Promise<void> {
  const clock = new TestClock();
  const run: Run = {
    asked: [],
    mode: "well",
    inThisThread: flags.length === 0,
  };
  await using one = startOrigin(run);
  await using two = startOrigin(run);
  await using site = await ConfigSite.start(
    configOf([one, two]),
    clock,
    [],
    ...flags,
  );
  const chance = random(seed);
  const oneOf = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(chance() * items.length)]!;
  for (let i = 0; i < count; i++) {
    if (clock.stands && chance() < 0.3) {
      await clock.advance(Math.floor(chance() * 25_000));
    }
    if (chance() < 0.05) await site.proxy.purge({ all: true, soft: true });
    run.mode = chance() < 0.8 ? "well" : oneOf(["status", "gone"] as const);
    const policy = Math.floor(chance() * POLICIES.length);
    const prefix = oneOf(chance() < 0.5 ? PREFIXES : LISTED);
    const target = `${prefix}/${policy}`;
    const headers = HEADERS.filter(() => chance() < 0.06);
    await compare(site, run, oneOf(METHODS), target, headers);
  }
}

async function compare(
  site: ConfigSite,
  run: Run,
  method: string,
  target: string,
  headers: readonly string[],
): Promise<void> {
  const scheme = speaksTls() ? "https" : "http";
  const url = `${scheme}://h.example${target}`;
  const explanation = await site.proxy.explain({ url, method, headers });
  const about = JSON.stringify([run.mode, method, target, headers]) +
    "\n" + JSON.stringify(explanation, undefined, 1);
  run.asked.length = 0;
  const lines = [`Host: h.example`, ...headers, "Connection: close"];
  const text = `${method} ${target} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`;
  const response = await exchange(site.proxy, text, method === "HEAD");
  const logged = await site.logged();
  try {
    assertAgreement(explanation, response, logged, run);
    await settle(explanation, run);
    await assertRecalled(site, { url, method, headers }, response);
  } catch (error) {
    throw new Error(about, { cause: error });
  }
}

type Logged = Record<string, unknown>;

function assertAgreement(
  explanation: Explanation,
  response: Message,
  logged: Logged,
  { asked, mode }: { asked: readonly Message[]; mode: Mode },
): void {
  const status = Number(response.startLine.split(" ")[1]);
  const cache = logged.cache as
    | { result: string; reason?: string }
    | undefined;
  const cacheStatus = response.field("cache-status") ?? "";
  switch (explanation.result) {
    case "hit":
    case "stale":
      assertEquals(cache?.result, explanation.result);
      assertEquals(status, explanation.status);
      assertEquals(cacheStatus, explanation.cacheStatus);
      assertEquals(cache?.reason ?? "", explanation.reason);
      assertEquals(
        explanation.steps.find(({ step }) => step === "reuse")?.code,
        explanation.reason || "fresh",
      );
      if (!REFRESHING.includes(explanation.reason)) {
        assertEquals(asked.length, 0);
      }
      return;
    case "miss":
    case "bypass":
    case "passed":
      return assertForwarded(explanation, cache, cacheStatus, asked, mode);
    case "purge":
    case "answered":
      assertEquals(asked.length, 0);
      return assertEquals(status, explanation.status);
    case "refused":
      assertEquals(asked.length, 0);
      assertEquals(logged.error ?? explanation.reason, explanation.reason);
      return assertEquals(status, explanation.status);
    default:
      throw new Error(`unexpected: ${explanation.result}`);
  }
}

function assertForwarded(
  explanation: Explanation,
  cache: { result: string; reason?: string } | undefined,
  cacheStatus: string,
  asked: readonly Message[],
  mode: Mode,
): void {
  assert(asked.length >= 1);
  assertAsked(explanation, asked.at(-1)!);
  if (explanation.result === "passed") return assertEquals(cache, undefined);
  const { unreachable, serverError } = factsOf(explanation, "reuse") as {
    unreachable?: { isUsed: boolean; code: string };
    serverError?: { isUsed: boolean; code: string };
  };
  const fallback = mode === "gone"
    ? unreachable
    : mode === "status"
    ? serverError
    : undefined;
  if (fallback?.isUsed === true && cache?.result === "stale") {
    return assertEquals(cache.reason, fallback.code);
  }
  if (explanation.result === "bypass") assertEquals(cache?.result, "bypass");
  else assert(["miss", "revalidated"].includes(cache!.result));
  const reason = /fwd=([\w-]+)/.exec(explanation.cacheStatus)?.[1];
  if (cacheStatus !== "") {
    assertEquals(/fwd=([\w-]+)/.exec(cacheStatus)?.[1], reason);
  }
}

/** What goes on in the background comes to its end. */
async function settle(
  { reason }: Explanation,
  { asked, inThisThread }: Run,
): Promise<void> {
  if (!REFRESHING.includes(reason)) return;
  const { turn, turns } = inThisThread ? HERE : ELSEWHERE;
  for (let i = 0; i < 20 * turns && asked.length === 0; i++) await turn();
  for (let i = 0; i < turns; i++) await turn();
}

/** Why a response was not stored is known afterwards. */
async function assertRecalled(
  site: ConfigSite,
  question: { url: string; method: string; headers: readonly string[] },
  response: Message,
): Promise<void> {
  const cacheStatus = response.field("cache-status") ?? "";
  const detail = /fwd=uri-miss; detail=([\w-]+)/.exec(cacheStatus)?.[1];
  if (detail === undefined || question.method !== "GET") return;
  const explanation = await site.proxy.explain(question);
  if (explanation.result !== "miss") return; // a limit has been reached since
  const step = explanation.steps.find(({ step }) => step === "storage");
  assertEquals(step?.code, detail);
}
