/**
 * The rules of RFC 9111 from outside, a row each: what an origin says, what is asked
 * next, and whether that is answered from memory.
 *
 * The origin's content is the number of requests that it has had for that target, so
 * content `1` the second time is what was stored.
 */

import { assert, assertEquals } from "./assert.ts";
import { dateAt as at, TestClock } from "./clock.ts";
import { Origin } from "./origin.ts";
import type { Message } from "./peer.ts";
import { exchange, Proxy } from "./proxy.ts";

/** How the second request is answered: from memory; by the origin; by memory after the origin's 304; not. */
type Outcome = "hit" | "miss" | "validated" | "504";

/** A rule, and what shows whether it holds. */
export interface Row {
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
  /** What passes before the second request, in ms. */
  readonly afterMs?: number;
  readonly outcome: Outcome;
  readonly method?: string;
  readonly target?: string;
}

export const DAY_MS = 86_400_000;
export const FRESH = "Cache-Control: max-age=60";
export const TAGGED = ['ETag: "a"'];
/** An `HTTP-date`, in ms from now. */
export { at };

function answerTo(
  row: Row,
  request: Message,
  count: number,
  date: string,
): string {
  const lines = row.says.some((line) => line.startsWith("Date:"))
    ? row.says
    : [`Date: ${date}`, ...row.says];
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

/** A proxy before an origin that answers as the rows say. */
class Scene implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly counts = new Map<string, number>();
  readonly conditions = new Map<string, boolean>();
  readonly #origin: Origin;
  readonly #proxy: Promise<Proxy>;

  constructor(rows: readonly Row[]) {
    this.#origin = Origin.answering((request) => {
      const target = request.startLine.split(" ")[1]!;
      const count = (this.counts.get(target) ?? 0) + 1;
      this.counts.set(target, count);
      this.conditions.set(
        target,
        request.field("if-none-match") !== undefined ||
          request.field("if-modified-since") !== undefined,
      );
      const row = rows[Number(/\d+/.exec(target)![0])]!;
      return answerTo(row, request, count, this.clock.date());
    });
    this.#proxy = Proxy.startAt(
      this.clock,
      this.#origin,
      "--cache-targeted-field",
      "Sluice-Cache-Control",
    );
  }

  async ask(
    method: string,
    target: string,
    fields: readonly string[] = [],
  ): Promise<Message> {
    const content = fields.some((line) => line.startsWith("Content-Length"))
      ? "x"
      : "";
    return await exchange(
      await this.#proxy,
      [`${method} ${target} HTTP/1.1`, "Host: h", ...fields, "", content].join(
        "\r\n",
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#proxy)[Symbol.asyncDispose]();
    await this.#origin[Symbol.asyncDispose]();
  }
}

/** Asks as a row says, and sees whether the answer is the row's. */
async function check(row: Row, target: string, scene: Scene): Promise<void> {
  const { outcome } = row;
  const first = await scene.ask(row.method ?? "GET", target, row.first);
  assertEquals(first.status, row.status ?? 200);
  assertEquals(first.content, "1");
  if (row.afterMs !== undefined) await scene.clock.advance(row.afterMs);
  // What was allowed for a request with credentials is asked for with them again.
  const credentials =
    row.first?.filter((line) => line.startsWith("Authorization")) ?? [];
  const fields = [...credentials, ...row.then ?? []];
  const second = await scene.ask("GET", target, fields);
  if (outcome === "504") return assertEquals(second.status, 504);
  const status = second.field("cache-status")!;
  assertEquals(second.content, outcome === "miss" ? "2" : "1", status);
  assertEquals(scene.counts.get(target), outcome === "hit" ? 1 : 2, status);
  const isConditional = scene.conditions.get(target);
  assertEquals(isConditional, outcome === "validated", status);
  // Age stands where nobody has asked the origin, or where the origin has said it.
  if (!row.says.some((line) => line.startsWith("Age:"))) {
    assertEquals(second.field("age") !== undefined, outcome === "hit");
  }
  if (outcome === "hit") {
    assert(/^sluice; hit; ttl=-?\d+$/.test(status), status);
  } else assert(/^sluice; fwd=/.test(status), status);
}

/** A test that has a step for each row: side by side; those that take time, each with its own. */
export function checkRules(name: string, rows: readonly Row[]): void {
  Deno.test(`RFC 9111, rule by rule: ${name}`, async (t) => {
    await using shared = new Scene(rows);
    await Promise.all(rows.map(async (row, index) => {
      const target = `/${index}${row.target ?? ""}`;
      await t.step({
        name: `${row.rule}: ${row.what}`,
        sanitizeOps: false,
        sanitizeResources: false,
        sanitizeExit: false,
        fn: async () => {
          if (row.afterMs === undefined) return check(row, target, shared);
          await using own = new Scene(rows);
          await check(row, target, own);
        },
      });
    }));
  });
}
