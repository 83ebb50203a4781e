/** What is told of what the cache did with an exchange. */

import { assertEquals } from "../support/assert.ts";
import { OutcomeState } from "../../lib/exchange/cache_outcome.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { tokenOf } from "../../lib/reasons/reason.ts";

const KEY = bytesOf("http://h/");

Deno.test("Cache-Status of a request that went to the origin", async (t) => {
  const rows: [outcome: Partial<OutcomeState>, line: string][] = [
    [{ shown: "off", reason: "uri-miss" }, ""],
    [{}, ""],
    [{ reason: "uri-miss" }, "sluice; fwd=uri-miss"],
    [{ reason: "uri-miss", isStored: true }, "sluice; fwd=uri-miss; stored"],
    [
      { reason: "miss", isCollapsed: true },
      "sluice; fwd=miss; collapsed",
    ],
    [
      { reason: "stale", originStatus: 304, why: "stale" },
      "sluice; fwd=stale; fwd-status=304; detail=stale",
    ],
    [
      { reason: "uri-miss", key: KEY },
      'sluice; fwd=uri-miss; key="http://h/"',
    ],
    // Of a bypass: why it was one, whatever became of the response.
    [
      { reason: "bypass", why: "no-store", detail: "no-room" },
      "sluice; fwd=bypass; detail=no-store",
    ],
    // Of others: what became of the response, else why it was asked for.
    [
      { reason: "request", why: "request", detail: "no-room" },
      "sluice; fwd=request; detail=no-room",
    ],
    [
      { reason: "stale", why: "no-cache" },
      "sluice; fwd=stale; detail=no-cache",
    ],
    [{ reason: "uri-miss", why: "stale" }, "sluice; fwd=uri-miss"],
  ];
  for (const [more, line] of rows) {
    await t.step(`${line} ${more.shown ?? ""}`, () => {
      const outcome = new OutcomeState();
      Object.assign(outcome, { shown: "on", ...more });
      assertEquals(outcome.forwardLine(), line);
      assertEquals(outcome.forwardLine(), line); // the second time, from memory
    });
  }
});

Deno.test("Cache-Status of an answer from memory", () => {
  const outcome = new OutcomeState();
  assertEquals(outcome.hitLine(), "sluice; hit; ttl=");
  outcome.key = KEY;
  assertEquals(outcome.hitLine(), 'sluice; hit; key="http://h/"; ttl=');
});

Deno.test("the reason that tells the most, for the log", () => {
  const decisive = (more: Partial<OutcomeState>): string =>
    Object.assign(new OutcomeState(), more).decisive;
  assertEquals(decisive({}), "");
  assertEquals(decisive({ reason: "uri-miss" }), "uri-miss");
  assertEquals(
    decisive({ reason: "uri-miss", why: "stale" }),
    tokenOf("stale"),
  );
  assertEquals(
    decisive({ reason: "uri-miss", why: "stale", detail: "no-room" }),
    "no-room",
  );
});

Deno.test("it is as new when it is used again", () => {
  const outcome = new OutcomeState();
  const fresh = { ...outcome };
  for (const name of Object.keys(outcome)) {
    if (name !== "held") Object.assign(outcome, { [name]: name });
  }
  outcome.reset();
  assertEquals({ ...outcome }, fresh);
});
