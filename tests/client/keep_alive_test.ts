/** What a client connection does next: every pair of states, with and without a next request. */

import {
  decideKeepAlive,
  decideNext,
  type KeepAlive,
  type Next,
  READING,
  type Reading,
  WRITING,
  type Writing,
} from "../../lib/client/keep_alive.ts";
import type { Framing } from "../../lib/http/framing.ts";
import { CLOSE, type CloseReason } from "../../lib/reasons/close.ts";
import { assert, assertEquals } from "../support/assert.ts";

const REASONS = Object.keys(CLOSE) as CloseReason[];

/**
 * The right decision by pair: if another request may follow, and if none may. A step
 * that ends the connection names its reason; `why` is the one for which none may.
 */
const EXPECTED: Record<`${Reading} × ${Writing}`, [yes: string, no: string]> = {
  "idle × none": ["receive", "close: why"],
  "idle × begun": ["close: internal", "close: internal"],
  "idle × whole": ["linger: internal", "linger: internal"],
  "idle × broken": ["close: client_abort", "close: why"],

  "head × none": ["receive", "respond"],
  "head × begun": ["respond", "respond"],
  "head × whole": ["linger: internal", "linger: why"],
  "head × broken": ["close: client_abort", "close: why"],

  "content × none": ["respond", "respond"],
  "content × begun": ["respond", "respond"],
  "content × whole": ["discard", "linger: why"],
  "content × broken": ["close: client_abort", "close: why"],

  "unread × none": ["respond", "respond"],
  "unread × begun": ["respond", "respond"],
  "unread × whole": ["linger: unread_content", "linger: why"],
  "unread × broken": ["close: client_abort", "close: why"],

  "done × none": ["respond", "respond"],
  "done × begun": ["respond", "respond"],
  "done × whole": ["next", "linger: why"],
  "done × broken": ["close: client_abort", "close: why"],

  "ended × none": ["close: client_closed", "close: why"],
  "ended × begun": ["respond", "respond"],
  "ended × whole": ["close: client_closed", "close: why"],
  "ended × broken": ["close: client_abort", "close: why"],
};

function textOf({ step, reason }: Next): string {
  return reason === undefined ? step : `${step}: ${reason}`;
}

/** Every state of a connection. */
function* states(): Generator<[Reading, Writing, KeepAlive]> {
  for (const reading of READING) {
    for (const writing of WRITING) {
      for (const keepAlive of ["yes", ...REASONS] as const) {
        yield [reading, writing, keepAlive];
      }
    }
  }
}

Deno.test("every pair of states has its next step, for the right reason", () => {
  const seen = new Set<string>();
  for (const [reading, writing, keepAlive] of states()) {
    const pair = `${reading} × ${writing}` as const;
    const row = EXPECTED[pair];
    assert(row !== undefined, `${pair} has no row`);
    seen.add(pair);
    const expected = keepAlive === "yes"
      ? row[0]
      : row[1].replace("why", keepAlive);
    const next = decideNext(reading, writing, keepAlive);
    assertEquals(textOf(next), expected, `${pair}, ${keepAlive}`);
  }
  assertEquals([...seen].sort(), Object.keys(EXPECTED).sort());
});

Deno.test("another request follows only a whole response to a request that is done", () => {
  for (const [reading, writing, keepAlive] of states()) {
    const { step } = decideNext(reading, writing, keepAlive);
    const isClean = keepAlive === "yes" && writing === "whole";
    assertEquals(step === "next", isClean && reading === "done");
    assertEquals(step === "discard", isClean && reading === "content");
  }
});

Deno.test("an end is never left: nothing is received after it, nothing sent", () => {
  for (const [reading, writing, keepAlive] of states()) {
    const { step, reason } = decideNext(reading, writing, keepAlive);
    if (writing === "broken") assertEquals(step, "close");
    if (reading === "ended") {
      assertEquals(step, writing === "begun" ? "respond" : "close");
    }
    assertEquals(reason !== undefined, step === "linger" || step === "close");
  }
});

Deno.test("a client that may still send is not cut off from its whole response", () => {
  for (const [reading, writing, keepAlive] of states()) {
    if (writing !== "whole" || reading === "ended") continue;
    assert(decideNext(reading, writing, keepAlive).step !== "close");
  }
});

interface KeepAliveRow {
  readonly isDraining?: true;
  readonly isLast?: true;
  readonly framing?: Framing["kind"];
  readonly reading?: Reading;
  readonly expect: KeepAlive;
}

/** In the order of precedence; each but the first has what the rows below it have, too. */
const KEEP_ALIVE: readonly KeepAliveRow[] = [
  { expect: "yes" },
  { framing: "none", expect: "yes" },
  { framing: "chunked", expect: "yes" },
  { reading: "content", expect: "yes" },
  { reading: "unread", expect: "unread_content" },
  { framing: "close", expect: "close_delimited" },
  { framing: "close", reading: "unread", expect: "close_delimited" },
  { isLast: true, expect: "client_last" },
  { isLast: true, framing: "close", reading: "unread", expect: "client_last" },
  { isDraining: true, expect: "server_stopped" },
  {
    isDraining: true,
    isLast: true,
    framing: "close",
    reading: "unread",
    expect: "server_stopped",
  },
];

Deno.test("whether another request may follow, and the first reason why not", () => {
  for (const row of KEEP_ALIVE) {
    const { framing = "length", reading = "done" } = row;
    const server = { isDraining: row.isDraining ?? false };
    const request = { persists: !row.isLast };
    const found = decideKeepAlive(server, request, framing, reading);
    assertEquals(found, row.expect, JSON.stringify(row));
  }
});
