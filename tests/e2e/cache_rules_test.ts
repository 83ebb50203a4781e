/**
 * The rules of RFC 9111 from outside, a row each: what an origin says, what is asked
 * next, and whether that is answered from memory.
 *
 * The origin's content is the number of requests that it has had for that target, so
 * content `1` the second time is what was stored.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { Origin } from "../support/origin.ts";
import type { Message } from "../support/peer.ts";
import { exchange, Proxy } from "../support/proxy.ts";

/** How the second request is answered: from memory; by the origin; by memory after the origin's 304; not. */
type Outcome = "hit" | "miss" | "validated" | "504";

interface Row {
  readonly rule: string;
  readonly what: string;
  /** The first response's fields; `Date` is now unless given. */
  readonly says: readonly string[];
  /** Its status. */
  readonly status?: number;
  /** The first request's fields. */
  readonly first?: readonly string[];
  /** The second request's fields. */
  readonly then?: readonly string[];
  /** Before the second request, in ms. */
  readonly waitMs?: number;
  readonly outcome: Outcome;
  readonly method?: string;
  readonly target?: string;
}

const DAY_MS = 86_400_000;
const at = (ms: number): string => new Date(Date.now() + ms).toUTCString();
const FRESH = "Cache-Control: max-age=60";
const TAGGED = ['ETag: "a"'];

const ROWS: readonly Row[] = [
  // 3: storing
  { rule: "9111 §3", what: "max-age is stored", says: [FRESH], outcome: "hit" },
  {
    rule: "9111 §3",
    what: "no lifetime, no validator: not worth it",
    says: [],
    outcome: "miss",
  },
  {
    rule: "9111 §3",
    what: "an unknown status with max-age",
    status: 299,
    says: [FRESH],
    outcome: "hit",
  },
  {
    rule: "9111 §3",
    what: "404 with max-age",
    status: 404,
    says: [FRESH],
    outcome: "hit",
  },
  {
    rule: "9111 §3",
    what: "500 with max-age",
    status: 500,
    says: [FRESH],
    outcome: "hit",
  },
  {
    rule: "9111 §3",
    what: "302 with max-age",
    status: 302,
    says: [FRESH, "Location: /x"],
    outcome: "hit",
  },
  {
    rule: "CPDoS",
    what: "400 never",
    status: 400,
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "CPDoS",
    what: "431 never",
    status: 431,
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9110 §13.1.1",
    what: "412 never",
    status: 412,
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9111 §3.3",
    what: "206 is not the whole",
    status: 206,
    first: ["Range: bytes=0-0"],
    says: [FRESH, "Content-Range: bytes 0-0/9"],
    outcome: "miss",
  },
  {
    rule: "9111 §3",
    what: "PUT is not stored",
    method: "PUT",
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9110 §9.3.3",
    what: "POST without Content-Location",
    method: "POST",
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.1.5",
    what: "request no-store",
    first: ["Cache-Control: no-store"],
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9111 §2",
    what: "GET with content",
    first: ["Content-Length: 1"],
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9111 §3",
    what: "Expires alone",
    says: [`Expires: ${at(60_000)}`],
    outcome: "hit",
  },
  // Directives of responses
  {
    rule: "9111 §5.2.2.5",
    what: "no-store",
    says: ["Cache-Control: no-store, max-age=60"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.2.5",
    what: "No-Store in any case",
    says: ["cache-control: max-age=60, No-StoRE"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2",
    what: "Max-Age in any case",
    says: ["CACHE-CONTROL: MaX-aGe=60"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.5",
    what: "no-store in a second line",
    says: [FRESH, "Cache-Control: no-store"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2",
    what: "no-store in quotes is no directive",
    says: ['Cache-Control: x="no-store", max-age=60'],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.7",
    what: "private",
    says: ["Cache-Control: private, max-age=60"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.2.7",
    what: "private with fields stores the rest",
    says: ['Cache-Control: private="x-user", max-age=60'],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.4",
    what: "no-cache without a validator",
    says: ["Cache-Control: no-cache, max-age=60"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.2.4",
    what: "no-cache is validated",
    says: ["Cache-Control: no-cache, max-age=60", ...TAGGED],
    outcome: "validated",
  },
  {
    rule: "9111 §5.2.2.4",
    what: "no-cache with fields",
    says: ['Cache-Control: no-cache="set-cookie", max-age=60'],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.3",
    what: "must-understand over no-store",
    says: ["Cache-Control: must-understand, no-store, max-age=60"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.3",
    what: "must-understand of an unknown status",
    status: 299,
    says: ["Cache-Control: must-understand, max-age=60"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.2.9",
    what: "public makes a guess possible",
    status: 299,
    says: ["Cache-Control: public", `Last-Modified: ${at(-10 * DAY_MS)}`],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.10",
    what: "s-maxage before max-age",
    says: ["Cache-Control: max-age=0, s-maxage=60"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.2.10",
    what: "s-maxage=0",
    says: ["Cache-Control: max-age=60, s-maxage=0"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.3",
    what: "unknown directives",
    says: ['Cache-Control: foo, bar=1, max-age=60, baz="x"'],
    outcome: "hit",
  },
  {
    rule: "8246 §2",
    what: "immutable",
    says: ["Cache-Control: max-age=60, immutable"],
    outcome: "hit",
  },
  // Freshness
  {
    rule: "9111 §4.2.1",
    what: "max-age before Expires",
    says: [FRESH, `Expires: ${at(-DAY_MS)}`],
    outcome: "hit",
  },
  {
    rule: "9111 §4.2.1",
    what: "max-age=0 before Expires",
    says: ["Cache-Control: max-age=0", `Expires: ${at(DAY_MS)}`],
    outcome: "miss",
  },
  {
    rule: "9111 §5.3",
    what: "Expires: 0",
    says: ["Expires: 0", `Last-Modified: ${at(-DAY_MS)}`],
    outcome: "validated",
  },
  {
    rule: "9111 §5.3",
    what: "an invalid Expires",
    says: ["Expires: tomorrow"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.3",
    what: "Expires in the past",
    says: [`Expires: ${at(-1000)}`],
    outcome: "miss",
  },
  {
    rule: "9111 §5.3",
    what: "Expires counts from Date",
    says: [`Date: ${at(-60_000)}`, `Expires: ${at(-30_000)}`],
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.1",
    what: "a malformed max-age is stale",
    says: ["Cache-Control: max-age=abc"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.1",
    what: "a negative max-age",
    says: ["Cache-Control: max-age=-60"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.1",
    what: "a max-age with a fraction",
    says: ["Cache-Control: max-age=60.5"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.1",
    what: "of two max-age the first",
    says: ["Cache-Control: max-age=0, max-age=60"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2",
    what: "max-age in quotes",
    says: ['Cache-Control: max-age="60"'],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2",
    what: "spaces around =",
    says: ["Cache-Control: max-age = 60"],
    outcome: "miss",
  },
  {
    rule: "9111 §1.2.2",
    what: "an overflowing max-age is large",
    says: ["Cache-Control: max-age=99999999999999999999"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.1",
    what: "Age counts",
    says: [FRESH, "Age: 59"],
    waitMs: 1100,
    outcome: "miss",
  },
  {
    rule: "9111 §5.1",
    what: "an Age beyond the lifetime",
    says: [FRESH, "Age: 60"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.1",
    what: "a malformed Age is ignored",
    says: [FRESH, "Age: abc"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.1",
    what: "of a list of Ages the first",
    says: [FRESH, "Age: 0, 100"],
    outcome: "hit",
  },
  {
    rule: "9111 §4.2.3",
    what: "an old Date counts",
    says: [FRESH, `Date: ${at(-61_000)}`],
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.3",
    what: "a Date in the future does not",
    says: [FRESH, `Date: ${at(DAY_MS)}`],
    outcome: "hit",
  },
  {
    rule: "9111 §4.2",
    what: "it ends",
    says: ["Cache-Control: max-age=1"],
    waitMs: 2100,
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.2",
    what: "10% of the time since Last-Modified",
    says: [`Last-Modified: ${at(-DAY_MS)}`],
    outcome: "hit",
  },
  {
    rule: "9111 §4.2.2",
    what: "no guess for a query",
    says: [`Last-Modified: ${at(-DAY_MS)}`],
    target: "?q",
    outcome: "validated",
  },
  {
    rule: "9111 §4.2.2",
    what: "no guess for a status that does not allow it",
    status: 201,
    says: [`Last-Modified: ${at(-DAY_MS)}`],
    outcome: "miss",
  },
  {
    rule: "9111 §4.2.2",
    what: "404 may be guessed",
    status: 404,
    says: [`Last-Modified: ${at(-DAY_MS)}`],
    outcome: "hit",
  },
  {
    rule: "9111 §7.3",
    what: "a cookie, and nothing explicit",
    first: ["Cookie: a=b"],
    says: [`Last-Modified: ${at(-DAY_MS)}`],
    outcome: "miss",
  },
  {
    rule: "9111 §7.3",
    what: "Set-Cookie, and nothing explicit",
    says: [`Last-Modified: ${at(-DAY_MS)}`, "Set-Cookie: a=b"],
    outcome: "miss",
  },
  {
    rule: "9111 §7.3",
    what: "Set-Cookie with max-age",
    says: [FRESH, "Set-Cookie: a=b"],
    outcome: "miss",
  },
  // Targeted fields
  {
    rule: "9213 §3.1",
    what: "CDN-Cache-Control before Cache-Control",
    says: ["CDN-Cache-Control: max-age=60", "Cache-Control: no-store"],
    outcome: "hit",
  },
  {
    rule: "9213 §3.1",
    what: "CDN-Cache-Control: no-store",
    says: ["CDN-Cache-Control: no-store", FRESH],
    outcome: "miss",
  },
  {
    rule: "9213 §2.1",
    what: "a malformed one is ignored",
    says: ["CDN-Cache-Control: max-age=60,,", "Cache-Control: no-store"],
    outcome: "miss",
  },
  {
    rule: "9213 §2.2",
    what: "an empty one is ignored",
    says: ["CDN-Cache-Control:", FRESH],
    outcome: "hit",
  },
  {
    rule: "9213 §2.2",
    what: "Expires is not read beside one",
    says: ["CDN-Cache-Control: private=?0", `Expires: ${at(DAY_MS)}`],
    outcome: "miss",
  },
  {
    rule: "9213 §2.2",
    what: "the configured one goes first",
    says: ["Sluice-Cache-Control: max-age=60", "CDN-Cache-Control: no-store"],
    outcome: "hit",
  },
  // Authorization
  {
    rule: "9111 §3.5",
    what: "Authorization",
    first: ["Authorization: x"],
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9111 §3.5",
    what: "Authorization with public",
    first: ["Authorization: x"],
    says: ["Cache-Control: max-age=60, public"],
    outcome: "hit",
  },
  {
    rule: "9111 §3.5",
    what: "Authorization with s-maxage",
    first: ["Authorization: x"],
    says: ["Cache-Control: s-maxage=60"],
    outcome: "hit",
  },
  {
    rule: "9111 §3.5",
    what: "Authorization with must-revalidate",
    first: ["Authorization: x"],
    says: ["Cache-Control: max-age=60, must-revalidate"],
    outcome: "hit",
  },
  // Directives of requests
  {
    rule: "9111 §5.2.1.4",
    what: "request no-cache",
    says: [FRESH],
    then: ["Cache-Control: no-cache"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.1.4",
    what: "request no-cache with a validator",
    says: [FRESH, ...TAGGED],
    then: ["Cache-Control: no-cache"],
    outcome: "validated",
  },
  {
    rule: "9111 §5.4",
    what: "Pragma: no-cache",
    says: [FRESH],
    then: ["Pragma: no-cache"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.4",
    what: "Pragma beside Cache-Control is not read",
    says: [FRESH],
    then: ["Pragma: no-cache", "Cache-Control: foo"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.4",
    what: "Pragma of a response means nothing",
    says: [FRESH, "Pragma: no-cache"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.1.1",
    what: "request max-age=0",
    says: [FRESH],
    then: ["Cache-Control: max-age=0"],
    waitMs: 10,
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.1.1",
    what: "request max-age within",
    says: [FRESH],
    then: ["Cache-Control: max-age=30"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.1.1",
    what: "request max-age exceeded by Age",
    says: [FRESH, "Age: 40"],
    then: ["Cache-Control: max-age=30"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.1.3",
    what: "min-fresh met",
    says: [FRESH],
    then: ["Cache-Control: min-fresh=30"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.1.3",
    what: "min-fresh not met",
    says: [FRESH],
    then: ["Cache-Control: min-fresh=90"],
    outcome: "miss",
  },
  {
    rule: "9111 §5.2.1.2",
    what: "max-stale",
    says: ["Cache-Control: max-age=1", ...TAGGED],
    waitMs: 1100,
    then: ["Cache-Control: max-stale=100"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.1.2",
    what: "max-stale without a number",
    says: ["Cache-Control: max-age=1", ...TAGGED],
    waitMs: 1100,
    then: ["Cache-Control: max-stale"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.1.2",
    what: "max-stale exceeded",
    says: [FRESH, "Age: 70", ...TAGGED],
    then: ["Cache-Control: max-stale=5"],
    outcome: "validated",
  },
  {
    rule: "9111 §5.2.2.2",
    what: "must-revalidate over max-stale",
    says: ["Cache-Control: max-age=1, must-revalidate", ...TAGGED],
    waitMs: 1100,
    then: ["Cache-Control: max-stale"],
    outcome: "validated",
  },
  {
    rule: "9111 §5.2.2.8",
    what: "proxy-revalidate over max-stale",
    says: ["Cache-Control: max-age=1, proxy-revalidate", ...TAGGED],
    waitMs: 1100,
    then: ["Cache-Control: max-stale"],
    outcome: "validated",
  },
  {
    rule: "9111 §5.2.1.7",
    what: "only-if-cached, and it is",
    says: [FRESH],
    then: ["Cache-Control: only-if-cached"],
    outcome: "hit",
  },
  {
    rule: "9111 §5.2.1.7",
    what: "only-if-cached, and it is not",
    says: ["Cache-Control: no-store"],
    then: ["Cache-Control: only-if-cached"],
    outcome: "504",
  },
  {
    rule: "9111 §5.2.1.5",
    what: "request no-store may be answered",
    says: [FRESH],
    then: ["Cache-Control: no-store"],
    outcome: "hit",
  },
  // Vary
  {
    rule: "9111 §4.1",
    what: "Vary, the same value",
    first: ["Foo: 1"],
    says: [FRESH, "Vary: Foo"],
    then: ["Foo: 1"],
    outcome: "hit",
  },
  {
    rule: "9111 §4.1",
    what: "Vary, another value",
    first: ["Foo: 1"],
    says: [FRESH, "Vary: Foo"],
    then: ["Foo: 2"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.1",
    what: "Vary, the field is gone",
    first: ["Foo: 1"],
    says: [FRESH, "Vary: Foo"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.1",
    what: "Vary, the field has come",
    says: [FRESH, "Vary: Foo"],
    then: ["Foo: 1"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.1",
    what: "Vary, missing both times",
    says: [FRESH, "Vary: Foo"],
    outcome: "hit",
  },
  {
    rule: "9111 §4.1",
    what: "Vary: *",
    says: [FRESH, "Vary: *"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.1",
    what: "Vary: a, *",
    says: [FRESH, "Vary: a, *"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.1",
    what: "Vary in two lines",
    first: ["Foo: 1", "Bar: 2"],
    says: [FRESH, "Vary: Foo", "Vary: Bar"],
    then: ["Foo: 1", "Bar: 3"],
    outcome: "miss",
  },
  {
    rule: "9111 §4.1",
    what: "Vary names have no case",
    first: ["Foo: 1"],
    says: [FRESH, "Vary: fOO"],
    then: ["foo: 1"],
    outcome: "hit",
  },
  {
    rule: "9111 §4.1",
    what: "lines may be joined",
    first: ["Foo: 1", "Foo: 2"],
    says: [FRESH, "Vary: Foo"],
    then: ["Foo: 1, 2"],
    outcome: "hit",
  },
  {
    rule: "9111 §4.1",
    what: "whitespace in lists",
    first: ["Foo: 1,2"],
    says: [FRESH, "Vary: Foo"],
    then: ["Foo: 1 , 2"],
    outcome: "hit",
  },
  {
    rule: "9111 §4.1",
    what: "case counts in unknown fields",
    first: ["Foo: a"],
    says: [FRESH, "Vary: Foo"],
    then: ["Foo: A"],
    outcome: "miss",
  },
  {
    rule: "9110 §12.5.4",
    what: "languages in any case",
    first: ["Accept-Language: en, De"],
    says: [FRESH, "Vary: Accept-Language"],
    then: ["Accept-Language: EN,de"],
    outcome: "hit",
  },
  {
    rule: "9110 §12.5.4",
    what: "languages in another order",
    first: ["Accept-Language: en, de"],
    says: [FRESH, "Vary: Accept-Language"],
    then: ["Accept-Language: de, en"],
    outcome: "miss",
  },
  // Validation
  {
    rule: "9111 §4.3.1",
    what: "ETag",
    says: ["Cache-Control: max-age=0", ...TAGGED],
    outcome: "validated",
  },
  {
    rule: "9111 §4.3.1",
    what: "a weak ETag",
    says: ["Cache-Control: max-age=0", 'ETag: W/"a"'],
    outcome: "validated",
  },
  {
    rule: "9111 §4.3.1",
    what: "Last-Modified",
    says: ["Cache-Control: max-age=0", `Last-Modified: ${at(-DAY_MS)}`],
    outcome: "validated",
  },
  {
    rule: "9111 §4.3.1",
    what: "no validator",
    says: ["Cache-Control: max-age=0"],
    outcome: "miss",
  },
  // Poisoning
  {
    rule: "9111 §7.1",
    what: "a method override passes by",
    says: [FRESH],
    then: ["X-HTTP-Method-Override: DELETE"],
    outcome: "miss",
  },
  {
    rule: "9111 §7.1",
    what: "… and is not stored",
    first: ["X-HTTP-Method: POST"],
    says: [FRESH],
    outcome: "miss",
  },
  {
    rule: "9110 §13.1.1",
    what: "If-Match is for the origin",
    says: [FRESH, ...TAGGED],
    then: ['If-Match: "a"'],
    outcome: "miss",
  },
];

function answerTo(row: Row, request: Message, count: number): string {
  const lines = row.says.some((line) => line.startsWith("Date:"))
    ? row.says
    : [`Date: ${at(0)}`, ...row.says];
  const validators = row.says.filter((line) =>
    /^(?:ETag|Last-Modified):/.test(line)
  )
    .map((line) => line.slice(line.indexOf(":") + 2));
  const asked = request.field("if-none-match") ??
    request.field("if-modified-since");
  const isValid = asked !== undefined && validators.includes(asked);
  const status = isValid ? 304 : row.status ?? 200;
  return `HTTP/1.1 ${status} x\r\n${
    lines.join("\r\n")
  }\r\nX-Count: ${count}\r\n` +
    (isValid ? "\r\n" : `Content-Length: 1\r\n\r\n${count}`);
}

Deno.test("RFC 9111, rule by rule", async (t) => {
  const counts = new Map<string, number>();
  const conditions = new Map<string, boolean>();
  await using origin = Origin.answering((request) => {
    const target = request.startLine.split(" ")[1]!;
    const count = (counts.get(target) ?? 0) + 1;
    counts.set(target, count);
    conditions.set(
      target,
      request.field("if-none-match") !== undefined ||
        request.field("if-modified-since") !== undefined,
    );
    return answerTo(ROWS[Number(/\d+/.exec(target)![0])]!, request, count);
  });
  await using proxy = await Proxy.start(
    origin,
    "--cache-targeted-field",
    "Sluice-Cache-Control",
  );
  const ask = async (
    index: number,
    method: string,
    fields: readonly string[] = [],
  ): Promise<Message> => {
    const target = `/${index}${ROWS[index]!.target ?? ""}`;
    const content = fields.some((line) => line.startsWith("Content-Length"))
      ? "x"
      : "";
    return await exchange(
      proxy,
      [`${method} ${target} HTTP/1.1`, "Host: h", ...fields, "", content].join(
        "\r\n",
      ),
    );
  };
  await Promise.all(ROWS.map(async (row, index) => {
    const { rule, what, outcome } = row;
    const name = `${rule}: ${what}`;
    await t.step({
      name,
      sanitizeOps: false,
      sanitizeResources: false,
      sanitizeExit: false,
      fn: async () => {
        const first = await ask(index, row.method ?? "GET", row.first);
        assertEquals(first.status, row.status ?? 200);
        assertEquals(first.content, "1");
        await new Promise((resolve) => setTimeout(resolve, row.waitMs ?? 0));
        // What was allowed for a request with credentials is asked for with them again.
        const credentials = row.first?.filter((line) =>
          line.startsWith("Authorization")
        ) ?? [];
        const second = await ask(index, "GET", [
          ...credentials,
          ...row.then ?? [],
        ]);
        const target = `/${index}${row.target ?? ""}`;
        if (outcome === "504") return assertEquals(second.status, 504);
        const status = second.field("cache-status")!;
        assertEquals(second.content, outcome === "miss" ? "2" : "1", status);
        assertEquals(counts.get(target), outcome === "hit" ? 1 : 2, status);
        assertEquals(conditions.get(target), outcome === "validated", status);
        // Age stands where nobody has asked the origin, or where the origin has said it.
        if (!row.says.some((line) => line.startsWith("Age:"))) {
          assertEquals(second.field("age") !== undefined, outcome === "hit");
        }
        if (outcome === "hit") {
          assert(/^sluice; hit; ttl=-?\d+$/.test(status), status);
        } else assert(/^sluice; fwd=/.test(status), status);
      },
    });
  }));
});
