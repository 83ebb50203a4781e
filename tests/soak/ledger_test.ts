/** The soak's books can fail: each disagreement is a fault. */

import { assertEquals } from "../support/assert.ts";
import { type Kind, Ledger, type Outcome } from "./ledger.ts";

const GET: Kind = { name: "get", originMax: 2, reachesOrigin: true };
const POST: Kind = { name: "post", originMax: 1, reachesOrigin: true };
const LINE = { status: 200, upstream: { ttfb: 0.001 } };

interface Row {
  readonly name: string;
  readonly kind: Kind;
  readonly outcome: Outcome;
  readonly status: number;
  readonly originCount: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly faults: readonly string[];
}

const GOOD: Omit<Row, "name" | "faults"> = {
  kind: GET,
  outcome: "answered",
  status: 200,
  originCount: 1,
  lines: [LINE],
};

const ROWS: readonly Row[] = [
  { ...GOOD, name: "all agree", faults: [] },
  {
    ...GOOD,
    name: "sent again",
    originCount: 2,
    faults: [],
  },
  {
    ...GOOD,
    name: "a POST is sent again",
    kind: POST,
    originCount: 2,
    faults: ["post 0: reached the origin 2 times"],
  },
  {
    ...GOOD,
    name: "no line",
    lines: [],
    faults: ["get 0: answered, but has 0 log lines"],
  },
  {
    ...GOOD,
    name: "two lines",
    lines: [LINE, LINE],
    faults: ["get 0: answered, but has 2 log lines"],
  },
  {
    ...GOOD,
    name: "the origin never saw it",
    originCount: 0,
    faults: ["get 0: was answered by the origin, which never saw it"],
  },
  {
    ...GOOD,
    name: "answered from nowhere",
    originCount: 0,
    lines: [{ status: 200 }],
    faults: ["get 0: was not asked of the origin"],
  },
  {
    ...GOOD,
    name: "the log has another status",
    lines: [{ ...LINE, status: 502 }],
    faults: ["get 0: 200, but 502 in the log"],
  },
  {
    ...GOOD,
    name: "whole, and the log says that it broke off",
    lines: [{ ...LINE, error: "origin_body_cut" }],
    faults: ["get 0: whole, but origin_body_cut in the log"],
  },
  {
    ...GOOD,
    name: "broken off, and the log says that it is whole",
    outcome: "broken",
    faults: ["get 0: broken off, but whole in the log"],
  },
  {
    ...GOOD,
    name: "wrong",
    outcome: "wrong",
    faults: ["get 0: is wrong"],
  },
];

for (const row of ROWS) {
  Deno.test(`balance(): ${row.name}`, () => {
    const ledger = new Ledger();
    const id = ledger.open(row.kind);
    for (let i = 0; i < row.originCount; i++) ledger.arrived(`/get/${id}`);
    for (const line of row.lines) {
      ledger.logged(JSON.stringify({ uri: `/get/${id}`, ...line }));
    }
    ledger.close(id, row.outcome, row.status);
    const { faults, tally, sent, ended } = ledger.balance();
    assertEquals(faults, row.faults);
    assertEquals(tally.get(row.kind.name)![row.outcome], 1);
    assertEquals([sent, ended], [1, 1]);
  });
}

Deno.test("balance() tells of requests without end, and of what was never sent", () => {
  const ledger = new Ledger();
  ledger.open(GET);
  ledger.arrived("/get/7");
  ledger.logged('{"uri":"/get/8","status":200}');
  ledger.logged("# 3 lines dropped");
  const { faults, sent, ended } = ledger.balance();
  assertEquals(faults, [
    "never sent, but in the origin: /get/7",
    "never sent, but in the log: /get/8",
    "never sent, but in the log: # 3 lines dropped",
    "get 0: has no outcome",
  ]);
  assertEquals([sent, ended], [1, 0]);
});

Deno.test("requests are settled as time goes by, but for those under way", () => {
  const ledger = new Ledger();
  const slow = ledger.open(GET);
  const count = 200_000;
  for (let i = 1; i < count; i++) {
    const id = ledger.open(POST);
    ledger.arrived(`/post/${id}`);
    ledger.close(id, "answered", 200);
    ledger.logged(JSON.stringify({ uri: `/post/${id}`, ...LINE }));
  }
  ledger.arrived(`/get/${slow}`);
  ledger.close(slow, "answered", 200);
  ledger.logged(JSON.stringify({ uri: `/get/${slow}`, ...LINE }));
  ledger.arrived("/post/1"); // much too late
  const { sent, ended, lines, originRequests, faults } = ledger.balance();
  assertEquals([sent, ended, lines, originRequests], Array(4).fill(count));
  assertEquals(faults, ["never sent, but in the origin: /post/1"]);
});
