/** `Cache-Status`: RFC 9211. */

import {
  type Forwarding,
  forwardStatus,
  keyParameter,
} from "../../../lib/cache/policy/cache_status.ts";
import { assertEquals } from "../../support/assert.ts";

const MISS: Forwarding = {
  reason: "uri-miss",
  status: 0,
  stored: false,
  collapsed: false,
  detail: "",
};

Deno.test("§2: what is told of a request that went to the origin", async (t) => {
  const rows: [forwarding: Partial<Forwarding>, line: string][] = [
    [{}, "sluice; fwd=uri-miss"],
    [{ reason: "stale", status: 304 }, "sluice; fwd=stale; fwd-status=304"],
    [{ stored: true }, "sluice; fwd=uri-miss; stored"],
    [{ collapsed: true }, "sluice; fwd=uri-miss; collapsed"],
    [{ detail: "no-room" }, "sluice; fwd=uri-miss; detail=no-room"],
    [
      { status: 200, stored: true, collapsed: true, detail: "x" },
      "sluice; fwd=uri-miss; fwd-status=200; stored; collapsed; detail=x",
    ],
  ];
  for (const [forwarding, line] of rows) {
    await t.step(line, () => {
      assertEquals(forwardStatus({ ...MISS, ...forwarding }), line);
    });
  }
});

Deno.test("a key has ASCII only, and its quotes and backslashes are escaped", () => {
  assertEquals(keyParameter("http://h/a b~"), '; key="http://h/a b~"');
  assertEquals(keyParameter('a"\\'), '; key="a\\"\\\\"');
  assertEquals(keyParameter("\x1f\x7f\xe4\n"), '; key="%1F%7F%E4%A"');
});
