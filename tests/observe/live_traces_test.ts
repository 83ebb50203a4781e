/** Tokens of requests that are followed: good once, for a while, for whoever has one. */

import {
  createTraceMemory,
  LiveTraces,
  TRACE_MS,
} from "../../lib/observe/live_traces.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import {
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const SLOTS = 8;

Deno.test("a token is good for one request, in any thread", () => {
  const clock = new TestClock();
  const memory = createTraceMemory();
  const main = new LiveTraces(memory, clock);
  const worker = new LiveTraces(memory, clock);
  const token = main.begin()!;
  assertMatch(token, /^[0-9a-f]{32}$/);
  assertEquals(main.find(token), { kind: "awaited" });
  const slot = worker.take(token);
  assertNotEquals(slot, -1);
  assertEquals(worker.take(token), -1);
  assertEquals(main.find(token), { kind: "awaited" });
  worker.finish(slot, bytesOf('{"a":1}\n'));
  assertEquals(worker.take(token), -1);
  assertEquals(main.find(token), { kind: "done", line: '{"a":1}\n' });
  assertEquals(main.find(token), { kind: "unknown" });
});

Deno.test("what is no token is none", () => {
  const traces = new LiveTraces(createTraceMemory(), new TestClock());
  const token = traces.begin()!;
  const others = [
    "",
    "0".repeat(32), // what an empty slot holds
    token.toUpperCase() === token ? "" : token.toUpperCase(),
    token.slice(1),
    `${token}0`,
    `${token}, ${token}`,
    ` ${token}`,
  ];
  for (const other of others) {
    assertEquals(traces.take(other), -1, other);
    assertEquals(traces.find(other), { kind: "unknown" }, other);
  }
});

Deno.test("a token holds for a while, and then makes room for another", () => {
  const clock = new TestClock();
  const traces = new LiveTraces(createTraceMemory(), clock);
  const tokens = Array.from({ length: SLOTS }, () => traces.begin()!);
  assertEquals(new Set(tokens).size, SLOTS);
  assertEquals(traces.begin(), undefined);
  clock.pass(TRACE_MS - 1);
  assertEquals(traces.begin(), undefined);
  assertNotEquals(traces.take(tokens[0]!), -1);
  clock.pass(1);
  assertEquals(traces.take(tokens[1]!), -1);
  assertNotEquals(traces.begin(), undefined);
});

Deno.test("a line that is too long is left out", () => {
  const traces = new LiveTraces(createTraceMemory(), new TestClock());
  const token = traces.begin()!;
  traces.finish(traces.take(token), new Uint8Array(16 * 1024 + 1));
  assertEquals(traces.find(token), { kind: "done", line: "" });
});
