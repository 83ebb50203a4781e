/** What is said about each state of what is stored, and that the request then has the same in Cache-Status. */

import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { ConfigSite } from "../support/logged_site.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, speaksTls } from "../support/proxy.ts";
import { explanationLines } from "../../lib/explain/text.ts";

/** Only a proxy of this process, in this thread, has the time of a test. */
const ignore = Deno.env.get("SLUICE_BIN") !== undefined ||
  Deno.env.get("SLUICE_FLAGS") !== undefined || speaksTls();

const CONTENT = "a".repeat(2000);
const HTML = "Content-Type: text/html";
const TAG = 'ETag: "a"';

/** What is stored, and what is said of a request for it. */
interface Row {
  readonly name: string;
  /** The headers of the response to the first request; undefined for no first request. */
  readonly stored: readonly string[] | undefined;
  /** The headers of that request. */
  readonly by?: readonly string[];
  /** How long ago it was, in ms. */
  readonly agoMs?: number;
  readonly purge?: "soft" | "hard";
  readonly method?: string;
  readonly headers?: readonly string[];
  /** Result, status, reason. */
  readonly result: string;
  /** Steps about reuse, sharing, storage and coding, with code and rule. */
  readonly steps: readonly string[];
  readonly says?: readonly string[];
}

const FRESH = "reuse fresh RFC 9111 §4.2";
const PLAIN = "coding no-accept-encoding RFC 9110 §12.5.3";
const STALE = "reuse stale RFC 9111 §4.3";
const MINUTE = "Cache-Control: max-age=60";

const ROWS: readonly Row[] = [
  {
    name: "nothing",
    stored: undefined,
    result: "miss null uri-miss",
    steps: ["reuse uri-miss RFC 9111 §4", PLAIN],
    says: ["Nothing is stored under this key.", "Others that want the same"],
  },
  {
    name: "fresh",
    stored: [MINUTE, HTML, TAG],
    agoMs: 20_000,
    result: "hit 200 ",
    steps: [FRESH, PLAIN],
    says: [
      "age 20 s, lifetime 60 s, lifetime from directive, fresh for 40 s",
      "Age: 20",
      "ttl=40",
    ],
  },
  {
    name: "fresh, and the client has it",
    stored: [MINUTE, HTML, TAG],
    headers: ['If-None-Match: "a"'],
    result: "hit 304 ",
    steps: [FRESH, PLAIN],
  },
  {
    name: "fresh, and a range",
    stored: [MINUTE, HTML],
    headers: ["Range: bytes=0-9", "Accept-Encoding: gzip"],
    result: "hit 206 ",
    steps: [FRESH, "coding range-request RFC 9110 §14.2"],
    says: ["Content-Range: bytes 0-9/2000"],
  },
  {
    name: "fresh, and a range of nothing",
    stored: [MINUTE, HTML],
    headers: ["Range: bytes=5000-"],
    result: "hit 416 ",
    steps: [FRESH, "coding range-request RFC 9110 §14.2"],
  },
  {
    name: "fresh, for HEAD",
    stored: [MINUTE, HTML],
    method: "HEAD",
    result: "hit 200 ",
    steps: [FRESH, PLAIN],
  },
  {
    name: "fresh, to be coded",
    stored: [MINUTE, HTML],
    headers: ["Accept-Encoding: gzip"],
    result: "hit 200 ",
    steps: [FRESH, "coding compressible RFC 9110 §8.4"],
    says: ["coding: gzip", "has to be made: true"],
  },
  {
    name: "stale, to be confirmed",
    stored: [MINUTE, TAG],
    agoMs: 61_000,
    result: "miss null stale",
    steps: [STALE, PLAIN],
    says: [
      "stale for 1 s",
      "conditions: If-None-Match",
      "unreachable: used, code origin-unreachable",
      "server error: code error-passed-on",
    ],
  },
  {
    name: "stale, without a validator",
    stored: [MINUTE],
    agoMs: 61_000,
    result: "miss null stale",
    steps: [STALE, PLAIN],
  },
  {
    name: "stale, and must be confirmed",
    stored: ["Cache-Control: max-age=60, must-revalidate", TAG],
    agoMs: 61_000,
    headers: ["Cache-Control: max-stale=100"],
    result: "miss null stale",
    steps: [STALE, PLAIN],
    says: ["unreachable: code must-revalidate", "RFC 9111 §5.2.2.2"],
  },
  {
    name: "stale, while it is refreshed",
    stored: ["Cache-Control: max-age=60, stale-while-revalidate=30", TAG],
    agoMs: 61_000,
    result: "stale 200 stale-while-revalidate",
    steps: ["reuse stale-while-revalidate RFC 5861 §3"],
    says: ["The origin is asked in the background.", "If-None-Match"],
  },
  {
    name: "stale, as the client takes it",
    stored: [MINUTE, TAG],
    agoMs: 61_000,
    headers: ["Cache-Control: max-stale=10"],
    result: "stale 200 max-stale",
    steps: ["reuse max-stale RFC 9111 §5.2.1.2"],
  },
  {
    name: "stale, for an error",
    stored: ["Cache-Control: max-age=60, stale-if-error=100"],
    agoMs: 61_000,
    result: "miss null stale",
    steps: [STALE, PLAIN],
    says: ["server error: used, code stale-if-error"],
  },
  {
    name: "to be confirmed each time",
    stored: ["Cache-Control: no-cache", TAG],
    result: "miss null no-cache",
    steps: ["reuse no-cache RFC 9111 §5.2.2.4", PLAIN],
  },
  {
    name: "the client wants it confirmed",
    stored: [MINUTE, TAG],
    headers: ["Cache-Control: no-cache"],
    result: "miss null request-no-cache",
    steps: ["reuse request-no-cache RFC 9111 §5.2.1.4", PLAIN],
  },
  {
    name: "too old for the client",
    stored: [MINUTE],
    agoMs: 10_000,
    headers: ["Cache-Control: max-age=5"],
    result: "miss null request-max-age",
    steps: ["reuse request-max-age RFC 9111 §5.2.1.1", PLAIN],
  },
  {
    name: "not fresh for long enough",
    stored: [MINUTE],
    agoMs: 10_000,
    headers: ["Cache-Control: min-fresh=55"],
    result: "miss null request-min-fresh",
    steps: ["reuse request-min-fresh RFC 9111 §5.2.1.3", PLAIN],
  },
  {
    name: "marked stale",
    stored: [MINUTE, TAG],
    purge: "soft",
    result: "stale 200 soft-purged",
    steps: ["reuse soft-purged "],
    says: ["marked stale"],
  },
  {
    name: "purged",
    stored: [MINUTE],
    purge: "hard",
    result: "miss null uri-miss",
    steps: ["reuse uri-miss RFC 9111 §4", PLAIN],
  },
  {
    name: "for others",
    stored: [MINUTE, "Vary: Accept-Language, Cookie"],
    by: ["Accept-Language: de", "Cookie: a=hidden"],
    headers: ["Accept-Language: fr"],
    result: "miss null vary-miss",
    steps: ["reuse vary-miss RFC 9111 §4.1", PLAIN],
    says: ['vary {"accept-language":"de","cookie":"***"}'],
  },
  {
    name: "only what is stored, and nothing is",
    stored: undefined,
    headers: ["Cache-Control: only-if-cached"],
    result: "refused 504 not_cached",
    steps: ["reuse uri-miss RFC 9111 §4", "reuse not_cached "],
  },
  {
    name: "not for the cache: another method",
    stored: [MINUTE],
    method: "PUT",
    result: "bypass null method",
    steps: ["reuse method RFC 9111 §3", PLAIN],
  },
  {
    name: "not for the cache: it asks about the origin",
    stored: [MINUTE, TAG],
    headers: ['If-Match: "a"'],
    result: "bypass null if-match",
    steps: ["reuse if-match RFC 9110 §13.1.1", PLAIN],
  },
  {
    name: "not for the cache: another method in disguise",
    stored: [MINUTE],
    headers: ["X-HTTP-Method-Override: PUT"],
    result: "bypass null method-override",
    steps: ["reuse method-override ", PLAIN],
  },
  {
    name: "the last one was private",
    stored: ["Cache-Control: private"],
    agoMs: 5000,
    result: "miss null uri-miss",
    steps: [
      "reuse uri-miss RFC 9111 §4",
      "sharing known-uncacheable ",
      "storage private RFC 9111 §5.2.2.7",
      PLAIN,
    ],
    says: ["ago: 5 s"],
  },
  {
    name: "the last one set a cookie",
    stored: [MINUTE, "Set-Cookie: a=hidden"],
    result: "miss null uri-miss",
    steps: [
      "reuse uri-miss RFC 9111 §4",
      "sharing known-uncacheable ",
      "storage set-cookie RFC 9111 §7.3",
      PLAIN,
    ],
  },
  {
    name: "the last one was for somebody",
    stored: [MINUTE],
    by: ["Authorization: Basic YTpi"],
    headers: ["Authorization: Basic YTpi"],
    result: "miss null uri-miss",
    steps: [
      "reuse uri-miss RFC 9111 §4",
      "sharing for-one-client RFC 9111 §3.5",
      "storage authorization RFC 9111 §3.5",
      PLAIN,
    ],
  },
];

const SHOWN = ["reuse", "sharing", "storage", "coding"];

for (const row of ROWS) {
  Deno.test({
    name: `what is stored: ${row.name}`,
    ignore,
    fn: () => test(row),
  });
}

async function test(row: Row): Promise<void> {
  const { stored, by = [], agoMs = 0, method = "GET", headers = [] } = row;
  let asked = 0;
  await using origin = Origin.answering(() => {
    asked++;
    return ok(CONTENT, ...stored ?? []);
  });
  const clock = new TestClock();
  await using site = await ConfigSite.start({
    cache: { status: "on" },
    compress: ["gzip"],
    hosts: { "*": { proxy: origin.url } },
  }, clock);
  const send = (name: string, lines: readonly string[]): string =>
    [`${name} /x HTTP/1.1`, "Host: a.example", ...lines].join("\r\n") +
    "\r\n\r\n";
  if (stored !== undefined) await exchange(site.proxy, send("GET", by));
  await clock.advance(agoMs);
  if (row.purge !== undefined) {
    await site.proxy.purge({ all: true, soft: row.purge === "soft" });
  }
  const before = asked;
  const url = "http://a.example/x";
  const found = await site.proxy.explain({ url, method, headers });
  const { result, status, reason, cacheStatus, steps } = found;
  assertEquals(`${result} ${status} ${reason}`, row.result);
  const shown = steps.filter(({ step, code }) =>
    SHOWN.includes(step) && code !== ""
  ).map(({ step, code, source }) => `${step} ${code} ${source}`);
  assertEquals(shown, row.steps);
  const text = explanationLines(found).join("\n");
  for (const said of row.says ?? []) {
    assert(text.includes(said), `${said} in:\n${text}`);
  }
  assert(!text.includes("hidden"), "a secret is shown");
  assertEquals(asked, before);
  const lines = [...headers, "Connection: close"];
  const response = await exchange(
    site.proxy,
    send(method, lines),
    method === "HEAD",
  );
  // What becomes of the response, nobody knows before it is there.
  const said = (response.field("cache-status") ?? "").replace("; stored", "");
  assertEquals(said.slice(0, cacheStatus.length), cacheStatus);
  if (status !== null) assertEquals(response.status, status);
}
